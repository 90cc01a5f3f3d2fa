# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep or delete: the order of reasons, what is unknown, and the laws that hold for every policy."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.verdicts import Item, Verdict, decide

NOW = 1_700_000_000
DAY = 86400
DIGEST = "sha256:" + "a" * 64


def ago(days, exact=True):
    return Clock(None if days is None else NOW - int(days * DAY), exact)


def item(key="one", days=100, **more):
    fields = {
        "key": key,
        "repository": "docker.io/team/app",
        "tag": "1.0",
        "digest": "digest of " + key,
        "digests": (DIGEST,),
        "arrived": ago(days),
    }
    fields.update(more)
    return Item(**fields)


def unnamed(key="bare", days=100, **more):
    return item(key, days, repository=None, tag=None, tagged=False, **more)


def judge(one, now=NOW, distrust=None, **policy):
    (verdict,) = decide([one], parse_policy(**policy), now, distrust)
    return verdict


ALL = [{"repositories": "**"}]


def test_without_delete_rules_nothing_is_deleted():
    assert judge(item()) == Verdict("one", "keep", None, "no delete rules", True, "no_rule")


def test_what_no_delete_rule_matches_stays():
    assert judge(item(), delete=[{"tags": "2.*"}]) == Verdict(
        "one", "keep", None, "no delete rule matches", True, "no_rule"
    )


@pytest.mark.parametrize(
    ("change", "policy", "kept_by", "reason"),
    [
        ({"used_by": ("container web (running)",)}, {}, "use", "in use: container web (running)"),
        ({"used_by": ("a", "b", "c")}, {}, "use", "in use: a and 2 more"),
        ({}, {"protect": ["team/app:1.0"]}, "protect", "protected: docker.io/team/app:1.0"),
        ({}, {"protect": ["team/app"]}, "protect", "protected: repository docker.io/team/app"),
        ({}, {"protect": [DIGEST]}, "protect", "protected: digest " + DIGEST),
        ({"forced_keep": "not restorable"}, {}, "other", "not restorable"),
        ({"arrived": ago(0.5)}, {}, "minimum_age", "arrived 12h ago (minimum_age 24h)"),
        ({"arrived": ago(None)}, {}, "minimum_age", "it is not known when it arrived (minimum_age 24h)"),
        ({"arrived": Clock(0)}, {}, "minimum_age", "it is not known when it arrived (minimum_age 24h)"),
        ({"arrived": ago(-30)}, {}, "minimum_age", "it is not known when it arrived (minimum_age 24h)"),
        ({}, {"keep": [{"tags": "1.*"}]}, "rule", "kept by rule keep[0]"),
        (
            {},
            {"keep": [{"tags": "2.*"}, {"name": "ours", "newest": 1}]},
            "rule",
            "kept by rule ours: number 1 of the newest 1 per repository",
        ),
    ],
)
def test_every_reason_to_stay_beats_a_delete_rule(change, policy, kept_by, reason):
    verdict = judge(replace(item(), **change), delete=ALL, **policy)
    assert (verdict.action, verdict.kept_by, verdict.reason) == ("keep", kept_by, reason)
    assert verdict.unused == (kept_by != "use")


@pytest.mark.parametrize(
    ("gone", "kept_by"),
    [
        ((), "use"),
        (("use",), "protect"),
        (("use", "protect"), "minimum_age"),
        (("use", "protect", "minimum_age"), "rule"),
    ],
)
def test_the_first_reason_that_holds_is_given(gone, kept_by):
    one = item(
        used_by=() if "use" in gone else ("container web (running)",), days=100 if "minimum_age" in gone else 0.1
    )
    verdict = judge(one, keep=ALL, delete=ALL, protect=[] if "protect" in gone else ["team/app"])
    assert verdict.kept_by == kept_by


def test_a_deletion_names_its_rule_the_first_that_matches():
    verdict = judge(item(), delete=[{"tags": "2.*"}, {"name": "old", "older_than": "30d"}, *ALL])
    assert verdict == Verdict("one", "delete", "old", "unused; arrived 100d ago (limit 30d)", True, "")


