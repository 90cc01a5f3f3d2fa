# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules: every field read, every mistake named with list, index, field and value."""

from __future__ import annotations

from collections import OrderedDict, UserDict, UserList

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.rules import (
    DELETE,
    FIELDS,
    HOST,
    KEEP,
    REGISTRY,
    parse_rules,
)

FINE = {"repositories": "**"}


def one(raw, kind=KEEP, target=HOST):
    (rule,) = parse_rules([raw], kind, target)
    return rule


def refused(raw, kind=KEEP, target=HOST):
    """The message for a bad rule behind two good ones."""
    with pytest.raises(PolicyError) as refusal:
        parse_rules([FINE, FINE, raw], kind, target)
    return str(refusal.value)


@pytest.mark.parametrize("raw", [None, "", [], ()])
@pytest.mark.parametrize("kind", [KEEP, DELETE])
def test_no_rules(raw, kind):
    assert parse_rules(raw, kind, HOST) == ()


@pytest.mark.parametrize("raw", ["newest", b"x", {"tags": "x"}, {}, 5, True, False, 0, {1}], ids=repr)
@pytest.mark.parametrize("kind", [KEEP, DELETE])
def test_what_is_no_list_of_rules_is_refused(raw, kind):
    with pytest.raises(PolicyError) as refusal:
        parse_rules(raw, kind, HOST)
    assert str(refusal.value) == "%s: %r is not a list of rules" % (kind, raw)


@pytest.mark.parametrize("raw", ["**", None, 5, ["tags"], True], ids=repr)
@pytest.mark.parametrize("kind", [KEEP, DELETE])
def test_what_is_no_rule_is_refused_with_its_index(raw, kind):
    message = refused(raw, kind)
    assert message.startswith("%s[2]: %r is not a rule; a rule is a mapping of name, repositories" % (kind, raw))


def test_every_field_of_a_keep_rule_is_read():
    rule = one(
        {
            "name": "latest three",
            "repositories": ["team/**", "!team/x"],
            "tags": r"regex:v(\d+)\..*",
            "tagged": True,
            "labels": "a=b",
            "older_than": "1h30m",
            "younger_than": "14d",
            "clock": "created",
            "newest": 3,
            "newest_per": "pattern",
            "newest_groups": "2",
            "prerelease": False,
            "order": "version",
        }
    )
    assert rule.title == "latest three"
    assert rule.repositories.texts == ("team/**", "!team/x")
    assert rule.tags.texts == (r"regex:v(\d+)\..*",)
    assert rule.labels.matches({"a": "b"})
    assert (rule.tagged, rule.older_than, rule.younger_than, rule.clock) == (True, 5400, 14 * 86400, "created")
    assert (rule.newest, rule.newest_per, rule.newest_groups, rule.prerelease, rule.order) == (
        3,
        "pattern",
        2,
        False,
        "version",
    )


@pytest.mark.parametrize(("target", "order"), [(HOST, "clock"), (REGISTRY, "version")])
def test_defaults(target, order):
    rule = one({"newest": 3}, target=target)
    assert (rule.title, rule.clock, rule.newest_per, rule.order) == ("keep[0]", "arrived", "repository", order)
    assert (rule.tagged, rule.prerelease, rule.newest_groups, rule.older_than, rule.repositories) == (None,) * 5
    assert one({"newest": 3, "order": "clock"}, target=target).order == "clock"


def test_rules_are_titled_by_name_or_else_by_place():
    rules = parse_rules([FINE, {"name": "old", **FINE}, {"name": "", **FINE}], DELETE, HOST)
    assert [rule.title for rule in rules] == ["delete[0]", "old", "delete[2]"]


def test_lazy_containers_of_templates_are_taken():
    rules = parse_rules(UserList([UserDict({"tags": UserList(["a", "b"])}), OrderedDict(FINE)]), DELETE, HOST)
    assert rules[0].tags.texts == ("a", "b")


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("field", [field for field in FIELDS[KEEP] if field != "newest"])
def test_an_omitted_field_may_be_given_empty(field, empty):
    assert one({"newest": 3, field: empty}) == one({"newest": 3})


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("False", False),
        ("yes", True),
        (" no ", False),
        ("on", True),
        ("0", False),
        (1, True),
        (0, False),
    ],
)
@pytest.mark.parametrize("field", ["tagged", "prerelease"])
def test_flags_are_read(field, value, read):
    assert getattr(one({field: value}), field) is read


@pytest.mark.parametrize("value", [1, "1", 3, "30", " 7 "])
@pytest.mark.parametrize("field", ["newest", "newest_groups"])
def test_counts_are_read(field, value):
    assert getattr(one({field: value}), field) == int(value)


