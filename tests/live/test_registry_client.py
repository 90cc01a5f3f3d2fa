# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry client: lists that lose nothing, content that is what it says, failures that pass and others."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from asking import Sleeper, ask
from faults import EMPTY_BODY, FLIP, LOSE, RESET, TRUNCATE, WRONG_DIGEST, Fault, refuse
from loopback_server import LoopbackServer
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from registry_content import DOCKER_MANIFEST, MANIFEST_TYPES, multi_platform, referrer, simple
from registry_pushing import head_manifest, push
from stand_in_registry import ABSOLUTE, NO_LINK, RELATIVE, StandInRegistry

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._registry import client as client_module
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import PAGE
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.attachments import ask_attachments

APP = "team/app"
ABSENT = "sha256:" + "0" * 64


def numbered(count: int) -> list[str]:
    return ["t-%05d" % number for number in range(count)]


# Lists --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [RELATIVE, ABSOLUTE])
def test_ten_thousand_tags_over_pages_that_are_clamped(stand_in: StandInRegistry, link: str) -> None:
    stand_in.content.put(APP, simple("many"), *numbered(10000))
    stand_in.habits.page_size, stand_in.habits.link = 100, link
    client = ask(stand_in.address)
    assert client.tags(APP) == numbered(10000)
    assert client.requests == len(stand_in.requests()) == 100


@pytest.mark.parametrize("count, requests", [(999, 1), (1000, 2), (2000, 3), (2500, 3)])
def test_a_list_that_is_cut_without_a_word(stand_in: StandInRegistry, count: int, requests: int) -> None:
    """As by `crane registry serve`: exactly as many as were asked for, and no Link."""
    stand_in.content.put(APP, simple("many"), *numbered(count))
    stand_in.habits.page_size, stand_in.habits.link = PAGE, NO_LINK
    assert ask(stand_in.address).tags(APP) == numbered(count)
    assert len(stand_in.requests()) == requests


