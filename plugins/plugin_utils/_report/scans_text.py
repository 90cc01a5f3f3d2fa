# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scan of a fleet as lines to read: the verdict, what failed, what nobody knows, whose waivers end, what is new."""

from __future__ import annotations

from typing import Any, List, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.groups import some
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import table
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.scans import (
    FAILED,
    NOT_SCANNED,
    Image,
    Scan,
    read_scan,
)

TOP = 10
WIDTHS = (60, 40, 0, 0, 0, 0, 0, 100)
HOSTS = 3


def scan_lines(name: str, raw: Any, top: int = TOP) -> List[str]:
    """`raw` as read_scan() takes it."""
    scan = read_scan(name, raw)
    when = " (%s)" % scan.finished if scan.finished else ""
    lines = ["Scan of %s: %s%s." % (scan.name, scan.sentence, when)]
    lines += _not_scanned(scan.having(NOT_SCANNED), top) + _failed(scan.having(FAILED), top)
    lines += _waivers(scan, top) + _changes(scan, top)
    lines += ["Good to know:"] + ["  " + note for note in scan.notes] if scan.notes else []
    return lines + (["It failed: %s" % scan.problem] if scan.problem else [])


def section(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], top: int, **how: Any) -> List[str]:
    """A title and the first rows, and how many more there are; nothing without rows."""
    if not rows:
        return []
    more = ["  and %d more" % (len(rows) - top)] if len(rows) > top else []
    return [title] + ["  " + line for line in table(header, rows[:top], **how)] + more


def on_hosts(hosts: Sequence[str]) -> str:
    """Names of hosts in few words."""
    return some(hosts, HOSTS) or "-"


def _not_scanned(images: Sequence[Image], top: int) -> List[str]:
    rows = [[image.name, on_hosts(image.hosts), image.reason] for image in images]
    return section(
        "Not scanned, so nothing is known of them:", ("IMAGE", "HOSTS", "WHY"), rows, top, limits=(60, 40, 100)
    )


def _failed(images: Sequence[Image], top: int) -> List[str]:
    rows = [[image.name, on_hosts(image.hosts), *map(str, image.counts), image.reason] for image in images]
    header = ("IMAGE", "HOSTS", *(one.upper() for one in SEVERITIES), "FIRST REASON")
    return section("Failed, the worst first:", header, rows, top, right=tuple(range(2, 7)), limits=WIDTHS)


def _waivers(scan: Scan, top: int) -> List[str]:
    rows = [
        [one.state, one.id, one.package or "every package", one.owner or "-", one.expires or "-", one.reason or "-"]
        for one in scan.waivers
    ]
    header = ("STATE", "ID", "PACKAGE", "OWNER", "EXPIRES", "REASON")
    return section("Waivers to look at:", header, rows, top, limits=(0, 32, 40, 32, 0, 60))


def _changes(scan: Scan, top: int) -> List[str]:
    header = ("SEVERITY", "ID", "PACKAGE", "IMAGE")
    new = [[one.severity, one.id, one.package, image.name] for image, one in scan.new]
    gone = [[one.severity, one.id, one.package, image.name] for image, one in scan.gone]
    limits = (0, 32, 40, 60)
    return [
        *section("New since the last run (%d):" % len(new), header, new, top, limits=limits),
        *section("Gone since the last run (%d):" % len(gone), header, gone, top, limits=limits),
    ]
