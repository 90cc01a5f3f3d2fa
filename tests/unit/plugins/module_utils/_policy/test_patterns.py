# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns: what they match, and which are refused."""

from __future__ import annotations

import datetime
import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import (
    MAX_PATTERN,
    MAX_SUBJECT,
    compile_labels,
    compile_pattern,
    compile_patterns,
    parse_texts,
)

WHERE = "delete[1].tags"


@pytest.mark.parametrize(
    ("patterns", "tag", "answer"),
    [
        ("1.25", "1.25", True),
        ("1.25", "1x25", False),
        ("1.25", "1.25.3", False),
        ("1.*", "1.25.3", True),
        ("*", "anything", True),
        ("**", "anything", True),
        ("*-alpine", "1.25-alpine", True),
        ("*-alpine", "1.25-alpine3.20", False),
        ("pr-*", "PR-1", False),
        ("a?c", "abc", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        (["main", "pr-*"], "pr-7", True),
        (["main", "pr-*"], "dev", False),
        ("!main", "dev", True),
        ("!main", "main", False),
        (["!main", "!dev"], "dev", False),
        (["*", "!main"], "main", False),
        (["!main", "*"], "main", False),
        (["pr-*", "!pr-1"], "pr-2", True),
        (["pr-*", "!pr-1"], "main", False),
        (r"regex:v\d{1,3}", "v12", True),
        (r"regex:v\d{1,3}", "v1234", False),
        (r"regex:v\d{1,3}", "xv12", False),
        ("regex:a|b", "b", True),
        ("regex:a|b", "ab", False),
        ("regex:(?i)main", "MAIN", True),
        ("regex:.*", "a\n", False),
        ("!regex:.*-rc[0-9]+", "1.0-rc1", False),
        ("!regex:.*-rc[0-9]+", "1.0", True),
        ("  main  ", "main", True),
    ],
)
def test_tags_are_matched_whole_by_any_positive_and_no_exclusion(patterns, tag, answer):
    assert compile_patterns(WHERE, patterns).matches_text(tag) is answer


@pytest.mark.parametrize(
    ("patterns", "repository", "answer"),
    [
        # Official images by short name, on Docker Hub only under library/.
        ("nginx", "docker.io/library/nginx", True),
        ("library/nginx", "docker.io/library/nginx", True),
        ("docker.io/library/nginx", "docker.io/library/nginx", True),
        ("*", "docker.io/library/nginx", True),
        ("nginx", "docker.io/team/nginx", False),
        # Without a host: the path, on any host.
        ("team/app", "docker.io/team/app", True),
        ("team/app", "registry.example.com:5000/team/app", True),
        ("nginx", "registry.example.com/nginx", True),
        ("nginx", "registry.example.com/library/nginx", False),
        ("app", "registry.example.com/team/app", False),
        # With a host: the whole name.
        ("registry.example.com/team/app", "registry.example.com/team/app", True),
        ("registry.example.com/team/app", "other.example.com/team/app", False),
        ("registry:5000/team/*", "registry:5000/team/app", True),
        ("registry:5000/team/*", "docker.io/team/app", False),
        ("localhost/app", "localhost/app", True),
        ("localhost/app", "docker.io/localhost/app", False),
        ("*.example.com/team/app", "registry.example.com/team/app", True),
        ("*.example.com/**", "registry.example.com/team/app", True),
        ("*.example.com/**", "docker.io/team/app", False),
        # One star stays inside a segment, two cross.
        ("team/*", "docker.io/team/app", True),
        ("team/*", "docker.io/team/sub/app", False),
        ("*", "docker.io/team/app", False),
        ("team/**", "docker.io/team/sub/app", True),
        ("team/**", "docker.io/team2/app", False),
        ("**", "registry:5000/a/b/c", True),
        ("**/app", "docker.io/team/sub/app", True),
        ("**/app", "registry:5000/app", True),
        ("**/app", "registry:5000/myapp", False),
        ("team/**/app", "docker.io/team/app", True),
        ("team/**/app", "docker.io/team/a/b/app", True),
        ("te*/app", "docker.io/team/app", True),
        # A regular expression sees both forms.
        ("regex:docker\\.io/.*", "docker.io/library/nginx", True),
        ("regex:nginx", "docker.io/library/nginx", True),
        ("regex:team/.*", "registry:5000/team/app", True),
        ("regex:docker\\.io/.*", "registry:5000/team/app", False),
        (["**", "!registry.example.com/**"], "registry.example.com/team/app", False),
        (["**", "!registry.example.com/**"], "docker.io/team/app", True),
        (["team/**", "!team/app"], "registry:5000/team/app", False),
        ("!nginx", "docker.io/library/nginx", False),
        ("!nginx", "docker.io/library/redis", True),
        ("!regex:nginx", "docker.io/library/nginx", False),
    ],
)
def test_repositories_are_matched_with_and_without_host(patterns, repository, answer):
    assert compile_patterns("keep[0].repositories", patterns).matches_repository(repository) is answer


LABELS = {"com.example.keep": "true", "org.url": "https://a/b", "empty": "", "number": "7"}


@pytest.mark.parametrize(
    ("patterns", "answer"),
    [
        ("com.example.keep", True),
        ("com.example", False),
        ("com.example.keep=true", True),
        ("com.example.keep=tr*", True),
        ("com.example.keep=false", False),
        ("com.example.keep=regex:t.*", True),
        ("org.url=https://**", True),
        ("org.url=*", False),
        ("empty", True),
        ("empty=", True),
        ("number=", False),
        ("missing=", False),
        ("missing=**", False),
        (["missing", "number=7"], True),
        ("!missing", True),
        ("!number", False),
        ("!number=8", True),
        (["number", "!com.example.keep=true"], False),
        (" number = 7", False),
        ("number=regex:[0-9]", True),
    ],
)
def test_labels_are_matched_by_key_or_by_key_and_value(patterns, answer):
    assert compile_labels("keep[0].labels", patterns).matches(LABELS) is answer


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.1, '1.1 is not text: YAML may already have changed it (1.10 becomes 1.1); quote it: "1.1"'),
        (7, '7 is not text: YAML may already have changed it (1.10 becomes 1.1); quote it: "7"'),
        (True, "True is not text"),
        (["1.25", 1.5], "1.5 is not text"),
        (None, "None is neither text nor a list of texts"),
        ({"a": "b"}, "{'a': 'b'} is neither text nor a list of texts"),
        (b"main", "b'main' is neither text nor a list of texts"),
        ([["main"]], "['main'] is neither text nor a list of texts"),
        (datetime.date(2024, 1, 15), "datetime.date(2024, 1, 15) is neither text nor a list of texts"),
        ("", 'an empty pattern matches nothing; drop it, or write "**" for everything'),
        ("  ", "an empty pattern matches nothing"),
        ("!", "an empty pattern matches nothing"),
        (" ! ", "an empty pattern matches nothing"),
        (["main", ""], "an empty pattern matches nothing"),
        ([], 'the list is empty; drop the field, or write "**" for everything'),
        ((), "the list is empty"),
        ("x" * (MAX_PATTERN + 1), "the pattern is longer than 500 characters: " + "x" * 60 + "..."),
        ("regex:(", "'regex:(' is not a regular expression: "),
        ("!regex:[", "'regex:[' is not a regular expression: "),
        ("regex:*", "'regex:*' is not a regular expression: "),
        ("regex:a{99999999999}", "is not a regular expression: "),
        ("regex:(?P<a>x)(?P<a>y)", "is not a regular expression: "),
        ("regex:(a+)+", "'regex:(a+)+' repeats a group that holds a repetition, which can take for ever"),
        ("regex:(a*b*)*", "repeats a group that holds a repetition"),
        ("regex:(a|a+)+x", "repeats a group that holds a repetition"),
        ("regex:(?:[a-z]+-){2,}x", "repeats a group that holds a repetition"),
        ("regex:(a{1,9}){1,9}", "repeats a group that holds a repetition"),
    ],
    ids=lambda value: repr(value)[:50],
)
@pytest.mark.parametrize("compiled", [compile_patterns, compile_labels])
def test_what_is_no_pattern_is_refused_with_its_field_and_value(compiled, value, words):
    if compiled is compile_labels and isinstance(value, str) and ("regex" in value or value.startswith("xx")):
        value = "key=" + value.lstrip("!")
    with pytest.raises(PolicyError) as refusal:
        compiled(WHERE, value)
    assert str(refusal.value).startswith(WHERE + ": ")
    assert words in str(refusal.value)


