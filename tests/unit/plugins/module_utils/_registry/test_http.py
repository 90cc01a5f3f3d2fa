# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transport's rules, without a network: where it may be sent, how long it waits, where the next page is."""

from __future__ import annotations

import email.utils
from types import SimpleNamespace

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry import http
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.http import (
    Answer,
    Request,
    Transport,
    check_target,
    explain,
    json_of,
    next_page,
    parse_http_date,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options

HTTPS, HTTP, HERE = "https://r.example.com/v2/", "http://r.example.com/v2/", "http://127.0.0.1:5000/v2/"
NOW = 1700000000


def answer(body=b"", url=HTTPS, status=200, **headers):
    return Answer(status, {name.replace("_", "-"): text for name, text in headers.items()}, body, url)


@pytest.mark.parametrize(
    "source, target",
    [
        (HTTPS, "https://cdn.example.net/blob?signature=x"),
        (HTTP, "http://cdn.example.net/blob"),
        (HTTP, "https://cdn.example.net/blob"),
        (HTTPS, "https://10.0.0.8/blob"),
        (HERE, "http://127.0.0.1:5001/blob"),
        (HERE, "http://localhost/blob"),
        ("http://localhost:5000/", "http://[::1]:5001/blob"),
        ("https://127.1/", "https://127.0.0.1/blob"),
        (HTTPS, "https://8/blob"),
    ],
)
def test_where_a_server_may_send_us(source, target):
    check_target(source, target, "It sends us")


@pytest.mark.parametrize(
    "source, target, says",
    [
        (HTTPS, "http://r.example.com/blob", "It sends us from https to http; that is not followed"),
        (HTTPS, "http://cdn.example.net/blob", "from https to http"),
        *(
            (HTTP, "http://%s/blob" % host, "to this machine or its own link")
            for host in (
                "127.0.0.1",
                "127.8.9.1:5000",
                "127.1",
                "2130706433",
                "0x7f000001",
                "localhost",
                "localhost.",
                "LOCALHOST",
                "x.localhost",
                "[::1]",
                "[::ffff:127.0.0.1]",
                "0.0.0.0",
                "[::]",
                "169.254.169.254",
                "[fe80::1]",
            )
        ),
        (HTTPS, "https://user:hunter2@r.example.com/blob", "to 'https://r.example.com/blob'; that is not followed"),
        (HTTPS, "https://user@r.example.com/blob", "that is not followed"),
        (HTTPS, "https://:hunter2@r.example.com/blob", "that is not followed"),
        (HTTPS, "file:///etc/passwd", "that is not followed"),
        (HTTPS, "ftp://r.example.com/hunter2", None),
        (HTTPS, "gopher://r.example.com/", "that is not followed"),
        (HTTPS, "", "that is not followed"),
        (HTTPS, "/token", "that is not followed"),
        (HTTPS, "https:///blob?x=hunter2", "that is not followed"),
        (HTTPS, "https://[r.example.com/hunter2", "It sends us to what is no address"),
    ],
)
def test_where_a_server_may_not_send_us(source, target, says):
    with pytest.raises(RegistryError, match=says) as caught:
        check_target(source, target, "It sends us")
    assert says is None or "hunter2" not in str(caught.value)


# Pages --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link, expected",
    [
        ("", None),
        ('</v2/app/tags/list?n=5&last=x>; rel="next"', "https://r.example.com/v2/app/tags/list?n=5&last=x"),
        ("</v2/app/tags/list?last=x>; rel=next", "https://r.example.com/v2/app/tags/list?last=x"),
        ('<https://r.example.com/p>; rel="next"', "https://r.example.com/p"),
        ('</first>; rel="first", </next>; rel="next"', "https://r.example.com/next"),
        ('</first>; rel="prev"', None),
        ("nonsense", None),
        ('<?last=x>; rel="next"', "https://r.example.com/v2/?last=x"),
    ],
)
def test_the_next_page(link, expected):
    assert next_page(answer(link=link)) == expected


@pytest.mark.parametrize(
    "link",
    ["https://elsewhere.example.com/p", "http://r.example.com/p", "//elsewhere/p", "https://r.example.com:444/p"],
)
def test_the_next_page_is_on_the_same_host(link):
    with pytest.raises(RegistryError, match="^https://r.example.com/v2/ has its next page on another host") as caught:
        next_page(answer(url=HTTPS + "?n=hunter2", link='<%s>; rel="next"' % link))
    assert "hunter2" not in str(caught.value)


