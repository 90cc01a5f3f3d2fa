# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CI at work: it builds and pushes without a pause, every build under a tag of its own and as `latest`."""

from __future__ import annotations

import threading

from archive import BUSYBOX, Layer
from demo import Demo
from registry_content import Manifest, image
from registry_pushing import head_manifest, push
from telling import DemoFailed, insist

WEB = "shop/web"
_PROGRAM = Layer("ci-program", 100_000, BUSYBOX)


class CI:
    """Use as a context manager; `pushed` maps tags to digests, in the order of the pushes."""

    def __init__(self, demo: Demo) -> None:
        self.pushed: dict[str, str] = {}
        self._address = demo.registry_address
        self._stop = threading.Event()
        self._first = threading.Event()
        self._problem: BaseException | None = None
        self._known: set[str] = set()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "CI":
        self._thread.start()
        self._first.wait()
        return self

    def __exit__(self, *_what: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._problem is not None:
            raise DemoFailed("the CI could not push: %s" % self._problem)

    @property
    def last(self) -> str:
        """The digest of the last build."""
        return list(self.pushed.values())[-1]

    def check(self) -> None:
        """Every build is there under its tag, and `latest` is the last one."""
        for tag, wanted in {**self.pushed, "latest": self.last}.items():
            _status, found = head_manifest(self._address, WEB, tag)
            insist(found == wanted, "%s:%s is %s, CI pushed %s" % (WEB, tag, found or "gone", wanted))

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                tag = "main-%04d" % (len(self.pushed) + 1)
                self.pushed[tag] = push(self._address, WEB, _build(tag), tag, "latest", known=self._known)
                self._first.set()
        except Exception as problem:  # told when the demo comes back to it
            self._problem = problem
            self._first.set()


def _build(tag: str) -> Manifest:
    return image([_PROGRAM, Layer("ci-" + tag, 100_000)], note=tag)
