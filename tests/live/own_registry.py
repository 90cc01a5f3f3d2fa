# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away docker-registry 2.8: its own data from the first byte on, its own log, stopped and collected at will."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from lab import TESTED
from lab.addresses import free_port
from lab.commands import run, wait_until
from lab.paths import cache, instance
from lab.registry import Registry
from plain_http import AGENT, call

ADDRESS = "127.0.0.1"
_NUMBERS = count(1)
# The combined format: host - - [time] "METHOD TARGET HTTP/1.1" STATUS BYTES "REFERER" "AGENT". The same log carries
# the lines of the registry itself, which start with `time=` and tell of each request once more.
_LINE = re.compile(r'^\S+ - \S+ \[[^]]+\] "([A-Z]+) (\S+) HTTP/[0-9.]+" (\d+) (\d+) "[^"]*" "((?:[^"\\]|\\.)*)"$')


@dataclass(frozen=True)
class Logged:
    """One request as the registry's access log has it; `size` is the number of bytes of the answer's body."""

    method: str
    path: str
    query: str
    status: int
    size: int
    agent: str


class OwnRegistry:
    """Use as a context manager, in a folder that is empty at first. The settings may be changed while it is stopped.

    `delete_enabled` and `read_only` are the registry's own settings; `cache_of` (a URL) makes it a pull-through cache;
    `descriptor_cache` makes it remember in memory which blobs it has, as the configuration that comes with it does.
    """

    def __init__(
        self,
        folder: Path,
        delete_enabled: bool = True,
        read_only: bool = False,
        cache_of: str = "",
        descriptor_cache: bool = False,
    ) -> None:
        self.folder = folder
        self.delete_enabled = delete_enabled
        self.read_only = read_only
        self.cache_of = cache_of
        self.descriptor_cache = descriptor_cache
        self.server = Registry("own", folder, ADDRESS, free_port(ADDRESS), cache(), instance(TESTED).root)
        self.address = self.server.address
        self._marks = count(1)
        self._from = 0

    def __enter__(self) -> "OwnRegistry":
        return self.start()

    def __exit__(self, *_what: object) -> None:
        self.stop()

    def start(self) -> "OwnRegistry":
        self._settle()
        self.server.start()
        return self

    def stop(self) -> None:
        self.server.stop()

    def restart(self, **settings: Any) -> None:
        """With other settings, if any are given."""
        self.stop()
        for name, value in settings.items():
            assert hasattr(self, name), name
            setattr(self, name, value)
        self.start()

    def _settle(self) -> None:
        storage: dict[str, Any] = {"delete": {"enabled": self.delete_enabled}}
        if self.read_only:
            storage["maintenance"] = {"readonly": {"enabled": True}}
        if self.descriptor_cache:
            storage["cache"] = {"blobdescriptor": "inmemory"}
        self.server.storage = storage
        self.server.cache_of = self.cache_of

    # Garbage collection ---------------------------------------------------------------------------------------------

    def collect(self, delete_untagged: bool = False) -> str:
        """Stop, collect, start, as it should be done; returns what the collector printed."""
        self.stop()
        said = self.garbage_collect(delete_untagged)
        self.start()
        return said

    def garbage_collect(self, delete_untagged: bool = False, dry_run: bool = False) -> str:
        """The real `docker-registry garbage-collect` over the data; the registry is left as it is, running or not.

        Never with delete_untagged but to show what that breaks: in 2.8 it takes the children of tagged indexes.
        """
        self._settle()
        words = ["garbage-collect"]
        words += ["--delete-untagged"] if delete_untagged else []
        words += ["--dry-run"] if dry_run else []
        done = run(self.server.command(*words), env=self.server.environ())
        return done.stdout.decode() + done.stderr.decode()

    # What was asked -------------------------------------------------------------------------------------------------

    def mark(self) -> None:
        """From here on requests() counts."""
        self._synchronise()
        self._from = self.server.log.stat().st_size

    def requests(self, also_bench: bool = False) -> list[Logged]:
        """The requests since the mark, in the order of their ends; without those of the bench itself and of the lab.

        An answer of some kilobytes may be read whole an instant before it is logged: read on its connection, or
        stop() the registry, before counting those.
        """
        if self.server.answers():
            self._synchronise()
        with open(self.server.log, "rb") as log:
            log.seek(self._from)
            lines = log.read().decode(errors="replace").splitlines()
        found = [_parsed(match) for match in map(_LINE.match, lines) if match]
        return [one for one in found if _counts(one, also_bench)]

    def _synchronise(self) -> None:
        """Until the log has a request that is made now."""
        name = "mark-%d-%d" % (os.getpid(), next(self._marks))
        call(self.address, "GET", "/v2/?" + name)
        pattern = ("GET /v2/?%s HTTP" % name).encode()
        wait_until("the access log", lambda: pattern in self.server.log.read_bytes()[self._from :])

    # What is on the disk ---------------------------------------------------------------------------------------------

    @property
    def _root(self) -> Path:
        return self.server.data / "docker" / "registry" / "v2"

    def blobs(self) -> dict[str, int]:
        """Digest -> size in bytes of everything that is stored, manifests among it."""
        return {"sha256:" + path.parent.name: path.stat().st_size for path in self._root.glob("blobs/sha256/*/*/data")}

    def blob_bytes(self) -> int:
        return sum(self.blobs().values())

    def repositories(self) -> list[str]:
        folder = self._root / "repositories"
        return sorted(str(path.parent.relative_to(folder)) for path in folder.glob("**/_manifests"))

    def manifests(self, repository: str) -> set[str]:
        """Digests of the manifests that a repository links, tagged or not."""
        links = self._root.glob("repositories/%s/_manifests/revisions/sha256/*/link" % repository)
        return {path.read_text().strip() for path in links}

    def tags(self, repository: str) -> dict[str, str]:
        """Tag -> digest."""
        links = self._root.glob("repositories/%s/_manifests/tags/*/current/link" % repository)
        return {path.parent.parent.name: path.read_text().strip() for path in links}


def _parsed(match: re.Match[str]) -> Logged:
    method, target, status, size, agent = match.groups()
    path, _question, query = target.partition("?")
    return Logged(method, path, query, int(status), int(size), agent)


def _counts(one: Logged, also_bench: bool) -> bool:
    if one.agent == AGENT:
        return also_bench and not (one.path == "/v2/" and one.query.startswith("mark-"))
    return not (one.path == "/v2/" and one.agent == "")  # the lab asks so whether it answers