@pytest.mark.parametrize(
    ("one", "rule", "deleted"),
    [
        (item(), {"repositories": "team/*"}, True),
        (item(), {"repositories": "team/*", "tags": "2.*"}, False),
        (item(), {"repositories": ["other/*", "team/*"], "tags": ["1.*"]}, True),
        (item(), {"tagged": True}, True),
        (item(), {"tagged": False}, False),
        (unnamed(), {"tagged": False}, True),
        (unnamed(), {"tagged": True}, False),
        (unnamed(), {"older_than": "7d"}, True),
        # Patterns for names match only what has a name, exclusions too.
        (unnamed(), {"repositories": "**"}, False),
        (unnamed(), {"tags": "**"}, False),
        (unnamed(), {"repositories": "!team/app"}, False),
        # A digest name: named, but it has no tag.
        (item(tag=None), {"tagged": True}, True),
        (item(tag=None), {"tagged": False}, False),
        (item(tag=None), {"tags": "**"}, False),
        (item(labels={"stage": "test"}), {"labels": "stage=test"}, True),
        (item(labels={"stage": "prod"}), {"labels": "stage=test"}, False),
        (item(), {"labels": "stage"}, False),
        (item(days=30), {"older_than": "30d"}, True),
        (item(days=29.99), {"older_than": "30d"}, False),
        (item(days=5), {"younger_than": "30d"}, True),
        (item(days=30), {"younger_than": "30d"}, False),
        (item(days=20), {"older_than": "10d", "younger_than": "30d"}, True),
        (item(days=40), {"older_than": "10d", "younger_than": "30d"}, False),
    ],
)
def test_fields_of_a_rule_must_all_match(one, rule, deleted):
    assert (judge(one, delete=[rule]).action == "delete") is deleted


@pytest.mark.parametrize(
    ("clocks", "rule", "deleted"),
    [
        ({"created": ago(90), "arrived": ago(10)}, {"older_than": "30d"}, False),
        ({"created": ago(90), "arrived": ago(10)}, {"older_than": "30d", "clock": "created"}, True),
        # Reproducible builds: the arrival counts.
        ({"created": Clock(0), "arrived": ago(10)}, {"older_than": "30d", "clock": "created"}, False),
        ({"created": Clock(0), "arrived": ago(40)}, {"older_than": "30d", "clock": "created"}, True),
        ({"created": Clock(315_532_800), "arrived": ago(10)}, {"older_than": "30d", "clock": "created"}, False),
        ({"last_used": ago(5)}, {"older_than": "30d", "clock": "last_used"}, False),
        ({"last_used": ago(45)}, {"older_than": "30d", "clock": "last_used"}, True),
        # Never sampled, or not for long enough: unknown, no deletion.
        ({"last_used": Clock()}, {"older_than": "30d", "clock": "last_used"}, False),
        ({"last_used": ago(10, exact=False)}, {"older_than": "30d", "clock": "last_used"}, False),
        ({"last_used": ago(31, exact=False)}, {"older_than": "30d", "clock": "last_used"}, True),
        ({"last_used": ago(10, exact=False)}, {"younger_than": "30d", "clock": "last_used"}, False),
    ],
)
def test_the_clock_of_a_delete_rule(clocks, rule, deleted):
    assert (judge(item(**clocks), delete=[rule]).action == "delete") is deleted


@pytest.mark.parametrize(
    ("clocks", "rule", "kept"),
    [
        ({"created": ago(5)}, {"younger_than": "30d", "clock": "created"}, True),
        ({"created": ago(50)}, {"younger_than": "30d", "clock": "created"}, False),
        ({"last_used": Clock()}, {"younger_than": "30d", "clock": "last_used"}, True),
        ({"last_used": Clock()}, {"older_than": "30d", "clock": "last_used"}, True),
        ({"last_used": ago(10, exact=False)}, {"younger_than": "30d", "clock": "last_used"}, True),
        ({"last_used": ago(40, exact=False)}, {"younger_than": "30d", "clock": "last_used"}, False),
        ({"last_used": ago(40)}, {"younger_than": "30d", "clock": "last_used"}, False),
        ({"arrived": ago(None)}, {"younger_than": "30d"}, True),
        ({"arrived": ago(-10)}, {"younger_than": "30d"}, True),
    ],
)
def test_what_is_unknown_matches_a_keep_rule(clocks, rule, kept):
    verdict = judge(item(**clocks), keep=[rule], delete=ALL, minimum_age=0)
    assert (verdict.action == "keep") is kept


@pytest.mark.parametrize(
    ("age", "minimum", "action"),
    [
        (1, "24h", "delete"),
        (0.999, "24h", "keep"),
        (0, 0, "delete"),
        (None, 0, "delete"),
        (-0.001, "24h", "keep"),
        (6, "7d", "keep"),
    ],
)
def test_minimum_age_is_measured_from_the_arrival(age, minimum, action):
    one = item(days=age, created=ago(1000), last_used=ago(1000))
    assert judge(one, delete=ALL, minimum_age=minimum).action == action


