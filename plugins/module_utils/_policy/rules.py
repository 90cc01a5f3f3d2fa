# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules as users write them, checked field by field."""

from __future__ import annotations

import difflib
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.whole import parse_whole
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import ARRIVED, CLOCKS
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import (
    LabelList,
    PatternList,
    compile_labels,
    compile_patterns,
)

KEEP, DELETE = "keep", "delete"
HOST, REGISTRY = "host", "registry"
GROUPINGS = ("repository", "major", "minor", "pattern")
ORDERS = ("version", "clock")
SELECTING = ("repositories", "tags", "tagged", "labels", "older_than", "younger_than")
RANKING = ("newest", "newest_per", "newest_groups", "prerelease", "order")
FIELDS = {KEEP: ("name", *SELECTING, "clock", *RANKING), DELETE: ("name", *SELECTING, "clock")}
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True)
class Rule:
    """One rule; ages in seconds. `title` is its name, or its place in the list."""

    title: str
    repositories: Optional[PatternList] = None
    tags: Optional[PatternList] = None
    tagged: Optional[bool] = None
    labels: Optional[LabelList] = None
    older_than: Optional[int] = None
    younger_than: Optional[int] = None
    clock: str = ARRIVED
    newest: Optional[int] = None
    newest_per: str = "repository"
    newest_groups: Optional[int] = None
    prerelease: Optional[bool] = None
    order: str = "clock"


def parse_rules(raw: Any, kind: str, target: str) -> Tuple[Rule, ...]:
    """Read the `keep` or `delete` list of a policy for hosts or registries.

    Raises PolicyError naming list, index (from 0), field, value, cause and what is accepted.
    """
    if raw is None or raw == "":
        return ()
    if isinstance(raw, (str, bytes, AnyMapping)) or not isinstance(raw, AnySequence):
        raise PolicyError("%s: %r is not a list of rules" % (kind, raw))
    return tuple(_parse_rule("%s[%d]" % (kind, index), rule, kind, target) for index, rule in enumerate(raw))


def _parse_rule(where: str, raw: Any, kind: str, target: str) -> Rule:
    if not isinstance(raw, AnyMapping):
        raise PolicyError("%s: %r is not a rule; a rule is a mapping of %s" % (where, raw, ", ".join(FIELDS[kind])))
    given: Dict[str, Any] = {str(key): value for key, value in raw.items() if value is not None and value != ""}
    for field in raw:
        if str(field) not in FIELDS[kind]:
            raise PolicyError("%s.%s: %s (given: %r)" % (where, field, _unknown(str(field), kind), raw[field]))
    if kind == DELETE and not any(field in given for field in SELECTING):
        raise PolicyError('%s: it selects nothing in particular; to mean everything say so: repositories: "**"' % where)
    if "clock" in given and not (
        "older_than" in given or "younger_than" in given or "newest" in given or "newest_groups" in given
    ):
        raise PolicyError(
            "%s.clock: %s has no effect without older_than, younger_than or newest" % (where, given["clock"])
        )
    for field in RANKING[1:]:
        if field in given and field != "prerelease" and "newest" not in given and "newest_groups" not in given:
            raise PolicyError("%s.%s: %r has no effect without newest" % (where, field, given[field]))
    tags = compile_patterns(where + ".tags", given["tags"]) if "tags" in given else None
    rule = Rule(
        title=_title(where, given.get("name")),
        repositories=compile_patterns(where + ".repositories", given["repositories"])
        if "repositories" in given
        else None,
        tags=tags,
        tagged=_flag(where + ".tagged", given.get("tagged")),
        labels=compile_labels(where + ".labels", given["labels"]) if "labels" in given else None,
        older_than=_duration(where + ".older_than", given.get("older_than")),
        younger_than=_duration(where + ".younger_than", given.get("younger_than")),
        clock=_choice(where + ".clock", given.get("clock"), CLOCKS, ARRIVED),
        newest=_count(where + ".newest", given.get("newest")),
        newest_per=_choice(where + ".newest_per", given.get("newest_per"), GROUPINGS, "repository"),
        newest_groups=_count(where + ".newest_groups", given.get("newest_groups")),
        prerelease=_flag(where + ".prerelease", given.get("prerelease")),
        order=_choice(where + ".order", given.get("order"), ORDERS, "version" if target == REGISTRY else "clock"),
    )
    if rule.tagged is False and rule.tags is not None:
        raise PolicyError("%s.tagged: false contradicts tags: what has no tag matches no tag pattern" % where)
    if rule.newest_per == "pattern" and not (tags and any(one.is_regex and one.regex.groups for one in tags.positive)):
        raise PolicyError(
            "%s.newest_per: pattern groups by the first capture group of tags, so tags needs one, for example regex:(.+)-[0-9]+"
            % where
        )
    return rule


def _unknown(field: str, kind: str) -> str:
    if field in RANKING:
        return "only keep rules rank; write a keep rule for what stays, and a delete rule for what may go"
    close = difflib.get_close_matches(field, FIELDS[kind], 1)
    hint = "did you mean %s? " % close[0] if close else ""
    return "no such field; %sa %s rule has %s" % (hint, kind, ", ".join(FIELDS[kind]))


def _title(where: str, name: Any) -> str:
    if name is None:
        return where
    if not isinstance(name, str):
        raise PolicyError("%s.name: %r is not text" % (where, name))
    return str(name)


def _flag(where: str, value: Any) -> Optional[bool]:
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in TRUE or text in FALSE:
        return text in TRUE
    raise PolicyError("%s: %r is neither true nor false" % (where, value))


def _duration(where: str, value: Any) -> Optional[int]:
    if value is None:
        return None
    try:
        return parse_duration(value)
    except PolicyError as error:
        raise PolicyError("%s: %s" % (where, error)) from error


def _choice(where: str, value: Any, choices: Tuple[str, ...], default: str) -> str:
    if value is None:
        return default
    if value not in choices:
        raise PolicyError("%s: %r is none of %s" % (where, value, ", ".join(choices)))
    return str(value)


def _count(where: str, value: Any) -> Optional[int]:
    if value is None:
        return None
    number = parse_whole(value)
    if not number:
        raise PolicyError("%s: %r is not a whole number from 1 on" % (where, value))
    return number
