# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found before anything is touched, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.look import (
    find_place,
    look,
    lost,
    read_collection,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError, RegistryError, StateError
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.hosts import UNIT, Host
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.trees import LAYER_TYPE, read, write

NEVER = "sha256:" + "0" * 64


@pytest.fixture(name="host")
def fixture_host(tmp_path, monkeypatch):
    return Host(tmp_path, monkeypatch)


def place(host, **options):
    return find_place(host.request(**options), host.service())


def seen(host):
    return look(place(host), host.service(), 60)


# The registry --------------------------------------------------------------------------------------------------------


def test_a_registry_of_this_host(host):
    found = place(host)
    assert (found.version, found.storage_path) == ((2, 8), host.tree.path)
    assert found.running.config_file == host.config
    assert host.log == ["show registry", "version"]


def test_its_folder_by_option_and_by_environment(host, tmp_path):
    host.configure("storage: {s3: {bucket: images}}\n")
    assert place(host, storage_path=host.tree.path + "/../storage").storage_path == host.tree.path
    host.process(environment={"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": host.tree.path})
    assert place(host).storage_path == host.tree.path
    host.process(environment={"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(tmp_path)})
    with pytest.raises(RefusedError, match="no registry keeps its content in %s. Name its folder" % tmp_path):
        place(host)


@pytest.mark.parametrize(
    "text, words",
    [
        (
            "storage: {s3: {bucket: images}}\n",
            "no rootdirectory is told. Name its folder on this host with storage_path",
        ),
        ("storage: {filesystem: {rootdirectory: /nonexistent}}\n", "no registry keeps its content in /nonexistent"),
        ("proxy: {remoteurl: 'https://registry-1.docker.io'}\n", "%s is a pull-through cache" % UNIT),
        ("storage: {cache: {blobdescriptor: redis}}\n", "%s remembers its blobs in Redis" % UNIT),
    ],
)
def test_settings_that_forbid_it(host, text, words):
    host.configure(text)
    with pytest.raises(RefusedError, match=words):
        place(host)


@pytest.mark.parametrize(
    "said", ["Docker version 20.10.24, build 297e128\n", "", "registry github.com/docker/distribution v1.0\n"]
)
def test_another_program(host, said):
    host.printed = said
    with pytest.raises(RefusedError, match="is not the distribution registry of version 2 or 3"):
        place(host)


def test_a_configuration_that_is_not_there_tells_nothing(host):
    os.unlink(host.config)
    with pytest.raises(RefusedError, match="no rootdirectory is told"):
        place(host)


def test_a_configuration_larger_than_any(host):
    host.configure("#" * (5 * 1024 * 1024))
    with pytest.raises(StateError, match="larger than"):
        place(host)


# What lies there -----------------------------------------------------------------------------------------------------


def test_what_stays_and_what_would_go(host):
    one, two = host.tree.image("app", "one", "1"), host.tree.image("app", "two", "2")
    host.tree.delete("app", two)
    found = seen(host)
    assert set(found.needs) == set(found.present) == {one} | host.tree.parts("one")
    assert set(found.garbage) == {two} | host.tree.parts("two") and found.missing == {}
    plan = found.plan(frozenset())
    assert {row.digest for row in plan.rows} == {two} | host.tree.parts("two") and plan.stays == 3
    assert host.tree.stored() == set(found.needs) | set(found.garbage), "nothing went"


def test_what_was_never_there(host):
    """Foreign layers, by digests of any kind, and images of an index."""
    foreign = [
        {"mediaType": LAYER_TYPE, "size": 1, "digest": one} for one in (NEVER, "sha512:" + "5" * 128, "md5:" + "0" * 32)
    ]
    one = host.tree.image("app", "one", "1", more=foreign)
    host.tree.index("app", [one, "sha256:" + "1" * 64], "multi")
    found = seen(host)
    assert set(found.missing) == {entry["digest"] for entry in foreign} | {"sha256:" + "1" * 64}
    assert found.plan(frozenset()).stays == len(host.tree.stored()) == 4


def test_a_collector_that_would_break_an_image(host):
    """As --delete-untagged of version 2 does to the images of tagged indexes (distribution 3178)."""
    one = host.tree.image("app", "one")
    host.tree.index("app", [one], "multi")
    host.tree.collect = lambda dry_run, collect=host.tree.collect: collect(dry_run, forgotten={one})
    with pytest.raises(
        RefusedError, match=r"would delete sha256:[0-9a-f]{64} \(and 1 more\), which app@%s needs" % one
    ):
        seen(host)


def test_a_collector_that_forgets_what_was_pushed_by_another_digest(host):
    """Seen with 2.8.2."""
    five = "sha512:" + hashlib.sha512(b"layer").hexdigest()
    stored = host.tree.blob("app", b"layer", five)
    host.tree.image("app", "one", "1", more=[{"mediaType": LAYER_TYPE, "digest": five, "size": 5}])
    assert stored in host.tree.collect(dry_run=True).partition("eligible for deletion\n")[2]
    with pytest.raises(RefusedError, match="would delete %s, which app:1 needs" % stored):
        seen(host)


def test_a_manifest_that_is_lost_is_refused_before_the_collector_is_asked(host):
    one = host.tree.image("app", "one", "1")
    data = read(host.tree.blob_path(one))
    os.unlink(host.tree.blob_path(one))
    with pytest.raises(RefusedError, match="^app@%s is lost" % one):
        seen(host)
    assert "dry run" not in host.log
    write(host.tree.blob_path(one), data.replace(b"layer.v1", b"layer.v2"))
    with pytest.raises(RefusedError, match="^app@%s is damaged" % one):
        seen(host)
    write(host.tree.blob_path(one), json.dumps({"schemaVersion": 1, "fsLayers": []}).encode())
    with pytest.raises(RefusedError, match="^app@%s is damaged" % one):
        seen(host)


def test_a_tag_of_what_is_not_served_any_more(host):
    one = host.tree.image("app", "one", "1")
    os.unlink(host.tree.manifest_link("app", one))
    with pytest.raises(RefusedError, match="^app:1 is %s, which is there and is not served any more" % one):
        seen(host)


def test_a_manifest_of_another_kind(host):
    one = host.tree.manifest("app", {"schemaVersion": 1, "name": "app", "fsLayers": []})
    with pytest.raises(RefusedError, match="^app@%s is a manifest of a type that is not known" % one):
        seen(host)


@pytest.mark.parametrize("said", ["", "app\n", "nothing to do\n", "x" * 1000])
def test_output_that_is_not_known(host, said):
    host.tree.image("app", "one", "1")
    host.tree.collect = lambda dry_run: said
    with pytest.raises(RegistryError, match="printed something that is not known") as caught:
        seen(host)
    assert len(str(caught.value)) < 400


def test_output_is_read(host):
    host.tree.blob("app", b"garbage")
    assert read_collection(host.tree.collect(dry_run=True)).blobs == host.tree.stored()


# Afterwards ----------------------------------------------------------------------------------------------------------


def test_nothing_is_lost(host):
    host.tree.image("app", "one", "1")
    found = seen(host)
    host.tree.collect(dry_run=False)
    assert lost(place(host), found) == []


@pytest.mark.parametrize("damage", ["gone", "shorter", "longer"])
def test_what_is_lost_is_told_with_who_needs_it(host, damage):
    one = host.tree.image("app", "one", "1")
    found = seen(host)
    path = host.tree.blob_path(one)
    if damage == "gone":
        os.unlink(path)
    else:
        os.truncate(path, os.stat(path).st_size + (1 if damage == "longer" else -1))
    assert lost(place(host), found) == ["%s, which app:1 needs" % one]


def test_what_was_missing_before_is_not_lost(host):
    host.tree.image("app", "one", "1", more=[{"mediaType": LAYER_TYPE, "digest": NEVER, "size": 1}])
    assert lost(place(host), seen(host)) == []
