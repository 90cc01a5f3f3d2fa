# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that a scanner was given, hidden in whatever it prints."""

from __future__ import annotations

import base64
from typing import Iterable, List
from urllib.parse import quote

from ansible_collections.imagefleet.docker.plugins.module_utils._image.redact import MASK, redact


class Secrets:
    """Every secret of one run, by value and as it is written in headers and URLs."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: List[str] = []
        for value in values:
            self.add(value)

    def add(self, value: str, username: str = "") -> None:
        if not value:
            return
        shapes = {value, quote(value, safe=""), base64.b64encode(value.encode("utf-8")).decode("ascii")}
        if username:
            shapes.add(base64.b64encode(("%s:%s" % (username, value)).encode("utf-8")).decode("ascii"))
        self._values = sorted(shapes.union(self._values), key=len, reverse=True)

    def hide(self, text: str) -> str:
        """Without the secrets, and without what looks like one."""
        for value in self._values:
            text = text.replace(value, MASK)
        return redact(text)
