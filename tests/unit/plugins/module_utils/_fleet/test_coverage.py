# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S2, rule by rule: who answered, who counts by the ledger, who is blind, and when a run is not complete."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.terms import parse_terms
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._fleet.fleets import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    UNREACHABLE,
    digest,
    ledger_of,
    run,
    usage,
)

A, B = usage("a"), usage("b")
LATER = NOW + DAY


def covered(joined):
    return {host: coverage.state for host, coverage in joined.coverage.hosts.items()}


def problem(joined):
    (text,) = joined.ledger.problems
    return text


def test_everyone_answered():
    joined = run(None, {"a": A, "b": B}, ["a", "b"])
    assert covered(joined) == {"a": "answered", "b": "answered"}
    assert joined.ledger.complete and joined.ledger.last_complete == NOW
    assert joined.ledger.problems == () == joined.notes
    assert joined.ledger.expected == ("a", "b")


@pytest.mark.parametrize(
    ("silent_for", "grace", "state"),
    [
        (1 * DAY, "7d", "from_ledger"),
        (7 * DAY, "7d", "from_ledger"),
        (7 * DAY + 1, "7d", "blind"),
        (1 * HOUR, "30m", "blind"),
        (1, "1s", "from_ledger"),
        (1, "0", "blind"),
    ],
)
def test_who_cannot_be_reached_counts_by_the_ledger_then_is_blind(silent_for, grace, state):
    now = NOW + silent_for
    joined = run(_seen_in_between(), {"a": usage("a", at=now), "b": UNREACHABLE}, ["a", "b"], now, host_grace=grace)
    assert covered(joined) == {"a": "answered", "b": state}
    assert joined.ledger.complete == (state == "from_ledger")
    # What it used stays protected whatever it counts as.
    assert "b" in joined.ledger.digests[digest("b")]
    if state == "blind":
        assert problem(joined).startswith("b did not answer: it was unreachable")
        assert "longer than host_grace (" in problem(joined)
        assert problem(joined).endswith("add:  retired_hosts: [b]")
    else:
        assert joined.notes[0].startswith("b did not answer: it was unreachable")


SILENT = [
    lambda now: {"failed": True, "msg": "no"},
    lambda now: {"skipped": True},
    lambda now: {},
    lambda now: None,
    lambda now: usage("b", at=now - 2 * DAY),
    lambda now: usage("b", at=now + HOUR),
    lambda now: usage("b", at=now, clock_offset_seconds=600),
    lambda now: {**usage("b", at=now), "images": None},
    lambda now: [UNREACHABLE, {"failed": True}],
]


@pytest.mark.parametrize("silence", SILENT)
@pytest.mark.parametrize(
    ("silent_for", "state", "why"),
    [
        (1, "from_ledger", "The host was reached, so host_grace does not bridge this"),
        (7 * DAY, "from_ledger", "The host was reached, so host_grace does not bridge this"),
        (7 * DAY + 1, "blind", "longer than host_grace (7d)"),
    ],
)
def test_a_silent_engine_makes_the_run_incomplete_at_once(silence, silent_for, state, why):
    """The ledger stands in for it, so that nothing is forgotten, but nothing may be deleted."""
    now = NOW + silent_for
    joined = run(_seen_in_between(), {"a": usage("a", at=now), "b": silence(now)}, ["a", "b"], now)
    assert covered(joined) == {"a": "answered", "b": state}
    assert not joined.ledger.complete and joined.notes == ()
    assert "b" in joined.ledger.digests[digest("b")]
    assert problem(joined).startswith("b did not answer: ") and why in problem(joined)
    assert problem(joined).endswith("Let it answer; if it is gone for good, add:  retired_hosts: [b]")
    again = run(joined.ledger, {"a": usage("a", at=now), "b": usage("b", at=now)}, ["a", "b"], now)
    assert again.ledger.complete


def _seen_in_between():
    """Both answered once, and the ledger ran since: a long pause of its own is another problem."""
    return run(ledger_of({"a": A, "b": B}), {"a": A, "b": UNREACHABLE}, ["a", "b"], NOW + 1).ledger


def test_who_was_never_seen_is_blind():
    joined = run(None, {"a": A, "new": UNREACHABLE}, ["a", "new"])
    assert covered(joined) == {"a": "answered", "new": "blind"}
    assert not joined.ledger.complete
    assert "never answered" in problem(joined) and "retired_hosts: [new]" in problem(joined)


def test_who_was_not_asked_makes_the_run_incomplete_at_once():
    """`--limit` and `serial`: the ledger stands in for the others, but this run may not decide anything."""
    first = ledger_of({"a": A, "b": B})
    joined = run(first, {"a": usage("a", at=NOW + HOUR)}, ["a", "b"], NOW + HOUR)
    assert covered(joined) == {"a": "answered", "b": "from_ledger"}
    assert not joined.ledger.complete
    assert problem(joined).startswith("1 of 2 expected hosts were not asked (b): ")
    assert joined.ledger.last_complete == NOW