@pytest.mark.parametrize("value", ["=x", "!=x", " =x", "=", "!="])
def test_a_label_pattern_without_a_key_is_refused(value):
    with pytest.raises(PolicyError) as refusal:
        compile_labels("keep[2].labels", ["fine", value])
    assert "keep[2].labels: %r has no label name; write key or key=pattern" % value.strip() == str(refusal.value)


@pytest.mark.parametrize("text", ["((a+))+x", "(?:(?:a*)b)*", "((a|b)+c*)+"])
def test_a_repetition_deeper_in_a_repeated_group_is_refused_too(text):
    with pytest.raises(PolicyError, match="repeats a group that holds a repetition"):
        compile_pattern(WHERE, "regex:" + text)


@pytest.mark.parametrize(
    "text", [r"v\d{1,3}", "(a|b)+", "(?:rc)*[0-9]+", "(.+)-[0-9]+", "[(+*)]x", "(a+)-(b+)", "(a+)?"]
)
def test_common_regular_expressions_are_accepted(text):
    assert compile_pattern(WHERE, "regex:" + text).regex.pattern == text


@pytest.mark.parametrize("value", ["regex:", "!regex:"])
def test_an_empty_regular_expression_is_refused_like_an_empty_pattern(value):
    with pytest.raises(PolicyError) as refusal:
        compile_patterns(WHERE, value)
    assert str(refusal.value).startswith(WHERE + ": ")


@pytest.mark.parametrize("value", ["! main", "!  main "])
def test_an_exclusion_with_a_space_still_excludes(value):
    assert not compile_patterns(WHERE, value).matches_text("main")


LONG = "x" * (MAX_SUBJECT + 1)


