# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retention and distribution of this collection next to other tools: requests, bytes, what is broken afterwards, memory, seconds.

    python tests/benchmarks/registry_run.py [--parts retention,traps,listing,sync,regions,faults,drift]

Tables on stdout, everything in build/bench-registry.json; the exit code is 1 when this collection misses a target. It needs
root for the engines of `traps`. Requests are counted in the registry's own access log. Seconds are those of this machine
and of whole processes; compare the ratios and the counts.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Callable

import registry_place  # first: it says where the lab and the live tests are found
from lab import LabError
from lab.paths import cache

PARTS = ("retention", "traps", "listing", "sync", "regions", "faults", "drift")
#: Those in which content is copied, by one more tool.
SYNC = PARTS[3:]
LEGEND = """\
requests are those in the registry's own access log (in H: of the stand-in), from the first to the last of the whole job. The
loops of crane and skopeo are what a shell does with them at its best: one list, releases by `sort -V`, eight at a time, signatures
left alone. regctl, regbot and registry-cli cannot be had here. "no undo and bytes" is told the repository by name, writes no undo,
counts no bytes and does not look again afterwards; its cache is empty, but what the registry can do is known from an earlier
run, counted beside it. The other runs know nothing from before. An old tag that shares its digest with a kept one cannot be deleted
on docker-registry 2.8 without the kept one, so that it stays is right. wrong deletions: kept tags, digests in use and
signatures of kept images that are gone or can no longer be pulled whole. In H crane and skopeo only list; "whole plan" also reads
every image and decides.
C to G: crane, skopeo (five retries, going on after failures) and oras copy one repository with their best flags; oras is a loop
over tags, eight at a time. regsync cannot be had here.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default=",".join(PARTS), help="comma list of comparisons (default: %(default)s)")
    parts = parser.parse_args().parts.split(",")
    for part in parts:
        if part not in PARTS:
            parser.error("--parts: %r is none of %s" % (part, ", ".join(PARTS)))
    if "traps" in parts and os.geteuid() != 0:
        parser.error("this starts engines of its own and needs root")
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("ended by SIGTERM"))
    try:
        with registry_place.private_place() as folder:
            missed = _bench(folder, parts)
    except (LabError, OSError, RuntimeError) as error:
        print("bench: %s" % error, file=sys.stderr)
        return 1
    print("\n".join("MISSED " + text for text in missed) or "all targets are met")
    return 1 if missed else 0


def _bench(folder: Path, parts: list[str]) -> list[str]:
    """All targets that were missed."""
    import registry_listing
    import registry_retention
    import registry_table
    import registry_traps
    import sync_compare
    import sync_table
    from registry_peers import oras, registry_about
    from registry_tools import peers

    known: dict[str, tuple[Callable[..., dict[str, Any]], Callable[[dict[str, Any]], str]]] = {
        "retention": (registry_retention.compare, registry_table.render_retention),
        "traps": (registry_traps.compare, registry_table.render_traps),
        "listing": (registry_listing.compare, registry_table.render_listing),
        "sync": (sync_compare.compare_runs, sync_table.render_runs),
        "regions": (sync_compare.compare_regions, sync_table.render_regions),
        "faults": (sync_compare.compare_faults, sync_table.render_faults),
        "drift": (sync_compare.compare_drift, sync_table.render_drift),
    }
    start = time.monotonic()

    def say(text: str) -> None:
        print("%4d s  %s" % (time.monotonic() - start, text), file=sys.stderr, flush=True)

    say("fetching the other tools")
    compared = peers(cache())
    copiers = [*compared, oras(cache())]
    about = [registry_about(cache()), *("%s: %s" % (peer.name, peer.about or peer.missing) for peer in copiers)]
    busy = "load of the machine at the start: %.1f on %d cores" % (os.getloadavg()[0], os.cpu_count() or 1)
    print("\n".join([*about, busy, ""]), flush=True)
    results: dict[str, Any] = {"about": [*about, busy]}
    for part in parts:
        compare, render = known[part]
        results[part] = compare(folder / part, copiers if part in SYNC else compared, say)
        print(render(results[part]), flush=True)
        _write(results)
    print(LEGEND)
    rows = [row for part in parts for row in results[part]["rows"]]
    return ["%s: %s" % (row["tool"], text) for row in rows for text in row.get("missed", ())]


def _write(results: dict[str, Any]) -> None:
    target = registry_place.ROOT / "build" / "bench-registry.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
