# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in for other registries conforms, and what goes wrong on the way is what was asked for."""

from __future__ import annotations

import http.client
import threading
from pathlib import Path
from urllib.parse import quote

import pytest
import random_registries
import registry_content as content
from faults import EMPTY_BODY, FLIP, LOSE, RESET, TRUNCATE, WRONG_DIGEST, Fault, refuse
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from plain_http import call, digest
from registry_content import multi_platform, simple
from registry_pushing import (
    ACCEPT,
    delete_manifest,
    head_manifest,
    list_tags,
    manifest_path,
    push,
    put_blob,
    read_manifest,
)
from stand_in_registry import ABSOLUTE, NO_LINK, StandInRegistry
from whole import all_whole, pulls_whole

ABSENT = "sha256:" + "0" * 64
APP = "team/app"


@pytest.mark.parametrize("habits", [{}, {"link": ABSOLUTE}, {"page_size": 10000, "link": NO_LINK}])
def test_ten_thousand_tags_come_page_by_page(stand_in: StandInRegistry, habits: dict[str, object]) -> None:
    wanted = ["t-%05d" % number for number in range(10000)]
    stand_in.content.put(APP, simple("many"), *wanted)
    vars(stand_in.habits).update({"page_size": 100, **habits})
    assert list_tags(stand_in.address, APP) == wanted
    assert len(stand_in.requests(also_bench=True)) == 10000 // stand_in.habits.page_size
    stand_in.habits.link, stand_in.habits.page_size = NO_LINK, 100
    assert list_tags(stand_in.address, APP) == wanted[:100]


def test_the_stand_in_checks_what_it_is_given(stand_in: StandInRegistry) -> None:
    index = multi_platform("checks")
    path = manifest_path(APP, index.digest)
    media = [("Content-Type", index.media)]
    assert call(stand_in.address, "PUT", path, index.body, media).status == 404  # its children are not there
    push(stand_in.address, APP, index, "1", "2")
    assert call(stand_in.address, "PUT", path, index.body + b" ", media).status == 400
    assert call(stand_in.address, "PUT", path, b"{", media).status == 400
    upload = "/v2/%s/blobs/uploads/?digest=%s" % (APP, ABSENT)
    assert call(stand_in.address, "POST", upload, b"something else").status == 400
    assert delete_manifest(stand_in.address, APP, "1") == 202
    assert list_tags(stand_in.address, APP) == ["2"] and pulls_whole(stand_in.address, APP, "2") == []
    stand_in.habits.refuses_dangling = True
    assert delete_manifest(stand_in.address, APP, index.digest) == 400
    assert delete_manifest(stand_in.address, APP, index.children[0].digest) == 400
    stand_in.habits.refuses_dangling = False
    assert delete_manifest(stand_in.address, APP, index.digest) == 202
    assert delete_manifest(stand_in.address, APP, index.digest) == 404


def test_blobs_come_and_go_in_parts(stand_in: StandInRegistry) -> None:
    place = "/v2/%s/blobs/" % APP
    upload = call(stand_in.address, "POST", place + "uploads/").headers["location"]
    for start, piece, status in ((0, b"0123", 202), (9, b"x", 416), (4, b"4567", 202)):
        span = [("Content-Range", "%d-%d" % (start, start + len(piece) - 1))]
        assert call(stand_in.address, "PATCH", upload, piece, span).status == status
    found = digest(b"0123456789")
    assert call(stand_in.address, "PUT", "%s?digest=%s" % (upload, found), b"89").status == 201
    for part, status, body in (("2-4", 206, b"234"), ("7-", 206, b"789"), ("10-", 416, b"")):
        answer = call(stand_in.address, "GET", place + found, headers=[("Range", "bytes=" + part)])
        assert (answer.status, answer.body) == (status, body)
    mount = "/v2/elsewhere/blobs/uploads/?mount=%s&from=%s"
    assert call(stand_in.address, "POST", mount % (found, APP)).status == 201
    assert call(stand_in.address, "POST", mount % (ABSENT, APP)).status == 202


def test_referrers_are_listed_and_filtered(stand_in: StandInRegistry) -> None:
    subject = simple("subject")
    both = [content.referrer(subject), content.referrer(subject, content.IN_TOTO)]
    for one in (subject, *both):
        stand_in.content.put(APP, one)
    path = "/v2/%s/referrers/%s" % (APP, subject.digest)
    everything = call(stand_in.address, "GET", path)
    assert all(one.digest.encode() in everything.body for one in both)
    some = call(stand_in.address, "GET", path + "?artifactType=" + quote(content.SBOM, safe=""))
    assert both[0].digest.encode() in some.body and both[1].digest.encode() not in some.body
    assert some.headers["oci-filters-applied"] == "artifactType"


