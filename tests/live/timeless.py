# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reasons of a plan without what passing time alone changes: "arrived 3s ago" is "arrived 4s ago" a moment later."""

from __future__ import annotations

import re

_AGE = re.compile(r"(arrived|built) \w+ ago")


def timeless(reason: str) -> str:
    return _AGE.sub(r"\1 ago", reason)