@pytest.mark.parametrize("pattern", ["**", "regex:.*", "x*"])
def test_overlong_subjects_match_no_pattern(pattern):
    compiled = compile_patterns(WHERE, pattern)
    assert compiled.matches_text("x" * MAX_SUBJECT)
    assert not compiled.matches_text(LONG)


@pytest.mark.parametrize(
    ("patterns", "answer"),
    [
        ("x*", None),
        ("regex:x+", None),
        ("!x*", None),
        ("!regex:x+", None),
        (["x*", "!y*"], None),
        (["!y", "x*"], None),
        # What is exact can be compared, and one certain answer may be enough.
        ("x", False),
        ("!x", True),
        (["x", "x*"], None),
        (["x", "!x*"], False),
        (["!x", "!x*"], None),
    ],
)
def test_what_cannot_be_judged_is_unknown(patterns, answer):
    found = compile_patterns(WHERE, patterns)
    expected = [False, True] if answer is None else [answer, answer]
    assert [found.matches_text(LONG, unknown) for unknown in (False, True)] == expected
    assert [found.matches_repository("r.example.com/" + LONG, unknown) for unknown in (False, True)] == expected
    labels = [text[:1] + "k=" + text[1:] if text[0] == "!" else "k=" + text for text in parse_texts(WHERE, patterns)]
    found = compile_labels(WHERE, labels)
    assert [found.matches({"k": LONG}, unknown) for unknown in (False, True)] == expected


@pytest.mark.parametrize(
    ("patterns", "answer"), [("k", True), ("!k", False), ("other", False), ("!other=x*", True), (["k", "k=x*"], True)]
)
def test_the_length_of_a_value_that_nothing_asks_for_does_not_matter(patterns, answer):
    found = compile_labels(WHERE, patterns)
    assert [found.matches({"k": LONG}, unknown) for unknown in (False, True)] == [answer, answer]


def test_a_pattern_of_full_length_is_accepted():
    assert compile_patterns(WHERE, "x" * MAX_PATTERN).matches_text("x" * MAX_PATTERN)


@pytest.mark.parametrize(
    ("patterns", "subject", "captured"),
    [
        ("regex:(.+)-[0-9]+", "web-12", "web"),
        ("regex:(.+)-[0-9]+", "web", None),
        ("regex:[a-z]+-[0-9]+", "web-12", None),
        (["regex:x-(.*)", "regex:(.+)-[0-9]+"], "web-12", "web"),
        (["web-*", "regex:(.+)-[0-9]+"], "web-12", "web"),
        (["regex:(a)?b", "regex:(.*)"], "b", None),
        (["**", "!regex:(.+)"], "web", None),
        ("regex:(.*)", "x" * (MAX_SUBJECT + 1), None),
    ],
)
def test_the_first_capture_group_of_the_first_match(patterns, subject, captured):
    assert compile_patterns(WHERE, patterns).capture(subject) == captured


def test_texts_are_taken_from_any_sequence_and_shown_with_their_exclusions_last():
    assert parse_texts(WHERE, ("a", " b ")) == ("a", "b")
    assert compile_patterns(WHERE, ["!c", "a", "regex:b"]).texts == ("a", "regex:b", "!c")


def naive_glob(glob, subject):
    """Match by trying every split, one token at a time."""
    if not glob:
        return not subject
    if glob.startswith("**"):
        return any(naive_glob(glob[2:], subject[cut:]) for cut in range(len(subject) + 1))
    if glob[0] == "*":
        reach = len(subject.partition("/")[0])
        return any(naive_glob(glob[1:], subject[cut:]) for cut in range(reach + 1))
    return subject[:1] == glob[0] and naive_glob(glob[1:], subject[1:])


@given(st.text(alphabet="ab.*", min_size=1, max_size=7), st.text(alphabet="ab.\n", max_size=7))
def test_globs_match_tags_as_a_naive_matcher_does(glob, subject):
    assert bool(compile_pattern(WHERE, glob).regex.fullmatch(subject)) == naive_glob(glob, subject)


@given(
    st.lists(st.sampled_from(["a", "b", "*", "a*"]), min_size=1, max_size=4),
    st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=4),
)
def test_globs_without_double_stars_match_segment_by_segment(glob, path):
    expected = len(glob) == len(path) and all(naive_glob(one, two) for one, two in zip(glob, path))
    assert bool(compile_pattern(WHERE, "/".join(glob)).regex.fullmatch("/".join(path))) == expected


@given(st.text(min_size=1, max_size=20).filter(lambda text: "*" not in text and not text.startswith("regex:")))
def test_text_without_stars_matches_exactly_itself(text):
    regex = compile_pattern(WHERE, text).regex
    assert regex.fullmatch(text)
    assert not regex.fullmatch(text + "x")


@given(st.text(max_size=40))
def test_any_text_is_a_regular_expression_or_a_policy_error(text):
    try:
        re.compile(text)
        valid = True
    except (re.error, OverflowError):
        valid = False
    try:
        compile_pattern(WHERE, "regex:" + text)
    except PolicyError as error:
        assert str(error).startswith(WHERE)
    else:
        assert valid
