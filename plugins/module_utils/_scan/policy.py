# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy of a scan: limits for each severity, grace for what is new, whether only what has a fix is limited."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping


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
    raise NotImplementedError
