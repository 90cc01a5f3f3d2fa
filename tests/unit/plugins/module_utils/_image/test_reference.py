# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References: the distribution grammar, the two forms, and what is refused."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import (
    Reference,
    is_digest,
    parse_reference,
    short_id,
)

HEX = "0123456789abcdef" * 4
DIGEST = "sha256:" + HEX


@pytest.mark.parametrize(
    ("text", "canonical", "familiar"),
    [
        ("nginx", "docker.io/library/nginx", "nginx"),
        ("nginx:1.25", "docker.io/library/nginx:1.25", "nginx:1.25"),
        (" nginx:1.25 ", "docker.io/library/nginx:1.25", "nginx:1.25"),
        ("library/nginx", "docker.io/library/nginx", "nginx"),
        ("docker.io/nginx", "docker.io/library/nginx", "nginx"),
        ("index.docker.io/nginx", "docker.io/library/nginx", "nginx"),
        ("index.docker.io/team/app:1", "docker.io/team/app:1", "team/app:1"),
        ("team/app", "docker.io/team/app", "team/app"),
        ("library/a/b", "docker.io/library/a/b", "library/a/b"),
        ("localhost/app", "localhost/app", "localhost/app"),
        ("localhost:5000/app:v1", "localhost:5000/app:v1", "localhost:5000/app:v1"),
        ("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"),
        ("registry.example.com/team/app", "registry.example.com/team/app", "registry.example.com/team/app"),
        ("registry:5000/a/b/c:1", "registry:5000/a/b/c:1", "registry:5000/a/b/c:1"),
        ("Registry/app", "Registry/app", "Registry/app"),
        ("127.0.0.1:5000/library/nginx", "127.0.0.1:5000/library/nginx", "127.0.0.1:5000/library/nginx"),
        ("[2001:db8::1]:5000/app:1", "[2001:db8::1]:5000/app:1", "[2001:db8::1]:5000/app:1"),
        ("nginx@" + DIGEST, "docker.io/library/nginx@" + DIGEST, "nginx@" + DIGEST),
        ("nginx:1.25@" + DIGEST, "docker.io/library/nginx:1.25@" + DIGEST, "nginx:1.25@" + DIGEST),
        ("r.example.com:5000/a@" + DIGEST, "r.example.com:5000/a@" + DIGEST, "r.example.com:5000/a@" + DIGEST),
        ("team/a.b_c__d-e--f", "docker.io/team/a.b_c__d-e--f", "team/a.b_c__d-e--f"),
        ("x:" + "t" * 128, "docker.io/library/x:" + "t" * 128, "x:" + "t" * 128),
        ("x:_.-", "docker.io/library/x:_.-", "x:_.-"),
        ("r.io/" + "a" * 255, "r.io/" + "a" * 255, "r.io/" + "a" * 255),
    ],
)
def test_references_have_a_canonical_and_a_familiar_form(text, canonical, familiar):
    reference = parse_reference(text)
    assert (reference.canonical, reference.familiar) == (canonical, familiar)
    assert reference.canonical.startswith(reference.repository)
    assert reference.repository == "%s/%s" % (reference.domain, reference.path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is not an image reference; write for example nginx:1.25"),
        ("  ", "'  ' is not an image reference"),
        (None, "None is not an image reference"),
        (1.25, "1.25 is not an image reference"),
        (["nginx"], "['nginx'] is not an image reference"),
        (b"nginx", "b'nginx' is not an image reference"),
        ("nginx:", "'' is not a tag"),
        ("nginx:.1", "'.1' is not a tag"),
        ("nginx:-1", "'-1' is not a tag"),
        ("nginx:a+b", "'a+b' is not a tag"),
        ("nginx:a b", "'a b' is not a tag"),
        ("nginx:" + "t" * 129, "is not a tag (letters, digits, _ . -, at most 128)"),
        ("nginx@", "'' is not a digest (sha256: and 64 hexadecimal digits)"),
        ("nginx@sha256:abc", "'sha256:abc' is not a digest"),
        ("nginx@" + DIGEST + "0", "is not a digest"),
        ("nginx@" + DIGEST + "@" + DIGEST, "is not a digest"),
        ("nginx@latest", "'latest' is not a digest"),
        ("@" + DIGEST, "is not a repository path"),
        (":tag", "is not a repository path"),
        ("Nginx", "repository names are lower case"),
        ("team/App", "repository names are lower case"),
        ("registry.example.com/team/App:1", "repository names are lower case"),
        ("a//b", "'a//b' is not a repository path"),
        ("/a", "'/a' is not a repository path"),
        ("a/", "'a/' is not a repository path"),
        ("a..b", "is not a repository path"),
        ("a___b", "is not a repository path"),
        ("-a", "is not a repository path"),
        ("a_", "is not a repository path"),
        ("registry.example.com/", "'' is not a repository path"),
        ("http://registry/app", "'http:' is not a registry host"),
        ("-bad.example.com/app", "'-bad.example.com' is not a registry host"),
        ("a_b.example.com/app", "'a_b.example.com' is not a registry host"),
        ("host:port/app", "'host:port' is not a registry host"),
        ("nginx latest", "is not a repository path"),
        ("nginx\n:1", "is not a repository path"),
        ("n\u0131ginx", "is not a repository path"),
        ("r.io/" + "a" * 256, "its path is longer than 255 characters"),
    ],
)
def test_what_is_no_reference_is_refused_with_its_text(text, words):
    with pytest.raises(PolicyError) as refusal:
        parse_reference(text)
    assert words in str(refusal.value)
    assert repr(text) in str(refusal.value)


