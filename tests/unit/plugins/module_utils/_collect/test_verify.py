# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images read through the registry: each byte once, and only what is served."""

from __future__ import annotations

import os

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.storage import read_storage
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.verify import read_images
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.hosts import Host
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.trees import LAYER_TYPE

NEVER = "sha256:" + "0" * 64


@pytest.fixture(name="host")
def fixture_host(tmp_path, monkeypatch):
    return Host(tmp_path, monkeypatch)


class Reader:
    """What was read, through `read(...)`."""

    def __init__(self, host):
        self.host = host
        self.blobs = []
        self.client = host.client()
        check = self.client.check_blob

        def check_blob(repository, digest, size):
            self.blobs.append((repository, digest))
            return check(repository, digest, size)

        self.client.check_blob = check_blob
        self.storage = read_storage(host.tree.path)

    def read(self, everything=True, missing=()):
        return read_images(self.client, self.storage, self.host.tree.path, everything, missing)


def test_everything(host):
    one, two = host.tree.image("app", "one", "1", layers=2), host.tree.image("app", "two", "2")
    host.tree.index("app", [one, two], "multi")
    host.tree.image("other", "three", "3")
    host.tree.image("other", "untagged")
    reader = Reader(host)
    reading = reader.read()
    assert (reading.images, reading.problems) == (4, [])
    read = {digest for _repository, digest in reader.blobs}
    assert read == host.tree.parts("one", 2) | host.tree.parts("two") | host.tree.parts("three")
    assert len(reader.blobs) == len(read), "each is read once"
    assert reading.bytes == sum(os.stat(host.tree.blob_path(digest)).st_size for digest in read)


def test_a_sample_is_one_tag_of_each_of_ten_repositories(host):
    for number in range(12):
        host.tree.image("app-%02d" % number, "image %d" % number, "1", "2")
    host.tree.image("aaa-untagged", "untagged")
    reader = Reader(host)
    assert reader.read(everything=False).images == 10
    assert sorted({repository for repository, _digest in reader.blobs}) == ["app-%02d" % number for number in range(10)]


def test_content_that_many_share_is_read_once(host):
    for repository in ("a", "b"):
        host.tree.image(repository, "same", "1", "2")
    reader = Reader(host)
    reading = reader.read()
    assert reading.images == 4 and {repository for repository, _digest in reader.blobs} == {"a"}


@pytest.mark.parametrize("lost", ["layer", "config", "manifest", "child"])
def test_what_cannot_be_read_is_told_and_is_no_image(host, lost):
    child = host.tree.image("app", "one")
    top = host.tree.index("app", [child], "multi")
    config, layer = digest_of(b"config of one"), digest_of(b"layer 0 of one")
    gone = {"layer": layer, "config": config, "manifest": top, "child": child}[lost]
    reader = Reader(host)
    os.unlink(host.tree.blob_path(gone))
    reading = reader.read()
    assert reading.images == 0
    (problem,) = reading.problems
    assert problem.startswith("app:multi: ") and gone in problem


def test_what_somebody_deleted_meanwhile_is_no_loss(host):
    one = host.tree.image("app", "one", "1")
    host.tree.image("app", "two", "2")
    reader = Reader(host)
    host.tree.delete("app", one)
    reading = reader.read()
    assert (reading.images, reading.problems) == (1, [])


def test_what_was_missing_before_is_not_asked_for(host):
    host.tree.image("app", "one", "1", more=[{"mediaType": LAYER_TYPE, "digest": NEVER, "size": 7}])
    reader = Reader(host)
    reading = reader.read(missing={NEVER})
    assert (reading.images, reading.problems) == (1, [])
    assert ("app", NEVER) not in reader.blobs


def test_a_registry_that_does_not_answer(host):
    host.tree.image("app", "one", "1")
    host.tree.image("other", "two", "1")
    reader = Reader(host)
    host.answers = False
    reading = reader.read()
    assert reading.images == 0 and len(reading.problems) == 2
    assert all("No answer from registry" in problem for problem in reading.problems)


def test_a_manifest_that_is_none(host):
    one = host.tree.image("app", "one", "1")
    reader = Reader(host)
    with open(host.tree.blob_path(one), "wb") as stream:
        stream.write(b"{")
    (problem,) = reader.read().problems
    assert "is not JSON" in problem


def test_the_others_are_read_all_the_same(host):
    host.tree.image("app", "one", "1")
    host.tree.image("app", "two", "2")
    reader = Reader(host)
    whole = reader.client.check_blob

    def check(repository, digest, size):
        if digest in host.tree.parts("one"):
            raise RegistryError("what it sends for %s is something else" % digest)
        return whole(repository, digest, size)

    reader.client.check_blob = check
    reading = reader.read()
    assert reading.images == 1 and len(reading.problems) == 2
