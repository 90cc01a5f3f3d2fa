# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's ledger is begun, and the retention of a registry planned by it."""

from __future__ import annotations

from demo import PLAYBOOKS, STOPPED, Demo
from registry_report import plan_of, report_of
from releases import CART, VERSIONS, push_release_line
from telling import insist, told


def plan_retention(demo: Demo) -> None:
    push_release_line(demo.registry_address)
    demo.on(STOPPED, "docker rm -f cart; docker run -d --network=none --name cart %s/%s:3.0.1" % (demo.registry, CART))
    told(
        "Pushed to %s before: %s %s to %s, each for two platforms and attested, some signed. %s runs 3.0.1."
        % (demo.registry, CART, VERSIONS[0], VERSIONS[-1], STOPPED)
    )
    demo.listen(PLAYBOOKS / "ledger.yml", options=("-e", "image_fleet_first_run=true"))
    told("playbooks/ledger.yml asked every host what it uses and used lately, and began the fleet's ledger.")
    told("Policy: the newest 2 releases of the last 2 minor versions stay, the others may go unless a host needs them.")
    told("The demo's policy waits for nothing; the defaults delete only what is 14 days old and was listed 7 days before.")
    report = report_of(demo.listen(PLAYBOOKS / "retention.yml", options=("--check",)))
    told("\n" + report)
    demo.plan = plan_of(report)
    insist("shop/web:1.6.0  in use by host-1 and 3 more hosts" in report, "web 1.6.0 is not told to be in use")