@pytest.mark.parametrize(
    ("one", "rule", "reason"),
    [
        (unnamed(), {"older_than": "7d"}, "unused; no name, arrived 100d ago (limit 7d)"),
        (unnamed(), {"tagged": False}, "unused; no name"),
        (item(created=ago(200)), {"older_than": "7d", "clock": "created"}, "unused; built 200d ago (limit 7d)"),
        (item(created=Clock(0)), {"older_than": "7d", "clock": "created"}, "unused; arrived 100d ago (limit 7d)"),
        (item(last_used=ago(50)), {"older_than": "7d", "clock": "last_used"}, "unused for 50d (limit 7d)"),
        (
            item(last_used=ago(50, exact=False)),
            {"older_than": "7d", "clock": "last_used"},
            "not seen in use for 50d, as long as it was watched (limit 7d)",
        ),
        (item(), {"younger_than": "200d"}, "unused; arrived 100d ago (below 200d)"),
        (item(), {"tags": ["1.*", "!1.1"]}, "unused; matches 1.*, !1.1"),
        (item(), {"repositories": "team/**"}, "unused; matches team/**"),
        (item(labels={"a": "b"}), {"labels": "a"}, "unused; has the label"),
        (item(), {"tagged": True}, "unused"),
    ],
)
def test_the_reason_of_a_deletion_is_in_plain_words(one, rule, reason):
    assert judge(one, delete=[rule]).reason == reason


@pytest.mark.parametrize(
    ("one", "rules", "reason"),
    [
        (
            item(days=10),
            [{"name": "old", "older_than": "30d"}],
            "no delete rule matches yet: arrived 10d ago, old deletes from 30d",
        ),
        (
            item(days=10),
            [{"tags": "9", "older_than": "20d"}, {"older_than": "30d"}],
            "no delete rule matches yet: arrived 10d ago, delete[1] deletes from 30d",
        ),
        (
            item(),
            [{"older_than": "30d", "clock": "last_used"}],
            "no delete rule matches yet: last_used unknown, delete[0] deletes from 30d",
        ),
        (item(), [{"tags": "9"}], "no delete rule matches"),
    ],
)
def test_the_reason_of_what_stays_says_how_far_the_nearest_rule_is(one, rules, reason):
    assert judge(one, delete=rules).reason == reason


def test_a_rule_whose_age_is_reached_is_not_called_one_to_come():
    # It is too old for younger_than; "deletes from 10d" would say that it was to be deleted.
    verdict = judge(item(days=40), delete=[{"older_than": "10d", "younger_than": "30d"}])
    assert verdict.action == "keep"
    assert "yet" not in verdict.reason


DISTRUST = "the engine's clock and this machine's differ by 10m"


@pytest.mark.parametrize(
    ("policy", "kept_by"),
    [
        ({"delete": ALL}, "clock"),
        ({"delete": [{"older_than": "30d"}]}, "clock"),
        ({"delete": [{"older_than": "30d"}], "minimum_age": 0}, "clock"),
        ({"delete": [{"younger_than": "300d"}], "minimum_age": 0}, "clock"),
        ({"delete": [{"tags": "2.*", "older_than": "30d"}], "minimum_age": 0}, "no_rule"),
        ({"delete": ALL, "keep": [{"tags": "1.*"}], "minimum_age": 0}, "rule"),
        ({"delete": ALL, "protect": ["team/app"]}, "protect"),
    ],
)
def test_ages_decide_nothing_while_clocks_are_distrusted(policy, kept_by):
    verdict = judge(item(), distrust=DISTRUST, **policy)
    assert (verdict.action, verdict.kept_by) == ("keep", kept_by)
    if kept_by == "clock":
        assert verdict.reason == "kept because ages cannot be trusted: " + DISTRUST


def test_a_rule_without_ages_still_deletes_while_clocks_are_distrusted():
    assert judge(item(), distrust=DISTRUST, delete=[{"older_than": "30d"}, *ALL], minimum_age=0).rule == "delete[1]"