def test_a_whole_image_id_is_no_repository():
    # distribution/reference, ParseNormalizedNamed: "cannot specify 64-byte hexadecimal strings"
    with pytest.raises(PolicyError):
        parse_reference(HEX)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (DIGEST, True),
        ("sha512:" + HEX * 2, True),
        ("sha256:" + HEX[:-1], False),
        ("sha256:" + HEX + "0", False),
        ("sha256:" + "g" * 64, False),
        (HEX, False),
        ("", False),
        ("sha256:", False),
        (DIGEST + "\n", False),
        ("nginx:1.25", False),
    ],
)
def test_digests_are_told_from_other_texts(text, answer):
    assert is_digest(text) is answer


def test_a_digest_in_capitals_is_none():
    # Image specification, "Registered Algorithms": the encoded part of sha256 must match [a-f0-9]{64}.
    # What cannot equal any real digest must not pass as a protected one.
    assert not is_digest("sha256:" + HEX.upper())


def test_the_default_tag_is_latest_only_where_nothing_is_said():
    assert parse_reference("nginx").with_default_tag().tag == "latest"
    assert parse_reference("nginx:1").with_default_tag().tag == "1"
    pinned = parse_reference("nginx@" + DIGEST).with_default_tag()
    assert (pinned.tag, pinned.digest) == (None, DIGEST)


@pytest.mark.parametrize(
    ("image", "short"), [(DIGEST, "0123456789ab"), (HEX, "0123456789ab"), ("abc", "abc"), ("sha256:abc", "abc")]
)
def test_short_ids_have_twelve_digits(image, short):
    assert short_id(image) == short


# Without dots: what docker.io does with a path like a host has its own test.
components = st.from_regex(r"[a-km-z0-9]{1,5}([_-][a-z0-9]{1,3}){0,2}", fullmatch=True)
domains = st.sampled_from(
    ["docker.io", "localhost", "registry.example.com", "registry:5000", "[::1]:5000", "127.0.0.1"]
)
tags = st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,10}", fullmatch=True)
references = st.builds(
    Reference,
    domains,
    st.lists(components, min_size=2, max_size=3).map("/".join),
    tags,
    st.sampled_from([None, DIGEST]),
)


@given(references)
def test_the_canonical_form_means_the_same_reference(reference):
    assert parse_reference(reference.canonical) == reference


@given(references)
def test_the_familiar_form_means_the_same_reference(reference):
    assert parse_reference(reference.familiar) == reference


@pytest.mark.parametrize("text", ["docker.io/localhost/app:1", "docker.io/foo.bar/app:1"])
def test_the_familiar_form_never_names_another_registry(text):
    reference = parse_reference(text)
    assert parse_reference(reference.familiar) == reference


@given(st.text(alphabet="aZ0./:@_-[] \n%\u00e9", max_size=30))
def test_any_text_is_a_reference_that_survives_or_a_policy_error(text):
    try:
        reference = parse_reference(text)
    except PolicyError as error:
        assert repr(text) in str(error)
    else:
        assert parse_reference(reference.canonical) == reference


@pytest.mark.parametrize(
    ("text", "home", "repository"),
    [
        ("shop/web", "registry", "registry/shop/web"),
        ("web:1", "registry", "registry/web"),
        ("registry/web", "registry", "registry/registry/web"),
        ("r.example.com/web", "registry", "r.example.com/web"),
        ("registry:5000/web", "registry", "registry:5000/web"),
        ("localhost/web", "registry", "localhost/web"),
        ("web", "localhost", "localhost/web"),
        ("web", "r.example.com:5000", "r.example.com:5000/web"),
        ("nginx", "docker.io", "docker.io/library/nginx"),
        ("index.docker.io/nginx", "docker.io", "docker.io/library/nginx"),
        ("[2001:db8::1]:5000/web", "registry", "[2001:db8::1]:5000/web"),
    ],
)
def test_names_without_a_host_are_of_a_registry_that_is_given(text, home, repository):
    assert parse_reference(text, home).repository == repository


def test_a_capital_letter_is_no_host_where_a_registry_is_given():
    assert parse_reference("Team/app").domain == "Team"
    with pytest.raises(PolicyError, match="repository names are lower case"):
        parse_reference("Team/app", "registry")
