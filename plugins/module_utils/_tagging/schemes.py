# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemes of a convention as users write them, checked field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import (
    PatternList,
    compile_patterns,
    parse_texts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.protect import parse_list
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.lines import LEVELS, PATCH, Line
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.names import checked

SEMVER, CALVER, ENVIRONMENT, GIT, DATE, RAW = "semver", "calver", "environment", "git", "date", "raw"
VERSIONED = (SEMVER, CALVER)
BRANCH, SHORT, LONG = "branch", "short", "long"
KEEP, DROP = "keep", "drop"
AUTO, ALWAYS, NEVER = "auto", "always", "never"
LATEST_CHOICES = (AUTO, ALWAYS, NEVER)
# The stages of a convention that names none, for what depends on them.
ENVIRONMENTS = ("dev", "staging", "production")

_COMMON = ("type", "prefix", "suffix")
_FIELDS: Dict[str, Tuple[str, ...]] = {
    SEMVER: ("levels", "build_metadata"),
    CALVER: ("levels", "build_metadata"),
    ENVIRONMENT: ("stages", "in_order"),
    GIT: ("of", "branches"),
    DATE: ("format",),
    RAW: ("value",),
}
# `v` and `app-v`, but not `dev`.
_V_AT_END = re.compile(r"(?<![A-Za-z0-9])v$")
_AFFIX = re.compile(r"[A-Za-z0-9_.-]{0,100}")


@dataclass(frozen=True)
class Scheme:
    """One entry of `schemes`; fields of other types keep their defaults.

    `v`: a v is written before versions, which is why the prefix of a line does not have it.
    """

    type: str
    prefix: str = ""
    suffix: str = ""
    v: bool = False
    levels: Tuple[str, ...] = LEVELS
    build_metadata: str = KEEP
    stages: Tuple[str, ...] = ()
    in_order: bool = False
    of: Tuple[str, ...] = (BRANCH, SHORT)
    branches: Optional[PatternList] = None
    format: str = "%Y%m%d"
    value: str = ""

    @property
    def line(self) -> Line:
        return Line(self.prefix, self.suffix, self.type == CALVER)


def parse_schemes(value: Any) -> Tuple[Scheme, ...]:
    """Raises PolicyError naming the entry, its field, the value and what is accepted; nothing given is `semver` alone."""
    entries = parse_list("schemes", value) or [{"type": SEMVER}]
    found = tuple(_scheme("schemes[%d]" % position, entry) for position, entry in enumerate(entries))
    for one in found:
        if one.type == CALVER and any(other.type == SEMVER and _same_line(one, other) for other in found):
            raise PolicyError(
                "schemes: semver and calver with the same prefix and suffix cannot be told apart; give one of them a prefix"
            )
    return found


def _same_line(one: Scheme, other: Scheme) -> bool:
    return (one.prefix, one.suffix) == (other.prefix, other.suffix)


def _scheme(where: str, entry: Any) -> Scheme:
    if isinstance(entry, str):
        entry = {"type": entry}
    if not isinstance(entry, AnyMapping):
        raise PolicyError("%s: %r is neither a mapping with a type nor the name of one" % (where, entry))
    given = {key: value for key, value in entry.items() if value is not None}
    kind = given.get("type")
    if kind not in _FIELDS:
        raise PolicyError("%s.type: %r is none of %s" % (where, kind, ", ".join(_FIELDS)))
    allowed = _COMMON + _FIELDS[kind]
    for key in given:
        if key not in allowed:
            raise PolicyError("%s: %s has no field %r; it takes %s" % (where, kind, key, ", ".join(allowed)))
    fields: Dict[str, Any] = {"type": kind}
    for key in ("prefix", "suffix"):
        fields[key] = _affix("%s.%s" % (where, key), given.get(key, ""))
    if kind in VERSIONED and _V_AT_END.search(fields["prefix"]):
        fields.update(prefix=fields["prefix"][:-1], v=True)
    if "levels" in given:
        fields["levels"] = _some_of(where + ".levels", given["levels"], LEVELS)
    elif kind == CALVER:
        fields["levels"] = (PATCH,)
    if "of" in given:
        fields["of"] = _some_of(where + ".of", given["of"], (BRANCH, SHORT, LONG))
    if "build_metadata" in given:
        fields["build_metadata"] = _one_of(where + ".build_metadata", given["build_metadata"], (KEEP, DROP))
    if "branches" in given:
        fields["branches"] = compile_patterns(where + ".branches", given["branches"])
    if "stages" in given:
        fields["stages"] = tuple(
            checked(where + ".stages", one) for one in parse_texts(where + ".stages", given["stages"])
        )
    if "in_order" in given:
        fields["in_order"] = _truth(where + ".in_order", given["in_order"])
        if fields["in_order"] and len(fields.get("stages", ())) < 2:
            raise PolicyError("%s.in_order: it needs at least two stages, in their order" % where)
    if "format" in given:
        fields["format"] = text_of(where + ".format", given["format"])
    if kind == RAW:
        fields["value"] = text_of(where + ".value", given.get("value"))
        checked(where + ".value", fields["prefix"] + fields["value"] + fields["suffix"])
    return Scheme(**fields)


def text_of(where: str, value: Any) -> str:
    """Text, not a number, which YAML may have changed. Raises PolicyError."""
    if isinstance(value, (bool, int, float)):
        raise PolicyError(
            "%s: %r is not text: YAML may already have changed it (1.10 becomes 1.1); quote it" % (where, value)
        )
    if not isinstance(value, str) or not value.strip():
        raise PolicyError("%s: %r is not text" % (where, value))
    return str(value).strip()


def _affix(where: str, value: Any) -> str:
    if not isinstance(value, str) or not _AFFIX.fullmatch(value):
        raise PolicyError("%s: %r cannot be in a tag (letters, digits, _ . -, at most 100)" % (where, value))
    return str(value)


def _one_of(where: str, value: Any, accepted: Tuple[str, ...]) -> str:
    if value not in accepted:
        raise PolicyError("%s: %r is none of %s" % (where, value, ", ".join(accepted)))
    return str(value)


def _some_of(where: str, value: Any, accepted: Tuple[str, ...]) -> Tuple[str, ...]:
    return tuple(_one_of(where, one, accepted) for one in parse_texts(where, value))


def _truth(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise PolicyError("%s: %r is neither true nor false" % (where, value))
    return value