@pytest.mark.parametrize(
    "keep",
    [
        {"younger_than": "30d"},
        {"younger_than": "30d", "tags": "1.*"},
        {"older_than": "300d"},
        {"newest": 1, "younger_than": "30d"},
    ],
)
def test_a_keep_rule_by_age_keeps_while_clocks_are_distrusted(keep):
    # S11: the clock may have jumped ahead, so that "too old to keep" is no knowledge; unknown matches a keep rule.
    assert judge(item(), distrust=DISTRUST, keep=[keep], delete=ALL, minimum_age=0).action == "keep"


LONG = "x" * 1001


@pytest.mark.parametrize("pattern", ["note=regex:x+", "!note=regex:y+", "!note=*y*"])
def test_a_label_that_is_too_long_for_patterns_deletes_nothing(pattern):
    """An exclusion that does not hold would let go of what it was written for."""
    verdict = judge(item(labels={"note": LONG}), delete=[{"labels": pattern, "older_than": "30d"}])
    assert (verdict.action, verdict.kept_by) == ("keep", "no_rule")
    assert verdict.reason == "no delete rule matches for certain: a label or name is longer than 1000 characters"
    # What can be judged is.
    assert judge(item(labels={"note": "x"}), delete=[{"labels": pattern.replace("y", "z")}]).action == "delete"
    assert judge(item(labels={"note": LONG}), delete=[{"labels": "!note=exactly"}]).action == "delete"


@pytest.mark.parametrize("pattern", ["note=regex:x+", "note=*y*", "!note=regex:y+"])
def test_a_label_that_is_too_long_for_patterns_keeps(pattern):
    verdict = judge(item(labels={"note": LONG}), keep=[{"name": "ours", "labels": pattern}], delete=ALL)
    assert (verdict.action, verdict.kept_by, verdict.rule) == ("keep", "rule", "ours")
    assert verdict.reason == "kept by rule ours: a label or name is longer than 1000 characters, so it cannot be judged"


@pytest.mark.parametrize(
    ("unknown", "rule"),
    [
        ({"labels": {"note": LONG}}, {"labels": "note=x*"}),
        ({"labels": {"note": LONG}}, {"labels": "!note=y*"}),
        ({"created": ago(-5)}, {"younger_than": "30d", "clock": "created"}),
    ],
    ids=["label", "exclusion", "age"],
)
def test_what_is_unknown_takes_no_place_in_a_ranking(unknown, rule):
    """Else it would drive out what is known to be among the newest."""
    known = {"labels": {"note": "x"}, "created": ago(3)}
    drawn = [
        item("new", tag="3.0", digest="3", **{**known, **unknown}),
        item("known", tag="2.0", digest="2", **known),
        item("old", tag="1.0", digest="1", **known),
    ]
    keep = [{"name": "ours", "newest": 1, "order": "version", **rule}]
    verdicts = decide(drawn, parse_policy(keep=keep, delete=ALL, minimum_age=0), NOW)
    assert [one.action for one in verdicts] == ["keep", "keep", "delete"]


def test_ages_that_cannot_be_trusted_take_no_place_either():
    drawn = [item("old", 100, tag="3.0", digest="3"), item("young", 3, tag="2.0", digest="2")]
    keep = [{"newest": 1, "order": "version", "younger_than": "30d"}]
    for distrust in (None, DISTRUST):
        verdicts = decide(drawn, parse_policy(keep=keep, delete=ALL, minimum_age=0), NOW, distrust)
        assert [one.action for one in verdicts] == [("keep" if distrust else "delete"), "keep"]


