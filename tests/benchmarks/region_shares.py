# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it gains to share the repositories of a distribution between workers, with registries that are far away.

    python tests/benchmarks/region_shares.py [--repositories 40] [--tags 5] [--latency 50]

A source and two regions, all real, each behind a proxy that lets every request wait. Workers are runs of the scheduled command at
the same time, each with its share. Seconds are those of this machine, from the first start to the last end; requests are those in the
registries' own access logs. The exit code is 1 when shares cost requests, or bring anything twice or not at all.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Sequence

import registry_place  # first: it says where the lab and the live tests are found
from columns import Row, columns

WORKERS = (1, 2, 4)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=40)
    parser.add_argument("--tags", type=int, default=5)
    parser.add_argument(
        "--latency", type=int, default=50, help="milliseconds that every request waits (default: %(default)s)"
    )
    options = parser.parse_args()
    rows: list[Row] = []
    wrong: list[str] = []
    with registry_place.private_place() as folder:
        for workers in WORKERS:
            cells, problems = _measured(folder / str(workers), workers, options)
            rows.append(("%d worker%s" % (workers, "" if workers == 1 else "s"), cells))
            wrong += problems
    heads = ["bring all", "requests", "blobs read", "nothing to do", "requests", "drift check", "requests"]
    print("\n".join(columns("%d repositories, %d ms" % (options.repositories, options.latency), heads, rows)))
    print("\n".join("WRONG " + text for text in wrong) or "every tag was brought once, every blob was read once")
    return 1 if wrong else 0


def _measured(folder: Path, workers: int, options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Cells of a row, and what is wrong."""
    # Needs the place of the lab.
    import registry_content as content
    from far_proxy import FarProxy
    from own_registry import OwnRegistry
    from registry_pushing import push
    from scheduled_regions import ScheduledJob, finish

    cells: list[str] = []
    names = ["shop/app-%02d" % number for number in range(options.repositories)]
    tags = ["1.%d.0" % number for number in range(options.tags)]
    with ExitStack() as stack:
        registries = []
        for name in ("source", "eu", "us"):
            (folder / name).mkdir(parents=True)
            registries.append(stack.enter_context(OwnRegistry(folder / name)))
        source, *regions = registries
        for name in names:
            for tag in tags:
                push(source.address, name, content.simple("%s %s" % (name, tag)), tag)
        far = [stack.enter_context(FarProxy(one.address, options.latency / 1000)) for one in registries]

        def jobs(command: str) -> Sequence[Any]:
            made = []
            for share in range(1, workers + 1):
                place = folder / ("%s-%d" % (command, share))
                access = [{"registry": one.address, "insecure": True} for one in far]
                wanted = {
                    "source": {**access[0], "cache_dir": str(folder / ("cache-%d" % share))},
                    "destinations": [{"name": name, **one} for name, one in zip(("eu", "us"), access[1:])],
                    "repositories": ["shop/**"],
                    "shard": "%d/%d" % (share, workers),
                    "state_dir": str(place) + "-state",
                }
                made.append(stack.enter_context(ScheduledJob(place, command, wanted)))
            return made

        def run(made: Sequence[Any]) -> tuple[str, list[str], list[Any]]:
            for one in registries:
                one.mark()
            began = time.monotonic()
            ended = [finish(process) for process in [job.start() for job in made]]
            seconds = time.monotonic() - began
            asked = [one for registry in registries for one in registry.requests()]
            failed = [
                "%s ended with %d: %s" % (job.command, one.code, one.errors)
                for job, one in zip(made, ended)
                if one.code
            ]
            return "%.1f s" % seconds, failed, asked

        sync, drift = jobs("sync"), jobs("drift")
        seconds, wrong, asked = run(sync)
        blobs = [one.path for one in asked if one.method == "GET" and "/blobs/" in one.path]
        puts = [one.path for one in asked if one.method == "PUT" and one.path.rpartition("/")[2] in tags]
        if len(blobs) != len(set(blobs)):
            wrong.append("%d workers read blobs twice" % workers)
        if len(puts) != len(regions) * len(names) * len(tags) or len(set(puts)) != len(names) * len(tags):
            wrong.append("%d workers put %d tags" % (workers, len(puts)))
        cells += [seconds, str(len(asked)), str(len(blobs))]
        for made in (sync, drift):
            seconds, failed, asked = run(made)
            wrong += failed
            cells += [seconds, str(len(asked))]
    return cells, wrong


if __name__ == "__main__":
    sys.exit(main())
