# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One finding weighed: whether it counts, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import told_time
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.exploitability import decisive
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Finding
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import Policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.vex import Statement
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.waivers import Waiver, longest
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.words import plain

#: Where a finding ends up: in one of these, so that their numbers add up to the findings.
COUNTED, EXCUSED, WAIVED, WITHOUT_FIX, IN_GRACE = "counted", "excused", "waived", "without_fix", "in_grace"


@dataclass(frozen=True)
class Judged:
    """`first_seen` in epoch seconds, `change` new or still, `part` one of the words above.

    `waiver` is the one in force, `statement` the decisive one, whether or not it made the difference.
    """

    finding: Finding
    first_seen: int
    change: str
    part: str
    why: str
    waiver: Optional[Waiver] = None
    statement: Optional[Statement] = None


def weigh(
    finding: Finding,
    first_seen: int,
    change: str,
    policy: Policy,
    waivers: Sequence[Waiver],
    statements: Sequence[Statement],
    now: int,
) -> Judged:
    """`waivers` and `statements` are those that are about it, in force or not."""
    waiver = longest(one for one in waivers if now < one.ends)
    statement = decisive(statements)
    part, why = _part(finding, first_seen, policy, waiver, statement, now)
    if part == COUNTED:
        why += _in_vain(statement, longest(waivers))
    return Judged(finding, first_seen, change, part, why, waiver, statement)


def name_of(finding: Finding) -> str:
    """`CVE-2026-1 in openssl 3.0.1`"""
    version = " " + finding.installed if finding.installed else ""
    return plain("%s in %s%s" % (finding.id, finding.package, version))


def _part(
    finding: Finding,
    first_seen: int,
    policy: Policy,
    waiver: Optional[Waiver],
    statement: Optional[Statement],
    now: int,
) -> Tuple[str, str]:
    if statement is not None and statement.excuses:
        because = " (%s)" % plain(statement.justification) if statement.justification else ""
        return EXCUSED, "does not count: %s says %s%s" % (plain(statement.author), statement.status, because)
    if waiver is not None:
        words = "does not count: waived by %s until %s: %s"
        return WAIVED, words % (plain(waiver.owner), plain(waiver.expires), plain(waiver.reason))
    if policy.fixable_only and not finding.fixed:
        return WITHOUT_FIX, "does not count: no version has a fix, and the policy weighs only what has one"
    grace = policy.grace.get(finding.severity)
    if grace is not None and now < first_seen + grace:
        words = "does not count yet: in grace until %s"
        return IN_GRACE, words % told_time(first_seen + grace)
    if not policy.given:
        return COUNTED, "open; there is no policy"
    if finding.severity not in policy.limits:
        return COUNTED, "open; the policy does not limit %s" % finding.severity
    if grace is not None:
        words = "counts: %s is %s old, %s are allowed"
        return COUNTED, words % (name_of(finding), format_duration(now - first_seen), format_duration(grace))
    return COUNTED, "counts: the policy limits %s to %d" % (finding.severity, policy.limits[finding.severity])


def _in_vain(statement: Optional[Statement], ended: Optional[Waiver]) -> str:
    """What somebody said of a finding that counts all the same."""
    told = ""
    if ended is not None:
        told += "; the waiver of %s ended (%s)" % (plain(ended.owner), plain(ended.expires))
    if statement is not None:
        told += "; %s says %s" % (plain(statement.author), statement.status)
    return told
