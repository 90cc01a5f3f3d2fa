# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress lines: plain words, elapsed seconds first, safe from several threads."""

from __future__ import annotations

import sys
import threading
import time

_START = time.monotonic()
_LOCK = threading.Lock()


def say(text: str) -> None:
    """Print one progress line to stderr, so that stdout stays for answers."""
    with _LOCK:
        print("%6.1fs  %s" % (time.monotonic() - _START, text), file=sys.stderr, flush=True)