def test_a_blob_elsewhere_is_fetched_without_what_opens_the_registry(tmp_path: Path) -> None:
    """The stand-in tells where Authorization arrives."""
    with StandInRegistry(tls=tmp_path) as elsewhere, StandInRegistry(elsewhere.content) as registry:
        registry.habits.redirects_blobs_to = elsewhere.url
        blob = elsewhere.content.put_blob(APP, b"content")
        answer = call(registry.address, "GET", "/v2/%s/blobs/%s" % (APP, blob), headers=[("Authorization", "Basic x")])
        assert answer.status == 307 and answer.headers["location"].startswith(elsewhere.url + "/v2/team/app/blobs/")
        assert [one.authorization for one in registry.requests(also_bench=True)] == ["Basic x"]


# What goes wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["stand-in", "on the way"])
def test_faults_are_those_that_were_asked_for(own: OwnRegistry, stand_in: StandInRegistry, kind: str) -> None:
    with MeddlingProxy(own.address) as proxy:
        server = proxy if kind == "on the way" else stand_in
        push(server.address, APP, simple("faults"), "1")
        manifest = manifest_path(APP, "1")
        body = read_manifest(server.address, APP, "1").body

        def under(fault: Fault, method: str = "GET") -> object:
            server.faults.add(fault, path="manifests/1", times=1)
            try:
                answer = call(server.address, method, manifest, headers=ACCEPT)
            except (OSError, http.client.HTTPException) as error:
                return type(error).__name__
            return answer.status, answer.headers.get("retry-after"), answer.body == body, len(answer.body)

        assert under(refuse(429, Retry_After="7")) == (429, "7", False, len(refuse(429).body or b""))
        assert under(RESET) == under(LOSE) == "ConnectionResetError"
        assert under(TRUNCATE) == "IncompleteRead"
        assert under(FLIP) == (200, None, False, len(body))
        assert under(EMPTY_BODY) == (200, None, False, 0)
        assert under(WRONG_DIGEST, "HEAD") == (200, None, False, 0)
        server.faults.add(refuse(503), every=3, times=2)
        statuses = [head_manifest(server.address, APP, "1")[0] for _time in range(9)]
        assert statuses == [200, 200, 503] * 2 + [200] * 3
        server.faults.add(refuse(503), path="manifests", times=1, each=True)
        assert [head_manifest(server.address, APP, "1")[0] for _time in range(2)] == [503, 200]
        assert pulls_whole(server.address, APP, "1") != [] == pulls_whole(server.address, APP, "1")


def test_the_proxy_stays_on_the_way_and_shows_every_moment(own: OwnRegistry) -> None:
    moments: list[tuple[object, ...]] = []
    with MeddlingProxy(own.address) as proxy:
        put_blob(proxy.address, APP, b"x" * 300000)
        assert [one.method for one in proxy.requests(also_bench=True)] == ["HEAD", "POST", "PUT"]
        image = simple("moments")
        proxy.before = lambda method, path: moments.append((method, path, own.tags(APP)))
        proxy.after = lambda method, path, status: moments.append((status, own.tags(APP)))
        for blob in image.blobs:
            put_blob(own.address, APP, blob)
        push(proxy.address, APP, image, "1", known={digest(blob) for blob in image.blobs})
        assert moments == [("PUT", manifest_path(APP, "1"), {}), (201, {"1": image.digest})]
        accepted = [("Accept", media) for media in content.MANIFEST_TYPES]
        assert call(proxy.address, "GET", manifest_path(APP, "1"), headers=accepted).body == image.body
        assert proxy.requests(also_bench=True)[-1].header("Accept") == list(content.MANIFEST_TYPES)


def test_a_request_can_be_held(stand_in: StandInRegistry) -> None:
    opened, reached = threading.Event(), threading.Event()
    stand_in.before = lambda _method, _path: reached.set()
    stand_in.faults.add(Fault(held=opened), path="/v2/$")
    asking = threading.Thread(target=call, args=(stand_in.address, "GET", "/v2/"))
    asking.start()
    assert reached.wait(60) and stand_in.requests(also_bench=True) == []
    opened.set()
    asking.join()
    assert [one.status for one in stand_in.requests(also_bench=True)] == [200]


def test_random_registries_are_as_described(own: OwnRegistry, stand_in: StandInRegistry) -> None:
    drawn, other = random_registries.draw(7), random_registries.draw(8, fallback=False)
    assert drawn == random_registries.draw(7) != other
    drawn.push(own.address)
    other.fill(stand_in.content)
    for name, one in drawn.holdings().items():
        assert own.tags(name) == one.tags and own.manifests(name) == set(one.manifests)
        assert one.blobs(one.manifests) <= set(own.blobs()) and all_whole(own.address, name) == []
    for name, one in other.holdings().items():
        held = stand_in.content.repositories[name]
        assert held.tags == one.tags and set(held.manifests) == set(one.manifests)
        assert all_whole(stand_in.address, name) == []