def test_a_registry_that_knows_no_pages(own: OwnRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """2.8 ignores what it is asked and gives all at once: exactly a page of them costs one more request."""
    monkeypatch.setattr(client_module, "PAGE", 10)
    for tags, requests in ((9, 1), (10, 2), (11, 1), (20, 1)):
        push(own.address, APP, simple("many"), *numbered(tags))
        own.mark()
        assert sorted(ask(own.address).tags(APP) or ()) == numbered(tags)
        assert len(own.requests()) == requests


def test_pages_elsewhere_are_not_followed(stand_in: StandInRegistry) -> None:
    stand_in.content.put(APP, simple("two"), "1", "2")
    with StandInRegistry(stand_in.content) as elsewhere:
        stand_in.habits.page_size, stand_in.habits.link = 1, elsewhere.url
        with pytest.raises(RegistryError, match="has its next page on another host; that is not followed"):
            ask(stand_in.address).tags(APP)
        assert elsewhere.requests() == []
    stand_in.habits.link = "http://[x"
    with pytest.raises(RegistryError, match="for its next page to what is no address"):
        ask(stand_in.address).tags(APP)


@pytest.mark.parametrize("body", [None, b'{"tags": []}', b'{"tags": null}'])
def test_pages_in_a_circle(stand_in: StandInRegistry, body: bytes | None) -> None:
    stand_in.content.put(APP, simple("two"), "1", "2")
    for target in ("/v2/team/app/tags/list?n=1000", "/v2/team/app/tags/list?other"):
        stand_in.faults.clear()
        stand_in.mark()
        stand_in.faults.add(Fault(headers=(("Link", '<%s>; rel="next"' % target),), body=body), path="tags/list")
        with pytest.raises(RegistryError, match="pages team/app/tags/list in a circle"):
            ask(stand_in.address).tags(APP)
        assert len(stand_in.requests()) <= 2


def test_an_empty_page_is_not_the_end(stand_in: StandInRegistry) -> None:
    stand_in.content.put(APP, simple("two"), "1", "2")
    link = ("Link", '</v2/team/app/tags/list?n=1000&last=0>; rel="next"')
    stand_in.faults.add(Fault(headers=(link,), body=b'{"tags": []}'), path="tags/list", times=1)
    assert ask(stand_in.address).tags(APP) == ["1", "2"]


@pytest.mark.parametrize("body", [b"null", b"{}", b'["1"]', b'{"tags": "1"}', b'{"tags": [1]}', b"<html>", b""])
def test_what_is_no_list_is_not_an_empty_one(stand_in: StandInRegistry, body: bytes) -> None:
    stand_in.content.put(APP, simple("one"), "1")
    stand_in.faults.add(Fault(body=body), path="tags/list")
    with pytest.raises(RegistryError, match="sent no list of tags|sent no JSON"):
        ask(stand_in.address).tags(APP)


def test_repositories(stand_in: StandInRegistry, own: OwnRegistry) -> None:
    names = ["team/app-%03d" % number for number in range(250)]
    for name in names:
        stand_in.content.put(name, simple("one"), "1")
    stand_in.habits.page_size = 100
    assert ask(stand_in.address).repositories() == names and len(stand_in.requests()) == 3
    assert ask(own.address).repositories() == []
    push(own.address, APP, simple("one"), "1")
    assert ask(own.address).repositories() == [APP]


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_registry_that_does_not_list_its_repositories(stand_in: StandInRegistry, status: int) -> None:
    stand_in.faults.add(refuse(status, "DENIED"), path="_catalog")
    says = "answered %d .*does not list its repositories to this user; name them without patterns" % status
    with pytest.raises(RegistryRefusal, match=says) as caught:
        ask(stand_in.address).repositories()
    assert caught.value.status == status and len(stand_in.requests()) == 1


def test_a_registry_that_clamps_by_refusing(stand_in: StandInRegistry) -> None:
    """As ECR, which refuses more than a thousand."""
    stand_in.content.put(APP, simple("many"), *numbered(1500))
    stand_in.habits.refuses_above = 1000
    assert ask(stand_in.address).tags(APP) == numbered(1500)


def test_all_pages_of_referrers(stand_in: StandInRegistry) -> None:
    subject = simple("subject")
    stand_in.content.put(APP, subject, "1")
    wanted = {stand_in.content.put(APP, referrer(subject, seed=str(number))) for number in range(25)}
    stand_in.habits.page_size = 10
    client = ask(stand_in.address)
    assert {one.digest for one in ask_attachments(client, APP, subject.digest)} == wanted
    assert client.requests == 3
    assert ask_attachments(client, APP, ABSENT) == []
    stand_in.habits.referrers_api = False
    assert client.referrers(APP, subject.digest) is None


# Content ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("docker", [True, False])
def test_all_types_are_asked_for(own: OwnRegistry, docker: bool) -> None:
    """With one type only, 2.8 gives the digest of the amd64 child, or denies what it has."""
    index = multi_platform("types", docker=docker)
    push(own.address, APP, index, "1")
    child = index.children[0].digest
    assert head_manifest(own.address, APP, "1", [DOCKER_MANIFEST]) == ((200, child) if docker else (404, ""))
    client = ask(own.address)
    head, body = client.head(APP, "1"), client.manifest(APP, "1")
    assert head and body and head.digest == body.digest == index.digest
    assert head.media_type == body.media_type == index.media and head.size == len(index.body) == len(body.data)


def test_all_types_are_named_in_one_header(stand_in: StandInRegistry) -> None:
    """Proxies fold several headers of one name, or keep the last."""
    stand_in.content.put(APP, multi_platform("types", docker=True), "1")
    stand_in.habits.picks_child = True
    client = ask(stand_in.address)
    assert client.head(APP, "1") and client.manifest(APP, "1")
    for one in stand_in.requests():
        (accepted,) = one.header("Accept")
        assert sorted(accepted.split(", ")) == sorted(MANIFEST_TYPES)
        assert one.header("Accept-Encoding") == ["identity"]


def test_what_is_not_there(stand_in: StandInRegistry, own: OwnRegistry) -> None:
    for server in (stand_in, own):
        push(server.address, APP, simple("one"), "1")
        client = ask(server.address)
        assert client.tags("team/none") is None
        for repository, reference in ((APP, "2"), (APP, ABSENT), ("team/none", "1")):
            assert client.head(repository, reference) is None
            assert client.manifest(repository, reference) is None
            assert not client.has_manifest(repository, reference)
        assert client.blob(APP, ABSENT) is None and not client.has_blob(APP, ABSENT)


def test_a_registry_that_does_not_tell_the_digest(stand_in: StandInRegistry) -> None:
    """Then the body is read and the digest computed."""
    image = simple("one")
    stand_in.content.put(APP, image, "1")
    stand_in.faults.add(Fault(headers=(("Docker-Content-Digest", ""),)), path="manifests")
    client = ask(stand_in.address)
    head = client.head(APP, "1")
    assert head and (head.digest, head.size) == (image.digest, len(image.body))
    assert [one.method for one in stand_in.requests()] == ["HEAD", "GET"]


PASSING = {
    "wrong digest": (WRONG_DIGEST, "what it sent for 1 is not %s but sha256:" % ABSENT),
    "flipped": (FLIP, "what it sent for 1 is not sha256:"),
    "truncated": (TRUNCATE, "it broke off its answer|it sent [0-9]+ bytes of"),
    "empty": (EMPTY_BODY, "what it sent for 1 is not sha256:"),
    "reset": (RESET, "[Rr]eset by peer|Connection aborted"),
    "lost": (LOSE, "[Rr]eset by peer|Connection aborted"),
    **{
        str(status): (refuse(status), "it answered %d .UNKNOWN: injected" % status)
        for status in (408, 429, 500, 502, 503, 504)
    },
}


@pytest.mark.parametrize("kind", list(PASSING))
@pytest.mark.parametrize("where", ["stand-in", "on the way"])
def test_what_passes_is_asked_for_again(own: OwnRegistry, stand_in: StandInRegistry, kind: str, where: str) -> None:
    fault, cause = PASSING[kind]
    image = simple("passing")
    with MeddlingProxy(own.address) as proxy:
        server: LoopbackServer = proxy if where == "on the way" else stand_in
        push(server.address, APP, image, "1")
        server.mark()
        server.faults.add(fault, "GET", "manifests/1", times=2)
        sleep = Sleeper()
        found = ask(server.address, sleep).manifest(APP, "1")
        assert found and found.data == image.body and found.digest == image.digest
        assert len(server.requests()) == 3 and len(sleep.slept) == 2

        server.faults.add(fault, "GET", "manifests/1")
        server.mark()
        with pytest.raises(RegistryError, match=cause) as caught:
            ask(server.address).manifest(APP, "1")
        assert str(caught.value).startswith("No answer from registry %s: " % server.address)
        assert len(server.requests()) == 3
        with pytest.raises(RegistryError, match=cause):
            ask(server.address, retries=0).manifest(APP, "1")
        assert len(server.requests()) == 4


@pytest.mark.parametrize("fault", [FLIP, TRUNCATE, RESET, refuse(503)])
def test_blobs_and_manifests_by_digest_are_verified_too(stand_in: StandInRegistry, fault: Fault) -> None:
    image = simple("verified")
    stand_in.content.put(APP, image)
    stand_in.faults.add(fault, "GET", times=1, each=True)
    client = ask(stand_in.address)
    found = client.manifest(APP, image.digest)
    assert found and found.data == image.body
    config = client.blob(APP, client_module.digest_of(image.blobs[0]))
    assert config == image.blobs[0] and client.requests == 4


@pytest.mark.parametrize("status", [400, 401, 402, 403, 405, 409, 410, 416, 451, 501])
def test_what_does_not_pass_is_asked_for_once(stand_in: StandInRegistry, status: int) -> None:
    stand_in.content.put(APP, simple("one"), "1")
    stand_in.faults.add(refuse(status, "NO"))
    sleep = Sleeper()
    with pytest.raises(
        RegistryRefusal, match="answered %d to GET of team/app/manifests/1 .NO: injected" % status
    ) as caught:
        ask(stand_in.address, sleep).manifest(APP, "1")
    assert caught.value.status == status
    assert len(stand_in.requests()) == 1 and sleep.slept == []


def test_nobody_there() -> None:
    with StandInRegistry() as gone:
        address = gone.address
    sleep = Sleeper()
    with pytest.raises(RegistryError, match="^No answer from registry %s: .*refused" % address):
        ask(address, sleep).tags(APP)
    assert len(sleep.slept) == 2


def test_a_silent_registry(stand_in: StandInRegistry) -> None:
    stand_in.faults.add(Fault(held=threading.Event()))
    with pytest.raises(RegistryError, match="^No answer from registry .*timed out"):
        ask(stand_in.address, timeout=1, retries=0).tags(APP)


def test_files_of_ours_that_are_missing(stand_in: StandInRegistry) -> None:
    for options in ({"ca_path": "/none"}, {"client_cert": "/none", "client_key": "/none", "insecure": False}):
        sleep = Sleeper()
        with pytest.raises(RegistryError, match="^No answer from registry .*: Could not find .*/none"):
            ask(stand_in.address, sleep, **options).tags(APP)
        assert sleep.slept == []


@pytest.mark.parametrize("method", ["manifest", "head", "blob", "tags"])
def test_bodies_have_a_bound(stand_in: StandInRegistry, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(client_module, "MAX_LIST", 1000)
    size = client_module.MAX_MANIFEST + 1
    for headers in ((), (("Transfer-Encoding", "chunked"),)):
        stand_in.faults.clear()
        stand_in.mark()
        stand_in.faults.add(Fault(body=b"x" * size, headers=headers), "GET")
        stand_in.content.put(APP, simple("one"), "1")
        stand_in.faults.add(Fault(headers=(("Docker-Content-Digest", ""),)), "HEAD")
        client = ask(stand_in.address)
        with pytest.raises(
            RegistryError, match="sent more than (4194304|1000) bytes, more than such a document may have"
        ):
            getattr(client, method)(
                APP,
                *(
                    []
                    if method == "tags"
                    else [client_module.digest_of(simple("one").blobs[0])]
                    if method == "blob"
                    else ["1"]
                ),
            )
        assert [one.method for one in stand_in.requests()].count("GET") == 1


# Several at a time --------------------------------------------------------------------------------------------------


def test_retry_after_holds_for_all_threads(stand_in: StandInRegistry) -> None:
    stand_in.content.put(APP, simple("one"), "1", "2")
    stand_in.faults.add(refuse(429, "TOOMANYREQUESTS", Retry_After="40"), path="manifests/1", times=1)
    seen: list[tuple[str, float, int]] = []

    def sleep(seconds: float) -> None:
        first = not seen
        seen.append((threading.current_thread().name, seconds, len(stand_in.requests())))
        if first:
            other = threading.Thread(target=client.head, args=(APP, "2"), name="other")
            other.start()
            other.join()

    client = ask(stand_in.address, sleep)
    assert client.head(APP, "1")
    ours, others = seen[:2]
    assert ours[1:] == (40, 1)
    # It was told before it asked anything, to wait for what was left.
    assert others[0] == "other" and 0 < others[1] <= 40 and others[2] == 1
    assert [(one.path[-1], one.status) for one in stand_in.requests()] == [("1", 429), ("2", 200), ("1", 200)]


@pytest.mark.parametrize("limit", [1, 3])
def test_never_more_at_a_time_than_allowed(stand_in: StandInRegistry, limit: int) -> None:
    stand_in.content.put(APP, simple("one"), *numbered(12))
    together = threading.Barrier(limit)
    guard = threading.Lock()
    under_way, most = 0, 0

    def before(_method: str, _path: str) -> None:
        nonlocal under_way, most
        with guard:
            under_way += 1
            most = max(most, under_way)
        together.wait(60)  # so many come together

    def after(_method: str, _path: str, _status: int) -> None:
        nonlocal under_way
        with guard:
            under_way -= 1

    stand_in.before, stand_in.after = before, after
    client = ask(stand_in.address, concurrency=limit)
    threads = [threading.Thread(target=client.head, args=(APP, tag)) for tag in numbered(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.status for one in stand_in.requests()] == [200] * 12
    assert most == limit and stand_in.connections == limit


def test_connections_are_used_again(stand_in: StandInRegistry) -> None:
    stand_in.content.put(APP, simple("one"), *numbered(20))
    client = ask(stand_in.address)
    for tag in numbered(20):
        assert client.head(APP, tag) and client.manifest(APP, tag)
        assert not client.has_manifest(APP, "none") and client.delete(APP, "none") == 404
    assert client.tags(APP) and stand_in.connections == 1
    # Threads come and go, connections stay.
    for tag in numbered(20):
        thread = threading.Thread(target=client.head, args=(APP, tag))
        thread.start()
        thread.join()
    assert stand_in.connections == 1


# Redirects ----------------------------------------------------------------------------------------------------------


def test_credentials_stay_with_the_registry(stand_in: StandInRegistry) -> None:
    blob = stand_in.content.put_blob(APP, b"content")
    stand_in.habits.challenge, stand_in.habits.admits = 'Basic realm="x"', lambda header: header.startswith("Basic ")
    with StandInRegistry(stand_in.content) as elsewhere:
        stand_in.habits.redirects_blobs_to = elsewhere.url
        client = ask(stand_in.address, username="robot", password="hunter2")
        assert client.blob(APP, blob) == b"content" and client.has_blob(APP, blob)
        assert [one.authorization for one in elsewhere.requests()] == [None, None]
        assert all(str(one.authorization).startswith("Basic ") for one in stand_in.requests()[1:])
        # The second time it was known at once what to send.
        assert [one.status for one in stand_in.requests()] == [401, 307, 307]
        assert client.requests == 5
        # What is on the way elsewhere is verified as well, and its address may hold a signature.
        elsewhere.faults.add(FLIP)
        with pytest.raises(RegistryError, match="what it sent for %s is not" % blob):
            client.blob(APP, blob)
        elsewhere.faults.clear()
        with pytest.raises(RegistryError, match="sent more than 3 bytes") as caught:
            client.blob(APP, blob, limit=3)
        assert "signature" not in str(caught.value)


def test_no_way_from_https_to_http(stand_in: StandInRegistry, tmp_path: Path) -> None:
    with StandInRegistry(stand_in.content, tls=tmp_path) as secure:
        blob = secure.content.put_blob(APP, b"content")
        client = ask(secure.address, ca_path=str(tmp_path / "ca.pem"))
        assert client.blob(APP, blob) == b"content"
        secure.habits.redirects_blobs_to = stand_in.url
        with pytest.raises(RegistryError, match="redirects from https to http; that is not followed"):
            client.blob(APP, blob)
        assert stand_in.requests() == []


@pytest.mark.parametrize(
    "location, says",
    [
        ("ftp://127.0.0.1/x", "redirects to 'ftp://127.0.0.1/x'; that is not followed"),
        ("http://robot:hunter2@127.0.0.1/x", "redirects to 'http://127.0.0.1/x'; that is not followed"),
        ("http://[x/", "redirects to what is no address"),
        ("/v2/team/app/tags/list", "redirects more than 5 times"),
    ],
)
def test_redirects_that_are_not_followed(stand_in: StandInRegistry, location: str, says: str) -> None:
    stand_in.faults.add(Fault(status=307, headers=(("Location", location),)))
    sleep = Sleeper()
    with pytest.raises(RegistryError, match=says) as caught:
        ask(stand_in.address, sleep).tags(APP)
    assert "hunter2" not in str(caught.value) and sleep.slept == []
    assert len(stand_in.requests()) == (6 if "more than" in says else 1)


def test_the_clock_is_the_registrys_own(stand_in: StandInRegistry) -> None:
    blob = stand_in.content.put_blob(APP, b"content")
    stand_in.content.put(APP, simple("one"), "1")
    stand_in.faults.add(Fault(headers=(("Date", "Tue, 14 Nov 2023 22:13:20 GMT"),)))
    with StandInRegistry(stand_in.content) as elsewhere:
        stand_in.habits.redirects_blobs_to = elsewhere.url
        client = ask(stand_in.address)
        assert client.server_time is None
        assert client.blob(APP, blob) and client.server_time == 1700000000


# Deletion -----------------------------------------------------------------------------------------------------------


def statuses(client: Any, digest: str) -> list[int]:
    """Of deleting a tag, what is not there, the digest, and that again."""
    absent = [client.delete(APP, "none"), client.delete(APP, ABSENT), client.delete("team/none", ABSENT)]
    return [client.delete(APP, "1"), *absent, client.delete(APP, digest), client.delete(APP, digest)]


def test_what_deletion_answers(own: OwnRegistry, stand_in: StandInRegistry, tmp_path: Path) -> None:
    image = simple("gone")
    for server in (own, stand_in):
        push(server.address, APP, image, "1", "2")
    own.mark()
    assert statuses(ask(own.address), image.digest) == [400, 400, 404, 404, 202, 404]
    assert len(own.requests()) == 6 and own.tags(APP) == {}
    assert statuses(ask(stand_in.address), image.digest) == [202, 404, 404, 404, 202, 404]
    assert ask(stand_in.address).tags(APP) == []

    push(own.address, APP, image, "1")
    for settings in ({"delete_enabled": False}, {"delete_enabled": True, "read_only": True}):
        own.restart(**settings)
        assert set(statuses(ask(own.address), image.digest)) == {405}
        assert own.tags(APP) == {"1": image.digest}
    with OwnRegistry(tmp_path / "cache", cache_of="http://" + own.address) as through:
        assert ask(through.address).has_manifest(APP, "1")
        assert set(statuses(ask(through.address), image.digest)) == {405}


def test_a_deletion_whose_answer_was_lost_is_done(stand_in: StandInRegistry) -> None:
    image = simple("gone")
    stand_in.content.put(APP, image, "1")
    stand_in.faults.add(LOSE, "DELETE", times=1)
    assert ask(stand_in.address).delete(APP, image.digest) == 404
    assert stand_in.content.repositories[APP].manifests == {}


def test_a_manifest_is_put_back_as_it_was(own: OwnRegistry) -> None:
    image = simple("back")
    push(own.address, APP, image, "1")
    client = ask(own.address)
    assert client.delete(APP, image.digest) == 202 and own.tags(APP) == {}
    for reference in (image.digest, "1", "2"):
        client.put_manifest(APP, reference, image.media, image.body)
    assert own.tags(APP) == {"1": image.digest, "2": image.digest}
    with pytest.raises(RegistryRefusal, match="answered 400 to PUT of team/app/manifests/%s" % ABSENT):
        client.put_manifest(APP, ABSENT, image.media, image.body)
