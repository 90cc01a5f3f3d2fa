# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of a playbook's output that is about the registry."""

from __future__ import annotations

import re

from telling import insist


def report_of(output: str) -> str:
    """From the first line of the registry's report to its audit line."""
    found = re.search(r"^Registry .*?^Audit: [^\n]*$", output, re.MULTILINE | re.DOTALL)
    insist(found is not None, "there is no report of a registry in\n%s" % output)
    return found.group() if found else ""


def without_uses(report: str) -> str:
    """The same without the list of what the fleet uses."""
    return re.sub(r"^The fleet uses:\n(?:  [^\n]*\n)*", "", report, flags=re.MULTILINE)


def plan_of(report: str) -> str:
    """The beginning of the plan's digest."""
    found = re.search(r"^Audit: plan (\S+),", report, re.MULTILINE)
    insist(found is not None, "no plan is named in\n%s" % report)
    return found.group(1) if found else ""


def refusal_of(output: str) -> str:
    """Why it was refused."""
    found = re.search(r"^It failed: ([^\n]*)$", output, re.MULTILINE)
    insist(found is not None, "no refusal is told in\n%s" % output)
    return found.group(1) if found else ""
