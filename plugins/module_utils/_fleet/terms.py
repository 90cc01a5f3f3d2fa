# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user says about the fleet: who must answer, who is gone for good, how long silence and disuse are bridged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, FrozenSet, Iterable, Mapping, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import (
    DEFAULT_HOST_GRACE,
    DEFAULT_IN_USE_GRACE,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.protect import parse_list


@dataclass(frozen=True)
class Terms:
    """`expected` the whole inventory group, sorted; `retired` hosts, or `host/engine ID` for one engine; graces in seconds."""

    expected: Tuple[str, ...] = ()
    retired: FrozenSet[str] = frozenset()
    host_grace: int = DEFAULT_HOST_GRACE
    in_use_grace: int = DEFAULT_IN_USE_GRACE


def parse_terms(options: Mapping[str, Any]) -> Terms:
    """Raises PolicyError naming option, value and what is accepted."""
    return Terms(
        expected=tuple(sorted(set(_names("expected_hosts", options.get("expected_hosts"))))),
        retired=frozenset(_names("retired_hosts", options.get("retired_hosts"))),
        host_grace=_duration("host_grace", options.get("host_grace"), DEFAULT_HOST_GRACE),
        in_use_grace=_duration("in_use_grace", options.get("in_use_grace"), DEFAULT_IN_USE_GRACE),
    )


def _names(option: str, value: Any) -> Iterable[str]:
    for position, name in enumerate(parse_list(option, value)):
        if not isinstance(name, str) or not name.strip():
            raise PolicyError("%s[%d]: %r is not the name of a host" % (option, position, name))
        yield name.strip()


def _duration(option: str, value: Any, default: int) -> int:
    if value is None or value == "":
        return default
    try:
        return parse_duration(value)
    except PolicyError as error:
        raise PolicyError("%s: %s" % (option, error)) from error
