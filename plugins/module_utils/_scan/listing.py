# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which findings are listed at all: what is left out is counted and told, never forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.fields import list_of
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import Policy


@dataclass(frozen=True)
class Listing:
    """The module options `severities` and `only_fixed`: other findings are neither listed nor counted."""

    severities: Tuple[str, ...] = SEVERITIES
    only_fixed: bool = False


EVERYTHING = Listing()


def parse_listing(severities: Any, only_fixed: bool, policy: Policy) -> Listing:
    """No severities are all. Raises PolicyError for one that is none, and when the policy limits one that would not be listed."""
    given = list_of("severities", severities, "severities")
    for one in given:
        if one not in SEVERITIES:
            raise PolicyError("severities: %r is none of %s" % (one, ", ".join(SEVERITIES)))
    listed = tuple(one for one in SEVERITIES if one in given) or SEVERITIES
    for severity in policy.limits:
        if severity not in listed:
            raise PolicyError(
                "severities: the policy limits %s findings, which %s leaves out, so they would never count;"
                " add %s, or drop its limit from the policy" % (severity, ", ".join(listed), severity)
            )
    return Listing(listed, only_fixed)
