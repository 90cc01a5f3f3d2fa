# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's ledger is begun, and the retention of a registry planned by it."""

from __future__ import annotations

from demo import CONTROL, OLD_API, PLAYBOOKS, STOPPED, Demo
from registry_report import plan_of, report_of
from releases import CART, SIGNED, VERSIONS, push_release_line
from telling import insist, told

OLD_CART = "3.0.1"


def plan_retention(demo: Demo) -> None:
    push_release_line(demo.registry_address)
    demo.on(STOPPED, "docker run -d --network=none --name cart %s/%s:%s" % (demo.registry, CART, OLD_CART))
    told(
        "First %s %s to %s are pushed to %s: two platforms each, attested, %d of them signed. %s runs %s."
        % (CART, VERSIONS[0], VERSIONS[-1], demo.registry, len(SIGNED), STOPPED, OLD_CART)
    )
    demo.listen(PLAYBOOKS / "ledger.yml", options=("-e", "image_fleet_first_run=true"))
    told(
        "playbooks/ledger.yml asks every host what it uses and used lately, and begins the fleet's ledger on %s."
        % CONTROL
    )
    told("The policy: the newest 2 releases of the last 2 minor versions stay, the others may go.")
    told("The demo's policy waits for nothing; the defaults wait 7 days, and spare what is younger than 14 days.")
    report = report_of(demo.listen(PLAYBOOKS / "retention.yml", options=("--check",)))
    demo.plan = plan_of(report)
    told("\n" + report)
    uses = {
        "shop/web:1.6.0": "%s and 3 more hosts" % CONTROL,
        "%s:%s" % (CART, OLD_CART): STOPPED,
        "shop/api:2.1.0": OLD_API,
    }
    for name, host in uses.items():
        insist("  %s  in use by %s\n" % (name, host) in report, "%s is not said to be in use by %s" % (name, host))
    told(
        "\nNothing is deleted yet. %s:%s and shop/api:2.1.0 are no newer than what goes, but %s and %s run them."
        % (CART, OLD_CART, STOPPED, OLD_API)
    )
