# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the registry's program prints. The texts are those of docker-registry 2.8.2, but for those of version 3."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.program import (
    parse_collection,
    parse_version,
)

MANIFEST, CONFIG, LAYER, GONE, OTHER = ("sha256:" + letter * 64 for letter in "abcde")
LONG, FIVE, MD5 = "sha256:" + "a" * 300, "sha512:" + "5" * 128, "md5:" + "0" * 32

# Two repositories that share everything, an index, and two pieces of garbage.
SHARED = (
    "app\n"
    "app: marking manifest {0} \n"
    "app: marking blob {1}\n"
    "app: marking blob {2}\n"
    "team/deep/app\n"
    "team/deep/app: marking manifest {0} \n"
    "team/deep/app: marking blob {1}\n"
    "team/deep/app: marking blob {2}\n"
    "\n"
    "3 blobs marked, 2 blobs and 0 manifests eligible for deletion\n"
    "blob eligible for deletion: {3}\n"
    "blob eligible for deletion: {4}\n"
).format(MANIFEST, CONFIG, LAYER, GONE, OTHER)
NOTHING = "app\n\n0 blobs marked, 0 blobs and 0 manifests eligible for deletion\n"
UNTAGGED = (
    "app\n"
    "manifest eligible for deletion: {0}\n"
    "app: marking manifest {1} \n"
    "\n"
    "1 blobs marked, 1 blobs and 1 manifests eligible for deletion\n"
    "blob eligible for deletion: {0}\n"
).format(GONE, MANIFEST)


@pytest.mark.parametrize(
    "text, version",
    [
        ("/usr/bin/docker-registry github.com/docker/distribution 2.8.2+ds1\n", (2, 8)),
        ("docker-registry github.com/docker/distribution v2.8.3\n", (2, 8)),
        ("registry github.com/distribution/distribution/v3 v3.0.0\n", (3, 0)),
        ("registry github.com/distribution/distribution/v3 v3.1.1-rc.1\nbuilt with go\n", (3, 1)),
        ("/opt/registry-2.8/bin/registry github.com/docker/distribution 2.7.1", (2, 7)),
        ("registry github.com/distribution/distribution/v4 v4.0.0\n", None),
        ("registry github.com/docker/distribution v1.0\n", None),
        ("registry github.com/docker/distribution v2.8.3 or so, 9\n", None),
        ("Docker version 20.10.24+dfsg1, build 297e128\n", None),
        ("registry gitlab.com/gitlab-org/container-registry v4.0.0\n", None),
        ("zot v2.1.0\n", None),
        ("\n\nregistry github.com/docker/distribution v2.8.3", (2, 8)),
        ("warning\nregistry github.com/docker/distribution v2.8.3", None),
        ("", None),
        ("\n", None),
    ],
)
def test_the_version(text, version):
    assert parse_version(text) == version


def test_what_stays_and_what_goes():
    found = parse_collection(SHARED)
    assert found.marked == {MANIFEST, CONFIG, LAYER}
    assert found.blobs == {GONE, OTHER}


def test_nothing_to_do():
    found = parse_collection(NOTHING)
    assert (found.marked, found.blobs) == (frozenset(), frozenset())


@pytest.mark.parametrize("digest", [LONG, FIVE, MD5])
def test_foreign_layers_may_have_any_digest(digest):
    """2.8.2 takes manifests that name foreign layers by whatever looks like one, and counts them as marked."""
    text = SHARED.replace("app: marking blob %s\nteam" % LAYER, "app: marking blob %s\nteam" % digest)
    found = parse_collection(text.replace("3 blobs marked", "4 blobs marked"))
    assert found.marked == {MANIFEST, CONFIG, LAYER, digest} and found.blobs == {GONE, OTHER}


def test_version_3_unlinks_layers_and_marks_each_once():
    text = (
        "app\napp: marking manifest {0} \napp: marking blob {1}\nother\nother: marking manifest {0} \n"
        "\n2 blobs marked, 1 blobs and 0 manifests eligible for deletion\nblob eligible for deletion: {2}\n"
        "app: layer link eligible for deletion: {2}\nother: layer link eligible for deletion: {3}\n"
    ).format(MANIFEST, CONFIG, GONE, OTHER)
    found = parse_collection(text)
    assert found.marked == {MANIFEST, CONFIG} and found.blobs == {GONE}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "app\n",
        UNTAGGED,
        # Broken off at any place: no disk below /run, or ended by systemd.
        SHARED[: SHARED.index("\n\n")],
        SHARED[: SHARED.index("blob eligible")],
        SHARED[: SHARED.rindex("blob eligible")],
        SHARED[:-10],
        # Other wordings must not pass for an empty list.
        SHARED.replace("blob eligible for deletion", "deleting blob"),
        SHARED.replace("marking", "keeping"),
        SHARED.replace(
            "3 blobs marked, 2 blobs and 0 manifests eligible", "3 blobs marked, 5 blobs parsed : 2 blobs eligible"
        ),
        SHARED.replace("3 blobs marked", "4 blobs marked"),
        SHARED.replace(GONE, FIVE),
        SHARED.replace(GONE, GONE.upper()),
        SHARED.replace(GONE, "sha256:" + "d" * 63),
        SHARED.replace("blob eligible", " blob eligible"),
        SHARED.replace("deletion: " + GONE, "deletion: %s and more" % GONE),
        SHARED.replace(": " + OTHER, ": " + GONE),
        SHARED + NOTHING,
        NOTHING + SHARED,
        SHARED + SHARED,
        # What looks like another line is none.
        SHARED.replace("\nblob eligible for deletion: %s\n" % OTHER, "\u2028blob eligible for deletion: %s\n" % OTHER),
        SHARED.replace("\nblob eligible for deletion: %s\n" % OTHER, "\x0bblob eligible for deletion: %s\n" % OTHER),
        SHARED.replace("\n", "\r\n"),
    ],
)
def test_what_is_not_known_is_no_list(text):
    assert parse_collection(text) is None
