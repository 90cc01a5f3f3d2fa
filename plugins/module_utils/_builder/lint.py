# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with rules of a garbage collection that are there: each finding says what happens, and what to write instead."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Mapping, Sequence

WORKERS = ("oci", "containerd")
_NEW_SIZES = ("reservedSpace", "maxUsedSpace", "minFreeSpace")
_DAEMON_KEYS = {
    "enabled",
    "policy",
    "defaultreservedspace",
    "defaultmaxusedspace",
    "defaultminfreespace",
    "defaultkeepstorage",
}
_DAEMON_RULE_KEYS = {"all", "filter", "reservedspace", "maxusedspace", "minfreespace", "keepstorage"}


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
        return [_off(where, "gc = false")]
    if "gckeepstorage" in worker:
        found.append(_deprecated(where, "gckeepstorage", "reservedSpace"))
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
    return found + _rules(where, plain, ignored)


def lint_dockerd(where: str, document: Mapping[str, Any]) -> List[Finding]:
    """Of a daemon.json as plain data. dockerd takes its nested keys in any case, and leaves out what it does not know."""
    builder = document.get("builder")
    gc = builder.get("gc") if isinstance(builder, Mapping) else None
    if not isinstance(gc, Mapping):
        return []
    where = "%s, builder.gc" % where
    lower = {str(name).lower(): value for name, value in gc.items()}
    if lower.get("enabled") is False:
        return [_off(where, '"enabled": false')]
    found = [_unknown(where, name) for name in gc if str(name).lower() not in _DAEMON_KEYS]
    if "defaultkeepstorage" in lower:
        found.append(_deprecated(where, "defaultKeepStorage", "defaultReservedSpace"))
    plain: List[Dict[str, Any]] = []
    for rule in lower.get("policy") or ():
        if not isinstance(rule, Mapping):
            continue
        one = {str(name).lower(): value for name, value in rule.items()}
        found += [_unknown(where, name) for name in rule if str(name).lower() not in _DAEMON_RULE_KEYS]
        filters = [str(text) for text in one.get("filter") or ()]
        ages = [text for text in filters if text.partition("=")[0].strip().lower() in ("unused-for", "until")]
        plain.append(
            {
                "all": one.get("all"),
                "filters": [text for text in filters if text not in ages],
                "age": ages,
                "floor": one.get("reservedspace") or one.get("keepstorage"),
                "cap": one.get("maxusedspace"),
                "free": one.get("minfreespace"),
                "old": "keepStorage" if "keepstorage" in one else None,
            }
        )
    ignored = sorted(str(name) for name in gc if str(name).lower().startswith("default"))
    return found + _rules(where, plain, ignored)


def _rules(where: str, rules: Sequence[Mapping[str, Any]], ignored: Sequence[str]) -> List[Finding]:
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
                "the last rule does not take everything, and %s, so the disk can fill. End with a rule that has all = true, maxUsedSpace, "
                "and neither age nor filters" % because,
            )
        )
    for number, rule in enumerate(rules):
        place = "%s, rule %d" % (where, number)
        if rule["old"]:
            found.append(_deprecated(place, rule["old"], "reservedSpace"))
        if rule["floor"] and not rule["cap"] and not rule["age"] and not rule["filters"]:
            found.append(
                Finding(
                    place,
                    "floor_only",
                    "it has a floor (%s), below which nothing is taken, and no cap: maxUsedSpace says how large the cache may get"
                    % rule["floor"],
                )
            )
        if not rule["floor"] and not rule["cap"] and not rule["free"] and not rule["age"]:
            found.append(
                Finding(
                    place,
                    "takes_everything",
                    "it has no size and no age, so each collection takes everything that it matches. Say maxUsedSpace",
                )
            )
    return found


def _off(where: str, what: str) -> Finding:
    return Finding(
        where, "gc_off", "garbage collection is switched off (%s), so the cache grows until the disk is full" % what
    )


def _deprecated(where: str, old: str, new: str) -> Finding:
    return Finding(
        where, "deprecated_key", "%s is now read as %s: a floor below which nothing is taken, and no cap" % (old, new)
    )


def _unknown(where: str, name: Any) -> Finding:
    hint = '; an age is written "filter": ["unused-for=336h"]' if str(name).lower() == "keepduration" else ""
    return Finding(where, "unknown_key", "dockerd does not know %s, and leaves it out without a word%s" % (name, hint))