BAD_PATTERNS = [
    (1.10, '1.1 is not text: YAML may already have changed it (1.10 becomes 1.1); quote it: "1.1"'),
    (3, "3 is not text"),
    (True, "True is not text"),
    (["fine", 2024], "2024 is not text"),
    ({"a": 1}, "{'a': 1} is neither text nor a list of texts"),
    (["fine", None], "None is neither text nor a list of texts"),
    (" ", "an empty pattern matches nothing"),
    ("!", "an empty pattern matches nothing"),
    (["fine", ""], "an empty pattern matches nothing"),
    ([], "the list is empty"),
    ("p" * 501, "the pattern is longer than 500 characters: pppp"),
]
BAD_REGEX = [
    ("regex:(", "'regex:(' is not a regular expression"),
    (["fine", "!regex:[a"], "'regex:[a' is not a regular expression"),
    ("regex:(a+)+", "'regex:(a+)+' repeats a group that holds a repetition"),
]
BAD_DURATIONS = [
    (30, "30 has no unit; write 30d"),
    ("30", "30 has no unit; write 30d"),
    ("a month", "'a month' is not a duration; write for example 90m"),
    (-1, "-1 is not a duration"),
    ("1.5d", "'1.5d' is not a duration"),
    (True, "True is not a duration"),
    (["1d"], "['1d'] is not a duration"),
    ("1d1d", "'1d1d' names a unit twice"),
    ("200000d", "'200000d' is more than 100 years"),
]
BAD_FLAGS = [
    ("maybe", "'maybe' is neither true nor false"),
    (2, "2 is neither true nor false"),
    ([], "[] is neither true nor false"),
]
BAD_COUNTS = [
    (value, "%r is not a whole number from 1 on" % (value,))
    for value in (0, "0", -1, "-1", 1.5, "1.5", "three", True, False, [3], "1 2")
]
MISTAKES = [
    *(("repositories", *case) for case in BAD_PATTERNS + BAD_REGEX),
    *(("tags", *case) for case in BAD_PATTERNS + BAD_REGEX),
    *(("labels", *case) for case in BAD_PATTERNS[:-1]),
    ("labels", "key=" + "p" * 501, "the pattern is longer than 500 characters"),
    ("labels", "key=regex:(", "'regex:(' is not a regular expression"),
    ("labels", "=value", "'=value' has no label name; write key or key=pattern"),
    *(("older_than", *case) for case in BAD_DURATIONS),
    *(("younger_than", *case) for case in BAD_DURATIONS),
    *(("tagged", *case) for case in BAD_FLAGS),
    ("name", 5, "5 is not text"),
    ("name", ["a"], "['a'] is not text"),
    ("name", True, "True is not text"),
]
KEEP_MISTAKES = [
    *(("newest", *case) for case in BAD_COUNTS),
    *(("newest_groups", *case) for case in BAD_COUNTS),
    *(("prerelease", *case) for case in BAD_FLAGS),
    ("newest_per", "patch", "'patch' is none of repository, major, minor, pattern"),
    ("newest_per", 1, "1 is none of repository, major, minor, pattern"),
    ("order", "name", "'name' is none of version, clock"),
    ("order", ["clock"], "['clock'] is none of version, clock"),
    ("clock", "pulled", "'pulled' is none of arrived, created, last_used"),
    ("clock", {}, "{} is none of arrived, created, last_used"),
]


def identity(value):
    return repr(value)[:40]


@pytest.mark.parametrize(("field", "value", "words"), MISTAKES, ids=identity)
@pytest.mark.parametrize("kind", [KEEP, DELETE])
def test_a_malformed_value_is_refused_with_rule_index_field_and_value(kind, field, value, words):
    raw = {**FINE, field: value}
    assert refused(raw, kind).startswith("%s[2].%s: %s" % (kind, field, words))


@pytest.mark.parametrize(("field", "value", "words"), KEEP_MISTAKES, ids=identity)
@pytest.mark.parametrize("target", [HOST, REGISTRY])
def test_a_malformed_ranking_is_refused_with_rule_index_field_and_value(target, field, value, words):
    assert refused({"newest": 3, field: value}, target=target).startswith("keep[2].%s: %s" % (field, words))


def test_a_malformed_clock_of_a_delete_rule_is_refused():
    message = refused({"older_than": "1d", "clock": "seen"}, DELETE)
    assert message == "delete[2].clock: 'seen' is none of arrived, created, last_used"


