# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of results that may be old, damaged or hostile: what is of the wrong type counts as absent, and every text can be shown."""

from __future__ import annotations

from typing import Any, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable


def mapping(raw: Any) -> Mapping[str, Any]:
    """Empty for what is none."""
    return raw if isinstance(raw, Mapping) else {}


def sequence(raw: Any) -> Sequence[Any]:
    """Empty for what is none, text included."""
    return raw if isinstance(raw, Sequence) and not isinstance(raw, (str, bytes)) else ()


def number(raw: Any) -> int:
    """A count or bytes; what is no number, not finite or absurd counts as none."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        return 0
    # Comparisons with "not a number" are false.
    return int(raw) if 0 <= raw < 1e30 else 0


def text(raw: Any, limit: int = 300) -> str:
    """Empty for what is none."""
    return "" if raw is None or isinstance(raw, (Mapping, bool)) else printable(raw, limit)


def texts(raw: Any, limit: int = 300) -> Tuple[str, ...]:
    """Those of a list that are not empty."""
    found = [text(one, limit) for one in sequence(raw)]
    return tuple(one for one in found if one)
