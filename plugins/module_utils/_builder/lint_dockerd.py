# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with `builder.gc` of a daemon.json, for the engine that reads it."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.gc import ENGINE_SINCE
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.lint import (
    Finding,
    deprecated,
    gc_off,
    rule_findings,
)

_KEYS = {"enabled", "policy"}
_OLD_KEY, _OLD_RULE_KEY = "defaultkeepstorage", "keepstorage"
_NEW_KEYS = {"defaultreservedspace", "defaultmaxusedspace", "defaultminfreespace"}
_RULE_KEYS = {"all", "filter"}
_NEW_RULE_KEYS = {"reservedspace", "maxusedspace", "minfreespace"}
_AGES = ("unused-for", "until")


def lint_dockerd(where: str, document: Mapping[str, Any], engine: Optional[Tuple[int, ...]]) -> List[Finding]:
    """Of a daemon.json as plain data. dockerd takes its nested keys in any case, and leaves out what it does not know.

    `engine` None: its version is not known, and taken for a new one.
    """
    builder = document.get("builder")
    gc = builder.get("gc") if isinstance(builder, Mapping) else None
    where = "%s, builder.gc" % where
    is_old = engine is not None and engine[0] < ENGINE_SINCE
    if not isinstance(gc, Mapping):
        return [_off_unless_told(where)] if is_old else []
    lower = {str(name).lower(): value for name, value in gc.items()}
    if lower.get("enabled") is False:
        return [gc_off(where, '"enabled": false')]
    if is_old and lower.get("enabled") is not True:
        return [_off_unless_told(where)]
    return _Reader(engine if is_old else None).findings(where, gc, lower)


class _Reader:
    """`old`: the version of an engine that knows one size only, else None."""

    def __init__(self, old: Optional[Tuple[int, ...]]) -> None:
        self._old = old

    def findings(self, where: str, gc: Mapping[str, Any], lower: Mapping[str, Any]) -> List[Finding]:
        found = self._keys(where, gc, _KEYS, _NEW_KEYS, _OLD_KEY)
        if _OLD_KEY in lower and self._old is None:
            found.append(deprecated(where, "defaultKeepStorage", "defaultReservedSpace"))
        plain: List[Dict[str, Any]] = []
        for number, rule in enumerate(one for one in lower.get("policy") or () if isinstance(one, Mapping)):
            place = "%s, rule %d" % (where, number)
            found += self._keys(place, rule, _RULE_KEYS, _NEW_RULE_KEYS, _OLD_RULE_KEY)
            plain.append(self._plain(rule))
            if self._old is not None and not plain[-1]["floor"]:
                found.append(_no_start(place, self._old))
        ignored = sorted(str(name) for name in gc if str(name).lower().startswith("default"))
        return found + rule_findings(where, plain, ignored, self._old is not None)

    def _keys(self, where: str, given: Mapping[str, Any], plain: Set[str], new: Set[str], old: str) -> List[Finding]:
        found: List[Finding] = []
        for name in map(str, given):
            lower = name.lower()
            if lower in new and self._old is not None:
                found.append(_too_new(where, name, self._old, old))
            elif lower not in plain and lower not in new and lower != old:
                found.append(_unknown(where, name))
        return found

    def _plain(self, rule: Mapping[str, Any]) -> Dict[str, Any]:
        one = {str(name).lower(): value for name, value in rule.items()}
        filters = [str(text) for text in one.get("filter") or ()]
        ages = [text for text in filters if text.partition("=")[0].strip().lower() in _AGES]
        is_old = self._old is not None
        return {
            "all": one.get("all"),
            "filters": [text for text in filters if text not in ages],
            "age": ages,
            "floor": one.get("keepstorage") or (one.get("reservedspace") if not is_old else None),
            "cap": one.get("maxusedspace") if not is_old else None,
            "free": one.get("minfreespace") if not is_old else None,
            "old": "keepStorage" if "keepstorage" in one and not is_old else None,
        }


def _off_unless_told(where: str) -> Finding:
    return gc_off(where, 'engines before %d collect only with "enabled": true' % ENGINE_SINCE)


def _no_start(where: str, engine: Tuple[int, ...]) -> Finding:
    told = ".".join(map(str, engine))
    return Finding(
        where,
        "no_start",
        "it has no keepStorage, and Docker Engine %s does not start with such a rule, although --validate finds nothing"
        % told,
    )


def _too_new(where: str, name: str, engine: Tuple[int, ...], old: str) -> Finding:
    known = "keepStorage" if old == _OLD_RULE_KEY else "defaultKeepStorage"
    return Finding(
        where,
        "too_new_key",
        "Docker Engine %s does not know %s, and leaves it out without a word; Docker Engine %d does. Until then say %s"
        % (".".join(map(str, engine)), name, ENGINE_SINCE, known),
    )


def _unknown(where: str, name: str) -> Finding:
    hint = '; an age is written "filter": ["unused-for=336h"]' if name.lower() == "keepduration" else ""
    return Finding(where, "unknown_key", "dockerd does not know %s, and leaves it out without a word%s" % (name, hint))
