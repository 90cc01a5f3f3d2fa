# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which findings are listed at all: what is left out is counted and told, never forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import Policy


@dataclass(frozen=True)
class Listing:
    """The module options `severities` and `only_fixed`: other findings are neither listed nor counted."""

    severities: Tuple[str, ...] = SEVERITIES
    only_fixed: bool = False


def parse_listing(severities: Any, only_fixed: bool, policy: Policy) -> Listing:
    """Raises PolicyError for an unknown severity, and for one that the policy limits and that would not be listed."""
    raise NotImplementedError
