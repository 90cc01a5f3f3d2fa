# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token server for the stand-in registry: it writes down what it is asked for; its tokens are good until it says."""

from __future__ import annotations

import json
from itertools import count
from typing import Callable
from urllib.parse import parse_qsl

from loopback_server import LoopbackServer, Request, Response


class TokenDesk(LoopbackServer):
    """Use as a context manager. `asked` has (method, scope, Authorization or refresh token) of every request.

    `life` is what it tells as expires_in, None to tell nothing; `good` are the Authorization headers that admit; `refuses` says
    which scopes it does not know (400).
    """

    def __init__(self, life: int | None = 300) -> None:
        super().__init__()
        self.life = life
        self.asked: list[tuple[str, str, str]] = []
        self.good: set[str] = set()
        self.refuses: Callable[[str], bool] = lambda _scope: False
        self._numbers = count(1)

    @property
    def challenge(self) -> str:
        return 'Bearer realm="%s/token",service="stand-in"' % self.url

    @property
    def scopes(self) -> list[str]:
        return [scope for _method, scope, _who in self.asked]

    def admits(self, authorization: str) -> bool:
        return authorization in self.good

    def respond(self, request: Request) -> Response:
        fields = dict(parse_qsl(request.body().decode())) if request.method == "POST" else request.fields
        who = fields.get("refresh_token") or request.header("Authorization")
        self.asked.append((request.method, fields.get("scope", ""), who))
        if self.refuses(fields.get("scope", "")):
            return Response(400)
        token = "token-%d" % next(self._numbers)
        self.good.add("Bearer " + token)
        document = {"access_token" if request.method == "POST" else "token": token}
        body = json.dumps({**document, **({} if self.life is None else {"expires_in": self.life})}).encode()
        return Response(200, [("Content-Type", "application/json")], body)
