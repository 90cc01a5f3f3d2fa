# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of scans, made by the code that judges them."""

from __future__ import annotations

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Finding, Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.memory import remember
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.rows import rows, summary
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import judge
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.waivers import parse_waivers

NOW = 1795773600  # 2026-11-27T10:00:00Z
DAY = 86400
WEB, API = "registry.example.com/shop/web:1.2", "registry.example.com/shop/api:3"
HOLE = Finding(id="CVE-2026-1000", package="openssl", severity="critical", installed="3.0", fixed="3.1")
SMALL = Finding(id="CVE-2026-2000", package="zlib1g", severity="low", installed="1.0")
STRICT = {"max": {"critical": 0}}


def scanned(*findings):
    return Scanned(findings=findings, packages=100, scanner="debsecan 0.4.20.1")


class Scans:
    """Scans of one fleet, one after the other, that remember what they saw."""

    def __init__(self):
        self._memory = {}

    def result(self, images, policy=None, waivers=(), now=NOW):
        """`images` maps names to what was found, or to the words why it could not be scanned."""
        given = parse_waivers(list(waivers))
        verdicts = [
            judge(
                Subject(name, (name,), "sha256:%064x" % number),
                None if isinstance(found, str) else found,
                found if isinstance(found, str) else None,
                parse_policy(policy),
                given,
                (),
                self._memory,
                now,
            )
            for number, (name, found) in enumerate(sorted(images.items()))
        ]
        self._memory = remember(self._memory, verdicts, now)
        return {
            "changed": False,
            "results": rows(verdicts),
            "summary": {**summary(verdicts, given, (), now), "reports_changed": 0},
            "reports": [],
            "notes": [],
            "ledger_problem": None,
        }


def waiver(expires, identifier=HOLE.id):
    return {"id": identifier, "owner": "team-shop", "reason": "no TLS", "expires": expires}
