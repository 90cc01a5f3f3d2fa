# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The upper part of the page: what a fleet looks like at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.fleet import Counts, Fleet, Host, Row, by_bytes, short
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.markup import Child, Html, data_table, join, tag
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.moments import read_moment, show_moment, show_span
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.text import coverage_line, outcome_words, size_range

TOP = 12
STATES = {
    "silent": ("bad", "no answer"),
    "failed": ("bad", "failed"),
    "held": ("warn", "held by the brake"),
    "cleaned": ("good", "cleaned"),
    "planned": ("", "planned"),
    "clean": ("good", "nothing to delete"),
}


def headline(fleet: Fleet, title: str) -> str:
    """The page's message in one sentence."""
    counts = fleet.counts
    if not fleet.answered:
        return "%s: no host answered" % title
    if fleet.applied:
        return "%s freed of %s planned" % (format_size(counts.reclaimed_bytes), size_range(counts.reclaimable_bytes, counts.reclaimable_bytes_max))
    if not counts.to_delete:
        return "Nothing to delete on %d host%s" % (len(fleet.answered), "" if len(fleet.answered) == 1 else "s")
    return "%s can go, nothing has been deleted" % size_range(counts.reclaimable_bytes, counts.reclaimable_bytes_max)


def alerts(fleet: Fleet) -> Html:
    """What must not be overlooked: silence, failures, brakes, disks that stay full."""
    silent = ["%s: %s" % (host.name, host.problem) for host in fleet.silent]
    failed = ["%s: %s" % (host.name, host.problem or "%d deletions failed" % host.counts.failed) for host in fleet.failed]
    held = ["%s: %s" % (host.name, host.hold) for host in fleet.held_back]
    full = ["%s: %s" % (host.name, host.target_unreachable) for host in fleet.hosts if host.target_unreachable]
    return join(
        [
            _alert("bad", "This picture is incomplete: no answer from", silent),
            _alert("bad", "Failed", failed),
            _alert("warn", "The brake is on, nothing is deleted there", held),
            _alert("warn", "The disk target cannot be reached by deleting images", full),
        ]
    )


def _alert(kind: str, words: str, lines: Sequence[str]) -> Html:
    if not lines:
        return Html("")
    shown = [tag("li", line) for line in lines[:8]]
    more = [tag("li", "and %d more" % (len(lines) - 8))] if len(lines) > 8 else []
    return tag("div", tag("strong", words), tag("ul", *shown, *more), class_="alert " + kind)


def tiles(fleet: Fleet, generated: str) -> Html:
    """Coverage, bytes, outcome and age."""
    return tag(
        "section",
        tag("dl", _coverage_tile(fleet), _bytes_tile(fleet), _state_tile(fleet), _age_tile(fleet, generated), class_="tiles"),
        id="glance",
        aria_label="At a glance",
    )


def _tile(kind: str, label: str, figure: str, *more: Child) -> Html:
    size = "figure long" if len(figure) > 16 else "figure"
    lines = [tag("dd", line, class_="more") for line in more if line]
    return tag("div", tag("dt", label), tag("dd", figure, class_=size), *lines, class_=("tile " + kind).strip())


def _coverage_tile(fleet: Fleet) -> Html:
    expected = len(fleet.hosts) - len(fleet.outside)
    answered = len([host for host in fleet.answered if host.name not in fleet.outside])
    words = "%d silent: this says nothing about them" % len(fleet.silent) if fleet.silent else "nobody is missing" if expected else "the group is empty"
    return _tile("good" if fleet.complete else "bad", "Hosts that answered", "%d of %d" % (answered, expected), words, _engines(fleet.answered))


def _engines(hosts: Iterable[Host]) -> str:
    stores: Dict[str, int] = {}
    for host in hosts:
        if host.store:
            stores[host.store] = stores.get(host.store, 0) + 1
    return ", ".join("%d × %s" % (number, store) for store, number in sorted(stores.items()))


def _bytes_tile(fleet: Fleet) -> Html:
    counts = fleet.counts
    planned = size_range(counts.reclaimable_bytes, counts.reclaimable_bytes_max)
    sure = "exact" if counts.exact else "at least and at most"
    if fleet.applied:
        freed = "%s planned (%s)" % (planned, sure)
        return _tile("good" if not counts.failed else "bad", "Freed", format_size(counts.reclaimed_bytes), freed, outcome_words(counts))
    return _tile("", "Reclaimable", planned, sure, "%d of %d names to delete, %d unused" % (counts.to_delete, counts.references, counts.unused))


