# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real folder tree is read as it is, and what is odd in it is no failure."""

from __future__ import annotations

import hashlib
import json
import os
import time

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collect import links
from ansible_collections.imagefleet.docker.plugins.module_utils._collect import storage as module
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.disk import disk_usage
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.links import is_served, layers_linked
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.storage import (
    is_storage,
    look_at_blobs,
    read_storage,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.trees import Tree, read, write

THEN = 1_700_000_000
NEVER = "sha256:" + "0" * 64


@pytest.fixture(name="tree")
def fixture_tree(tmp_path):
    return Tree(tmp_path / "storage")


def repositories(tree):
    return {one.name: one for one in read_storage(tree.path).repositories}


def test_what_lies_there_is_read(tree):
    one, two = tree.image("app", "one", "1", "latest"), tree.image("team/deep/app", "two")
    both = tree.index("app", [one], "multi")
    found = read_storage(tree.path)
    assert [name.name for name in found.repositories] == ["app", "team/deep/app"]
    app, deep = found.repositories
    assert app.tags == {"1": one, "latest": one, "multi": both} and app.linked == {one, both}
    assert deep.tags == {} and deep.linked == {two}
    assert (app.deleted, app.uploads, app.broken, app.aliases) == ({}, None, frozenset(), {})
    assert set(found.manifests) == {one, two, both}
    assert {part.digest for part in found.manifests[one].blobs} == tree.parts("one")
    assert [child.digest for child in found.manifests[both].children] == [one]


def test_repositories_may_lie_below_another(tree):
    tree.image("app", "one")
    tree.image("app/sub", "two")
    assert sorted(repositories(tree)) == ["app", "app/sub"]


def test_the_time_is_not_earlier_than_what_was_read(tree, monkeypatch):
    order = []
    monkeypatch.setattr(module, "read_repositories", lambda _path: iter([order.append("read")][:0]))
    monkeypatch.setattr(module.time, "time", lambda: order.append("clock") or 1.9)
    assert read_storage(tree.path).now == 1
    assert order == ["read", "clock"]


def test_a_deletion_leaves_its_time(tree):
    one = tree.image("app", "one", "1", "2")
    tree.delete("app", one, THEN)
    app = repositories(tree)["app"]
    assert app.deleted == {one: THEN} and app.linked == frozenset() and app.tags == {}
    tree.image("app", "one", "1")
    app = repositories(tree)["app"]
    assert app.deleted == {} and app.linked == {one}, "what is there again was not deleted"


def test_an_upload_tells_when_a_part_came_last(tree):
    tree.image("app", "one")
    tree.upload("app", THEN)
    other = tree.place("app", "_uploads", "other", "startedat")
    write(other, b"")
    os.utime(other, (THEN + 5, THEN + 5))
    os.makedirs(tree.place("app", "_uploads", "empty"))
    assert repositories(tree)["app"].uploads == THEN + 5


@pytest.mark.parametrize("begin", ["upload", "blob"])
def test_the_first_push_into_a_repository(tree, begin):
    """It has no manifests yet."""
    if begin == "upload":
        tree.upload("new/app", THEN)
    else:
        tree.blob("new/app", b"layer")
    (name, found), *rest = repositories(tree).items()
    assert name == "new/app" and not rest
    assert found.uploads == (THEN if begin == "upload" else None)


def test_content_pushed_by_another_digest(tree):
    five = "sha512:" + hashlib.sha512(b"layer").hexdigest()
    stored = tree.blob("app", b"layer", five)
    assert repositories(tree)["app"].aliases == {five: stored}


def test_a_link_that_was_torn(tree):
    one, two = tree.image("app", "one"), tree.image("app", "two")
    three = tree.image("app", "three")
    write(tree.manifest_link("app", one), b"")
    write(tree.manifest_link("app", two), three.encode())
    write(tree.manifest_link("app", three), three.encode() + b"\n")
    app = repositories(tree)["app"]
    assert app.linked == {one, two, three} and app.broken == {one, two}


def test_a_link_that_is_just_being_written(tree, monkeypatch):
    """The registry empties it first when the same manifest is pushed again."""
    one = tree.image("app", "one")
    reads = []

    def read_late(path, limit):
        data = read_capped(path, limit)
        if path != tree.manifest_link("app", one):
            return data
        reads.append(path)
        return b"" if len(reads) == 1 else data

    monkeypatch.setattr(links, "read_capped", read_late)
    app = repositories(tree)["app"]
    assert app.linked == {one} and app.broken == frozenset() and len(reads) == 2


def test_a_push_while_it_is_read(tree, monkeypatch):
    """It links the manifest, then the tag: no tag of something that is not linked may be seen."""
    tree.image("app", "one", "1")

    def push_late(path, limit):
        data = read_capped(path, limit)
        if os.sep + "tags" + os.sep in path or os.sep + "revisions" + os.sep in path:
            monkeypatch.setattr(links, "read_capped", read_capped)
            tree.image("app", "two", "2")
        return data

    monkeypatch.setattr(links, "read_capped", push_late)
    app = repositories(tree)["app"]
    assert set(app.tags.values()) <= app.linked


def test_a_manifest_that_is_not_there(tree):
    one = tree.image("app", "one", "1")
    os.unlink(tree.blob_path(one))
    found = read_storage(tree.path)
    assert found.repositories[0].linked == {one} and found.manifests == {}


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b"{}", b'{"schemaVersion": 1}', b"[" * 100000])
def test_a_manifest_that_is_something_else(tree, data):
    one = tree.image("app", "one", "1")
    write(tree.blob_path(one), data)
    manifest = read_storage(tree.path).manifests[one]
    assert not manifest.known and manifest.digest == digest_of(data) != one


