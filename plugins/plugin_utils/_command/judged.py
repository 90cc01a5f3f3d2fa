# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that a job judged: what people call them, which it names in its message, and whose verdict changed."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable

SHOWN = 3
WIDTH = 1000
#: Verdicts, worst first: of several names of an image the worst one counts. Each with what it is now, and what it was.
Words = Mapping[str, Tuple[str, str]]


def called(row: Mapping[str, Any]) -> str:
    """Its first name by tag; what it was judged by is often a digest, which tells nobody anything."""
    return str(next((name for name in row["references"] if "@" not in name), row["image"]))


def named(rows: Sequence[Tuple[Mapping[str, Any], str]]) -> str:
    """The first of some images, each with why."""
    told = ["%s (%s)" % (called(row), why or "no reason told") for row, why in rows[:SHOWN]]
    return ", ".join(told) + (", and %d more" % (len(rows) - SHOWN) if len(rows) > SHOWN else "")


def result_before(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """The last result in the report before. The file may have been damaged: what is not as we write it is not known."""
    last: Optional[Any] = report if report.get("result") is not None else report.get("last_with_result")
    result = last.get("result") if isinstance(last, Mapping) else None
    return result if isinstance(result, Mapping) else {}


def changed_verdicts(
    judged: Sequence[Tuple[Mapping[str, Any], str]], before: Sequence[Tuple[Any, Any]], words: Words
) -> Iterator[str]:
    """Sentences, by the names whose verdict changed: an image may have another one beside it whose verdict did not.

    Both are rows with their verdicts; what an image that was not there before has is no change.
    """
    order = list(words)
    known = _known(before, order)
    for row, verdict in judged:
        names = [name for name in row["references"] if "@" not in name] or [row["image"]]
        for was in order:
            changed = [name for name in names if was != verdict and known.get(name) == was]
            if changed:
                more = " (and %d more of its names)" % (len(changed) - 1) if len(changed) > 1 else ""
                yield "%s%s %s, it %s before" % (changed[0], more, words[verdict][0], words[was][1])


def news_lines(result: Mapping[str, Any]) -> List[str]:
    """What is new since the run before, to read."""
    news = result.get("news")
    return ["News:"] + ["  " + printable(one, WIDTH) for one in news] if news else []


def _known(rows: Sequence[Tuple[Any, Any]], order: List[str]) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for row, verdict in rows:
        if not isinstance(row, Mapping) or verdict not in order:
            continue
        references: List[Any] = row["references"] if isinstance(row.get("references"), list) else []
        for name in (row.get("image"), *references):
            found[str(name)] = min(found.get(str(name), verdict), verdict, key=order.index)
    return found
