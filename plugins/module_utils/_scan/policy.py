# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy of a scan: limits for each severity, grace for what is new, whether only what has a fix is limited."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.whole import parse_whole
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.fields import fields_of, flag_of
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES

FIELDS = ("max", "fixable_only", "grace")


@dataclass(frozen=True)
class Policy:
    """`limits` are the most findings of a severity that are allowed, `grace` seconds since a finding was first seen.

    A severity in neither is not limited. One with grace has a limit, 0 unless another is given. `fixable_only`: only findings with a
    fixed version are weighed. Nothing given at all is no policy: `given` is False and everything that could be scanned passes.
    """

    limits: Mapping[str, int] = field(default_factory=dict)
    grace: Mapping[str, int] = field(default_factory=dict)
    fixable_only: bool = False
    given: bool = False


def parse_policy(options: Any, where: str = "policy") -> Policy:
    """From `max`, `grace`, `fixable_only`; raises PolicyError naming the field (`policy.grace.critical`), value and what is accepted."""
    if options is None or options == "" or options == {}:
        return Policy()
    given = fields_of(where, options, FIELDS)
    limits = _limits(where + ".max", given.get("max", {}))
    grace = _grace(where + ".grace", given.get("grace", {}))
    if not limits and not grace:
        raise PolicyError(
            "%s: it limits nothing; give max or grace for a severity (max: {critical: 0}), or drop it" % where
        )
    return Policy(
        limits={one: limits.get(one, 0) for one in SEVERITIES if one in limits or one in grace},
        grace=grace,
        fixable_only=flag_of(where + ".fixable_only", given.get("fixable_only", False)),
        given=True,
    )


def _limits(where: str, value: Any) -> Dict[str, int]:
    limits = {}
    for severity, told in fields_of(where, value, SEVERITIES).items():
        number = parse_whole(told)
        if number is None:
            raise PolicyError(
                "%s.%s: %r is not a whole number from 0 on; to allow any number leave it out" % (where, severity, told)
            )
        limits[severity] = number
    return limits


def _grace(where: str, value: Any) -> Dict[str, int]:
    grace = {}
    for severity, told in fields_of(where, value, SEVERITIES).items():
        try:
            grace[severity] = parse_duration(told)
        except PolicyError as error:
            raise PolicyError("%s.%s: %s" % (where, severity, error)) from error
    return grace