def _state_tile(fleet: Fleet) -> Html:
    counts, held = fleet.counts, fleet.held_back
    if fleet.failed:
        return _tile("bad", "Brake and failures", "%d failed" % len(fleet.failed), _held_words(held))
    if held:
        return _tile("warn", "Brake and failures", "%d held" % len(held), "no deletion there until the brake is released")
    deferred = "%d deletions deferred to a later run" % counts.deferred if counts.deferred else ""
    return _tile("good", "Brake and failures", "None", deferred or "no host is held back, nothing failed")


def _held_words(held: Sequence[Host]) -> str:
    return "%d held by the brake" % len(held) if held else "no host is held back"


def _age_tile(fleet: Fleet, generated: str) -> Html:
    moments = sorted((host.audit.at for host in fleet.answered if read_moment(host.audit.at)), key=lambda text: str(read_moment(text)))
    if not moments:
        return _tile("", "Last run", "not told")
    spread = show_span(moments[0], moments[-1])
    oldest = "oldest answer: %s" % show_moment(moments[0]) if spread.endswith(("d", "h")) else ""
    age = show_span(moments[-1], generated)
    last = show_moment(moments[-1])
    kind, policy = _policy_words(fleet)
    return _tile(kind, "Last run", last, "%s before this page" % age if spread and age.endswith(("d", "h")) else "", oldest, policy)


def _policy_words(fleet: Fleet) -> Tuple[str, str]:
    audits = [host.audit for host in fleet.answered]
    expired = [audit for audit in audits if audit.policy_valid_until and audit.at and not show_span(audit.at, audit.policy_valid_until)]
    if expired:
        return "bad", "policy expired on %d host%s: plans only" % (len(expired), "" if len(expired) == 1 else "s")
    digests = {audit.policy_digest for audit in audits if audit.policy_digest}
    ages = [show_span(audit.policy_issued, audit.at) for audit in audits if audit.policy_issued]
    age = ", %s old" % ages[0] if ages and len(set(ages)) == 1 else ""
    if len(digests) > 1:
        return "warn", "%d different policies in the fleet" % len(digests)
    if digests:
        return "good", "one policy everywhere%s: %s" % (age, short(next(iter(digests))))
    return "", "policy given with the run" if not age else "policy" + age


@dataclass(frozen=True)
class Group:
    """The rows of one image name over all hosts, with what they weigh together (bytes)."""

    rows: Tuple[Row, ...]
    low: int
    high: int


def grouped(rows: Iterable[Row]) -> List[Group]:
    """One group per name and rule, most bytes first."""
    found: Dict[Tuple[str, str], List[Row]] = {}
    for row in rows:
        found.setdefault((row.name, row.rule), []).append(row)
    groups = [Group(tuple(by_bytes(same)), sum(row.low for row in same), sum(row.high for row in same)) for same in found.values()]
    return sorted(groups, key=lambda group: (-group.high, -group.low, group.rows[0].name, group.rows[0].rule))


def top_images(fleet: Fleet) -> Html:
    """The heaviest images, what happens to them and why."""
    deletes = [row for row in fleet.rows if row.deletes]
    unused = [row for row in fleet.rows if not row.deletes and row.unused]
    if deletes:
        return _top("What goes" if not fleet.applied else "What went", "The heaviest names that the policy deletes", deletes)
    return _top("Unused, but kept", "The heaviest unused names; no rule deletes them", unused)


def _top(title: str, caption: str, rows: Sequence[Row]) -> Html:
    if not rows:
        return Html("")
    groups = grouped(rows)
    heaviest = max(group.high for group in groups)
    lines: List[List[Child]] = []
    for group in groups[:TOP]:
        first = group.rows[0]
        lines.append(
            [
                tag("span", first.name, class_="name"),
                weight(group.low, group.high, heaviest),
                _hosts_of(group.rows),
                first.rule or "-",
                first.reason,
                "nobody" if first.unused and not first.used_by else users(first),
            ]
        )
    more = tag("p", "and %d more, listed by host below" % (len(groups) - TOP), class_="soft") if len(groups) > TOP else None
    table = data_table(caption, ["Image", "Bytes", "Hosts", "Rule", "Reason", "Used by"], lines, class_="plan", numbers=(1,))
    return tag("section", tag("h2", title), tag("div", table, more, class_="card"))


