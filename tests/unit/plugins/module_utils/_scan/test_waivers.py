# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers: what they are for, and until when."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Finding
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.instant import instant
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.waivers import (
    latest,
    parse_waivers,
    parse_waivers_text,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.weighing import COUNTED, WAIVED, weigh

DIGEST = "sha256:" + "a" * 64
OPENSSL = Finding(
    "CVE-2026-1",
    "openssl",
    "critical",
    purl="pkg:deb/debian/openssl@3.0.1?arch=amd64",
    aliases=("GHSA-aaaa-bbbb-cccc",),
)
CXX = Finding("CVE-2026-2", "libstdc++6", "high", purl="pkg:deb/debian/libstdc%2B%2B6@12.2.0-14")
SCOPED = Finding("CVE-2026-3", "@angular/core", "high", purl="pkg:npm/%40angular/core@17.0.0")
APP = Subject("registry.example.com/team/app:1", ("registry.example.com/team/app:1",))


def entry(**changed):
    given = {"id": "CVE-2026-1", "owner": "alice@example.com", "reason": "not reachable", "expires": "2026-12-31"}
    return {key: value for key, value in {**given, **changed}.items() if value is not None}


def waiver(**changed):
    return parse_waivers([entry(**changed)])[0]


def part(one, now, finding=OPENSSL):
    judged = weigh(finding, now, "new", parse_policy({"max": {"critical": 0}}), [one], [], now)
    assert (judged.waiver is not None) == (judged.part == WAIVED)
    return judged.part


@pytest.mark.parametrize(
    ("expires", "last", "first_after"),
    [
        ("2026-12-31", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
        # The last second of a day is another one east and west, and only UTC decides.
        ("2026-12-31", "2027-01-01T13:59:59+14:00", "2027-01-01T14:00:00+14:00"),
        ("2026-12-31", "2026-12-31T11:59:59-12:00", "2026-12-31T12:00:00-12:00"),
        ("2026-12-31T00:00:00+14:00", "2026-12-30T09:59:59Z", "2026-12-30T10:00:00Z"),
        ("2026-12-31T00:00:00-12:00", "2026-12-31T11:59:59Z", "2026-12-31T12:00:00Z"),
        ("2028-02-29", "2028-02-29T23:59:59Z", "2028-03-01T00:00:00Z"),
        # The night in which clocks in Europe go back: in UTC it is a day like any other.
        ("2026-10-25", "2026-10-25T23:59:59Z", "2026-10-26T00:00:00Z"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T00:29:59Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:29:59Z", "2026-10-25T01:30:00Z"),
        ("2026-12-31T23:59:59Z", "2026-12-31T23:59:58Z", "2026-12-31T23:59:59Z"),
    ],
)
def test_the_last_second_of_a_waiver(expires, last, first_after):
    one = waiver(expires=expires)
    assert instant(first_after) - instant(last) == 1
    assert part(one, instant(last)) == WAIVED
    assert part(one, instant(first_after)) == COUNTED


@pytest.mark.parametrize(
    ("changed", "finding", "covered"),
    [
        ({}, OPENSSL, True),
        ({"id": "cve-2026-1"}, OPENSSL, True),
        ({"id": "GHSA-aaaa-bbbb-cccc"}, OPENSSL, True),
        ({"id": "CVE-2026-11"}, OPENSSL, False),
        ({}, CXX, False),
        ({"package": "openssl"}, OPENSSL, True),
        ({"package": "open*"}, OPENSSL, True),
        ({"package": "openss"}, OPENSSL, False),
        ({"package": "pkg:deb/debian/openssl"}, OPENSSL, True),
        ({"package": "pkg:deb/debian/openssl@3.0.1"}, OPENSSL, True),
        ({"package": "pkg:deb/debian/openssl@3.0.*"}, OPENSSL, True),
        ({"package": "pkg:deb/debian/openssl@3.0.1?arch=amd64"}, OPENSSL, True),
        ({"package": "pkg:deb/debian/openssl@3.1.*"}, OPENSSL, False),
        ({"package": "pkg:deb/*/openssl"}, OPENSSL, True),
        ({"package": "pkg:apk/*/openssl"}, OPENSSL, False),
        ({"id": "CVE-2026-2", "package": "libstdc++6"}, CXX, True),
        ({"id": "CVE-2026-2", "package": "pkg:deb/debian/libstdc++6"}, CXX, True),
        ({"id": "CVE-2026-2", "package": "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14"}, CXX, True),
        ({"id": "CVE-2026-3", "package": "@angular/*"}, SCOPED, True),
        ({"id": "CVE-2026-3", "package": "pkg:npm/@angular/core@17.*"}, SCOPED, True),
        ({"id": "CVE-2026-3", "package": "angular/core"}, SCOPED, False),
        ({"package": "pkg:deb/debian/openssl"}, Finding("CVE-2026-1", "openssl", "low"), False),
    ],
)
def test_which_findings_a_waiver_covers(changed, finding, covered):
    assert waiver(**changed).covers(finding, APP) is covered


@pytest.mark.parametrize(
    ("images", "names", "covered"),
    [
        (["team/*"], ["registry.example.com/team/app:1"], True),
        ("team/app", ["registry.example.com/team/app:1"], True),
        (["registry.example.com/team/app"], ["registry.example.com/team/app:1"], True),
        (["mirror.example.com/team/app"], ["registry.example.com/team/app:1"], False),
        (["team/app:1"], ["registry.example.com/team/app:1"], True),
        (["team/app:1.*"], ["registry.example.com/team/app:1.7"], True),
        (["team/app:1.*"], ["registry.example.com/team/app:2.0"], False),
        (["nginx"], ["nginx:1.25"], True),
        (["nginx"], ["docker.io/library/nginx:1.25"], True),
        (["**", "!prod/*"], ["registry.example.com/team/app:1"], True),
        (["!prod/*"], ["registry.example.com/prod/app:1"], False),
        (["!team/app:2"], ["registry.example.com/team/app:2"], False),
        (["!team/app:2"], ["registry.example.com/team/app:1"], True),
        # It runs by each of its names, so a waiver for one place is none for another.
        (["staging/*"], ["registry.example.com/prod/app:1", "registry.example.com/staging/app:1"], False),
        (["staging/*", "prod/*"], ["registry.example.com/prod/app:1", "registry.example.com/staging/app:1"], True),
        (["team/app:1"], ["registry.example.com/team/app:1", "registry.example.com/team/app@" + DIGEST], True),
        (["team/app:1"], ["registry.example.com/team/app@" + DIGEST], False),
        (["staging/*"], ["registry.example.com/prod/app@" + DIGEST, "registry.example.com/staging/app:1"], False),
        (["/var/tmp/*.tar"], ["/var/tmp/Image.tar"], True),
        (["/var/tmp/*.tar"], ["/var/tmp/Other.json"], False),
    ],
)
def test_which_images_a_waiver_is_for(images, names, covered):
    subject = Subject(names[0], tuple(names))
    one = waiver(images=images)
    assert one.is_for(subject) is covered
    assert one.covers(OPENSSL, subject) is covered


def test_an_image_without_references_goes_by_the_name_it_was_scanned_by():
    assert waiver(images=["*.tar"]).is_for(Subject("App.tar"))
    assert not waiver(images=["*.json"]).is_for(Subject("App.tar"))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"id": "CVE-1"}, "waivers: {'id': 'CVE-1'} is not a list of waivers"),
        ("CVE-1", "waivers: 'CVE-1' is not a list of waivers"),
        (["CVE-1"], "waivers[0]: 'CVE-1' is not a mapping of id, package, images, owner, reason, expires"),
        (
            [entry(), entry(expiry="2026-12-31")],
            "waivers[1].expiry: no such field; did you mean expires? known are id, package, images, owner, reason, expires",
        ),
        ([entry(owner=None)], "waivers[0].owner: it is missing; a waiver needs id, owner, reason and expires"),
        ([entry(reason="")], "waivers[0].reason: it is missing; a waiver needs id, owner, reason and expires"),
        ([entry(expires=None)], "waivers[0].expires: it is missing; a waiver needs id, owner, reason and expires"),
        ([entry(id=7)], "waivers[0].id: 7 is not text; write for example CVE-2026-1234"),
        (
            [entry(id="CVE-*")],
            "waivers[0].id: 'CVE-*' is not the id of one vulnerability, like CVE-2026-1234; what should never count is for the policy",
        ),
        ([entry(owner="  ")], "waivers[0].owner: '  ' is not text; write for example \"security@example.com\""),
        (
            [entry(), entry(), entry(), entry(expires="2026-02-29")],
            "waivers[3].expires: '2026-02-29': day is out of range for month;"
            " or write a date like 2026-12-31, which holds until the end of that day in UTC",
        ),
        (
            [entry(expires="2026-12-31T18:00:00")],
            "waivers[0].expires: '2026-12-31T18:00:00': it has no zone, so it is another moment everywhere;"
            " add Z for UTC, or an offset like +02:00; or write a date like 2026-12-31, which holds until the end of that day in UTC",
        ),
        ([entry(expires=20261231)], 'waivers[0].expires: 20261231 is not text; write for example "2026-12-31"'),
        ([entry(package="!openssl")], "waivers[0].package: '!openssl' excludes; write the package that is waived"),
        (
            [entry(package=1.1)],
            "waivers[0].package: 1.1 is not text; write for example openssl or pkg:deb/debian/openssl@3.0.*",
        ),
        ([entry(images=[])], 'waivers[0].images: the list is empty; drop the field, or write "**" for everything'),
        (
            [entry(images=[1.1])],
            'waivers[0].images: 1.1 is not text: YAML may already have changed it (1.10 becomes 1.1); quote it: "1.1"',
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(entries, message):
    with pytest.raises(PolicyError) as refusal:
        parse_waivers(entries)
    assert str(refusal.value) == message


def test_a_file_is_a_list_or_a_mapping_that_holds_it():
    for document in ([entry()], {"waivers": [entry()]}):
        (one,) = parse_waivers_text(json.dumps(document), "/etc/waivers.json")
        assert (one.id, one.where) == ("CVE-2026-1", "/etc/waivers.json: waivers[0]")
    assert parse_waivers_text("[]", "empty.json") == ()


@pytest.mark.parametrize(
    "text", ["", "{", "null", "{}", "7", '"x"', '{"waivers": 7}', '{"others": []}', "[7]", "[" * 100000]
)
def test_a_file_that_holds_none_is_refused_by_its_name(text):
    with pytest.raises(PolicyError, match="^/etc/waivers.json[:.]"):
        parse_waivers_text(text, "/etc/waivers.json")


def test_of_two_for_the_same_scope_the_later_end_holds():
    early, late, other = parse_waivers(
        [entry(images=["a", "b"]), entry(expires="2027-01-31", images=["b", "a"]), entry(package="openssl")]
    )
    assert latest([early, late, other]) == (late, other) == latest([late, early, other])


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["2026-12-31", "**"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "package", "images", "owner", "reason", "expires", "waivers", "x"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=15,
)


@given(JUNK)
def test_any_entries_give_waivers_or_an_error_that_names_the_place(entries):
    try:
        found = parse_waivers(entries, "here")
    except PolicyError as error:
        assert str(error).startswith("here")
    else:
        for one in found:
            assert one.owner and one.reason and isinstance(one.ends, int)
            assert one.covers(OPENSSL, APP) in (True, False)


@given(st.text(max_size=60))
def test_any_text_gives_waivers_or_an_error_that_names_the_file(text):
    try:
        parse_waivers_text(text, "here.json")
    except PolicyError as error:
        assert str(error).startswith("here.json")


@pytest.mark.parametrize(("name", "covered"), [("ELSA-2026-1", True), ("CVE-2026-1", False), ("GHSA-1", True)])
def test_a_waiver_of_one_vulnerability_is_for_no_advisory_that_has_others_too(name, covered):
    advisory = Finding("ELSA-2026-1", "openssl", "critical", aliases=("CVE-2026-1", "CVE-2026-2", "GHSA-1"))
    alone = Finding("ELSA-2026-1", "openssl", "critical", aliases=("CVE-2026-1", "GHSA-1"))
    (waiver,) = parse_waivers([{"id": name, "owner": "me", "reason": "none", "expires": "2026-12-31"}])
    assert waiver.names(advisory) == covered
    assert waiver.names(alone)
