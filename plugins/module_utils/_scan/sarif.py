# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as SARIF 2.1.0."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Sequence


def sarif(rows: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """The document for `results`."""
    raise NotImplementedError
