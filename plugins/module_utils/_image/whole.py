# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole numbers as people write them in options."""

from __future__ import annotations

import re
from typing import Any, Optional

# str.isdigit() also takes superscripts and the like, which int() refuses; eighteen digits are more than anyone means.
_WHOLE = re.compile(r"[0-9]{1,18}")


def parse_whole(value: Any) -> Optional[int]:
    """The number, also when it is given as text; None when it is none. True and False are none."""
    text = "" if isinstance(value, bool) else str(value).strip()
    return int(text) if _WHOLE.fullmatch(text) else None
