# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts run is scanned, each image once, and judged by a policy."""

from __future__ import annotations

import json
import re
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from debian_feed import Row, write_feed
from demo import CONTROL, HERE, OLD_API, PLAYBOOKS, Demo
from lab.paths import cache
from lab.unpacked import unpacked
from telling import insist, told

BILLING, SEARCH = "shop/billing:2.3.0", "shop/search:1.8.0"
#: So that nobody takes a hole of the demo for one of the world.
HOLES = (
    Row("CVE-1900-0001", "openssl", "H", fixed="99", fixable=True, description="made up for the demo"),
    Row("CVE-1900-0002", "bash", "H", fixed="99", fixable=True, description="made up for the demo"),
    Row("CVE-1900-0003", "zlib", "M", fixed="1:99", fixable=True, description="made up for the demo"),
    Row("CVE-1900-0004", "tar", "H", description="made up for the demo"),
)
BUILT = {"openssl": ["libssl3", "openssl"], "bash": ["bash"], "zlib": ["zlib1g"], "tar": ["tar"]}
#: Days that the waiver still has.
LEFT = 5
# What a scanner reads of a system, and a program to run; the packages are those of the host.
_IMAGE = """set -e
made=$(mktemp -d)
mkdir -p $made/etc $made/bin $made/var/lib/dpkg
cp -L /etc/os-release $made/etc/
cp /bin/busybox $made/bin/
%s /var/lib/dpkg/status > $made/var/lib/dpkg/status
tar -C $made -c . | docker import --change 'CMD ["/bin/busybox", "sleep", "2000000000"]' - %s
docker push --quiet %s
rm -r $made"""
_WITHOUT_OPENSSL = r"""awk 'BEGIN {RS = ""; ORS = "\n\n"} !/^Package: (openssl|libssl3)\n/'"""


def scan_the_fleet(demo: Demo) -> None:
    _release(demo, BILLING, "cat")
    _release(demo, SEARCH, _WITHOUT_OPENSSL)
    many = [str(host["name"]) for host in demo.lab["hosts"] if host["name"] != OLD_API]
    for name, image in [*((name, BILLING) for name in many), (OLD_API, SEARCH)]:
        demo.on(name, "docker run -d --network=none --name scanned %s/%s" % (demo.registry, image))
    told("%s on %s and %s on %s are new, and made of Debian's packages." % (BILLING, ", ".join(many), SEARCH, OLD_API))
    _bring_the_scanner(demo)
    told("The scanner is debsecan, offline. Its data are the demo's own: %d holes that are made up." % len(HOLES))
    told(
        "The policy: nothing high that has a fix; medium may stay for 30 days. Team-shop answers for one of the holes for"
        " %d more days.\n" % LEFT
    )
    ends = (datetime.now(timezone.utc) + timedelta(days=LEFT)).date().isoformat()
    waiver = ("-e", json.dumps({"demo_waiver_ends": ends}))
    seen = _scan_of(demo.listen(PLAYBOOKS / "ledger.yml", HERE / "scan.yml", options=waiver))
    told(seen)
    _check(demo, seen, many)
    told("\nFrom now on %s scans every day. The audit line of a scheduled run:" % CONTROL)
    demo.on(CONTROL, "systemctl start imagefleet-production.service")
    told(demo.on(CONTROL, "tail -1 /var/log/imagefleet.log"))
    told("\n%s passes. It has no openssl; of the other three holes it tells:\n" % SEARCH)
    told("\n".join("  %s in %s  %s" % one for one in _told_of(demo, SEARCH)))


def _release(demo: Demo, image: str, packages: str) -> None:
    """`packages` is a command that reads the host's packages, and writes those of the image."""
    name = "%s/%s" % (demo.registry, image)
    demo.on(CONTROL, _IMAGE % (packages, name, name))


def _bring_the_scanner(demo: Demo) -> None:
    """As the package of the distribution has it; the lab installs nothing."""
    demo.bring(CONTROL, unpacked(cache(), "debsecan", "bookworm").program("debsecan"), "/usr/bin/debsecan")
    with tempfile.TemporaryDirectory() as folder:
        write_feed(Path(folder), "bookworm", HOLES, BUILT)
        demo.bring(CONTROL, Path(folder) / "bookworm", "/srv/demo-data/bookworm", "0644")


def _scan_of(output: str) -> str:
    found = re.search(r"^Scan of production: .*?(?=\n\n)", output, re.MULTILINE | re.DOTALL)
    insist(found is not None, "there is no verdict of a scan in\n%s" % output)
    return found.group() if found else ""


def _told_of(demo: Demo, image: str) -> list[tuple[str, str, str]]:
    """Hole, package and why it does not count, of an image that passed."""
    report = json.loads(demo.on(CONTROL, "cat /var/lib/imagefleet/production.report.json"))
    (row,) = [row for row in report["result"]["results"] if "%s/%s" % (demo.registry, image) in row["references"]]
    insist(row["status"] == "passed", "%s did not pass: %s" % (image, row["reasons"]))
    insist({one["id"] for one in row["findings"]} == {hole.name for hole in HOLES[1:]}, "%s has other holes" % image)
    return sorted((str(one["id"]), str(one["package"]), str(one["why"])) for one in row["findings"])


def _check(demo: Demo, seen: str, hosts: list[str]) -> None:
    failed = r"^Failed, .*\n  IMAGE .*\n  %s/%s +%s " % (demo.registry, BILLING, ", ".join(hosts))
    insist(re.search(failed, seen, re.MULTILINE) is not None, "%s did not fail on its hosts" % BILLING)
    insist(re.search(r"^  expires soon +CVE-1900-0002 ", seen, re.MULTILINE) is not None, "no waiver is told to end")
    web = r"^Not scanned, .*\n(?:  .*\n)*  %s/shop/web:" % demo.registry
    insist(re.search(web, seen, re.MULTILINE) is not None, "what has no packages is not told as not scanned")
