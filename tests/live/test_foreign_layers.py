# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers that are fetched from elsewhere: a registry holds them only when somebody pushed them all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

import pytest
import registry_content as content
from archive import Layer
from faults import refuse
from janitor import WEB, by_name, decisions, restore, tidy
from own_registry import OwnRegistry
from plain_http import digest
from registry_content import Manifest
from registry_disk import lay
from registry_pushing import list_tags, push, put_blob
from stand_in_registry import StandInRegistry

from ansible_collections.imagefleet.docker.plugins.module_utils._survey.request import parse_survey_options
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.run import run_survey

OCI_FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
BASE = b"base layer of a system that may not be passed on" * 100
KEEP: dict[str, Any] = {"keep": [{"tags": "2.0.0"}]}


def foreign(media: str = content.DOCKER_FOREIGN, **more: Any) -> dict[str, Any]:
    return content.descriptor(media, BASE, **{"urls": ["https://elsewhere.example/base"], **more})


def image(seed: str, layer: Mapping[str, Any], docker: bool = True) -> Manifest:
    return content.image([Layer(seed)], note=seed, docker=docker, foreign=[layer])


KINDS = {"docker": (foreign(), True), "oci": (foreign(OCI_FOREIGN), False), "urls": (foreign(content.OCI_LAYER), False)}


@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize("kind", list(KINDS))
def test_bytes_are_those_that_garbage_collection_frees(
    own: OwnRegistry, tmp_path: Path, kind: str, pushed: bool
) -> None:
    layer, docker = KINDS[kind]
    if pushed:
        put_blob(own.address, WEB, BASE)
    for tag in ("1.0.0", "1.1.0"):
        # As it comes, the registry takes addresses in no manifest of OCI.
        lay(own, WEB, image(tag, layer, docker), tag)
    lay(own, WEB, content.simple("other"), "2.0.0")
    first = own.blobs()
    planned = tidy(tmp_path, own.address, apply=False, **KEEP)
    done = tidy(tmp_path, own.address, **KEEP)
    assert decisions(done) == decisions(planned)
    own.collect()
    assert (
        sum(first.values()) - own.blob_bytes() == done["summary"]["reclaimed_bytes"]
        and (digest(BASE) in first) is pushed
    )


def test_a_foreign_layer_that_something_kept_names_is_not_freed(own: OwnRegistry, tmp_path: Path) -> None:
    put_blob(own.address, WEB, BASE)
    for tag in ("1.0.0", "2.0.0"):
        push(own.address, WEB, image(tag, foreign()), tag)
    before = own.blob_bytes()
    done = tidy(tmp_path, own.address, **KEEP)
    own.collect()
    assert before - own.blob_bytes() == done["summary"]["reclaimed_bytes"] > 0 and digest(BASE) in own.blobs()


def test_it_is_enough_that_one_repository_has_it(own: OwnRegistry, tmp_path: Path) -> None:
    """The disk holds content once for all repositories."""
    put_blob(own.address, "shop/api", BASE)
    for repository in ("shop/api", WEB):
        push(own.address, repository, image(repository, foreign()), "1.0.0")
    before = own.blob_bytes()
    done = tidy(tmp_path, own.address)
    own.collect()
    assert before - own.blob_bytes() == done["summary"]["reclaimed_bytes"] > len(BASE)


def test_only_what_goes_is_asked_for(own: OwnRegistry, tmp_path: Path) -> None:
    push(own.address, WEB, image("1.0.0", foreign()), "1.0.0", "1.0")
    push(own.address, WEB, image("2.0.0", content.foreign_layer("other")), "2.0.0")
    own.mark()
    tidy(tmp_path, own.address, **KEEP)
    assert [one.path for one in own.requests() if "/blobs/" in one.path] == [
        "/v2/%s/blobs/%s" % (WEB, foreign()["digest"])
    ]
    push(own.address, WEB, image("1.0.0", foreign()), "1.0.0")
    own.mark()
    tidy(tmp_path, own.address, count_bytes=False, **KEEP)
    assert not [one for one in own.requests() if "/blobs/" in one.path]


def test_who_may_not_ask_may_delete_all_the_same(stand_in: StandInRegistry, tmp_path: Path) -> None:
    """It concerns bytes only, and what is not known is not counted."""
    stand_in.content.put(WEB, image("1.0.0", foreign()), "1.0.0")
    stand_in.faults.add(refuse(403, "DENIED"), "HEAD", "/blobs/")
    done = tidy(tmp_path, stand_in.address)
    made = image("1.0.0", foreign())
    assert by_name(done)["1.0.0"]["outcome"] == "done"
    assert done["summary"]["reclaimed_bytes"] == len(made.body) + sum(len(blob) for blob in made.blobs)


@pytest.mark.parametrize("kind", ["docker on 2.8", *KINDS])
def test_an_image_comes_back_without_them(
    own: OwnRegistry, stand_in: StandInRegistry, tmp_path: Path, kind: str
) -> None:
    """What registries do not ask for when a manifest is pushed, is not missed when it is put back."""
    server: Any = own if kind == "docker on 2.8" else stand_in
    layer, docker = KINDS[kind.partition(" ")[0]]
    push(server.address, WEB, image("1.0.0", layer, docker), "1.0.0")
    tidy(tmp_path, server.address)
    for apply in (False, True):
        told = restore(tmp_path, server.address, apply=apply)
        assert told["not_restorable"] == [] and [row["tag"] for row in told["restored"]] == [None, "1.0.0"]
    assert list_tags(server.address, WEB) == ["1.0.0"]


def test_without_an_address_of_its_own_it_is_asked_for(stand_in: StandInRegistry, tmp_path: Path) -> None:
    """By its type it may be elsewhere, but nothing says where, so registries want to have it."""
    put_blob(stand_in.address, WEB, BASE)
    push(stand_in.address, WEB, image("1.0.0", content.descriptor(OCI_FOREIGN, BASE), False), "1.0.0")
    tidy(tmp_path, stand_in.address)
    stand_in.content.repositories[WEB].blobs.discard(digest(BASE))
    for apply in (False, True):
        told = restore(tmp_path, stand_in.address, apply=apply)
        assert told["restored"] == [] and [row["tag"] for row in told["not_restorable"]] == ["1.0.0"]


@pytest.mark.parametrize("pushed", [False, True])
def test_registry_info_tells_the_size_that_the_registry_stores(own: OwnRegistry, pushed: bool) -> None:
    if pushed:
        put_blob(own.address, WEB, BASE)
    for tag in ("1.0.0", "2.0.0"):
        push(own.address, WEB, image(tag, foreign()), tag)
    own.mark()
    found = run_survey(parse_survey_options({"registry": own.address, "insecure": True, "repositories": WEB}))
    asked = [one for one in own.requests() if one.method == "HEAD" and "/blobs/" in one.path]
    assert len(asked) == 1  # a layer of both images
    made = image("1.0.0", foreign())
    plain = len(made.body) + sum(len(blob) for blob in made.blobs)
    row = found["repositories"][0]["tags"][0]
    assert row["size"] == plain + (len(BASE) if pushed else 0) and found["problems"] == []