def test_a_manifest_that_was_altered(tree):
    one = tree.image("app", "one", "1")
    document = json.loads(read(tree.blob_path(one)))
    document["layers"][0]["digest"] = NEVER
    write(tree.blob_path(one), json.dumps(document).encode())
    manifest = read_storage(tree.path).manifests[one]
    assert manifest.known and manifest.digest != one


def test_what_else_lies_there_is_passed_over(tree):
    one = tree.image("app", "one", "1")
    os.makedirs(os.path.join(tree.path, "docker/registry/v2/repositories/lost+found"))
    os.makedirs(tree.place("app", "_manifests", "revisions", "sha256", "lost+found"))
    os.makedirs(tree.place("app", "_manifests", "tags", "half"))
    write(tree.place("app", "_manifests", "tags", "odd", "current", "link"), b"latest")
    write(tree.place("app", "_manifests", "tags", "note"), b"a file")
    write(tree.place("app", "README"), b"a file")
    found = repositories(tree)
    assert list(found) == ["app"]
    assert found["app"].tags == {"1": one} and found["app"].linked == {one} and found["app"].deleted == {}


def test_an_empty_storage(tree):
    found = read_storage(tree.path)
    assert found.repositories == () and found.manifests == {}
    os.rmdir(os.path.join(tree.path, "docker/registry/v2/repositories"))
    assert read_storage(tree.path).repositories == ()


def test_a_folder_that_is_none_is_told(tree):
    write(tree.place("app", "_manifests", "revisions"), b"a file")
    with pytest.raises(StateError, match="^cannot read .*/revisions: Not a directory"):
        read_storage(tree.path)


def test_is_storage(tree, tmp_path):
    assert is_storage(tree.path)
    assert not is_storage(str(tmp_path)) and not is_storage(str(tmp_path / "none"))


# Blobs ---------------------------------------------------------------------------------------------------------------


def test_blobs_that_are_there(tree):
    one = tree.blob("app", b"layer")
    os.utime(tree.blob_path(one), (THEN + 0.9, THEN + 0.9))
    found = look_at_blobs(tree.path, [one, NEVER])
    assert set(found) == {one} and (found[one].size, found[one].arrived) == (5, THEN)


@pytest.mark.parametrize("digest", ["sha256:" + "a" * 300, "sha512:" + "5" * 128, "md5:" + "0" * 32])
def test_digests_that_nothing_was_ever_pushed_by(tree, digest):
    """Who may push manifests with foreign layers must not be able to stop collections."""
    assert look_at_blobs(tree.path, [digest]) == {}
    assert not is_served(tree.path, "app", digest)


def test_a_file_in_the_way_is_nothing_that_is_there(tree):
    one = digest_of(b"layer")
    write(os.path.dirname(os.path.dirname(tree.blob_path(one))), b"a file")
    assert look_at_blobs(tree.path, [one]) == {}


def test_what_cannot_be_looked_at_is_told(tree):
    one = digest_of(b"layer")
    folder = os.path.dirname(tree.blob_path(one))
    os.makedirs(os.path.dirname(folder))
    os.symlink(folder, folder)
    with pytest.raises(StateError, match="^cannot look at blob %s: Too many levels" % one):
        look_at_blobs(tree.path, [one])


def test_what_is_pushed_again_is_as_new_as_its_link(tree):
    one, two = tree.blob("app", b"one"), tree.blob("app", b"two")
    tree.age(30 * 86400)
    before = int(time.time())
    tree.blob("other", b"one")
    assert look_at_blobs(tree.path, [one])[one].arrived < before, "its file keeps its time"
    found = layers_linked(tree.path, {one})
    assert set(found) == {one} and found[one] >= before
    assert layers_linked(tree.path, {two})[two] < before
    assert layers_linked(tree.path, {NEVER}) == {}


def test_served_is_what_is_linked(tree):
    one = tree.image("app", "one", "1")
    layer, config = sorted(tree.parts("one"))
    assert all(is_served(tree.path, "app", digest) for digest in (one, layer, config))
    assert not is_served(tree.path, "other", one)
    tree.delete("app", one)
    os.unlink(tree.layer_link("app", layer))
    assert [is_served(tree.path, "app", digest) for digest in (one, layer, config)] == [False, False, True]


# Disk ----------------------------------------------------------------------------------------------------------------


def test_what_content_takes_on_the_disk(tree):
    before = disk_usage(tree.path)
    one = tree.blob("app", b"x" * 1_000_000)
    after = disk_usage(tree.path)
    assert after["used"] - before["used"] == os.stat(tree.blob_path(one)).st_blocks * 512 >= 1_000_000
    assert 0 <= after["free"] <= after["size"]


def test_a_file_with_a_hole_takes_what_it_takes(tree):
    one = tree.blob("app", b"x")
    os.truncate(tree.blob_path(one), 10**9)
    assert disk_usage(tree.path)["used"] < 10**8


def test_a_storage_that_went(tmp_path):
    with pytest.raises(StateError, match="^cannot look at the storage %s/none: No such file" % tmp_path):
        disk_usage(str(tmp_path / "none"))
