# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`debsecan --format detail` (0.4.20.1): the only format with versions. Nothing found is an empty text.

One entry, ended by an empty line:

    CVE-2024-1001 (fixed, remotely exploitable, high urgency)
      what it is
      installed: libssl3 3.0.11-1
                 (built from openssl 3.0.11-1)
                 package is obsolete
      fixed in unstable: openssl 3.1.0-2 (source package)
      fixed on branch:   openssl 3.0.11-1+deb12u1 (source package)
      fix is available for the selected suite (bookworm)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.debian_version import version_key
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.document import clean, limited, shown
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Finding, Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.joined import joined
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.severity import DEBSECAN

_HEAD = re.compile(r"([A-Z][A-Za-z0-9]*-[A-Za-z0-9.-]+)(?: \(([^()]*)\))?")
_NOTE = re.compile(r"fixed|remotely exploitable|(?:low|medium|high) urgency")
_INSTALLED = re.compile(r"  installed: (\S+) (\S+)")
_SOURCE = re.compile(r" {13}\(built from (\S+) (\S+)\)")
_OBSOLETE = " " * 13 + "package is obsolete"
_FIXED = re.compile(r"  fixed (?:in unstable:|on branch:  ) (\S+) (\S+) \((source|binary) package\)")
_AVAILABLE = re.compile(r"  fix is available for the selected suite \((\S+)\)")
# What stands there when it ran without --suite.
_NO_SUITE = "None"
_URL = "https://security-tracker.debian.org/tracker/%s"


@dataclass
class _Lines:
    """The lines of one file and how far they are read."""

    where: str
    lines: List[str]
    at: int = 0

    def matched(self, pattern: "re.Pattern[str]") -> "Optional[re.Match[str]]":
        """The next line, if it is of this form; it is read then."""
        found = pattern.fullmatch(self.lines[self.at]) if self.at < len(self.lines) else None
        self.at += found is not None
        return found

    def need(self, pattern: "re.Pattern[str]", what: str) -> "re.Match[str]":
        found = self.matched(pattern)
        if found is None:
            raise self.wrong(what)
        return found

    def wrong(self, what: str) -> ToolError:
        if self.at >= len(self.lines):
            return ToolError("%s: line %d: the report is cut off, %s is missing" % (self.where, self.at + 1, what))
        line = self.lines[self.at]
        return ToolError("%s: line %d is %s, %s is needed" % (self.where, self.at + 1, shown(line), what))


def read_debsecan(text: str, where: str) -> Scanned:
    """What debsecan told in the file `where`. Raises ToolError naming file and line for everything else.

    `packages` is None, also of an empty text: debsecan prints nothing when it found nothing, and nothing when it read nothing.
    Severities are Debian's urgencies, most have none and are unknown. `fixed` is told when the chosen suite has a fix: the lowest
    fixed version above the installed one; a fix that only another suite has helps nobody.
    """
    limited(text, where)
    lines = clean(text).split("\n")
    if lines[-1] == "":
        lines.pop()
    found = list(_entries(_Lines(where, lines)))
    suites = {suite for _finding, suite in found if suite not in (None, _NO_SUITE)}
    return Scanned(
        findings=joined(finding for finding, _suite in found),
        system="debian %s" % suites.pop() if len(suites) == 1 else None,
        scanner="debsecan",
    )


def _entries(lines: _Lines) -> Iterator[Tuple[Finding, Optional[str]]]:
    while lines.at < len(lines.lines):
        yield _entry(lines)


def _entry(lines: _Lines) -> Tuple[Finding, Optional[str]]:
    """One finding, and the suite that has a fix for it."""
    head = lines.need(_HEAD, "the name of a vulnerability")
    notes = head.group(2).split(", ") if head.group(2) is not None else []
    if not all(_NOTE.fullmatch(note) for note in notes):
        lines.at -= 1
        raise lines.wrong("a name with notes that debsecan has")
    description = lines.need(re.compile(r"  (.*)"), "a description").group(1).strip()
    name, version = lines.need(_INSTALLED, "the installed package").groups()
    source, source_version = lines.need(_SOURCE, "the source package").groups()
    lines.matched(re.compile(re.escape(_OBSOLETE)))
    fixes = []
    fix = lines.matched(_FIXED)
    while fix is not None:
        fixes.append((fix.group(2), source_version if fix.group(3) == "source" else version))
        fix = lines.matched(_FIXED)
    available = lines.matched(_AVAILABLE)
    if (available is not None) != ("fixed" in notes):
        raise lines.wrong("the suite that has the fix" if available is None else "the note 'fixed'")
    lines.need(re.compile(""), "an empty line")
    suite = available.group(1) if available is not None else None
    return (
        Finding(
            id=head.group(1),
            package=name,
            severity=_severity(notes),
            installed=version,
            fixed=_lowest(fixes, suite) if suite is not None else None,
            title=description or None,
            url=_URL % head.group(1),
            sources={
                "severity": "urgency",
                "fixed": "fix for the suite of source package %s" % source
                if suite is not None
                else "no fix for the suite",
            },
        ),
        suite,
    )


def _severity(notes: List[str]) -> str:
    return next((DEBSECAN[note.split(" ")[0]] for note in notes if note.endswith(" urgency")), "unknown")


def _lowest(fixes: List[Tuple[str, str]], suite: str) -> str:
    """The lowest of the fixed versions that lie above the installed one; in words when debsecan names none."""
    above = [fixed for fixed, installed in fixes if version_key(fixed) > version_key(installed)]
    return min(above, key=version_key) if above else "the version in %s" % suite
