# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Platforms as they are written: `linux/amd64`, `linux/arm/v7`."""

from __future__ import annotations

from typing import Any, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError


def parse_platforms(where: str, value: Any) -> Sequence[str]:
    """Raises PolicyError."""
    if value in (None, "", []):
        return ()
    texts = list(value) if isinstance(value, (list, tuple)) else [value]
    for text in texts:
        if not isinstance(text, str) or text.count("/") not in (1, 2) or not all(text.split("/")):
            raise PolicyError("%s: %r is not a platform such as linux/amd64 or linux/arm/v7" % (where, text))
    return tuple(texts)
