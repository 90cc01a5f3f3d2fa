# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small image of our own."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.canary import (
    delete_canary,
    left_of_canary,
    make_canary,
    pull_canary,
    push_canary,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of, parse_manifest
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.hosts import Host

CANARY = make_canary("registry.example.com", "imagefleet-canary")


@pytest.fixture(name="host")
def fixture_host(tmp_path, monkeypatch):
    return Host(tmp_path, monkeypatch)


def test_it_is_an_image_as_others_are():
    manifest = parse_manifest(CANARY.manifest)
    assert manifest.known and manifest.digest == CANARY.digest
    assert {CANARY.digest} | {part.digest for part in manifest.blobs} == CANARY.digests
    assert manifest.config.digest == digest_of(CANARY.config)
    assert json.loads(CANARY.config)["rootfs"]["diff_ids"] == [digest_of(CANARY.layer)]
    with tarfile.open(fileobj=io.BytesIO(CANARY.layer)) as archive:
        assert archive.getnames() == []


def test_always_the_same_for_a_registry_and_unlike_any_other():
    assert make_canary("registry.example.com", "imagefleet-canary") == CANARY
    others = [make_canary("other.example.com", "imagefleet-canary"), make_canary("registry.example.com", "ops/canary")]
    for other in others:
        assert not other.digests & CANARY.digests


def test_pushed_pulled_deleted(host):
    client = host.client()
    push_canary(client, CANARY)
    assert host.tree.stored() == CANARY.digests
    pull_canary(client, CANARY)
    delete_canary(client, CANARY)
    assert left_of_canary(client, CANARY) == [digest_of(CANARY.config), digest_of(CANARY.layer)]
    host.tree.collect(dry_run=False)
    assert left_of_canary(client, CANARY) == [] and host.tree.stored() == set()


def test_it_is_pushed_as_clients_push(host):
    """What the registry says that it has is not sent."""
    client, sent = host.client(), []
    client.put_blob = lambda _repository, data: sent.append(digest_of(data))
    host.remembered = {digest_of(CANARY.layer)}
    push_canary(client, CANARY)
    assert sent == [digest_of(CANARY.config)]


def test_a_registry_that_remembers_what_was_collected_is_found(host):
    """distribution 1803: clients leave out what it says that it has, and nobody can pull it."""
    client = host.client()
    host.remembered = {digest_of(CANARY.layer)}
    assert left_of_canary(client, CANARY) == [digest_of(CANARY.layer)]
    push_canary(client, CANARY)
    host.remembered.clear()
    with pytest.raises(RegistryError, match="404"):
        pull_canary(client, CANARY)


@pytest.mark.parametrize("status", [400, 405])
def test_a_registry_that_does_not_delete(host, status):
    client = host.client()
    client.delete = lambda _repository, _digest: status
    with pytest.raises(RegistryError, match=r"does not delete \(%d\).*set storage.delete.enabled: true" % status):
        delete_canary(client, CANARY)


@pytest.mark.parametrize("status", [202, 404])
def test_gone_is_gone(host, status):
    client = host.client()
    client.delete = lambda _repository, _digest: status
    delete_canary(client, CANARY)


def test_a_manifest_that_is_not_there_or_another(host):
    client = host.client()
    with pytest.raises(RegistryError, match="manifest %s of imagefleet-canary is not there" % CANARY.digest):
        pull_canary(client, CANARY)
