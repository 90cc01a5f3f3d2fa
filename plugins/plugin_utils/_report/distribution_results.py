# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of one distribution: the last check and the last sync, also where several hosts share the repositories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.distribution import drift_lines, sync_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.moments import show_moment
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.unwrap import unwrap


@dataclass(frozen=True)
class Told:
    """The results of one kind of job, put together. `finished` is the oldest of them (ISO 8601, empty when not told)."""

    result: Optional[Mapping[str, Any]] = None
    finished: str = ""
    problems: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Distribution:
    """`drift` and `sync` are None when they were not given at all."""

    name: str
    drift: Optional[Told]
    sync: Optional[Told]

    @property
    def problems(self) -> Tuple[str, ...]:
        told = [*(self.drift.problems if self.drift else ()), *(self.sync.problems if self.sync else ())]
        return tuple(told) if self.drift or self.sync else ("It was not asked.",)


def read_distribution(name: str, raw: Any) -> Distribution:
    """`raw` has `drift` and `sync`: each a result of the module, a report of the host command, or a list of these."""
    told = raw if isinstance(raw, Mapping) else {}
    return Distribution(
        printable(name),
        _told(told["drift"], "drift") if told.get("drift") else None,
        _told(told["sync"], "plan") if told.get("sync") else None,
    )


def distribution_lines(name: str, raw: Any, top: int) -> List[str]:
    """The check, then the last sync, then what went wrong."""
    found = read_distribution(name, raw)
    lines = ["Distribution %s" % found.name]
    for told, show, words in ((found.drift, drift_lines, "Compared"), (found.sync, sync_lines, "Last sync")):
        if told is not None and told.result is not None:
            when = ["%s %s" % (words, show_moment(printable(told.finished)))] if told.finished else []
            lines += when + show(told.result, top)
    return lines + ["It failed: %s" % one for one in found.problems]


def _told(raw: Any, key: str) -> Told:
    ones = list(raw) if isinstance(raw, Sequence) and not isinstance(raw, (str, bytes)) else [raw]
    read = [unwrap(one, key) for one in ones]
    results = [result for result, _finished, _problem in read if result is not None]
    moments = [finished for _result, finished, _problem in read if finished]
    return Told(
        _joined(results, key) if results else None,
        min(moments, default=""),
        tuple(problem for _result, _finished, problem in read if problem),
    )


def _joined(results: Sequence[Mapping[str, Any]], key: str) -> Mapping[str, Any]:
    """One result, as if one host had done the work of all of them."""
    if len(results) == 1:
        return results[0]
    return {
        key: [entry for one in results for entry in one[key]],
        "regions": _summed_regions(results),
        "summary": _summed([one["summary"] for one in results]),
        "problems": [problem for one in results for problem in one["problems"]],
        "notes": [note for one in results for note in one.get("notes") or ()],
        "plan_digest": "-",
    }


def _summed_regions(results: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    found: Dict[str, List[Mapping[str, Any]]] = {}
    for result in results:
        for figures in result.get("regions") or ():
            found.setdefault(figures["region"], []).append(figures)
    return [{"region": region, **_summed(figures)} for region, figures in found.items()]


def _summed(figures: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    numbers = [key for key, value in figures[0].items() if isinstance(value, int) and not isinstance(value, bool)]
    return {key: sum(one.get(key) or 0 for one in figures) for key in numbers}
