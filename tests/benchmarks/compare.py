# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All tools on one engine with one number of images: previews first, then each deletion on the same state."""

from __future__ import annotations

import os
import statistics
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Callable

import disk
import measure
import safety
import scene
from lab import Engine
from proxy import CountingProxy
from tools import Command, Place, Preview, Tool, forget

Say = Callable[[str], None]


class Comparison:
    """One engine, filled; `results` holds plain data for the table and for bench.json."""

    def __init__(self, engine: Engine, archive: Path, size: int, place: Place, limit: float, say: Say) -> None:
        self._engine = engine
        self._place = place
        self._limit = limit
        self._say = say
        self._copy = engine.folder / "copy"
        self._home = engine.folder / "home"
        self._home.mkdir(exist_ok=True)
        say("loading")
        self._scene = scene.prepare(engine.socket, archive, size)
        disk.save(engine, self._copy)
        self._full = disk.settled_bytes(engine)
        self.results: dict[str, Any] = {
            "store": engine.kind,
            "images": size,
            "unused": len(self._scene.unused),
            "used_names": len(self._scene.used_names),
            "containers": len(self._scene.containers),
            "version": scene.connect(engine.socket).version()["Version"],
            "load": round(os.getloadavg()[0], 1),
            "cores": os.cpu_count() or 1,
            "previews": [],
            "deletions": [],
        }

    def preview(self, tool: Tool, repeats: int) -> None:
        """Run a preview several times straight at the engine (the median counts), and once through the counting proxy."""
        row: dict[str, Any] = {"tool": tool.name}
        self.results["previews"].append(row)
        if isinstance(tool.preview, str):
            row["missing"] = tool.preview
            return
        self._say("preview: %s" % tool.name)
        runs = [self._preview(tool, self._engine.socket) for _run in range(repeats)]
        with CountingProxy(self._place.socket, self._engine.socket) as proxy:
            self._preview(tool, proxy.path, proxy.take)
            row.update(_calls(proxy.take()))
        row["seconds"] = statistics.median(run.seconds for run in runs)
        row["trouble"] = next((run.trouble for run in runs if run.trouble), "")
        if not row["trouble"]:
            row.update(self._judge(tool.read(runs[-1].output)))

    def _preview(self, tool: Tool, socket: Path, prepared: Callable[[], object] = lambda: None) -> measure.Run:
        forget(self._place)
        if tool.before is not None:
            first = self._run(tool.before, tool, socket)
            if first.trouble:
                return first
        prepared()
        assert not isinstance(tool.preview, str)
        return self._run(tool.preview, tool, socket)

    def _run(self, command: Command, tool: Tool, socket: Path) -> measure.Run:
        place = replace(self._place, socket=socket)
        return measure.run(command(place), socket, tool.env, self._home, self._limit)

    def delete(self, tool: Tool, fresh: bool) -> None:
        """Run a deletion on the saved state (`fresh`: nothing was deleted since) through the counting proxy, look at what is left."""
        row: dict[str, Any] = {"tool": tool.name}
        self.results["deletions"].append(row)
        if isinstance(tool.delete, str):
            row["missing"] = tool.delete
            return
        self._say("deletion: %s" % tool.name)
        if not fresh:
            disk.restore(self._engine, self._copy)
        forget(self._place)
        with CountingProxy(self._place.socket, self._engine.socket) as proxy:
            run = self._run(tool.delete, tool, proxy.path)
            row.update(_calls(proxy.take()))
        row["seconds"] = run.seconds
        row["trouble"] = run.trouble
        row["freed_bytes"] = self._full - disk.settled_bytes(self._engine)
        row.update(asdict(safety.look(self._engine.socket, self._scene)))

    def _judge(self, preview: Preview) -> dict[str, Any]:
        found: dict[str, Any] = {"low": preview.low, "high": preview.high, "named": None, "right": None}
        if preview.images is not None:
            named = set(preview.images)
            found["named"] = len(named)
            found["right"] = sum(1 for image in self._scene.unused if any(image.startswith(name) for name in named))
        return found


def _calls(calls: Counter[str]) -> dict[str, Any]:
    return {"calls": sum(calls.values()), "calls_by_kind": dict(calls.most_common())}


def settle_truth(results: dict[str, Any]) -> None:
    """The truth is what the disk gave back when everything unused, and nothing else, was deleted; else nothing is judged."""
    clean = [row for row in results["deletions"] if row.get("unused_left") == 0 and row.get("images_lost") == 0]
    freed = [row["freed_bytes"] for row in clean]
    results["truth_bytes"] = int(statistics.median(freed)) if freed else None
    results["truth_spread_bytes"] = max(freed) - min(freed) if freed else None
