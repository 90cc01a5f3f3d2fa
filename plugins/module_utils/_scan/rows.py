# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as the dictionaries that the module returns."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.vex import Statement
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import Verdict
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.waivers import Waiver


def row(verdict: Verdict) -> Dict[str, Any]:
    """One of `results`."""
    raise NotImplementedError


def rows(verdicts: Sequence[Verdict]) -> List[Dict[str, Any]]:
    """All of `results`, in the order of image names and digests."""
    raise NotImplementedError


def summary(
    verdicts: Sequence[Verdict], waivers: Sequence[Waiver], statements: Sequence[Statement], now: int
) -> Dict[str, Any]:
    """Everything of `summary` but `reports_changed`, which only who writes the reports knows."""
    raise NotImplementedError
