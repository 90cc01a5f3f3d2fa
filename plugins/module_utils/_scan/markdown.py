# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as a report to read."""

from __future__ import annotations

from typing import Any, Mapping, Sequence


def markdown(rows: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> str:
    """The report of `results` and `summary`."""
    raise NotImplementedError
