# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of registry_retention, parsed and checked before anything is contacted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.whole import parse_whole
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import ARRIVED, CREATED
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.limits import Limit, parse_count, parse_limit
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import Policy, parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.protect import parse_list
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import (
    RegistryOptions,
    make_registry_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.protect_file import read_protect_file
from ansible_collections.imagefleet.docker.plugins.module_utils._store.retention_memory import DEFAULT_STATE_DIR
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import DEFAULT_UNDO_DIR
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.request import Selection, parse_repositories

DEFAULT_MINIMUM_AGE = "24h"
DEFAULT_MINIMUM_KEPT = 3


@dataclass(frozen=True)
class RetentionRequest:
    """The options of one run, parsed. Durations in seconds."""

    registry: RegistryOptions
    repositories: Selection
    policy: Policy
    ledger: Optional[str] = None
    confirm_after: int = 0
    max_deletions: Optional[int] = None
    refuse_above: Tuple[Limit, ...] = ()
    minimum_kept: int = DEFAULT_MINIMUM_KEPT
    expect_plan: Optional[str] = None
    undo: bool = True
    undo_dir: str = DEFAULT_UNDO_DIR
    state_dir: str = DEFAULT_STATE_DIR
    count_bytes: bool = True

    @property
    def needs_dates(self) -> bool:
        """Whether build times can decide anything; versions alone do not need them."""
        rules = self.policy.keep + self.policy.delete
        aged = any(
            rule.clock in (ARRIVED, CREATED)
            and (
                rule.older_than is not None
                or rule.younger_than is not None
                or ((rule.newest is not None or rule.newest_groups is not None) and rule.order == "clock")
            )
            for rule in rules
        )
        return aged or self.policy.minimum_age > 0

    @property
    def needs_labels(self) -> bool:
        return any(rule.labels is not None for rule in self.policy.keep + self.policy.delete)

    @property
    def needs_children(self) -> bool:
        """Whether manifests below an index must be read, not only named."""
        return self.needs_dates or self.needs_labels or self.undo or self.count_bytes or self.ledger is not None


def parse_retention_options(options: Mapping[str, Any]) -> RetentionRequest:
    """Raises PolicyError naming option, value, cause and what is accepted."""
    registry = make_registry_options(options)
    protect = parse_list("protect", options.get("protect")) + read_protect_file(options.get("protect_file"))
    minimum_age = options.get("minimum_age")
    return RetentionRequest(
        registry=registry,
        repositories=parse_repositories(registry.registry, options.get("repositories")),
        policy=parse_policy(
            keep=options.get("keep"),
            delete=options.get("delete"),
            protect=protect,
            minimum_age=DEFAULT_MINIMUM_AGE if minimum_age in (None, "") else minimum_age,
            target="registry",
            home=registry.registry,
        ),
        ledger=options.get("ledger") or None,
        confirm_after=_duration("confirm_after", options.get("confirm_after")),
        max_deletions=parse_count("max_deletions", options.get("max_deletions")),
        refuse_above=_limits(options.get("refuse_above")),
        minimum_kept=_minimum(options.get("minimum_kept")),
        expect_plan=options.get("expect_plan") or None,
        undo=options.get("undo") is not False,
        undo_dir=options.get("undo_dir") or DEFAULT_UNDO_DIR,
        state_dir=options.get("state_dir") or DEFAULT_STATE_DIR,
        count_bytes=options.get("count_bytes") is not False,
    )


def _duration(name: str, value: Any) -> int:
    try:
        return parse_duration(0 if value in (None, "") else value)
    except PolicyError as error:
        raise PolicyError("%s: %s" % (name, error)) from error


def _limits(value: Any) -> Tuple[Limit, ...]:
    """One limit or a list of them: a number for the whole run, a share for every repository."""
    values: List[Any] = list(value) if isinstance(value, (list, tuple)) else [value]
    found = [parse_limit("refuse_above", one) for one in values]
    return tuple(limit for limit in found if limit is not None)


def _minimum(value: Any) -> int:
    if value in (None, ""):
        return DEFAULT_MINIMUM_KEPT
    number = parse_whole(value)
    if number is None:
        raise PolicyError("minimum_kept: %r is not a whole number from 0 on" % (value,))
    return number