ages = st.none() | st.integers(-3, 60)
items = st.lists(
    st.builds(
        lambda repository, tag, arrived, created, used, exact, digest, users: (
            repository,
            tag,
            arrived,
            created,
            used,
            exact,
            digest,
            users,
        ),
        st.sampled_from(["docker.io/team/app", "registry:5000/team/app", "docker.io/library/nginx", None]),
        st.sampled_from(["1.0", "1.1", "2.0-rc1", "main", None]),
        ages,
        ages,
        ages,
        st.booleans(),
        st.integers(0, 3),
        st.sampled_from([(), (), (), ("container web (running)",)]),
    ),
    max_size=7,
).map(
    lambda rows: [
        Item(
            key="key%d" % place,
            repository=repository,
            tag=tag if repository else None,
            tagged=repository is not None,
            digest="digest%d" % digest,
            digests=("sha256:" + str(digest) * 64,),
            labels=({}, {"stage": "test"}, {"stage": LONG}, {"stage": "other"})[digest],
            arrived=ago(arrived),
            created=ago(created),
            last_used=ago(used, exact),
            used_by=users,
        )
        for place, (repository, tag, arrived, created, used, exact, digest, users) in enumerate(rows)
    ]
)
selecting = st.sampled_from(
    [
        {"repositories": "**"},
        {"repositories": "team/**", "tags": ["1.*", "!1.1"]},
        {"tagged": False},
        {"labels": "stage=te*"},
        {"labels": "!stage=te*"},
        {"older_than": "30d"},
        {"older_than": "30d", "clock": "created"},
        {"older_than": "20d", "clock": "last_used"},
        {"younger_than": "10d", "tags": "**"},
    ]
)
ranking = st.sampled_from(
    [
        {"newest": 1},
        {"newest": 2, "order": "version"},
        {"newest": 1, "order": "version", "younger_than": "20d"},
        {"newest": 1, "labels": "!stage=te*"},
        {"newest": 1, "newest_per": "major", "newest_groups": 1},
        {"prerelease": True},
    ]
)
policies = st.fixed_dictionaries(
    {
        "keep": st.lists(selecting | ranking, max_size=3),
        "delete": st.lists(selecting, min_size=1, max_size=3),
        "protect": st.lists(st.sampled_from(["nginx", "team/app:1.0", "sha256:" + "2" * 64]), max_size=2),
        "minimum_age": st.sampled_from(["24h", "0", "7d"]),
    }
)
distrusts = st.sampled_from([None, None, DISTRUST])


def deleted(drawn, policy, distrust=None):
    return {one.key for one in decide(drawn, parse_policy(**policy), NOW, distrust) if one.action == "delete"}


@given(items, policies, distrusts)
def test_every_item_has_one_verdict_with_a_reason(drawn, policy, distrust):
    verdicts = decide(drawn, parse_policy(**policy), NOW, distrust)
    assert [one.key for one in verdicts] == [one.key for one in drawn]
    for one, verdict in zip(drawn, verdicts):
        assert verdict.reason
        assert (verdict.action == "delete") == (verdict.kept_by == "")
        assert verdict.rule is not None or verdict.action == "keep"
        assert verdict.unused == (not one.used_by)


@given(items, policies, distrusts, st.randoms())
def test_verdicts_do_not_depend_on_the_order_of_the_items(drawn, policy, distrust, random):
    shuffled = list(drawn)
    random.shuffle(shuffled)
    by_key = {one.key: one for one in decide(shuffled, parse_policy(**policy), NOW, distrust)}
    assert all(by_key[one.key] == one for one in decide(drawn, parse_policy(**policy), NOW, distrust))


@given(items, policies, distrusts)
def test_what_is_used_protected_young_or_unknown_is_never_deleted(drawn, policy, distrust):
    parsed = parse_policy(**policy)
    gone = deleted(drawn, policy, distrust)
    for one in drawn:
        if one.key in gone:
            assert not one.used_by
            assert parsed.protect.why(one.repository, one.tag, one.digests) is None
            assert parsed.minimum_age == 0 or NOW - one.arrived.at >= parsed.minimum_age


@given(items, policies, selecting | ranking)
def test_one_more_keep_rule_never_deletes_more(drawn, policy, extra):
    assert deleted(drawn, {**policy, "keep": policy["keep"] + [extra]}) <= deleted(drawn, policy)


@given(items, policies, selecting)
def test_one_more_delete_rule_never_deletes_less_and_none_deletes_nothing(drawn, policy, extra):
    assert deleted(drawn, policy) <= deleted(drawn, {**policy, "delete": policy["delete"] + [extra]})
    assert deleted(drawn, {**policy, "delete": []}) == set()


@given(items, policies)
def test_protection_and_a_higher_minimum_age_never_delete_more(drawn, policy):
    gone = deleted(drawn, policy)
    assert deleted(drawn, {**policy, "protect": policy["protect"] + ["team/app"]}) <= gone
    assert deleted(drawn, {**policy, "minimum_age": "15d"}) <= gone


@given(items, policies)
def test_distrusted_clocks_never_delete_more(drawn, policy):
    assert deleted(drawn, policy, DISTRUST) <= deleted(drawn, policy)


@given(items, policies, distrusts, st.sampled_from(["test", "other"]))
def test_what_cannot_be_judged_never_deletes_more_than_either_answer(drawn, policy, distrust, known):
    """Whatever a label that is too long for patterns would have matched."""
    told = [replace(one, labels={"stage": known}) if one.labels.get("stage") == LONG else one for one in drawn]
    assert deleted(drawn, policy, distrust) <= deleted(told, policy, distrust)
