# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The little of TOML that is written here: files that are wholly ours, compared byte by byte, never parsed."""

from __future__ import annotations

#: The first line of every such file. What lacks it is somebody else's, and left alone.
MARKER = "# Written by imagefleet.docker; changes are lost. Without this line the file is left alone."


def is_ours(data: bytes) -> bool:
    return data.partition(b"\n")[0].rstrip() == MARKER.encode("ascii")