def _hosts_of(rows: Sequence[Row]) -> str:
    names = list(dict.fromkeys(row.host for row in rows))
    return ", ".join(names[:3]) + (" and %d more" % (len(names) - 3) if len(names) > 3 else "")


def users(row: Row) -> str:
    """Everybody who uses an image, the first five by name."""
    return ", ".join(row.used_by[:5]) + (" and %d more" % (len(row.used_by) - 5) if len(row.used_by) > 5 else "") or "nobody"


def weight(low: int, high: int, heaviest: int) -> Html:
    """Bytes with a bar; the pale part of the bar is the uncertainty."""
    return join([size_range(low, high), bar(low, high, heaviest)])


def bar(low: int, high: int, heaviest: int) -> Html:
    """A bar as a drawing: the page allows no style attributes."""

    def part(name: str, share: float) -> Html:
        return tag("rect", class_=name, width="%.1f" % share, height="6")

    full = max(heaviest, 1)
    return tag(
        "svg",
        part("track", 100),
        part("maybe", 100 * high / full) if high > low else None,
        part("fill", 100 * low / full),
        class_="bar",
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        aria_hidden="true",
        focusable="false",
    )


def state_chip(host: Host) -> Html:
    """The host's state as a word on a coloured ground."""
    kind, words = STATES[host.state]
    return tag("span", words, class_=("chip " + kind).strip())


def host_overview(fleet: Fleet) -> Html:
    """One line per host."""
    heaviest = max((host.counts.reclaimable_bytes_max for host in fleet.hosts), default=0)
    order = sorted(enumerate(fleet.hosts), key=lambda pair: (-pair[1].counts.reclaimable_bytes_max, pair[0]))
    lines: List[List[Child]] = []
    for at, host in order:
        counts = host.counts
        lines.append(
            [
                tag("a", host.name, href="#host-%d" % at, class_="name"),
                state_chip(host),
                (host.engine + " " + host.store).strip() or "-",
                str(counts.images),
                "%d of %d" % (counts.to_delete, counts.references),
                weight(counts.reclaimable_bytes, counts.reclaimable_bytes_max, heaviest),
                format_size(counts.reclaimed_bytes) if host.applied else "-",
            ]
            if host.answered
            else [tag("a", host.name, href="#host-%d" % at, class_="name"), state_chip(host), "-", "-", "-", "-", "-"]
        )
    header = ["Host", "State", "Engine", "Images", "To delete", "Reclaimable", "Freed"]
    table = data_table(coverage_line(fleet), header, lines, class_="hosts", numbers=(3, 4, 5, 6))
    return tag("section", tag("h2", "Hosts"), tag("div", table, class_="card")) if lines else Html("")


def near_misses(fleet: Fleet) -> Html:
    """What other ways of cleaning would have removed although somebody needs it."""
    found: Dict[Tuple[str, str, str], List[str]] = {}
    for host in fleet.hosts:
        for miss in host.near_misses:
            found.setdefault((miss.name, miss.peer, miss.needed_by), []).append(host.name)
    if not found:
        return Html("")
    lines: List[List[Child]] = [
        [tag("span", name, class_="name"), ", ".join(hosts[:3]) + (" and %d more" % (len(hosts) - 3) if len(hosts) > 3 else ""), peer, needed]
        for (name, peer, needed), hosts in list(found.items())[: 2 * TOP]
    ]
    more = tag("p", "and %d more" % (len(found) - 2 * TOP), class_="soft") if len(found) > 2 * TOP else None
    table = data_table("Names that stay here and would be gone there", ["Image", "Hosts", "Would have been removed by", "Still needed"], lines, class_="plan")
    return tag("section", tag("h2", "Near misses"), tag("div", table, more, class_="card"))


def space_held(fleet: Fleet) -> Html:
    """Space that deleting unused images does not free."""
    lines: List[List[Child]] = [
        [held.holder, held.host, format_size(held.bytes), _names(held.names), held.detail] for host in fleet.hosts for held in host.held
    ]
    if not lines:
        return Html("")
    table = data_table("Bytes that no deletion of an unused image frees", ["Held by", "Host", "Bytes", "Names", "What helps"], lines, numbers=(2,))
    return tag("section", tag("h2", "Space held by others"), tag("div", table, class_="card"))


def _names(names: Sequence[str]) -> Optional[Html]:
    shown = ", ".join(names[:6]) + (" and %d more" % (len(names) - 6) if len(names) > 6 else "")
    return tag("span", shown or "-", class_="name")
