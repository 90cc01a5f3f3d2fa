# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Challenges as registries write them, and what is sent in answer; the token server is a fake transport."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qsl

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._registry import auth
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.auth import Authorizer, parse_challenge
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.http import Answer
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options

REALM = "https://tokens.example.com/token"
CHALLENGE = 'Bearer realm="%s",service="svc",scope="repository:app:pull"' % REALM
PULL = "repository:app:pull"


class Tokens:
    """In place of a transport: answers every request with the next of `documents`, the last of them for ever."""

    def __init__(self, *documents, status=200):
        self.documents = list(documents) or [{"token": "abc"}]
        self.status = status
        self.asked = []

    def send(self, request):
        self.asked.append(request)
        document = self.documents.pop(0) if len(self.documents) > 1 else self.documents[0]
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return Answer(self.status, {}, body, request.url)


def authorizer(tokens=None, run_program=None, **options):
    made = make_registry_options({"registry": "r.example.com", **options})
    return Authorizer(made, tokens or Tokens(), run_program)


def refused(challenge):
    return Answer(401, {"www-authenticate": challenge}, b"", "https://r.example.com/v2/")


@pytest.mark.parametrize(
    "text, expected",
    [
        ('realm="https://t/x",service="s",scope="a:b:c"', {"realm": "https://t/x", "service": "s", "scope": "a:b:c"}),
        ('realm="https://t/x", service="s"', {"realm": "https://t/x", "service": "s"}),
        ('realm = "https://t/x" , service=plain', {"realm": "https://t/x", "service": "plain"}),
        ('scope="repository:a:pull,push repository:b:pull"', {"scope": "repository:a:pull,push repository:b:pull"}),
        ('realm="a, b=c"', {"realm": "a, b=c"}),
        ("realm=https://t/x,service=s", {"realm": "https://t/x", "service": "s"}),
        ("", {}),
        ("nonsense", {}),
        ('realm="unclosed', {}),
    ],
)
def test_challenges(text, expected):
    assert parse_challenge(text) == expected


def test_nothing_is_sent_before_it_is_asked_for():
    assert authorizer(username="a", password="b").header(PULL) is None
    assert authorizer(token="abc").header(PULL) == "Bearer abc"
    assert authorizer(token="abc").answer(refused(CHALLENGE), PULL, "Bearer abc") is None


def test_basic():
    known = "Basic " + base64.b64encode(b"a:b").decode()
    found = authorizer(username="a", password="b")
    assert found.answer(refused('bAsIc realm="x"'), PULL, None) == known
    assert found.header(PULL) == found.header("repository:other:delete") == known
    # It was refused already: there is nothing better.
    assert found.answer(refused('Basic realm="x"'), PULL, known) is None
    assert authorizer().answer(refused('Basic realm="x"'), PULL, None) is None


