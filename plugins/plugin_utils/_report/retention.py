# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A retention's result as lines to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable, table

TOP = 10
WIDTHS = (44, 0, 24, 60, 60)
# Reasons to keep, in the order in which they are told.
KEPT = (
    ("use", "the fleet uses"),
    ("protect", "protected"),
    ("rule", "kept by rules"),
    ("minimum_age", "too young"),
    ("minimum_kept", "the newest of their repository (minimum_kept)"),
    ("shared", "share their manifest with one that stays"),
    ("attached", "attached to one that stays"),
    ("no_rule", "no rule deletes"),
    ("clock", "clocks not trusted"),
    ("other", "for other reasons"),
)


@dataclass
class Going:
    """What is deleted together, as one line: a manifest with its tags, parts and attachments."""

    repository: str
    tags: List[str] = field(default_factory=list)
    digest: str = ""
    bytes: Optional[int] = 0
    more: int = 0
    rule: str = "-"
    reason: str = ""
    outcome: str = ""
    error: str = ""

    @property
    def words(self) -> str:
        """Why, and how much goes along."""
        return self.reason + ("; %d manifests go with it" % self.more if self.more else "")

    @property
    def name(self) -> str:
        if not self.tags:
            return "%s@%s" % (self.repository, self.digest[:19])
        others = " +%d" % (len(self.tags) - 1) if len(self.tags) > 1 else ""
        return "%s:%s%s" % (self.repository, self.tags[0], others)


def group_going(rows: Sequence[Mapping[str, Any]]) -> List[Going]:
    """Rows that go, by what they go with, in the order of the plan."""
    found: Dict[Tuple[str, str], Going] = {}
    for row in rows:
        if row["action"] != "delete":
            continue
        unit = str(row.get("goes_with") or row["digest"])
        going = found.setdefault((row["repository"], unit), Going(row["repository"], digest=unit))
        if row["bytes"] is None or going.bytes is None:
            going.bytes = None
        else:
            going.bytes += row["bytes"]
        if row["kind"] in ("tag", "untagged"):
            going.tags += [str(row["tag"])] if row["tag"] else []
            if not going.reason:
                going.rule, going.reason = row["rule"] or "-", row["reason"]
                going.outcome, going.error = row["outcome"] or "", row["error"] or ""
        else:
            going.more += 1
    return list(found.values())


def retention_lines(result: Mapping[str, Any], top: int = TOP) -> List[str]:
    """The summary of one registry."""
    summary = result["summary"]
    lines = ["Registry %s: %s." % (printable(result["registry"]["name"]), sentence(summary))]
    lines += [kept_words(result["plan"])] if result["plan"] else []
    lines += _going(group_going(result["plan"]), top)
    lines += _used(result["plan"], top)
    lines += ["Good to know:"] + ["  " + printable(note, 1000) for note in result["notes"]] if result["notes"] else []
    told = ["plan %s" % result["plan_digest"][:19], "%d requests" % summary["requests"]]
    told += ["undo %s" % result["run_id"]] if result["run_id"] else []
    return lines + ["Audit: " + ", ".join(told)]


def sentence(summary: Mapping[str, Any]) -> str:
    """The figures of a run in one sentence, without its full stop."""
    size = summary["reclaimable_bytes"]
    words = "%d repositories, %d entries stay, %d go" % (
        summary["repositories"],
        summary["kept"],
        summary["to_delete"],
    )
    words += "" if size is None else " (%s%s)" % ("" if summary["exact"] else "at most ", format_size(size))
    outcomes = [
        "%d %s" % (summary[key], key)
        for key in ("deleted", "gone", "pending", "deferred", "refused", "failed", "restored")
        if summary[key]
    ]
    return words + (": " + ", ".join(outcomes) if outcomes else "")


def kept_words(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many entries stay for which kind of reason."""
    counts: Dict[str, int] = {}
    for row in rows:
        if row["action"] == "keep":
            counts[row["kept_by"]] = counts.get(row["kept_by"], 0) + 1
    told = ["%d %s" % (counts[kind], words) for kind, words in KEPT if counts.get(kind)]
    return "Stays: " + (", ".join(told) or "nothing")


def _going(going: Sequence[Going], top: int) -> List[str]:
    if not going:
        return []
    cells = []
    for one in going[:top]:
        cells.append(
            [
                printable(one.name),
                "-" if one.bytes is None else format_size(one.bytes),
                printable(one.rule),
                printable(one.words),
                printable(one.outcome + (": " + one.error if one.error else "")),
            ]
        )
    shown = table(("IMAGE", "BYTES", "RULE", "REASON", "OUTCOME"), cells, right=(1,), limits=WIDTHS)
    rest = ["  and %d more" % (len(going) - top)] if len(going) > top else []
    return ["Goes:"] + ["  " + line for line in shown] + rest


def _used(rows: Sequence[Mapping[str, Any]], top: int) -> List[str]:
    """What the fleet keeps: the reason to have a ledger."""
    used = [row for row in rows if row["action"] == "keep" and row["used_by"]]
    lines = [
        "  %s:%s  %s"
        % (printable(row["repository"]), printable(row["tag"] or row["digest"][:19]), printable(row["used_by"][0]))
        for row in used[:top]
    ]
    rest = ["  and %d more" % (len(used) - top)] if len(used) > top else []
    return ["The fleet uses:", *lines, *rest] if lines else []
