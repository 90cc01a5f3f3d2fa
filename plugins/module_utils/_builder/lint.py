# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with rules of a garbage collection that are there: each finding says what happens, and what to write instead.

Here for a buildkitd.toml, with what a daemon.json shares with it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Mapping, Sequence

WORKERS = ("oci", "containerd")
_NEW_SIZES = ("reservedSpace", "maxUsedSpace", "minFreeSpace")


@dataclass(frozen=True)
class Finding:
    """`where` is the file or builder with the place in it, `code` a word for scripts."""

    where: str
    code: str
    message: str

    def as_row(self) -> Dict[str, str]:
        return asdict(self)


def lint_buildkit(where: str, config: Mapping[str, Any]) -> List[Finding]:
    """Of a buildkitd.toml as plain data."""
    workers = config.get("worker")
    found: List[Finding] = []
    for name in WORKERS:
        worker = workers.get(name) if isinstance(workers, Mapping) else None
        if isinstance(worker, Mapping):
            found += _worker("%s, worker.%s" % (where, name), worker)
    return found


def _worker(where: str, worker: Mapping[str, Any]) -> List[Finding]:
    found: List[Finding] = []
    if worker.get("gc") is False:
        return [gc_off(where, "gc = false")]
    if "gckeepstorage" in worker:
        found.append(deprecated(where, "gckeepstorage", "reservedSpace"))
    rules = [rule for rule in worker.get("gcpolicy") or () if isinstance(rule, Mapping)]
    ignored = [name for name in ("gckeepstorage", *_NEW_SIZES) if name in worker]
    plain = [
        {
            "all": rule.get("all"),
            "filters": rule.get("filters"),
            "age": rule.get("keepDuration"),
            "floor": rule.get("reservedSpace") or rule.get("keepBytes"),
            "cap": rule.get("maxUsedSpace"),
            "free": rule.get("minFreeSpace"),
            "old": "keepBytes" if "keepBytes" in rule else None,
        }
        for rule in rules
    ]
    return found + rule_findings(where, plain, ignored)


def rule_findings(
    where: str, rules: Sequence[Mapping[str, Any]], ignored: Sequence[str], is_old: bool = False
) -> List[Finding]:
    """Of rules as plain data: `all`, `filters`, `age`, `floor`, `cap`, `free`, and `old`, an outdated key that it has.

    `is_old`: who reads them knows one size only, which is both floor and cap.
    """
    if not rules:
        return []
    found: List[Finding] = []
    told = "; %s of the same place count for the default rules alone" % ", ".join(ignored) if ignored else ""
    found.append(
        Finding(
            where,
            "defaults_replaced",
            "%d rules of its own replace all default ones, also those that take sources and cache mounts first%s"
            % (len(rules), told),
        )
    )
    last = rules[-1]
    if not last["all"] or last["age"] or last["filters"]:
        because = (
            "a rule by age keeps whatever a younger record is built on"
            if any(rule["age"] for rule in rules)
            else ("records that are shared or internal are taken by such a rule alone")
        )
        found.append(
            Finding(
                where,
                "no_catch_all",
                "the last rule does not take everything, and %s, so the disk can fill. End with a rule that has all = true, %s, and "
                "neither age nor filters" % (because, "keepStorage" if is_old else "maxUsedSpace"),
            )
        )
    for number, rule in enumerate(rules):
        place = "%s, rule %d" % (where, number)
        if rule["old"]:
            found.append(deprecated(place, rule["old"], "reservedSpace"))
        has_one_size = rule["floor"] and not rule["cap"] and not rule["free"]
        if has_one_size and not is_old and not rule["age"] and not rule["filters"]:
            found.append(
                Finding(
                    place,
                    "floor_only",
                    "it has a floor (%s) and neither cap nor free space, so each collection cuts the cache to the floor: maxUsedSpace "
                    "says how large it may get, and reservedSpace what always stays" % rule["floor"],
                )
            )
        if not rule["floor"] and not rule["cap"] and not rule["free"] and not rule["age"] and not is_old:
            found.append(
                Finding(
                    place,
                    "takes_everything",
                    "it has no size and no age, so each collection takes everything that it matches. Say maxUsedSpace",
                )
            )
    return found


def gc_off(where: str, what: str) -> Finding:
    return Finding(
        where, "gc_off", "garbage collection is switched off (%s), so the cache grows until the disk is full" % what
    )


def deprecated(where: str, old: str, new: str) -> Finding:
    return Finding(
        where,
        "deprecated_key",
        "%s is now read as %s: a floor below which nothing is taken. The cap is maxUsedSpace" % (old, new),
    )
