# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: a lab on loopback, its hosts and a registry cared for by the playbooks, told in a few minutes of reading."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# The lab, and the images and pushes of the live tests.
sys.path += [str(TESTS / "lab"), str(TESTS / "live")]

import act_apply
import act_build
import act_hosts
import act_mirrors
import act_plan
import act_refusal
import act_regions
import act_restore
import act_scan
import act_signatures
import act_tags
from demo import BRAKED, REGIONS_REPORT, REPORT, SECURITY_REPORT, STOPPED, Demo
from lab import LabError
from telling import DemoFailed, title, told

ACTS = (
    (
        "A lab on loopback: four hosts with systemd, ssh and a Docker of their own, and three registries",
        act_hosts.start_the_lab,
    ),
    (
        "playbooks/site.yml: put the scheduled clean-up on every host, run it once. It only reports",
        act_hosts.report_only,
    ),
    (
        "The brake goes on at %s, then playbooks/cleanup.yml deletes what was planned" % BRAKED,
        act_hosts.clean_with_a_brake,
    ),
    (
        "The brake goes off; from now on the hosts clean themselves: site.yml with image_cleanup_mode=apply",
        act_hosts.clean_themselves,
    ),
    ("What is left on a host", act_hosts.look_at_a_host),
    (
        "Now a registry: playbooks/retention.yml --check plans what may go, by what the hosts use",
        act_plan.plan_retention,
    ),
    (
        "The same plan is carried out, while a CI pushes to the same registry all the time",
        act_apply.apply_while_ci_pushes,
    ),
    (
        "A deleted tag is needed after all: playbooks/restore.yml, then a host pulls and runs it",
        act_restore.restore_and_pull,
    ),
    (
        "%s loses power: retention refuses, until that host can tell again what it needs" % STOPPED,
        act_refusal.refuse_and_recover,
    ),
    (
        "Three regions: playbooks/distribution.yml promotes, shows the region that lags, catches up, and goes back",
        act_regions.promote_and_catch_up,
    ),
    (
        "Mirrors: playbooks/mirrors.yml puts a pull-through cache on one host, and the whole fleet pulls through it",
        act_mirrors.pull_through_a_cache,
    ),
    (
        "A service is built for two platforms, run on both, and tagged: buildx_build and image_tag_convention",
        act_build.build_and_tag,
    ),
    (
        "Tags by a convention: a release, a backport that steals nothing, the promotion to production",
        act_tags.release_and_promote,
    ),
    (
        "What the hosts run is scanned, each image once: role image_scan, a policy, a waiver that ends soon",
        act_scan.scan_the_fleet,
    ),
    (
        "A promotion is signed; an image that is not is refused by the hosts, and found where it runs all the same",
        act_signatures.sign_and_refuse,
    ),
)


def main() -> int:
    demo = Demo()
    for number, (text, act) in enumerate(ACTS, 1):
        title("%d. %s" % (number, text))
        try:
            act(demo)
        except (DemoFailed, LabError) as problem:
            told("\nThe demo failed in part %d: %s" % (number, problem))
            return 1
    title("The report of the hosts and the registry: %s" % REPORT)
    told("That of the regions: %s" % REGIONS_REPORT)
    told("That of scans and signatures: %s" % SECURITY_REPORT)
    told("Look around: %s" % " ".join(demo.ssh(BRAKED)))
    told("Remove every trace: make demo-down")
    return 0


if __name__ == "__main__":
    sys.exit(main())
