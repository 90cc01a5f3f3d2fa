# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs sent in two requests, and read as a stream in pieces of bounded size."""

from __future__ import annotations

import contextlib
import hashlib

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.http import Answer
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import PIECE, TransferClient

BASE = "https://r.example.com"
UPLOADS = BASE + "/v2/app/blobs/uploads/"


class FakeStream:
    """`broken`: after so many bytes the line breaks. `asked` are the sizes of pieces that were asked for."""

    def __init__(self, status, headers, body, broken):
        self.status = status
        self.headers = headers
        self.asked = []
        self._body = body
        self._broken = broken

    def chunks(self, size):
        self.asked.append(size)
        end = len(self._body) if self._broken is None else self._broken
        for place in range(0, end, size):
            yield self._body[place : min(place + size, end)]
        if self._broken is not None:
            raise RegistryError("the line broke")

    def whole(self, limit):
        return Answer(self.status, self.headers, self._body[:limit], "")


class Registry:
    """Answers requests by itself, or as `answers` say, one after the other; `sent` is what it was asked.

    `breaks`: after how many bytes each stream breaks.
    """

    def __init__(self, *answers, blob=b"", ranges=True, breaks=()):
        self.sent = []
        self.streams = []
        self._breaks = list(breaks)
        self.blob = blob
        self.ranges = ranges
        self._answers = list(answers)
        self.client = TransferClient(make_registry_options({"registry": "r.example.com"}))
        self.client._transport.send = self._send
        self.client._transport.open = self._open
        self.client._transport.wait = lambda attempt: None

    def _send(self, request):
        self.sent.append(request)
        if self._answers:
            status, headers, body = self._answers.pop(0)
            return Answer(status, headers, body, request.url)
        raise AssertionError("nothing was to be sent but %s" % request.url)

    @contextlib.contextmanager
    def _open(self, request):
        self.sent.append(request)
        if self._answers:
            status, headers, body = self._answers.pop(0)
        else:
            wanted = request.headers.get("Range")
            first = int(wanted[len("bytes=") : -1]) if wanted and self.ranges else 0
            status = 200 if not first else 206 if first < len(self.blob) else 416
            headers, body = {}, self.blob[first:]
        broken = self._breaks.pop(0) if self._breaks and status in (200, 206) else None
        self.streams.append(FakeStream(status, headers, body, broken))
        yield self.streams[-1]


def opened(location="/v2/app/blobs/uploads/1?state=abc"):
    return 202, {"location": location} if location else {}, b""


# Sending -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "location, target",
    [
        ("/v2/app/blobs/uploads/1", "/v2/app/blobs/uploads/1?digest="),
        ("/v2/app/blobs/uploads/1?state=abc", "/v2/app/blobs/uploads/1?state=abc&digest="),
        (BASE + "/v2/app/blobs/uploads/1?state=abc", "/v2/app/blobs/uploads/1?state=abc&digest="),
    ],
)
@pytest.mark.parametrize("data", [b"layer", b""])
def test_a_blob_is_sent_to_where_the_registry_says(location, target, data):
    registry = Registry(opened(location), (201, {}, b""))
    assert registry.client.put_blob("app", data) == digest_of(data)
    first, second = registry.sent
    assert (first.method, first.url, first.data) == ("POST", UPLOADS, b"")
    assert (second.method, second.url, second.data) == ("PUT", BASE + target + digest_of(data), data)
    assert second.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "location, words",
    [
        ("", "Registry r.example.com opened an upload in app and did not say where"),
        ("https://elsewhere.example.com/v2/app/blobs/uploads/1", "sends us to another host"),
        ("http://r.example.com/v2/app/blobs/uploads/1", "sends us to another host"),
        ("https://r.example.com.evil.example/v2/", "sends us to another host"),
    ],
)
def test_a_blob_is_sent_nowhere_else(location, words):
    registry = Registry(opened(location))
    with pytest.raises(RegistryError, match=words):
        registry.client.put_blob("app", b"layer")
    assert len(registry.sent) == 1


@pytest.mark.parametrize("answers", [[(405, {}, b"")], [opened(), (400, {}, b"")], [(403, {}, b"")]])
def test_a_refusal_has_its_status(answers):
    with pytest.raises(RegistryRefusal) as caught:
        Registry(*answers).client.put_blob("app", b"layer")
    assert caught.value.status == answers[-1][0]


# Reading -------------------------------------------------------------------------------------------------------------


