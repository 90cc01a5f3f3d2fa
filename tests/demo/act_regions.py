# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases go to three regions; one that lags is seen, and caught up with; a bad release goes back everywhere."""

from __future__ import annotations

import re

from demo import OLD_API, PLAYBOOKS, REGIONS_REPORT, Demo
from registry_pushing import head_manifest
from releases import BAD, CART, LATER, push_release
from telling import insist, told

DISTRIBUTION = PLAYBOOKS / "distribution.yml"
NOBODY_FAR = ("-e", '{"image_fleet_far_regions": []}')
ROLLBACK = ("-e", "image_fleet_sync_rollback=last")


def promote_and_catch_up(demo: Demo) -> None:
    home, near, far = (one["address"] for one in demo.lab["registries"])
    told("The first registry is home; the other two are the regions eu and us. Everything of %s goes there:\n" % CART)
    told(_regions_of(_distribute(demo)))
    insist(_same(home, near, "latest") and _same(home, far, "latest"), "latest is not the same everywhere")

    push_release(home, LATER)
    _distribute(demo, *NOBODY_FAR)
    told("\n%s comes out. Somebody brings it to eu and forgets us. Any look at the regions shows it:\n" % LATER)
    seen = _distribute(demo, "--check")
    told(_drift_of(seen))
    insist(re.search(r"^  us +BEHIND ", seen, re.MULTILINE) is not None, "the region that lags is not shown")

    told("\nplaybooks/distribution.yml catches up: content first, then the tags that move.\n")
    told(_regions_of(_distribute(demo)))
    insist(_same(home, far, LATER) and _same(home, far, "latest"), "us did not catch up")

    before = head_manifest(home, CART, "latest")[1]
    push_release(home, BAD)
    _distribute(demo)
    told(
        "\n%s is brought to both, and turns out to be bad. -e image_fleet_sync_rollback=last moves the tags back:\n"
        % BAD
    )
    told(_regions_of(_distribute(demo, *ROLLBACK)))
    for region in (near, far):
        insist(head_manifest(region, CART, "latest")[1] == before, "latest was not moved back")
    name = "%s/%s:latest" % (demo.lab["registries"][2]["name_in_fleet"], CART)
    pull = "docker pull --quiet %s && docker image inspect --format '{{index .RepoDigests 0}}' %s" % (name, name)
    told("\n%s# %s" % (OLD_API, pull))
    found = demo.on(OLD_API, pull)
    insist(found.endswith(before), "%s is not what it was before" % name)
    told(found)


def _distribute(demo: Demo, *options: str) -> str:
    return demo.listen(DISTRIBUTION, options=("-e", "image_fleet_report=%s" % REGIONS_REPORT, *options))


def _same(home: str, region: str, tag: str) -> bool:
    return head_manifest(home, CART, tag) == head_manifest(region, CART, tag)


def _regions_of(output: str) -> str:
    """What was brought: the table that the module itself shows at its end."""
    found = re.search(r"^Regions: [^\n]* tags compared.*?^Audit: [^\n]*$", output, re.MULTILINE | re.DOTALL)
    insist(found is not None, "there is no table of the regions in\n%s" % output)
    return found.group() if found else ""


def _drift_of(output: str) -> str:
    """How far regions are behind."""
    found = re.search(r"^Regions: \d+ of \d+ regions equal.*?^Audit: [^\n]*$", output, re.MULTILINE | re.DOTALL)
    insist(found is not None, "there is no table of what differs in\n%s" % output)
    return found.group() if found else ""
