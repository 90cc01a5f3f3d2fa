# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is off, so nobody knows what it needs; then it is back."""

from __future__ import annotations

from act_restore import API, TAG
from demo import BRAKED, LAB, PLAYBOOKS, STOPPED, Demo
from lab.power import power_off, power_on
from registry_pushing import list_tags
from registry_report import refusal_of, report_of, without_uses
from releases import CART, NEXT, push_release
from telling import insist, told

SUPERSEDED = "3.1.2"


def refuse_and_recover(demo: Demo) -> None:
    push_release(demo.registry_address, NEXT)
    told("%s:%s is released, so %s may go. %s is switched off." % (CART, NEXT, SUPERSEDED, STOPPED))
    told("By default a silent host counts for 7 days with what the ledger knows of it; the demo sets host_grace to 0.")
    power_off(LAB, STOPPED)
    grace = ("-e", "image_fleet_host_grace=0")
    output = demo.listen(PLAYBOOKS / "retention.yml", options=grace, fails=True)
    told("\nplaybooks/retention.yml fails: %s\n" % refusal_of(output))
    insist(_is_there(demo), "%s:%s was deleted although %s did not answer" % (CART, SUPERSEDED, STOPPED))
    told(
        "%s:%s is still there. %s is switched on again, then site.yml and retention.yml are run:\n"
        % (CART, SUPERSEDED, STOPPED)
    )
    power_on(LAB, STOPPED)
    both = (PLAYBOOKS / "site.yml", PLAYBOOKS / "retention.yml")
    report = report_of(demo.listen(*both, options=("-e", "image_cleanup_mode=apply", *grace)))
    told(without_uses(report))
    insist(not _is_there(demo), "%s:%s was not deleted" % (CART, SUPERSEDED))
    restored = "%s:%s  in use by %s" % (API, TAG, BRAKED)
    insist("  %s\n" % restored in report, "it is not told: %s" % restored)
    told("\nEvery host has answered, the ledger is complete, retention works. What was restored stays: %s." % restored)


def _is_there(demo: Demo) -> bool:
    return SUPERSEDED in list_tags(demo.registry_address, CART)
