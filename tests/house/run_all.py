# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All layers in three lanes: what needs the processor, what waits for engines, and roles on hosts of their own; a table of times at
the end."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Sequence

_LAB = ("python3", "tests/lab/cli.py")
_LAST_LINES = 40  # of a failed layer, told once more at the end
_TALLY = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")


@dataclass
class Layer:
    """One check and how it ended; `counts` are the tests it ran, where it told."""

    name: str
    command: Sequence[str]
    needs: tuple[str, ...] = ()
    ended: str = "did not run"
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)


class Runner:
    """Runs layers, keeps their output in build/logs, prints it whole when a layer failed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._logs = root / "build" / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._print = threading.Lock()
        self.layers: list[Layer] = []

    def add(self, name: str, command: Sequence[str], needs: tuple[str, ...] = ()) -> Layer:
        layer = Layer(name, command, needs)
        self.layers.append(layer)
        return layer

    def lane(self, layers: Sequence[Layer]) -> None:
        for layer in layers:
            failed = [other.name for other in self.layers if other.name in layer.needs and other.ended != "passed"]
            if failed:
                layer.ended = "did not run"
                self._say("%s did not run: it needs %s" % (layer.name, ", ".join(failed)))
            else:
                self.run(layer)

    def run(self, layer: Layer) -> None:
        self._say("%s: started" % layer.name)
        began = time.monotonic()
        log = self.log(layer)
        with open(log, "w") as stream:
            code = subprocess.run(
                layer.command, cwd=self._root, stdout=stream, stderr=subprocess.STDOUT, check=False
            ).returncode
        layer.seconds = time.monotonic() - began
        text = log.read_text(errors="replace")
        layer.counts = tally(text)
        layer.ended = "passed" if code == 0 else "failed"
        if code:
            self._say(
                "%s: FAILED after %.0f s\n%s\n%s: FAILED, output above" % (layer.name, layer.seconds, text, layer.name)
            )
        else:
            self._say("%s: passed (%.0f s)" % (layer.name, layer.seconds))

    def log(self, layer: Layer) -> Path:
        return self._logs / (layer.name + ".log")

    def _say(self, text: str) -> None:
        with self._print:
            print(text, flush=True)


def tally(text: str) -> dict[str, int]:
    """The sums that pytest printed last lines with."""
    counts: dict[str, int] = {}
    for line in text.splitlines():
        if re.search(r"\b(passed|failed|errors?)\b.* in [\d.]+s", line):
            for number, word in _TALLY.findall(line):
                key = "failed" if word.startswith("error") else word
                counts[key] = counts.get(key, 0) + int(number)
    return counts


def run(root: Path, units: Sequence[str], sanities: Sequence[str], missing: Sequence[str]) -> bool:
    """Run everything; True when every layer ran and passed. `missing` tells what this machine cannot run at all."""
    runner = Runner(root)
    nox = ("sh", "tests/nox.sh", "-s")
    began = time.monotonic()

    def session(name: str, *needs: str) -> Layer:
        return runner.add(name, (*nox, name), needs)

    stage = session("stage")
    processor = [
        session("structure"),
        session("licence"),
        session("types", "stage"),
        *(session(name, "stage") for name in units),
        session("lint", "stage"),
        session("docs", "stage"),
        session("report", "stage"),
        *(session(name, "stage") for name in sanities),
    ]
    up = runner.add("lab up", (*_LAB, "up", "--name", "test"))
    engines = [
        session("integration", "stage", "lab up"),
        session("smoke", "stage", "lab up"),
        session("live-1", "stage", "lab up"),
    ]
    downs = {
        name: runner.add("lab down " + name, (*_LAB, "down", "--name", name)) for name in ("molecule", "second", "test")
    }
    # Roles change hosts as a whole, so theirs are hosts of a lab of their own; what follows them has another.
    roles = [
        runner.add("lab up molecule", (*_LAB, "up", "--name", "molecule"), ("lab up",)),
        session("molecule", "stage", "lab up molecule"),
        downs["molecule"],
        runner.add("lab up second", (*_LAB, "up", "--name", "second"), ("lab up",)),
        session("live-2", "stage", "lab up second"),
    ]
    registries = [session("live-registries", "stage", "lab up")]
    proof = runner.add("lab proof", (*_LAB, "prove", "--name", "proof"))
    try:
        with ThreadPoolExecutor(4) as pool:
            starting = pool.submit(runner.lane, [up])
            runner.lane([stage])
            checking = pool.submit(runner.lane, processor)
            starting.result()
            roaming = pool.submit(runner.lane, roles)
            # Beside the engines: what brings registries of its own follows what needs the processor alone.
            following = pool.submit(lambda: (checking.result(), runner.lane(registries)))
            runner.lane(engines)
            following.result()
            roaming.result()
    finally:
        for down in downs.values():
            if down.ended != "passed":
                runner.run(down)
    runner.lane([proof])
    for layer in runner.layers:
        if layer.ended == "failed":
            lines = runner.log(layer).read_text(errors="replace").splitlines()
            print("\n%s FAILED; its last lines:\n    %s" % (layer.name, "\n    ".join(lines[-_LAST_LINES:])))
    return _table(runner.layers, time.monotonic() - began, missing)


def _table(layers: Sequence[Layer], total: float, missing: Sequence[str]) -> bool:
    print("\n%-18s %-12s %8s  %s" % ("LAYER", "ENDED", "SECONDS", "TESTS"))
    for layer in layers:
        tests = ", ".join("%d %s" % (number, word) for word, number in layer.counts.items())
        print("%-18s %-12s %8.0f  %s" % (layer.name, layer.ended, layer.seconds, tests))
    print("%-18s %-12s %8.0f" % ("all", "", total))
    for text in missing:
        print("NOT RUN on this machine: %s" % text)
    bad = [layer for layer in layers if layer.ended != "passed"]
    good = [layer for layer in layers if layer.ended == "passed"]
    # A layer without tests of its own counts as one check.
    passed = sum(layer.counts.get("passed", 0) or 1 for layer in good) + sum(
        layer.counts.get("passed", 0) for layer in bad
    )
    failed = sum(max(layer.counts.get("failed", 0), 1) for layer in bad)
    print("\n%d passed, %d failed" % (passed, failed))
    sys.stdout.flush()
    return not bad
