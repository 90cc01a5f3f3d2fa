# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan that was shown is carried out, while somebody pushes."""

from __future__ import annotations

from access_log import AccessLog
from ci import CI, WEB
from demo import PLAYBOOKS, Demo
from registry_report import plan_of, report_of, without_uses
from telling import insist, told
from whole import all_whole


def apply_while_ci_pushes(demo: Demo) -> None:
    log = AccessLog(demo.registry_log)
    with CI(demo) as ci:
        report = report_of(demo.listen(PLAYBOOKS / "retention.yml"))
    told(without_uses(report))
    insist(plan_of(report) == demo.plan, "the plan that was shown is %s, this is another one" % demo.plan)
    told("\nIt is the plan that was shown. The registry's own log counts %d deletions." % log.deletions())
    ci.check()
    problems = all_whole(demo.registry_address, WEB)
    insist(not problems, "\n".join(problems))
    builds = len(ci.pushed)
    told(
        "Meanwhile the CI pushed %d builds of %s and moved `latest` each time, %d of them between the first and the last"
        " request of the retention." % (builds, WEB, log.pushes_meanwhile("/%s/manifests/latest" % WEB))
    )
    told("All %d are there; every byte of every tag of %s was read back and matches its digest." % (builds, WEB))