def test_basic_by_repository(tmp_path):
    """What is for one path is not sent for another, even when it is known that user and password are wanted."""
    entries = {"r.example.com/team": {"username": "team", "password": "x"}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": entries}))
    found = authorizer(config_path=str(tmp_path / "config.json"))
    team = "Basic " + base64.b64encode(b"team:x").decode()
    assert found.answer(refused('Basic realm="x"'), "repository:team/app:pull", None) == team
    assert found.header("repository:team/app:pull,push") == team
    assert found.header("repository:other:pull") is None and found.header("registry:catalog:*") is None
    assert found.answer(refused('Basic realm="x"'), "repository:other:pull", None) is None


@pytest.mark.parametrize("challenge", ["", "Negotiate", "Digest realm=x", "Bearer"])
def test_what_we_do_not_understand_is_not_answered(challenge):
    if challenge == "Bearer":
        with pytest.raises(RegistryError, match="sends us for a token to .*not followed"):
            authorizer().answer(refused(challenge), PULL, None)
    else:
        assert authorizer(username="a").answer(refused(challenge), PULL, None) is None


def test_a_token_is_asked_for_once_per_scope():
    tokens = Tokens({"token": "one"}, {"access_token": "two"})
    found = authorizer(tokens, username="a", password="b")
    assert found.answer(refused(CHALLENGE), PULL, None) == "Bearer one"
    assert found.header(PULL) == "Bearer one" and len(tokens.asked) == 1
    assert found.header("repository:app:delete") == "Bearer two"
    assert [(one.method, one.url, dict(one.params)) for one in tokens.asked] == [
        ("GET", REALM, {"scope": [PULL], "service": "svc"}),
        ("GET", REALM, {"scope": ["repository:app:delete"], "service": "svc"}),
    ]
    assert {one.headers["Authorization"] for one in tokens.asked} == {"Basic " + base64.b64encode(b"a:b").decode()}


def test_several_scopes_are_a_parameter_each():
    """A blob is mounted with the right to push here and to pull there; the credentials are those of the first."""
    tokens = Tokens()
    both = "repository:app:pull,push repository:base:pull"
    found = authorizer(tokens, username="a", password="b")
    assert found.answer(refused(CHALLENGE.replace(PULL, both)), both, None) == "Bearer abc"
    assert tokens.asked[0].params["scope"] == both.split(" ")
    assert tokens.asked[0].headers["Authorization"] == "Basic " + base64.b64encode(b"a:b").decode()


def test_the_scope_of_the_challenge_counts():
    tokens = Tokens()
    wider = CHALLENGE.replace(":pull", ":*")
    authorizer(tokens).answer(refused(wider), "repository:app:delete", None)
    assert tokens.asked[0].params["scope"] == ["repository:app:*"] and tokens.asked[0].headers == {}


@pytest.mark.parametrize(
    "life, seconds",
    [
        ({}, 50),
        ({"expires_in": 300}, 290),
        ({"expires_in": 12}, 6),
        ({"expires_in": 1}, 0.5),
        ({"expires_in": "60"}, 50),
    ],
)
def test_tokens_are_renewed_before_they_end(monkeypatch, life, seconds):
    now = [1000.0]
    monkeypatch.setattr(auth.time, "monotonic", lambda: now[0])
    tokens = Tokens({"token": "one", **life}, {"token": "two"})
    found = authorizer(tokens)
    found.answer(refused(CHALLENGE), PULL, None)
    now[0] = 1000.0 + seconds - 0.01
    assert found.header(PULL) == "Bearer one"
    now[0] = 1000.0 + seconds
    assert found.header(PULL) == "Bearer two" and len(tokens.asked) == 2


def test_a_token_that_another_thread_got_is_taken():
    tokens = Tokens({"token": "one"}, {"token": "two"})
    found = authorizer(tokens)
    found.answer(refused(CHALLENGE), PULL, None)
    assert found.answer(refused(CHALLENGE), PULL, None) == "Bearer one" and len(tokens.asked) == 1
    # The one that we hold was refused: a new one is asked for.
    assert found.answer(refused(CHALLENGE), PULL, "Bearer one") == "Bearer two"


def test_an_identity_token_is_a_refresh_token(tmp_path):
    tokens = Tokens({"access_token": "short"})
    helper = json.dumps({"Username": "<token>", "Secret": "id-token"})
    (tmp_path / "config.json").write_text('{"credsStore": "x"}')
    found = authorizer(tokens, lambda _argv, _text: (0, helper, ""), config_path=str(tmp_path / "config.json"))
    assert found.answer(refused(CHALLENGE), PULL, None) == "Bearer short"
    (asked,) = tokens.asked
    assert (asked.method, asked.url, asked.params) == ("POST", REALM, None)
    assert "Authorization" not in asked.headers
    assert dict(parse_qsl(asked.data.decode())) == {
        "grant_type": "refresh_token",
        "refresh_token": "id-token",
        "client_id": "imagefleet.docker",
        "service": "svc",
        "scope": PULL,
    }


@pytest.mark.parametrize(
    "document",
    [
        b"<html>",
        {},
        [],
        None,
        {"token": ""},
        {"token": "a", "expires_in": "soon"},
        {"token": "a b"},
        {"token": "a\r\nX: y"},
        b'{"token": "a", "expires_in": 1e999}',
    ],
)
def test_what_is_no_token(document):
    with pytest.raises(RegistryError, match="^The token server of registry r.example.com sent no token$"):
        authorizer(Tokens(document)).answer(refused(CHALLENGE), PULL, None)


@pytest.mark.parametrize(
    "status, says",
    [(401, "401; give username and password, or config_path"), (403, "403; the user may not do that"), (404, "404")],
)
def test_a_token_server_that_refuses(status, says):
    with pytest.raises(
        RegistryError, match="^The token server of registry r.example.com answered %s$" % says
    ) as caught:
        authorizer(Tokens(b"", status=status)).answer(refused(CHALLENGE), PULL, None)
    # A missing token is not a missing repository.
    assert isinstance(caught.value, RegistryRefusal) == (status != 404)


@pytest.mark.parametrize(
    "realm",
    ["http://tokens.example.com/", "https://127.0.0.1/", "https://u:p@t.example.com/", "file:///x", "https://[x"],
)
def test_credentials_do_not_go_everywhere(realm):
    tokens = Tokens()
    with pytest.raises(RegistryError, match="^Registry r.example.com sends us for a token"):
        authorizer(tokens, username="a", password="b").answer(refused('Bearer realm="%s"' % realm), PULL, None)
    assert tokens.asked == []
