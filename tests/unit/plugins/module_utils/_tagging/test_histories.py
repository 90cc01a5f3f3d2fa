# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random histories of releases, against a judgement that knows nothing of tags: it remembers numbers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import compile_patterns
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.apply import set_tags
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.findings import findings
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.judge import judge
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.schemes import parse_schemes
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.wanted import parse_convention, wanted_tags

small = st.integers(0, 3)
releases = st.tuples(
    st.tuples(small, small, st.sampled_from([0, 1, 2, 9, 10])),
    st.sampled_from(["", "-rc.1", "-beta.2", "-foo"]),
    st.sampled_from(["", "-alpine", "-slim"]),
    st.sampled_from(["", "+7"]),
)


def wanted_of(release):
    numbers, pre, suffix, build = release
    options = {"version": ".".join(map(str, numbers)) + pre + build, "schemes": [{"type": "semver", "suffix": suffix}]}
    return wanted_tags(parse_convention(options, 0))


class Memory:
    """Tags as a registry has them; `meanwhile` happens once, before the put of that number."""

    def __init__(self):
        self.tags = {}
        self.puts = 0
        self.meanwhile = {}

    def names(self):
        return list(self.tags)

    def digest(self, reference):
        return self.tags.get(reference)

    def put(self, tag, digest):
        self.puts += 1
        happening = self.meanwhile.pop(self.puts, None)
        if happening:
            happening()
        self.tags[tag] = digest


def release_to(place, release, digest):
    wanted = wanted_of(release)
    outcomes = set_tags(place, judge(wanted, place.names(), dict(place.tags), digest))
    return [one for one in outcomes if one.outcome == "failed"]


def expected(history):
    """Floating tag -> digests that it may have: those of the highest release of its line that was asked for."""
    best = {}
    for (numbers, pre, suffix, _build), digest in history:
        if pre:
            continue
        floating = ["%d.%d" % numbers[:2], "latest"] + (["%d" % numbers[0]] if numbers[0] else [])
        for name in floating:
            best.setdefault(name + suffix, []).append((numbers, digest))
    found = {}
    for name, several in best.items():
        top = max(several, key=lambda one: one[0])[0]
        # Of two builds of one version the last that was asked for.
        found[name] = [digest for numbers, digest in several if numbers == top][-1]
    return found


@settings(max_examples=300, deadline=None)
@given(st.lists(releases, min_size=1, max_size=14))
def test_after_every_release_each_floating_tag_is_at_the_highest_of_its_line(chosen):
    place, history = Memory(), []
    schemes = parse_schemes([{"type": "semver", "suffix": suffix} for suffix in ("", "-alpine", "-slim")])
    for number, release in enumerate(chosen):
        digest = "digest-%d" % number
        assert release_to(place, release, digest) == []
        history.append((release, digest))
        floating = expected(history)
        assert {name: place.tags[name] for name in floating} == floating
        full = {wanted_of(one)[0].name for one, _digest in history}
        assert set(place.tags) == full | set(floating)
        before, puts = dict(place.tags), place.puts
        assert release_to(place, release, digest) == []
        assert (place.tags, place.puts) == (before, puts)
        known = {one["tag"] for one in findings(place.tags, schemes, "auto") if "highest" in one["finding"]}
        assert not known & set(floating)


@settings(max_examples=300, deadline=None)
@given(st.lists(releases, max_size=6), releases, releases, st.integers(1, 5))
def test_two_runs_that_meet_leave_no_floating_tag_behind(before, one, other, moment):
    """The other run happens as a whole right before some put of the first one, after its comparison."""
    place, history = Memory(), []
    for number, release in enumerate(before):
        release_to(place, release, "digest-%d" % number)
        history.append((release, "digest-%d" % number))
    asked = {digest for _release, digest in history} | {"one", "other"}
    place.meanwhile[place.puts + moment] = lambda: release_to(place, other, "other")
    failed = release_to(place, one, "one")
    assert set(place.tags.values()) <= asked
    if place.meanwhile or failed or one[0] == other[0]:
        return
    floating = expected([*history, (one, "one"), (other, "other")])
    assert {name: place.tags[name] for name in floating} == floating


def test_a_version_that_cannot_be_set_moves_nothing():
    class Broken(Memory):
        def put(self, tag, digest):
            if tag == "1.2.3":
                raise RegistryError("no space")
            super().put(tag, digest)

    place = Broken()
    release_to(place, ((1, 2, 2), "", "", ""), "old")
    before = dict(place.tags)
    failed = release_to(place, ((1, 2, 3), "", "", ""), "new")
    assert {one.row.name: one.error for one in failed} == {
        "1.2.3": "no space",
        "1.2": "not moved, because 1.2.3 could not be set",
        "1": "not moved, because 1.2.3 could not be set",
        "latest": "not moved, because 1.2.3 could not be set",
    }
    assert place.tags == before


def test_a_fixed_tag_that_somebody_moved_is_left_alone():
    place = Memory()
    rows = judge(wanted_of(((1, 2, 3), "", "", "")), [], {}, "ours")
    place.tags["1.2.3"] = "theirs"
    outcomes = set_tags(place, rows)
    assert {one.outcome for one in outcomes} == {"failed"} and place.tags == {"1.2.3": "theirs"}
    assert "from None to theirs" in outcomes[0].error and "ours" in outcomes[0].error


def test_an_immutable_tag_that_came_meanwhile_is_left_alone():
    place = Memory()
    rows = judge(wanted_of(((1, 2, 3), "", "", "")), [], {}, "ours", compile_patterns("immutable", "*"))
    place.meanwhile[1] = lambda: place.tags.update({"1.2": "theirs"})
    outcomes = {one.row.name: one.outcome for one in set_tags(place, rows)}
    assert outcomes == {"1.2.3": "done", "1.2": "failed", "1": "done", "latest": "done"}
    assert place.tags == {"1.2": "theirs", **dict.fromkeys(("1.2.3", "1", "latest"), "ours")}