@pytest.mark.parametrize("value", ["\u00b2", "9" * 5000], ids=["superscript", "5000-digits"])
@pytest.mark.parametrize("field", ["newest", "newest_groups", "older_than"])
def test_odd_digits_are_a_policy_error_that_names_the_field(field, value):
    assert refused({field: value}).startswith("keep[2].%s: " % field)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("olderthan", "did you mean older_than?"),
        ("tag", "did you mean tag"),
        ("repository", "did you mean repositories?"),
        ("zzz", "a keep rule has name, repositories, tags"),
        ("Tags", "no such field"),
        (3, "no such field"),
        (None, "no such field"),
    ],
)
def test_an_unknown_field_is_refused_and_the_nearest_shown(field, words):
    message = refused({**FINE, field: "14d"})
    assert message.startswith("keep[2].%s: no such field; " % field)
    assert words in message


def test_an_unknown_field_is_refused_even_when_empty():
    assert refused({**FINE, "olderthan": None}).startswith("keep[2].olderthan: no such field")


@pytest.mark.parametrize("field", ["newest", "newest_per", "newest_groups", "prerelease", "order"])
def test_delete_rules_do_not_rank(field):
    message = refused({**FINE, field: "1"}, DELETE)
    assert message.startswith("delete[2].%s: only keep rules rank; write a keep rule for what stays" % field)


@pytest.mark.parametrize("raw", [{}, {"name": "all"}, {"repositories": None, "tags": ""}], ids=repr)
def test_a_delete_rule_that_selects_nothing_in_particular_is_refused(raw):
    message = refused(raw, DELETE)
    assert message == 'delete[2]: it selects nothing in particular; to mean everything say so: repositories: "**"'


@pytest.mark.parametrize(
    "raw",
    [
        {"tagged": False},
        {"older_than": 0},
        {"older_than": "0"},
        {"tags": "x"},
        {"labels": "x"},
        {"younger_than": "1d"},
        FINE,
    ],
)
def test_a_delete_rule_needs_one_selecting_field(raw):
    assert one(raw, DELETE).title == "delete[0]"


@pytest.mark.parametrize("kind", [KEEP, DELETE])
def test_a_clock_that_measures_nothing_is_refused(kind):
    message = refused({**FINE, "clock": "created"}, kind)
    assert message == "%s[2].clock: created has no effect without older_than, younger_than or newest" % kind


@pytest.mark.parametrize(
    "raw",
    [{"older_than": "1d"}, {"younger_than": "1d"}, {"newest": 1}, {"newest_groups": 2, "newest_per": "major"}],
    ids=repr,
)
def test_a_clock_is_taken_where_it_measures(raw):
    assert one({"clock": "created", **raw}).clock == "created"


@pytest.mark.parametrize(("field", "value"), [("newest_per", "major"), ("order", "version")])
def test_a_ranking_without_a_count_is_refused(field, value):
    message = refused({**FINE, field: value})
    assert message.startswith("keep[2].%s: " % field)
    assert message.endswith("has no effect without newest")


@pytest.mark.parametrize("raw", [{"newest_per": "major"}, {"order": "version"}, {"olderthan": "14d"}], ids=repr)
def test_a_field_without_effect_or_meaning_is_refused_with_its_value_too(raw):
    (value,) = raw.values()
    assert value in refused({**FINE, **raw})


def test_untagged_with_a_tag_pattern_is_refused():
    message = refused({"tagged": False, "tags": "main"}, DELETE)
    assert message == "delete[2].tagged: false contradicts tags: what has no tag matches no tag pattern"


@pytest.mark.parametrize("tags", [None, "main", "regex:v.*", "regex:(?:v).*", "!regex:(v).*"])
def test_grouping_by_pattern_needs_a_capture_group(tags):
    message = refused({"newest": 1, "newest_per": "pattern", "tags": tags})
    assert message.startswith(
        "keep[2].newest_per: pattern groups by the first capture group of tags, so tags needs one"
    )


json_values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
any_value = st.recursive(
    json_values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
)


@given(
    st.dictionaries(st.sampled_from(FIELDS[KEEP]) | st.text(max_size=4), any_value, max_size=4),
    st.sampled_from([KEEP, DELETE]),
)
def test_any_mapping_is_a_rule_or_a_policy_error_that_names_the_rule(raw, kind):
    try:
        parse_rules([raw], kind, HOST)
    except PolicyError as error:
        assert str(error).startswith("%s[0]" % kind)


@given(any_value)
def test_any_value_is_a_list_of_rules_or_a_policy_error_that_names_the_list(raw):
    try:
        assert isinstance(parse_rules(raw, DELETE, HOST), tuple)
    except PolicyError as error:
        assert str(error).startswith("delete")
