# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as metrics."""

from __future__ import annotations

from typing import Any, List, Mapping, Sequence


def metric_lines(rows: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], name: str) -> List[str]:
    """Prometheus text format 0.0.4; `name` is the label that tells this scan from others on the same host."""
    raise NotImplementedError
