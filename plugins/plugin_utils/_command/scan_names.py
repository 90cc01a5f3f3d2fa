# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people call an image that was scanned."""

from __future__ import annotations

from typing import Any, Mapping


def called(row: Mapping[str, Any]) -> str:
    """Its first name by tag; what it was scanned by is often a digest, which tells nobody anything."""
    return str(next((name for name in row["references"] if "@" not in name), row["image"]))
