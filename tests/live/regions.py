# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source registry and regions beside it, all real, each with a way to it on which things go wrong."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from faults import Faults
from meddling_proxy import MeddlingProxy
from own_registry import Logged, OwnRegistry
from whole import all_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.run import run_sync

WEB = "shop/web"


class Regions:
    """Use as a context manager. `source` and `all` are the registries; faults are injected on the way to them."""

    def __init__(self, folder: Path, count: int = 3) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self.source = self._registry("source")
        self.all = [self._registry("region-%d" % number) for number in range(count)]
        self._ways: dict[str, MeddlingProxy] = {}

    def _registry(self, name: str) -> OwnRegistry:
        (self._folder / name).mkdir(parents=True)
        return OwnRegistry(self._folder / name)

    def __enter__(self) -> "Regions":
        for registry in (self.source, *self.all):
            self._stack.enter_context(registry)
            self._ways[registry.address] = self._stack.enter_context(MeddlingProxy(registry.address))
        return self

    def __exit__(self, *_what: object) -> None:
        self._stack.close()

    def faults(self, registry: OwnRegistry) -> Faults:
        return self._ways[registry.address].faults

    def way(self, registry: OwnRegistry) -> MeddlingProxy:
        return self._ways[registry.address]

    def heal(self) -> None:
        for way in self._ways.values():
            way.faults.clear()

    def options(self, **more: Any) -> dict[str, Any]:
        def access(registry: OwnRegistry) -> dict[str, Any]:
            return {"registry": self._ways[registry.address].address, "insecure": True, "retries": 5}

        regions = [{"name": "region-%d" % number, **access(one)} for number, one in enumerate(self.all)]
        source = {**access(self.source), "cache_dir": str(self._folder / "cache")}
        state = {"state_dir": str(self._folder / "state")}
        return {"source": source, "destinations": regions, "repositories": [{"name": WEB}], **state, **more}

    def sync(self, apply: bool = True, **more: Any) -> dict[str, Any]:
        return run_sync(parse_sync_options(self.options(**more)), apply)

    def mark(self) -> None:
        for registry in (self.source, *self.all):
            registry.mark()

    def blob_reads(self) -> list[Logged]:
        """Whole or part, since the mark, as the source's own log has them."""
        return [one for one in self.source.requests() if one.method == "GET" and "/blobs/" in one.path]

    def count(self) -> int:
        return sum(len(registry.requests()) for registry in (self.source, *self.all))

    def broken(self, repository: str = WEB) -> list[str]:
        return [problem for region in self.all for problem in all_whole(region.address, repository)]
