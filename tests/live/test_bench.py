# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench tells the truth about real registries: the known hazards of docker-registry 2.8 show on it."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest
import registry_content as content
from archive import Layer
from crane_registry import CraneRegistry
from own_registry import OwnRegistry
from plain_http import call, digest
from registry_content import DOCKER_MANIFEST, multi_platform, simple
from registry_pushing import (
    attach,
    delete_manifest,
    head_manifest,
    list_tags,
    manifest_path,
    push,
    retag,
    sign,
)
from stand_in_registry import StandInRegistry
from whole import all_whole, attached_to, orphans, pulls_whole

ABSENT = "sha256:" + "0" * 64
APP = "team/app"


def test_every_kind_of_content_is_whole_and_survives_a_plain_collection(own: OwnRegistry) -> None:
    index = multi_platform("kinds", attested=True)
    foreign = content.image([Layer("foreign")], docker=True, foreign=[content.foreign_layer("elsewhere")])
    push(own.address, APP, index, "1", "1.0")
    push(own.address, APP, multi_platform("docker", docker=True), "docker")
    push(own.address, APP, content.index([index, foreign]), "nested")
    push(own.address, APP, content.build_cache("cache"), "cache-index")
    push(own.address, APP, content.build_cache_image("cache"), "cache-image")
    referrer = content.referrer(index)
    for one in (referrer, content.referrer(referrer), content.referrer(index.children[0])):
        attach(own.address, APP, one)
    sign(own.address, APP, index, "sig", "att", "sbom")
    retag(own.address, APP, "1", "again")
    assert set(attached_to(own.address, APP, index.digest)) == {
        content.fallback_tag(index.digest),
        *(content.cosign_tag(index.digest, kind) for kind in content.COSIGN),
    }
    before = own.blobs()
    own.collect()
    assert own.blobs() == before and own.blob_bytes() > 0
    assert own.tags(APP)["again"] == index.digest
    assert index.digest in own.manifests(APP) and own.repositories() == [APP]
    assert all_whole(own.address, APP) == [] == orphans(own.address, APP)
    delete_manifest(own.address, APP, index.digest)
    assert set(orphans(own.address, APP)) == {tag for tag in own.tags(APP) if index.digest[7:] in tag}


def test_hazard_1_collecting_untagged_manifests_breaks_tagged_indexes(own: OwnRegistry) -> None:
    index = multi_platform("hazard-1")
    push(own.address, APP, index, "1")
    own.collect(delete_untagged=True)
    problems = pulls_whole(own.address, APP, "1")
    assert len(problems) == 2 and all("manifest answered 404" in one for one in problems)
    assert head_manifest(own.address, APP, "1") == (200, index.digest)


def test_hazard_2_children_of_a_deleted_index_survive_a_plain_collection(own: OwnRegistry) -> None:
    index = multi_platform("hazard-2")
    push(own.address, APP, index, "1")
    assert delete_manifest(own.address, APP, index.digest) == 202
    own.collect()
    assert own.manifests(APP) == {child.digest for child in index.children} <= set(own.blobs())
    for child in index.children:
        assert delete_manifest(own.address, APP, child.digest) == 202
    own.collect()
    assert own.blobs() == {}


def test_hazard_3_a_digest_takes_all_of_its_tags_along(own: OwnRegistry) -> None:
    image = simple("hazard-3")
    push(own.address, APP, image, "old", "keep-me")
    assert delete_manifest(own.address, APP, image.digest) == 202
    assert list_tags(own.address, APP) == []
    assert pulls_whole(own.address, APP, "keep-me") == ["team/app: keep-me manifest answered 404"]


@pytest.mark.parametrize("kind", ["real", "stand-in"])
def test_hazard_4_who_accepts_less_gets_another_digest(kind: str, tmp_path: Path) -> None:
    """By tag, of Docker types: 200 and the digest of the amd64 child. By digest: the list. Of OCI types: 404."""
    docker, oci = multi_platform("hazard-4", docker=True), multi_platform("hazard-4")
    with OwnRegistry(tmp_path) if kind == "real" else StandInRegistry(picks_child=True) as registry:
        push(registry.address, APP, docker, "docker")
        push(registry.address, APP, oci, "oci")

        def seen(reference: str) -> tuple[int, str]:
            return head_manifest(registry.address, APP, reference, [DOCKER_MANIFEST])

        assert seen("docker") == (200, docker.children[0].digest)
        assert seen(docker.digest) == (200, docker.digest)
        assert {seen(reference) for reference in ("oci", oci.digest, oci.children[0].digest)} == {(404, "")}
        assert head_manifest(registry.address, APP, "docker") == (200, docker.digest)


def test_hazard_6_pages_and_referrers_are_not_there(own: OwnRegistry) -> None:
    push(own.address, APP, simple("hazard-6"), "1", "2", "3")
    answer = call(own.address, "GET", "/v2/%s/tags/list?n=1" % APP)
    assert all(b'"%d"' % tag in answer.body for tag in (1, 2, 3)) and "link" not in answer.headers
    assert call(own.address, "GET", "/v2/%s/referrers/%s" % (APP, ABSENT)).status == 404


