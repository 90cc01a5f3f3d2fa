# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preview and deletion of this collection next to other tools, on the same images, on private throw-away engines.

    python tests/benchmarks/run.py [--sizes 300,1000] [--stores overlay2,containerd] [--repeats 3] [--limit 600]

Tables on stdout, everything in build/bench.json. Seconds are those of this machine; compare the ratios and the counts.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lab"))

import archive
import scene
from compare import Comparison, settle_truth
from lab import Engine, LabError
from lab.kernel import remove_cgroups
from lab.paths import cache, instance
from lab.prepare import prepare
from lab.tools import docker_cli, program
from table import render
from tools import Place, tools

STORES = ("overlay2", "containerd")
LEGEND = """\
Every time is that of a whole process, its start included (for the two Ansible collections: of the module on the host), as a
ratio to the first run of imagefleet.docker. Previews are timed straight at the engine and counted in a run of their own,
deletions pass the counting proxy. calls are HTTP requests to the engine. bytes are those of files in layers, snapshots and
blobs; the error of a preview is against what the disk then gave back. The preview beside docker image prune is docker system
df, since prune has none. First run: nothing is remembered of any image; later runs: all images are known.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="300,1000", help="numbers of images (default: %(default)s)")
    parser.add_argument("--stores", default=",".join(STORES), help="image stores (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each preview (default: %(default)s)")
    parser.add_argument("--limit", type=int, default=600, help="seconds for one run of one tool (default: %(default)s)")
    options = parser.parse_args()
    try:
        sizes = [int(word) for word in options.sizes.split(",")]
    except ValueError:
        parser.error("--sizes: %r is not a comma list of numbers" % options.sizes)
    stores = options.stores.split(",")
    if min(sizes) < 6 * scene.USED:
        parser.error("--sizes: at least %d images, since %d of them are in use" % (6 * scene.USED, scene.USED))
    for store in stores:
        if store not in STORES:
            parser.error("--stores: %r is none of %s" % (store, ", ".join(STORES)))
    if os.geteuid() != 0:
        parser.error("this starts engines of its own and needs root")
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("ended by SIGTERM"))
    try:
        bench(sizes, stores, options.repeats, options.limit)
    except (LabError, OSError, RuntimeError) as error:
        print("bench: %s" % error, file=sys.stderr)
        return 1
    return 0


def bench(sizes: list[int], stores: list[str], repeats: int, limit: int) -> None:
    """Everything, below one instance folder of the lab that is gone at the end, however this ends."""
    own = instance("bench-%d" % os.getpid())
    results: list[dict[str, Any]] = []
    prepare(cache(), with_rootfs=False)
    with ExitStack() as leave:
        leave.callback(shutil.rmtree, own.root, ignore_errors=True)
        leave.callback(remove_cgroups, own.cgroup)
        for size in sizes:
            source = own.root / ("images-%d.tar" % size)
            source.parent.mkdir(parents=True, exist_ok=True)
            archive.write_archive(source, scene.names(size), program(cache(), "bookworm", "busybox"))
            for store in stores:
                engine = Engine(store, own.engine("%s-%d" % (store, size)))
                leave.callback(engine.destroy)  # a second time does no harm
                results.append(_compare(engine.start(), source, size, repeats, limit))
                engine.destroy()
                print(render(results[-1]), flush=True)
                _write(results)
            source.unlink()
    print(LEGEND)


def _compare(engine: Engine, source: Path, size: int, repeats: int, limit: int) -> dict[str, Any]:
    start = time.monotonic()

    def say(text: str) -> None:
        print("%4d s  %s %d: %s" % (time.monotonic() - start, engine.kind, size, text), file=sys.stderr, flush=True)

    place = Place(engine.folder / "proxy.sock", engine.folder / "scratch", docker_cli(cache()))
    comparison = Comparison(engine, source, size, place, limit, say)
    compared = tools(ROOT / "build" / "bench")
    for tool in compared:
        comparison.preview(tool, repeats)
    fresh = True
    for tool in compared:
        if tool.before is None:
            comparison.delete(tool, fresh)
            fresh = fresh and isinstance(tool.delete, str)
    settle_truth(comparison.results)
    return comparison.results


def _write(results: list[dict[str, Any]]) -> None:
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"results": results}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
