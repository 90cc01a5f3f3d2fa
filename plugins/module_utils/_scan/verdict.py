# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One image judged by the policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Finding, Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.listing import Listing
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import Policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.vex import Statement
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.waivers import Waiver

PASSED, FAILED, NOT_SCANNED = "passed", "failed", "not_scanned"


@dataclass(frozen=True)
class Verdict:
    """`status` is one of the three words above, `reasons` and `notes` are sentences."""

    subject: Subject
    status: str
    reasons: Tuple[str, ...] = ()
    notes: Tuple[str, ...] = ()


def judge(
    subject: Subject,
    scanned: Optional[Scanned],
    problem: Optional[str],
    policy: Policy,
    waivers: Sequence[Waiver],
    statements: Sequence[Statement],
    memory: Mapping[str, Any],
    now: int,
    listing: Listing = Listing(),
) -> Verdict:
    """`problem` is why there is no scan (then `scanned` may be None), `memory` as decode_memory() gives it, `now` epoch seconds."""
    raise NotImplementedError