def test_who_left_the_inventory_is_still_expected_until_retired():
    first = ledger_of({"a": A, "b": B, **{"n%d" % n: usage("n") for n in range(20)}})
    told = {host: usage("x", at=LATER) for host in first.hosts if host != "b"}
    joined = run(first, told, list(told), LATER)
    assert covered(joined)["b"] == "from_ledger" and joined.ledger.complete
    assert "no longer in expected_hosts" in joined.notes[0] and "retired_hosts: [b]" in joined.notes[0]
    much_later = NOW + 8 * DAY
    told = {host: usage("x", at=much_later) for host in told}
    middle = run(joined.ledger, told, list(told), NOW + 7 * DAY).ledger
    blind = run(middle, told, list(told), much_later)
    assert covered(blind)["b"] == "blind" and not blind.ledger.complete
    retired = run(blind.ledger, told, list(told), much_later, retired_hosts=["b"])
    assert "b" not in covered(retired) and retired.ledger.complete
    assert "b" not in retired.ledger.hosts and digest("b") not in retired.ledger.digests
    # Once gone it is not awaited any more.
    assert run(retired.ledger, told, list(told), much_later).ledger.complete


def test_a_retired_host_may_stay_in_the_inventory():
    first = ledger_of({"a": A, "b": B})
    joined = run(first, {"a": A, "b": UNREACHABLE}, ["a", "b"], NOW, retired_hosts=["b"])
    assert covered(joined) == {"a": "answered"}
    assert joined.ledger.complete
    assert digest("b") not in joined.ledger.digests


def test_a_retired_host_that_answers_is_alive():
    joined = run(ledger_of({"a": A, "b": B}), {"a": A, "b": B}, ["a"], NOW, retired_hosts=["b"])
    assert covered(joined) == {"a": "answered", "b": "answered"}
    assert "b" in joined.ledger.digests[digest("b")]
    assert "in retired_hosts and answered" in joined.notes[0]


def test_a_host_that_nobody_expected_counts_when_it_answers():
    joined = run(None, {"a": A, "guest": B}, ["a"])
    assert covered(joined) == {"a": "answered", "guest": "answered"}
    assert digest("b") in joined.ledger.digests


@pytest.mark.parametrize(
    ("before", "after", "retired", "complete"),
    [
        (10, 10, 0, True),
        (10, 9, 0, True),
        (10, 8, 0, False),
        (10, 8, 1, False),
        (11, 9, 1, True),
        (10, 7, 3, True),
        (10, 7, 1, False),
        (30, 27, 0, True),
        (30, 26, 0, False),
        (1, 1, 0, True),
        (10, 12, 0, True),
    ],
)
def test_an_inventory_that_shrank_by_more_than_a_tenth(before, after, retired, complete):
    names = ["h%02d" % number for number in range(max(before, after))]
    first = ledger_of({name: usage("x") for name in names[:before]})
    left = names[:after]
    # Those that left answer no more; the last ones are retired.
    joined = run(
        first, {name: usage("x") for name in left}, left, NOW + MINUTE, retired_hosts=names[before - retired : before]
    )
    assert joined.ledger.complete == complete
    if not complete:
        assert "expected_hosts names %d hosts, %d at" % (after, before - retired) in problem(joined)
        # What is measured against stays, however often the short inventory is tried.
        again = run(joined.ledger, {name: usage("x") for name in left}, left, NOW + HOUR)
        assert not again.ledger.complete


def test_an_empty_inventory_is_no_fleet_without_images():
    first = ledger_of({"a": A})
    all_retired = run(first, {"a": UNREACHABLE}, ["a"], retired_hosts=["a"])
    for joined in (run(None, {}, []), run(first, {"a": A}, []), all_retired):
        assert not joined.ledger.complete
        assert "expected_hosts is empty" in joined.ledger.problems[0]


# Several engines of one host ------------------------------------------------------------------------------------------

ONE, TWO = usage("one", engine="1"), usage("two", engine="2")


