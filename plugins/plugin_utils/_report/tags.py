# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that do not keep to a convention as lines to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable, table
from ansible_collections.imagefleet.docker.plugins.plugin_utils._tags.keeping import findings_of

TOP = 10
WIDTHS = (44, 44, 0, 60)


@dataclass(frozen=True)
class Finding:
    """One tag; everything is fit to be shown."""

    repository: str
    tag: str
    digest: str
    words: str


@dataclass(frozen=True)
class TagCheck:
    """One registry: what was looked at, what is wrong, and what could not be read."""

    repositories: int = 0
    tags: int = 0
    findings: Tuple[Finding, ...] = ()
    problems: Tuple[str, ...] = ()
    failed: Optional[str] = None

    @property
    def sentence(self) -> str:
        """The figures in one sentence, without its full stop."""
        places = "repository" if self.repositories == 1 else "repositories"
        looked = "%d tags in %d %s" % (self.tags, self.repositories, places)
        if not self.findings:
            return looked + ", all by the convention"
        return "%s, %d not by the convention" % (looked, len(self.findings))


def check_tags(raw: Any) -> TagCheck:
    """`raw` is a result of registry_info with `schemes` and `latest` beside. Raises PolicyError for a convention that is none."""
    told = raw if isinstance(raw, Mapping) else {}
    failed = printable(told.get("msg") or "It was not asked.", 1000) if "repositories" not in told else None
    repositories = told.get("repositories") or ()
    found = [
        Finding(
            printable(one["name"]),
            printable(each["tag"]),
            printable(str(each["digest"] or "-")[:19]),
            printable(each["finding"]),
        )
        for one in repositories
        for each in findings_of(one, told.get("schemes"), told.get("latest") or "auto")
    ]
    problems = [
        "%s: %s"
        % (":".join(printable(one[key]) for key in ("repository", "reference") if one[key]), printable(one["problem"]))
        for one in told.get("problems") or ()
    ]
    if told.get("failed") and failed is None:
        problems.insert(0, printable(told.get("msg") or "it failed", 1000))
    return TagCheck(
        len(repositories), sum(len(one["tags"]) for one in repositories), tuple(found), tuple(problems), failed
    )


def tags_lines(name: str, raw: Any, top: int = TOP) -> List[str]:
    """The figures of one registry, then the tags. Raises PolicyError."""
    check = check_tags(raw)
    title = "Tags of %s: " % printable(name)
    if check.failed is not None:
        return [title + "no result: %s" % check.failed]
    lines = [title + check.sentence + "."]
    if check.findings:
        cells = [[one.repository, one.tag, one.digest, one.words] for one in check.findings[:top]]
        lines += ["  " + line for line in table(("REPOSITORY", "TAG", "DIGEST", "FINDING"), cells, limits=WIDTHS)]
    lines += ["  and %d more" % (len(check.findings) - top)] if len(check.findings) > top else []
    return lines + (["Not read:"] + ["  " + one for one in check.problems] if check.problems else [])
