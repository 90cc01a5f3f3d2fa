# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole policy: what to keep, what may go, what is never touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.protect import (
    Protection,
    parse_list,
    parse_protect,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.rules import (
    DELETE,
    HOST,
    KEEP,
    Rule,
    parse_rules,
)


@dataclass(frozen=True)
class Policy:
    """`minimum_age` in seconds, measured on the clock `arrived`."""

    keep: Tuple[Rule, ...] = ()
    delete: Tuple[Rule, ...] = ()
    protect: Protection = Protection()
    minimum_age: int = 86400


def parse_policy(
    keep: Any = None,
    delete: Any = None,
    protect: Any = None,
    minimum_age: Any = "24h",
    target: str = HOST,
    home: Optional[str] = None,
) -> Policy:
    """Raises PolicyError naming the option, the value, the cause and what is accepted.

    `home` is the registry that protected names without a host are of.
    """
    try:
        floor = parse_duration(minimum_age)
    except PolicyError as error:
        raise PolicyError("minimum_age: %s" % error) from error
    return Policy(
        keep=parse_rules(keep, KEEP, target),
        delete=parse_rules(delete, DELETE, target),
        protect=parse_protect(parse_list("protect", protect), home=home),
        minimum_age=floor,
    )
