# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo prints, and how it fails."""

from __future__ import annotations

import sys


class DemoFailed(Exception):
    """Something did not come out as the demo tells it; the text says what."""


def title(text: str) -> None:
    print("\n\033[1m%s\033[0m\n" % text if sys.stdout.isatty() else "\n== %s\n" % text, flush=True)


def told(text: str = "") -> None:
    print(text, flush=True)


def insist(so: bool, otherwise: str) -> None:
    """Fail unless what the demo tells next is so."""
    if not so:
        raise DemoFailed(otherwise)