def test_every_engine_of_a_host_must_answer():
    first = ledger_of({"a": [ONE, TWO]})
    assert first.complete and set(first.hosts["a"].engines) == {"1", "2"}
    joined = run(first, {"a": [usage("one", engine="1", at=LATER)]}, ["a"], LATER)
    assert covered(joined) == {"a": "from_ledger"} and not joined.ledger.complete
    assert "engine 2 (name of 2) did not answer" in problem(joined) and "retired_hosts: [a/2]" in problem(joined)
    assert digest("two") in joined.ledger.digests
    # It does not get younger by what the other one says.
    day8 = NOW + 8 * DAY
    middle = run(joined.ledger, {"a": [usage("one", engine="1", at=NOW + 7 * DAY)]}, ["a"], NOW + 7 * DAY).ledger
    blind = run(middle, {"a": [usage("one", engine="1", at=day8)]}, ["a"], day8)
    assert covered(blind) == {"a": "blind"}
    assert "retired_hosts: [a/2]" in problem(blind)
    retired = run(blind.ledger, {"a": [usage("one", engine="1", at=day8)]}, ["a"], day8, retired_hosts=["a/2"])
    assert covered(retired) == {"a": "answered"} and retired.ledger.complete


def test_a_host_answered_when_the_first_of_its_engines_did():
    first = ledger_of({"a": [usage("one", engine="1", at=NOW - 20 * HOUR), usage("two", engine="2")]})
    assert first.hosts["a"].answered == NOW - 20 * HOUR
    # So what the first one told is still in use, however long ago that was.
    later = run(first, {"a": UNREACHABLE}, ["a"], NOW + HOUR, in_use_grace="1h").ledger
    assert digest("one") in later.digests and digest("two") in later.digests


def test_an_engine_that_failed_and_was_never_seen_is_not_forgotten():
    joined = run(None, {"a": {"results": [{"usage": ONE}, UNREACHABLE]}}, ["a"])
    assert covered(joined) == {"a": "blind"}
    assert digest("one") in joined.ledger.digests
    assert "never answered completely" in problem(joined)


def test_retired_hosts_that_stay_in_the_inventory_do_not_make_up_for_those_that_left():
    names = ["h%d" % number for number in range(10)]
    first = ledger_of(dict.fromkeys(names, A))
    # Seven of the nine that are not retired, though eight names are on the list.
    told = dict.fromkeys(names[:7], A)
    joined = run(first, {**told, "h9": UNREACHABLE}, [*told, "h9"], NOW, retired_hosts=["h9"])
    assert "names 7 hosts, 9 at" in joined.ledger.problems[0]


def test_engine_ids_of_old_engines_are_quoted_in_the_line_to_add():
    first = ledger_of({"a": [usage(engine="6VC7:N57G"), usage(engine="HRFE:OO6N", at=NOW + 1)]})
    joined = run(first, {"a": UNREACHABLE}, ["a"], NOW + DAY, host_grace="1h")
    assert 'retired_hosts: ["a/6VC7:N57G"]' in problem(joined)


# Clocks of the control host (S11) -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passed", "says"),
    [
        (0, None),
        (7 * DAY, None),
        (-5, None),
        (-6, "6s behind the last run"),
        (-3 * DAY, "3d behind the last run"),
        (7 * DAY + 1, "7d ago"),
        (300 * DAY, "300d ago"),
    ],
)
def test_time_that_runs_behind_or_jumps(passed, says):
    first = ledger_of({"a": A})
    now = NOW + passed
    joined = run(first, {"a": usage("a", at=now)}, ["a"], now)
    assert joined.ledger.complete == (says is None)
    if says:
        assert says in problem(joined)
        assert run(joined.ledger, {"a": usage("a", at=now)}, ["a"], now + MINUTE).ledger.complete


def test_what_a_wrong_clock_put_into_the_future_does_not_count_for_ever():
    wrong = NOW + 1000 * DAY
    first = ledger_of({"a": usage("a", at=wrong), "b": usage("b", at=wrong)}, now=wrong)
    behind = run(first, {"a": usage("other", at=NOW), "b": UNREACHABLE}, ["a", "b"], NOW)
    assert not behind.ledger.complete
    settled = run(behind.ledger, {"a": usage("other", at=NOW + MINUTE), "b": UNREACHABLE}, ["a", "b"], NOW + MINUTE)
    assert settled.ledger.complete
    late = NOW + 40 * DAY
    middle = run(settled.ledger, {"a": usage("other", at=late), "b": UNREACHABLE}, ["a", "b"], late).ledger
    last = run(middle, {"a": usage("other", at=late), "b": UNREACHABLE}, ["a", "b"], late)
    assert covered(last)["b"] == "blind"
    assert digest("a") not in last.ledger.digests


# Options --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"expected_hosts": "web"}, "expected_hosts: 'web' is not a list"),
        ({"expected_hosts": ["a", ""]}, r"expected_hosts\[1\]: '' is not the name of a host"),
        ({"retired_hosts": [7]}, r"retired_hosts\[0\]: 7 is not"),
        ({"host_grace": "7"}, "host_grace: 7 has no unit"),
        ({"in_use_grace": "soon"}, "in_use_grace: 'soon' is not a duration"),
    ],
)
def test_options_that_are_refused(options, says):
    with pytest.raises(PolicyError, match=says):
        parse_terms(options)
