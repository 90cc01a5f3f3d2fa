# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The upper part of the page: what a fleet looks like at a glance."""

from __future__ import annotations

from typing import Dict, Iterable, List, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.fleet import Fleet, Host, Row, short
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.groups import (
    group_held,
    group_misses,
    group_rows,
    some,
    who,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.markup import Child, Html, data_table, join, tag
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.moments import (
    read_moment,
    show_moment,
    show_span,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.text import (
    coverage_line,
    outcome_words,
    size_range,
)

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
        return "%s freed of %s planned" % (
            format_size(counts.reclaimed_bytes),
            size_range(counts.reclaimable_bytes, counts.reclaimable_bytes_max),
        )
    if not counts.to_delete:
        return "Nothing to delete on %d host%s" % (len(fleet.answered), "" if len(fleet.answered) == 1 else "s")
    return "%s can go, nothing has been deleted" % size_range(counts.reclaimable_bytes, counts.reclaimable_bytes_max)


def alerts(fleet: Fleet) -> Html:
    """What must not be overlooked: silence, failures, brakes, disks that stay full."""
    silent = ["%s: %s" % (host.name, host.problem) for host in fleet.silent]
    failed = [
        "%s: %s" % (host.name, host.problem or "%d deletions failed" % host.counts.failed) for host in fleet.failed
    ]
    held = ["%s: %s" % (host.name, host.hold) for host in fleet.held_back]
    full = ["%s: %s" % (host.name, host.target_unreachable) for host in fleet.hosts if host.target_unreachable]
    return join(
        [
            alert("bad", "This picture is incomplete: no answer from", silent),
            alert("bad", "Failed", failed),
            alert("warn", "The brake is on, nothing is deleted there", held),
            alert("warn", "The disk target cannot be reached by deleting images", full),
        ]
    )


def alert(kind: str, words: str, lines: Sequence[str]) -> Html:
    """What must not be overlooked, as a list; nothing without lines."""
    if not lines:
        return Html("")
    shown = [tag("li", line) for line in lines[:8]]
    more = [tag("li", "and %d more" % (len(lines) - 8))] if len(lines) > 8 else []
    return tag("div", tag("strong", words), tag("ul", *shown, *more), class_="alert " + kind)


def tiles(fleet: Fleet, generated: str, more: Sequence[Html] = ()) -> Html:
    """Coverage, bytes, outcome and age, and `more` of other kinds."""
    own = [_coverage_tile(fleet), _bytes_tile(fleet), _state_tile(fleet), _age_tile(fleet, generated)]
    return glance([*own, *more])


def glance(shown: Sequence[Html]) -> Html:
    """Tiles on the first screen."""
    return tag("section", tag("dl", *shown, class_="tiles"), id="glance", aria_label="At a glance")


def tile(kind: str, label: str, figure: str, *more: Child) -> Html:
    """One figure at a glance; `kind` is good, warn, bad or nothing."""
    size = "figure long" if len(figure) > 16 else "figure"
    lines = [tag("dd", line, class_="more") for line in more if line]
    return tag("div", tag("dt", label), tag("dd", figure, class_=size), *lines, class_=("tile " + kind).strip())


def _coverage_tile(fleet: Fleet) -> Html:
    expected = len(fleet.hosts) - len(fleet.outside)
    answered = len([host for host in fleet.answered if host.name not in fleet.outside])
    words = (
        "%d silent: this says nothing about them" % len(fleet.silent)
        if fleet.silent
        else "nobody is missing"
        if expected
        else "the group is empty"
    )
    return tile(
        "good" if fleet.complete else "bad",
        "Hosts that answered",
        "%d of %d" % (answered, expected),
        words,
        _engines(fleet.answered),
    )


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
        return tile(
            "good" if not counts.failed else "bad",
            "Freed",
            format_size(counts.reclaimed_bytes),
            freed,
            outcome_words(counts),
        )
    return tile(
        "",
        "Reclaimable",
        planned,
        sure,
        "%d of %d names to delete, %d unused" % (counts.to_delete, counts.references, counts.unused),
    )


def _state_tile(fleet: Fleet) -> Html:
    counts, held = fleet.counts, fleet.held_back
    if fleet.failed:
        return tile("bad", "Brake and failures", "%d failed" % len(fleet.failed), _held_words(held))
    if held:
        return tile(
            "warn", "Brake and failures", "%d held" % len(held), "no deletion there until the brake is released"
        )
    deferred = "%d deletions deferred to a later run" % counts.deferred if counts.deferred else ""
    return tile("good", "Brake and failures", "None", deferred or "no host is held back, nothing failed")


def _held_words(held: Sequence[Host]) -> str:
    return "%d held by the brake" % len(held) if held else "no host is held back"


def _age_tile(fleet: Fleet, generated: str) -> Html:
    moments = sorted(
        (host.audit.at for host in fleet.answered if read_moment(host.audit.at)),
        key=lambda text: str(read_moment(text)),
    )
    if not moments:
        return tile("", "Last run and policy", "not told")
    spread = show_span(moments[0], moments[-1])
    oldest = "oldest answer: %s" % show_moment(moments[0]) if spread.endswith(("d", "h")) else ""
    age = show_span(moments[-1], generated)
    last = show_moment(moments[-1])
    kind, policy = _policy_words(fleet)
    return tile(
        kind,
        "Last run and policy",
        last,
        "%s before this page" % age if spread and age.endswith(("d", "h")) else "",
        oldest,
        policy,
    )


def _policy_words(fleet: Fleet) -> Tuple[str, str]:
    audits = [host.audit for host in fleet.answered]
    expired = [
        audit
        for audit in audits
        if audit.policy_valid_until and audit.at and not show_span(audit.at, audit.policy_valid_until)
    ]
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


def top_images(fleet: Fleet) -> Html:
    """The heaviest images, what happens to them and why."""
    deletes = [row for row in fleet.rows if row.deletes]
    unused = [row for row in fleet.rows if not row.deletes and row.unused]
    if deletes:
        return _top(
            "What goes" if not fleet.applied else "What went",
            "The heaviest names that the policy deletes",
            deletes,
            fleet,
        )
    return _top("Unused, but kept", "The heaviest unused names; no rule deletes them", unused, fleet)


def _top(title: str, caption: str, rows: Sequence[Row], fleet: Fleet) -> Html:
    if not rows:
        return Html("")
    groups = group_rows(rows)
    heaviest = max(group.high for group in groups)
    lines: List[List[Child]] = [
        [
            tag("span", group.first.name, class_="name"),
            weight(group.low, group.high, heaviest),
            who(group.hosts, fleet),
            group.first.rule or "-",
            group.reason,
            some(group.used_by, 5) or "nobody",
            *([group.outcome] if fleet.applied and group.first.deletes else []),
        ]
        for group in groups[:TOP]
    ]
    more = (
        tag("p", "and %d more, listed by host below" % (len(groups) - TOP), class_="soft")
        if len(groups) > TOP
        else None
    )
    header = ["Image", "Bytes", "Hosts", "Rule", "Reason", "Used by"] + (["Outcome"] if len(lines[0]) > 6 else [])
    table = data_table(caption, header, lines, class_="plan top", numbers=(1,))
    return tag("section", tag("h2", title), tag("div", table, more, class_="card"))


def weight(low: int, high: int, heaviest: int) -> Html:
    """Bytes with a bar; the pale part of the bar is the uncertainty."""
    return join([size_range(low, high), weight_bar(low, high, heaviest)])


def weight_bar(low: int, high: int, heaviest: int) -> Html:
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
    misses = group_misses(fleet)
    if not misses:
        return Html("")
    lines: List[List[Child]] = [
        [tag("span", miss.name, class_="name"), who(miss.hosts, fleet), miss.peer, miss.needed_by]
        for miss in misses[: 2 * TOP]
    ]
    more = tag("p", "and %d more" % (len(misses) - 2 * TOP), class_="soft") if len(misses) > 2 * TOP else None
    table = data_table(
        "Names that stay here and would be gone there",
        ["Image", "Hosts", "Would go with", "Stays here"],
        lines,
        class_="plan misses",
    )
    return tag("section", tag("h2", "Near misses"), tag("div", table, more, class_="card"))


def space_held(fleet: Fleet) -> Html:
    """Space that deleting unused images does not free."""
    lines: List[List[Child]] = [
        [
            held.holder,
            format_size(held.bytes),
            who(held.hosts, fleet),
            tag("span", some(held.names, 6) or "-", class_="name"),
            commands(held.detail),
        ]
        for held in group_held(fleet)
    ]
    if not lines:
        return Html("")
    table = data_table(
        "Bytes that no deletion of an unused image frees",
        ["Held by", "Bytes", "Hosts", "Names", "What helps"],
        lines,
        class_="plan",
        numbers=(1,),
    )
    return tag("section", tag("h2", "Space held by others"), tag("div", table, class_="card"))


def commands(words: str) -> Html:
    """Text with its `commands` set as code."""
    return join(tag("code", part) if at % 2 else part for at, part in enumerate(words.split("`")))
