# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong between a client and a server, and with which of the requests."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """What becomes of a request and of its answer.

    `status` is answered at once, and nothing is done. `reset` drops the connection before anything is done, `lose`
    after it is done. `truncate` sends half of the body, `flip` changes one byte of it, `body` replaces it. `headers`
    come on top of those of the answer and replace them. `held` keeps the request waiting until the event is set.
    """

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    reset: bool = False
    lose: bool = False
    truncate: bool = False
    flip: bool = False
    held: threading.Event | None = None


RESET = Fault(reset=True)
LOSE = Fault(lose=True)
TRUNCATE = Fault(truncate=True)
FLIP = Fault(flip=True)
EMPTY_BODY = Fault(body=b"")
WRONG_DIGEST = Fault(headers=(("Docker-Content-Digest", "sha256:" + "0" * 64),))


def refuse(status: int, code: str = "", **headers: str) -> Fault:
    """Such an answer, with an error as registries give it; `Retry_After="1"` is the header Retry-After."""
    text = '{"errors":[{"code":"%s","message":"injected"}]}' % (code or "UNKNOWN")
    more = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Fault(status, (("Content-Type", "application/json"), *more), text.encode())


@dataclass
class _Rule:
    fault: Fault
    method: re.Pattern[str]
    path: re.Pattern[str]
    every: int
    left: float
    each: bool
    seen: dict[str, int] = field(default_factory=dict)

    def hits(self, method: str, path: str) -> bool:
        """Counts the request when it is one of those that are meant."""
        if not self.method.fullmatch(method) or not self.path.search(path):
            return False
        key = "%s %s" % (method, path) if self.each else ""
        self.seen[key] = number = self.seen.get(key, 0) + 1
        if self.each:
            return number <= self.left
        if number % self.every or self.left <= 0:
            return False
        self.left -= 1
        return True


class Faults:
    """The faults of a server; may be added and cleared while it runs."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._guard = threading.Lock()
        self.injected = 0

    def add(
        self,
        fault: Fault,
        method: str = ".*",
        path: str = "",
        every: int = 1,
        times: float = float("inf"),
        each: bool = False,
    ) -> None:
        """For requests with such a method (matched whole) and path (searched): each `every`th of them, so many times.

        `each` counts for every method and path apart: with times=1, whatever is asked fails at first and then works.
        """
        rule = _Rule(fault, re.compile(method), re.compile(path), every, times, each)
        with self._guard:
            self._rules.append(rule)

    def clear(self) -> None:
        with self._guard:
            self._rules.clear()

    def find(self, method: str, path: str) -> Fault | None:
        """The fault of the first rule that hits; the rules behind it do not count the request."""
        with self._guard:
            for rule in self._rules:
                if rule.hits(method, path):
                    self.injected += 1
                    return rule.fault
        return None