def patterned(size):
    return bytes(range(251)) * (size // 251) + b"x" * (size % 251)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1])
def test_a_blob_is_read_in_one_request_in_pieces(size):
    registry = Registry(blob=patterned(size))
    assert registry.client.check_blob("app", digest_of(registry.blob), size) == size
    (only,) = registry.sent
    assert (only.method, only.url) == ("GET", BASE + "/v2/app/blobs/" + digest_of(registry.blob))
    assert "Range" not in only.headers
    # Memory is bounded: no more is asked for at a time.
    assert registry.streams[0].asked == [PIECE]


@pytest.mark.parametrize("ranges", [True, False])
def test_what_breaks_is_taken_up_where_it_broke(ranges):
    """Also when the registry begins anew although it was asked for the rest."""
    blob = patterned(3 * PIECE)
    registry = Registry(blob=blob, ranges=ranges, breaks=[PIECE + 7, None])
    assert b"".join(registry.client.read_blob("app", digest_of(blob), len(blob))) == blob
    assert [request.headers.get("Range") for request in registry.sent] == [None, "bytes=%d-" % (PIECE + 7)]


def test_each_piece_gives_new_patience():
    blob = patterned(PIECE)
    registry = Registry(blob=blob, breaks=[1] * 20)
    assert registry.client.check_blob("app", digest_of(blob), len(blob)) == len(blob)
    assert len(registry.sent) == 21


def test_a_line_that_always_breaks_is_given_up():
    registry = Registry(blob=b"layer", breaks=[0] * 100)
    with pytest.raises(RegistryError, match="the line broke"):
        registry.client.check_blob("app", digest_of(b"layer"), 5)
    assert len(registry.sent) == registry.client.options.retries + 1


def test_a_busy_registry_is_asked_again_when_it_says():
    registry = Registry((429, {"retry-after": "7"}, b""), (503, {}, b""), blob=b"layer")
    heeded = []
    registry.client._transport.heed = lambda stream: heeded.append(stream.headers.get("retry-after"))
    assert registry.client.check_blob("app", digest_of(b"layer"), 5) == 5
    assert heeded == ["7", None]


def test_a_size_that_is_not_told():
    """Some entries of an index name none."""
    registry = Registry(blob=b"layer")
    assert registry.client.check_blob("app", digest_of(b"layer"), 0) == 5


def test_a_blob_by_another_digest():
    registry = Registry(blob=b"layer")
    assert registry.client.check_blob("app", "sha512:" + hashlib.sha512(b"layer").hexdigest(), 5) == 5


@pytest.mark.parametrize(
    "blob, size",
    [
        (b"other", 5),
        (b"laye", 5),
        (b"", 5),
        # It ends before its told size, after a whole piece.
        (b"x" * PIECE, PIECE + 5),
        (b"x" * (PIECE + 3), PIECE + 5),
        (b"y" * (PIECE + 5), PIECE + 5),
    ],
)
def test_something_else_is_told(blob, size):
    whole = b"x" * size if size > PIECE else b"layer"
    with pytest.raises(
        RegistryError,
        match="what registry r.example.com sends for %s of app is|answered 416|ended after 0 bytes" % digest_of(whole),
    ):
        Registry(blob=blob).client.check_blob("app", digest_of(whole), size)


@pytest.mark.parametrize("told, most", [(5, 5), (PIECE + 1, PIECE + 1), (0, PIECE)])
def test_more_than_was_told_is_not_read_and_not_passed_on(told, most):
    """A sender that was told a length would send the rest as another request."""
    registry = Registry(blob=b"x" * (most + 1))
    taken = []
    with pytest.raises(RegistryError, match="sent more than %d bytes" % most):
        taken.extend(registry.client.read_blob("app", digest_of(registry.blob), told))
    assert sum(map(len, taken)) <= most
    assert len(registry.sent) == 1


def test_a_blob_that_is_not_there():
    with pytest.raises(RegistryRefusal, match="answered 404 to GET of sha256:[0-9a-f]{64} in app"):
        Registry((404, {}, b"")).client.check_blob("app", digest_of(b"layer"), 5)


def test_a_digest_that_nobody_knows():
    """Who may push may name foreign layers so: it is told, not a crash."""
    registry = Registry()
    with pytest.raises(RegistryError, match="md17:0+ of app has a digest that is not known here"):
        registry.client.check_blob("app", "md17:" + "0" * 32, 5)
    assert registry.sent == []


def test_a_token_is_asked_for_when_the_stream_is_closed():
    """Both take one of the requests that may be under way; with one of them they would wait for each other."""
    registry = Registry((401, {}, b""), blob=b"layer")
    under_way = []
    inner = registry.client._transport.open

    @contextlib.contextmanager
    def counted(request):
        under_way.append(request)
        with inner(request) as stream:
            yield stream
        under_way.remove(request)

    registry.client._transport.open = counted
    seen = []

    def answer(refused, scope, known):
        seen.append((refused.status, scope, len(under_way)))
        return "Bearer fresh"

    registry.client._authorizer.answer = answer
    assert registry.client.check_blob("app", digest_of(b"layer"), 5) == 5
    assert seen == [(401, "repository:app:pull", 0)]
    assert registry.sent[1].headers["Authorization"] == "Bearer fresh"
