# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is off, so nobody knows what it needs; then it is back."""

from __future__ import annotations

from demo import LAB, PLAYBOOKS, STOPPED, Demo
from lab.power import power_off, power_on
from registry_pushing import list_tags
from registry_report import refusal_of, report_of
from releases import CART, NEXT, push_release
from telling import insist, told

SUPERSEDED = "3.1.2"


def refuse_and_recover(demo: Demo) -> None:
    push_release(demo.registry_address, NEXT)
    told("Meanwhile %s %s was released, which makes %s superfluous." % (CART, NEXT, SUPERSEDED))
    power_off(LAB, STOPPED)
    told("%s is switched off. A silent host counts with what the ledger knows of it for 7 days; the demo does not wait:" % STOPPED)
    told("ansible-playbook ... playbooks/retention.yml -e image_fleet_host_grace=0")
    output = demo.listen(PLAYBOOKS / "retention.yml", options=("-e", "image_fleet_host_grace=0"), fails=True)
    told("\n" + refusal_of(output))
    there = list_tags(demo.registry_address, CART)
    insist(SUPERSEDED in there, "%s:%s was deleted although %s did not answer" % (CART, SUPERSEDED, STOPPED))
    told("\nThe playbook failed, and %s:%s is still there." % (CART, SUPERSEDED))
    power_on(LAB, STOPPED)
    told("%s is switched on again. The same command, after a look at the hosts:\n" % STOPPED)
    site = ("-e", "image_cleanup_mode=apply", "-e", "image_fleet_host_grace=0")
    told(report_of(demo.listen(PLAYBOOKS / "site.yml", PLAYBOOKS / "retention.yml", options=site)))
    insist(SUPERSEDED not in list_tags(demo.registry_address, CART), "%s:%s was not deleted" % (CART, SUPERSEDED))
    told("\nThe ledger is complete again, and %s:%s is gone." % (CART, SUPERSEDED))