def test_a_next_page_that_is_no_address():
    with pytest.raises(RegistryError, match="for its next page to what is no address"):
        next_page(answer(link='<https://[x/p>; rel="next"'))


# Waiting ------------------------------------------------------------------------------------------------------------


def waits(monkeypatch, *answers, retries=5, **options):
    """What a transport sleeps when it gets these answers, one after the other."""
    slept, left = [], list(answers)
    made = make_registry_options({"registry": "r.example.com", "retries": retries, **options})
    transport = Transport(made, slept.append)
    monkeypatch.setattr(transport, "_follow", lambda _session, _request: left.pop(0))
    monkeypatch.setattr(http.time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(http.time, "time", lambda: NOW)
    got = transport.send(Request("GET", HTTPS, {}))
    assert left == []
    return got, slept


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("100000", 60.0),
        ("0", 0.0),
        (email.utils.formatdate(NOW + 9, usegmt=True), 9.0),
        (email.utils.formatdate(NOW - 9, usegmt=True), 0.0),
        (email.utils.formatdate(NOW + 9999, usegmt=True), 60.0),
    ],
)
def test_retry_after_is_kept_to(monkeypatch, text, seconds):
    got, slept = waits(monkeypatch, answer(status=429, retry_after=text), answer(b"x"))
    # Once as the wait between tries, and as the silence that holds for every thread: the clock stands still here.
    assert got.body == b"x" and slept == [seconds] + ([seconds] if seconds else [])


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "Wed, 99 Nov 2023 99:99:99 GMT"])
def test_without_one_waits_grow(monkeypatch, text):
    got, slept = waits(monkeypatch, *[answer(status=503, retry_after=text)] * 5, answer(b"x"))
    assert got.body == b"x" and len(slept) == 5
    for place, seconds in enumerate(slept):
        assert 0.25 * 2**place <= seconds <= 0.5 * 2**place


def test_no_wait_is_longer_than_a_minute(monkeypatch):
    _got, slept = waits(monkeypatch, *[answer(status=500)] * 20, answer(), retries=20)
    assert max(slept) <= 60


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_failures_end_with_the_last_try(monkeypatch, status):
    body = b'{"errors":[{"code":"TOOMANY","message":"slow down"}]}'
    with pytest.raises(RegistryError) as caught:
        waits(monkeypatch, *[answer(body, status=status)] * 3, retries=2)
    assert str(caught.value) == ("No answer from registry r.example.com: it answered %d (TOOMANY: slow down)" % status)


@pytest.mark.parametrize("status", [200, 202, 304, 400, 401, 403, 404, 405, 409, 416, 501])
def test_other_answers_are_final(monkeypatch, status):
    got, slept = waits(monkeypatch, answer(status=status))
    assert (got.status, slept) == (status, [])


# Words --------------------------------------------------------------------------------------------------------------


def test_dates():
    assert parse_http_date("Tue, 14 Nov 2023 22:13:20 GMT") == NOW
    for text in ("", "yesterday", "Tue, 99 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 99999 22:13:20 GMT"):
        assert parse_http_date(text) is None


@pytest.mark.parametrize(
    "body, said",
    [
        (b'{"errors":[{"code":"DENIED","message":"no"}]}', " (DENIED: no)"),
        (b'{"errors":[{"code":"DENIED"}]}', " (DENIED)"),
        (b'{"errors":[{"code":"DENIED","detail":"write /data: no space left on device"}]}', " (DENIED)"),
        (
            b'{"errors":[{"code":"UNKNOWN","detail":"write /data/a: no space left on device"}]}',
            " (UNKNOWN: no space left on device)",
        ),
        (
            b'{"errors":[{"code":"UNKNOWN","detail":{"DriverName":"filesystem","Enclosed":{"Op":"write","Err":28}}}]}',
            " (UNKNOWN: no space left on device)",
        ),
        (b'{"errors":[{"code":"UNKNOWN","detail":{"Enclosed":{"Err":99999999999999}}}]}', " (UNKNOWN)"),
        (b'{"errors":[{"code":"UNKNOWN","detail":{"Enclosed":28}}]}', " (UNKNOWN)"),
        (b'{"errors":[{"code":"UNKNOWN","detail":[1]}]}', " (UNKNOWN)"),
        (b'{"errors":[{}]}', ""),
        (b'{"errors":[]}', ""),
        (b'{"errors":{"a":1}}', ""),
        (b"[]", ""),
        (b"null", ""),
        (b"<html>", ""),
        (b"\xff", ""),
        (b"[" * 100000, ""),
    ],
)
def test_what_a_registry_says(body, said):
    assert explain(answer(body)) == said
    assert len(explain(answer(b'{"errors":[{"message":"%s"}]}' % (b"x" * 5000)))) < 300