#: What is asked, and the status codes (deletion enabled, disabled; read-only; pull-through cache). Only the body tells
#: the 405 apart: that of read-only mode is "Method not allowed" with an Allow header, the others say UNSUPPORTED.
STATUSES = {
    "DELETE manifests/absent": (400, 405, 405, 405),
    "DELETE manifests/1": (400, 405, 405, 405),
    "DELETE manifests/" + ABSENT: (404, 405, 405, 405),
    "DELETE blobs/" + ABSENT: (404, 405, 405, 405),
    "POST blobs/uploads/": (202, 202, 405, 405),
    "POST blobs/uploads/?mount=BLOB&from=" + APP: (201, 201, 405, 405),
    "POST blobs/uploads/?mount=%s&from=%s" % (ABSENT, APP): (202, 202, 405, 405),
    "POST blobs/uploads/?digest=BLOB": (202, 202, 405, 405),
    "PUT manifests/DIGEST": (201, 201, 405, 405),
    "PUT manifests/2": (201, 201, 405, 405),
    "DELETE manifests/DIGEST": (202, 405, 405, 405),
}


@pytest.mark.parametrize("column", range(4), ids=["enabled", "disabled", "read-only", "cache"])
def test_hazard_5_what_may_not_be_done_is_answered_differently(own: OwnRegistry, tmp_path: Path, column: int) -> None:
    """A cache of any settings refuses whatever writes, as a registry without deletion refuses to delete."""
    image = simple("hazard-5")
    push(own.address, APP, image, "1")
    cache = OwnRegistry(tmp_path / "cache", cache_of="http://" + own.address)
    asked = own
    if column == 3:
        asked = cache.start()
        assert pulls_whole(cache.address, APP, "1") == []
    else:
        own.restart(delete_enabled=column != 1, read_only=column == 2)
    found, bodies = {}, set()
    for request in STATUSES:
        method, _space, path = (
            request.replace("DIGEST", image.digest).replace("BLOB", digest(image.blobs[0])).partition(" ")
        )
        media = image.media if method == "PUT" else "application/octet-stream"
        body = None if method == "DELETE" else image.body if method == "PUT" else image.blobs[0]
        answer = call(asked.address, method, "/v2/%s/%s" % (APP, path), body, [("Content-Type", media)])
        found[request] = answer.status
        bodies |= {(answer.body[:12], "allow" in answer.headers)} if answer.status == 405 else set()
    cache.stop()
    assert found == {request: statuses[column] for request, statuses in STATUSES.items()}
    assert bodies == [set(), {(b'{"errors":[{', False)}, {(b"Method not a", True)}, {(b'{"errors":[{', False)}][column]
    assert bool(own.tags(APP)) == (column != 0)


def test_a_registry_that_runs_on_believes_in_blobs_that_are_collected(own: OwnRegistry) -> None:
    """It says of them that they are there (distribution#1803), so they are not pushed again; a restart helps."""
    image = simple("believes")
    own.restart(descriptor_cache=True)
    push(own.address, APP, image, "1")
    assert delete_manifest(own.address, APP, image.digest) == 202
    own.garbage_collect()
    assert own.blobs() == {}
    push(own.address, APP, image, "1")
    assert {one.rpartition(" ")[2] for one in pulls_whole(own.address, APP, "1")} <= {"404", "500"} != set()
    own.restart()
    push(own.address, APP, image, "1")
    assert pulls_whole(own.address, APP, "1") == []


def test_the_access_log_counts_what_others_ask(own: OwnRegistry) -> None:
    push(own.address, APP, simple("log"), "1")
    own.mark()
    list_tags(own.address, APP)
    connection = http.client.HTTPConnection(own.address)
    connection.request("GET", manifest_path(APP, "absent") + "?a=b", headers={"User-Agent": 'some "agent"'})
    assert connection.getresponse().status == 404
    connection.close()
    own.restart()
    assert [(one.method, one.path, one.query, one.status) for one in own.requests()] == [
        ("GET", "/v2/team/app/manifests/absent", "a=b", 404)
    ]
    assert [one.path for one in own.requests(also_bench=True)] == [
        "/v2/team/app/tags/list",
        manifest_path(APP, "absent"),
    ]


def test_another_registry_differs(tmp_path: Path) -> None:
    """That of crane: tags can be deleted, and outlive their digest; lists are cut off at `n`, and none says so."""
    image, index = simple("crane"), multi_platform("crane", docker=True)
    with CraneRegistry(tmp_path) as crane:
        push(crane.address, APP, image, "1", "2", "3")
        push(crane.address, APP, index, "index")
        attach(crane.address, APP, content.referrer(image))
        assert all_whole(crane.address, APP) == []
        assert head_manifest(crane.address, APP, "index", [DOCKER_MANIFEST]) == (200, index.digest)
        cut = call(crane.address, "GET", "/v2/%s/tags/list?n=2" % APP)
        assert json.loads(cut.body)["tags"] == ["1", "2"] and "link" not in cut.headers
        assert delete_manifest(crane.address, APP, "1") == 202
        assert delete_manifest(crane.address, APP, "1") == delete_manifest(crane.address, APP, ABSENT) == 404
        assert delete_manifest(crane.address, APP, image.digest) == 202
        assert head_manifest(crane.address, APP, image.digest) == (404, "")
        assert head_manifest(crane.address, APP, "2") == (200, image.digest)
        blob = image.blobs[0]
        uploads = "/v2/%s/blobs/uploads/?%%s=%s" % (APP, digest(blob))
        assert call(crane.address, "POST", uploads % "digest", blob).status == 201
        assert call(crane.address, "POST", uploads % "mount").status == 202
