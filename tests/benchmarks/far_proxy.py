# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry that is far away: the way to it takes its time."""

from __future__ import annotations

import time

from loopback_server import Request, Response
from meddling_proxy import MeddlingProxy


class FarProxy(MeddlingProxy):
    """Every request waits for `latency` seconds, as for the way there and back."""

    def __init__(self, upstream: str, latency: float) -> None:
        super().__init__(upstream)
        self._latency = latency

    def respond(self, request: Request) -> Response:
        time.sleep(self._latency)
        return super().respond(request)