def test_no_json():
    with pytest.raises(RegistryError, match="^https://r.example.com/v2/ sent no JSON") as caught:
        json_of(answer(b"<html>", url=HTTPS + "?signature=hunter2"))
    assert "hunter2" not in str(caught.value)


def test_without_requests_the_package_is_named(monkeypatch):
    monkeypatch.setattr(http, "IMPORT_ERROR", "Traceback\nImportError: No module named 'requests'\n")
    with pytest.raises(RegistryError, match="'requests' is missing.*python3-requests.*Cause: ImportError: No module"):
        Transport(make_registry_options({"registry": "r.example.com"}))


# Streams -------------------------------------------------------------------------------------------------------------


class Line:
    """An answer of the library."""

    def __init__(self, status, url=HTTPS, **headers):
        self.status_code = status
        self.url = url
        self.headers = headers

    def close(self):
        pass

    def iter_content(self, _size):
        return iter(())


class Content:
    """It can be read once."""

    def __len__(self):
        return 5


def streaming(monkeypatch, *answers):
    """A transport, and what was asked of it: method and address."""
    transport, asked, left = Transport(make_registry_options({"registry": "r.example.com"})), [], list(answers)

    def ask(_session, method, url, **_more):
        asked.append((method, url))
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(transport, "_ask", ask)
    return transport, asked


def put(content):
    return Request("PUT", HTTPS + "app/blobs/uploads/1", {"Authorization": "Bearer secret"}, data=content)


@pytest.mark.parametrize("target", [HTTPS + "elsewhere", "https://cdn.example.net/x"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_what_can_be_read_once_is_not_sent_twice(monkeypatch, target, status):
    transport, asked = streaming(monkeypatch, Line(status, Location=target), Line(201))
    with pytest.raises(RegistryError, match="redirects what is sent to it once only"):
        with transport.open(put(Content())):
            raise AssertionError("it must not get so far")
    assert len(asked) == 1


def test_a_file_of_ours_that_is_missing_is_told(monkeypatch):
    """Not a crash in a thread that nobody looks after."""
    transport, _asked = streaming(monkeypatch, OSError("Could not find a suitable TLS CA certificate bundle"))
    with pytest.raises(RegistryError, match="r.example.com broke off: Could not find a suitable"):
        with transport.open(put(Content())):
            raise AssertionError("it must not get so far")


def test_a_stream_that_failed_leaves_its_place(monkeypatch):
    count = 3 * make_registry_options({"registry": "r.example.com"}).concurrency
    transport, asked = streaming(monkeypatch, *[OSError("reset")] * count)
    for _try in range(count):
        with pytest.raises(RegistryError):
            with transport.open(put(Content())):
                raise AssertionError("it must not get so far")
    assert len(asked) == count


def test_a_refused_stream_is_heeded_by_all(monkeypatch):
    slept = []
    transport, _asked = streaming(monkeypatch, Line(429, **{"Retry-After": "7"}), Line(201))
    monkeypatch.setattr(transport, "_sleep", slept.append)
    monkeypatch.setattr(http, "time", SimpleNamespace(monotonic=lambda: 100.0, time=lambda: NOW))
    with transport.open(put(Content())) as stream:
        transport.heed(stream)
    with transport.open(put(Content())) as stream:
        assert stream.status == 201
    assert slept == [7.0]


def test_the_environment_is_asked_for_a_proxy_once_for_each_host(monkeypatch):
    asked = []

    def found(url):
        asked.append(url)

    monkeypatch.setattr(http, "proxy_for", found)
    transport = Transport(make_registry_options({"registry": "r.example.com"}))
    for path in ("v2/a", "v2/b", "v2/a"):
        for place in (HTTPS, "https://cdn.example.net/", "http://r.example.com/"):
            assert transport._proxy_for(place + path) is None
    assert asked == [HTTPS + "v2/a", "https://cdn.example.net/v2/a", "http://r.example.com/v2/a"]
