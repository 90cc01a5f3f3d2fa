# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protection: exact references, digests, whole repositories; nothing else."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.protect import (
    parse_protect,
    parse_protect_lines,
)

DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER = "sha256:" + "f" * 64


@pytest.mark.parametrize(
    ("entry", "repository", "tag", "digests", "why"),
    [
        ("nginx:1.25", "docker.io/library/nginx", "1.25", (), "protected: docker.io/library/nginx:1.25"),
        ("nginx:1.25", "docker.io/library/nginx", "1.26", (), None),
        ("nginx:1.25", "docker.io/library/nginx", None, (), None),
        ("nginx:1.25", "registry.example.com/library/nginx", "1.25", (), None),
        (
            "docker.io/library/nginx:1.25",
            "docker.io/library/nginx",
            "1.25",
            (),
            "protected: docker.io/library/nginx:1.25",
        ),
        ("r.example.com:5000/a/b:1", "r.example.com:5000/a/b", "1", (), "protected: r.example.com:5000/a/b:1"),
        # A bare repository means all its tags, pinned digests included.
        ("nginx", "docker.io/library/nginx", "1.25", (), "protected: repository docker.io/library/nginx"),
        ("nginx", "docker.io/library/nginx", None, (OTHER,), "protected: repository docker.io/library/nginx"),
        ("nginx", "docker.io/library/nginx-unit", "1.25", (), None),
        ("team/app", "docker.io/team/app/sub", "1", (), None),
        # A digest protects the content under every name and without one.
        (DIGEST, "docker.io/team/app", "1", (OTHER, DIGEST), "protected: digest " + DIGEST),
        (DIGEST, None, None, (DIGEST,), "protected: digest " + DIGEST),
        (DIGEST, None, None, (OTHER,), None),
        ("nginx@" + DIGEST, None, None, (DIGEST,), "protected: digest " + DIGEST),
        ("nginx@" + DIGEST, "docker.io/library/nginx", "1.25", (OTHER,), None),
        ("nginx:1@" + DIGEST, "docker.io/library/nginx", "1", (OTHER,), "protected: docker.io/library/nginx:1"),
        (" nginx:1.25\n", "docker.io/library/nginx", "1.25", (), "protected: docker.io/library/nginx:1.25"),
    ],
)
def test_what_an_entry_protects(entry, repository, tag, digests, why):
    assert parse_protect([entry]).why(repository, tag, digests) == why


def test_nothing_is_protected_by_no_entries():
    assert parse_protect([]).why("docker.io/library/nginx", "1", (DIGEST,)) is None


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (1.25, "1.25 is not text; write a reference, a digest or a repository, in quotes"),
        (None, "None is not text"),
        (True, "True is not text"),
        (["nginx"], "['nginx'] is not text"),
        ({"nginx": "1"}, "{'nginx': '1'} is not text"),
        ("", "'' is not text"),
        ("  ", "'  ' is not text"),
        ("0123456789ab", "'0123456789ab' looks like an image ID; write it whole: sha256: and 64 digits"),
        ("0123456789abcdef" * 4, "looks like an image ID; write it whole"),
        ("sha256:0123456789ab", "'sha256:0123456789ab' looks like an image ID"),
        ("nginx:*", "'nginx:*' is a pattern; protect takes exact names, patterns belong into a keep rule"),
        ("team/**", "'team/**' is a pattern"),
        ("Nginx:1", "'Nginx:1' is not an image reference: repository names are lower case"),
        ("nginx:", "'nginx:' is not an image reference: '' is not a tag"),
        ("nginx@sha256:abc", "'nginx@sha256:abc' is not an image reference: 'sha256:abc' is not a digest"),
        ("!nginx", "'!nginx' is not an image reference"),
        ("https://registry/app", "'https://registry/app' is not an image reference"),
    ],
)
def test_what_protects_nothing_is_refused_with_its_position_and_value(entry, words):
    with pytest.raises(PolicyError) as refusal:
        parse_protect(["nginx:1", "redis", entry])
    assert str(refusal.value).startswith("protect[2]: " + words if "whole" not in words else "protect[2]: ")
    assert words in str(refusal.value)


def test_the_list_is_named_in_the_message():
    with pytest.raises(PolicyError, match=r"^protect_file\[0\]: 'a b' is not an image reference"):
        parse_protect(["a b"], "protect_file")


def test_a_digest_in_capitals_is_refused_or_protects_the_digest():
    # Otherwise it would silently protect nothing: engines and registries write digests in lower case.
    try:
        protection = parse_protect([DIGEST.replace("abcdef", "ABCDEF")])
    except PolicyError as error:
        assert "protect[0]" in str(error)
    else:
        assert protection.why(None, None, (DIGEST,))


def test_a_file_has_one_entry_a_line_and_comments():
    text = "# ours\nnginx:1.25\r\n\n  redis # cache\n\t\n%s\n#end" % DIGEST
    assert parse_protect_lines(text) == ("nginx:1.25", "redis", DIGEST)
    assert parse_protect_lines("") == ()
