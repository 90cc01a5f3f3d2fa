# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who we are: options first, then Docker client configurations with their helpers. No secret reaches a message."""

from __future__ import annotations

import base64
import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import (
    CredentialBook,
    Credentials,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options

HOST = "r.example.com:5000"
SECRET = "hunter2:with-colon"
PAIR = base64.b64encode(("robot:" + SECRET).encode()).decode()


@pytest.fixture
def find(tmp_path):
    def ask(config, run_program=None, registry=HOST, repository="", **more):
        path = tmp_path / "config.json"
        path.write_bytes(config if isinstance(config, bytes) else json.dumps(config).encode())
        options = make_registry_options({"registry": registry, "config_path": str(path), **more})
        return CredentialBook(options, run_program).find(repository)

    return ask


class Helper:
    """A fake runner of programs that remembers what it was asked."""

    def __init__(self, code=0, output="", errors=""):
        self.answer = (code, output, errors)
        self.asked = []

    def __call__(self, argv, text):
        self.asked.append((list(argv), text))
        return self.answer


def answers(username, secret):
    return Helper(output=json.dumps({"ServerURL": "x", "Username": username, "Secret": secret}))


def test_options_come_first(find):
    found = find({"auths": {HOST: {"auth": PAIR}}}, username="me", password="mine")
    assert found == Credentials("me", "mine") and find(b"{", username="me") == Credentials("me", "")
    assert CredentialBook(make_registry_options({"registry": HOST})).find() is None


def test_basic_is_what_rfc_7617_says():
    assert Credentials("Aladdin", "open sesame").basic == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert Credentials("u", "p\u00e4ss").basic == "Basic " + base64.b64encode("u:p\u00e4ss".encode()).decode()


@pytest.mark.parametrize(
    "key",
    [
        HOST,
        "https://" + HOST,
        "http://" + HOST,
        "https://%s/v2/" % HOST,
        "https://%s/v1/" % HOST,
        "https://%s/v2" % HOST,
        HOST + "/",
        HOST + "/v2/",
        "R.Example.com:5000",
    ],
)
def test_keys_of_auths(find, key):
    assert find({"auths": {"other.example.com": {"auth": "eDp5"}, key: {"auth": PAIR}}}) == Credentials("robot", SECRET)


HUB_HOSTS = ["docker.io", "index.docker.io", "registry-1.docker.io"]
HUB_KEYS = [
    "https://index.docker.io/v1/",
    *HUB_HOSTS,
    "https://registry-1.docker.io/v2/",
    "https://docker.io",
    "index.docker.io/v1/",
]


@pytest.mark.parametrize("registry", HUB_HOSTS)
@pytest.mark.parametrize("key", HUB_KEYS)
def test_keys_of_docker_hub(find, registry, key):
    config = {"auths": {"hub.docker.io": {"auth": "eDp5"}, key: {"auth": PAIR}}}
    for repository in ("", "library/nginx"):
        assert find(config, registry=registry, repository=repository) == Credentials("robot", SECRET)
    assert find(config) is None


def entries(*keys):
    """Each with a user of its own, called as the key."""
    return {"auths": {key: {"username": key, "password": "x"} for key in keys}}


def test_the_documented_key_of_docker_hub_comes_first(find):
    for left in range(4):
        # In whatever order the file has them.
        for keys in (HUB_KEYS[left:], HUB_KEYS[left:][::-1]):
            assert find(entries(*keys), registry="docker.io").username == HUB_KEYS[left]


def test_an_entry_that_says_nothing_is_passed_over(find):
    """docker and podman leave them beside helpers."""
    config = entries("docker.io")
    config["auths"] = {"https://index.docker.io/v1/": {}, **config["auths"]}
    assert find(config, registry="docker.io").username == "docker.io"


@pytest.mark.parametrize(
    "repository, expected",
    [
        ("", HOST),
        ("other", HOST),
        ("team", HOST + "/team"),
        ("team/app", HOST + "/team"),
        ("team/sub", HOST + "/team/sub"),
        ("team/sub/app", HOST + "/team/sub"),
        ("team2/app", HOST),
        ("team/sub2", HOST + "/team"),
        ("a/team/sub", HOST),
    ],
)
def test_a_key_with_a_path_is_for_the_repositories_below_it(find, repository, expected):
    keys = (HOST, HOST + "/team", HOST + "/team/sub", "other.example.com/team/app", "https://" + HOST)
    for order in (keys, keys[::-1]):
        assert find(entries(*order), repository=repository).username == expected


def test_without_a_key_for_the_registry_only_what_is_below_the_path_is_known(find):
    config = entries(HOST + "/team")
    assert find(config, repository="team/app") is not None
    assert find(config, repository="other") is None and find(config) is None
    # An address is that of the host, whatever comes behind it.
    assert find(entries("https://%s/team" % HOST), repository="other") is not None


def test_paths_on_docker_hub(find):
    config = entries("docker.io/library", "https://index.docker.io/v1/", "registry-1.docker.io/team")
    found = [
        find(config, registry="docker.io", repository=one).username for one in ("library/nginx", "team/app", "x/y")
    ]
    assert found == ["docker.io/library", "registry-1.docker.io/team", "https://index.docker.io/v1/"]


@pytest.mark.parametrize(
    "entry, expected",
    [
        ({}, None),
        ({"username": "a", "password": "b"}, Credentials("a", "b")),
        ({"auth": base64.b64encode(b"a:b\0\0").decode()}, Credentials("a", "b")),
        ({"auth": base64.b64encode(b"a").decode()}, Credentials("a", "")),
        ({"auth": PAIR, "identitytoken": "id"}, Credentials("robot", SECRET, "id")),
        ({"identitytoken": "id"}, Credentials("", "", "id")),
    ],
)
def test_forms_of_an_entry(find, entry, expected):
    assert find({"auths": {HOST: entry}}) == expected


@pytest.mark.parametrize("config", [{}, {"auths": None}, {"auths": {}}, {"auths": {HOST: "text"}}, {"credsStore": ""}])
def test_nothing_there_is_anonymous(find, config):
    assert find(config) is None


@pytest.mark.parametrize(
    "config, says",
    [
        (b"{", "config_path: .*config.json is not JSON"),
        (b"\xff", "config_path: .* is not JSON"),
        (b"[]", "config_path: .* is not a Docker client configuration"),
        ({"auths": []}, None),
        ({"auths": ["x"]}, "is not a Docker client configuration: auths is no mapping"),
        ({"credHelpers": "x"}, "credHelpers is no mapping"),
        ({"auths": {HOST: {"auth": "A"}}}, "the credentials of %s cannot be decoded" % HOST),
        ({"auths": {HOST: {"auth": "/////w=="}}}, "cannot be decoded"),
        ({"auths": {HOST: {"auth": 5}}}, "cannot be decoded"),
    ],
)
def test_what_cannot_be_used_is_told(find, config, says):
    if says is None:
        assert find(config) is None
        return
    with pytest.raises(RegistryError, match=says):
        find(config)


SPOILT = {
    "it is not base64": [
        "***",
        "robot:" + SECRET,
        PAIR[:-1] + "!",
        " " + PAIR,
        PAIR[:-1],
        PAIR[: len(PAIR) // 2] + "-_" + PAIR[len(PAIR) // 2 :],
        "p\u00e4ss",
        "A",
    ],
    "what it encodes is not UTF-8": [base64.b64encode(b"robot:h\xfcnter2").decode(), "/////w=="],
    "it names no user": [base64.b64encode((":" + SECRET).encode()).decode()],
    "it is not text": [987654321, True, ["robot", SECRET], {"robot": SECRET}],
}


@pytest.mark.parametrize("cause, auth", [(cause, auth) for cause, several in SPOILT.items() for auth in several])
def test_credentials_that_cannot_be_decoded_are_not_those_of_nobody(find, cause, auth):
    with pytest.raises(RegistryError) as caught:
        find({"auths": {HOST: {"auth": auth}}})
    says = (
        "config.json: the credentials of %s cannot be decoded: auth has to be user:password in base64, and %s; log in again"
        % (HOST, cause)
    )
    assert says in str(caught.value)
    for secret in ("hunter2", "robot", "0xfc", str(auth)):
        assert secret not in str(caught.value)
    # Nor does a traceback tell.
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("auth", [PAIR[:8] + "\n" + PAIR[8:] + "\n", PAIR[:8] + "\r\n" + PAIR[8:]])
def test_line_breaks_in_base64_are_fine(find, auth):
    assert find({"auths": {HOST: {"auth": auth}}}) == Credentials("robot", SECRET)


def test_an_identity_token_needs_no_user(find):
    """As registries of Azure have it."""
    nobody = base64.b64encode(b":").decode()
    assert find({"auths": {HOST: {"auth": nobody, "identitytoken": "id"}}}) == Credentials("", "", "id")


def test_a_missing_and_an_oversized_configuration(find, tmp_path):
    options = make_registry_options({"registry": HOST, "config_path": str(tmp_path / "none.json")})
    with pytest.raises(RegistryError, match="config_path: there is no .*none.json"):
        CredentialBook(options).find()
    with pytest.raises(StateError, match="larger than 1048576 bytes"):
        find(b" " * (1024 * 1024 + 1))


# Helpers ------------------------------------------------------------------------------------------------------------


def test_a_helper_is_asked_through_its_standard_input(find):
    helper = answers("robot", SECRET)
    config = {"credHelpers": {HOST: "one"}, "credsStore": "two", "auths": {HOST: {"auth": "eDp5"}}}
    assert find(config, helper) == Credentials("robot", SECRET)
    assert helper.asked == [(["docker-credential-one", "get"], HOST)]
    # Another registry's helper is not asked, the store is.
    assert find({**config, "credHelpers": {"other": "one"}}, helper) == Credentials("robot", SECRET)
    assert helper.asked[1:] == [(["docker-credential-two", "get"], HOST)]
    assert find({"credsStore": "two"}, helper, registry="docker.io") == Credentials("robot", SECRET)
    assert helper.asked[2:] == [(["docker-credential-two", "get"], "https://index.docker.io/v1/")]


@pytest.mark.parametrize("key", HUB_KEYS[:4])
def test_a_helper_for_docker_hub_is_asked_by_the_key_that_names_it(find, key):
    helper = answers("robot", SECRET)
    config = {"credHelpers": {"other": "one", key: "two"}, "credsStore": "three"}
    assert find(config, helper, registry="docker.io") == Credentials("robot", SECRET)
    assert helper.asked == [(["docker-credential-two", "get"], key)]


def test_a_helper_is_asked_once_for_all_repositories(tmp_path):
    helper = answers("robot", SECRET)
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "x"}))
    options = make_registry_options({"registry": HOST, "config_path": str(tmp_path / "config.json")})
    book = CredentialBook(options, helper)
    assert {book.find(one) for one in ("", "a", "b", "a")} == {Credentials("robot", SECRET)} and len(helper.asked) == 1


def test_an_identity_token_from_a_helper(find):
    assert find({"credsStore": "x"}, answers("<token>", "id")) == Credentials(identity_token="id")


@pytest.mark.parametrize(
    "answer", [{"output": "credentials not found in native keychain\n"}, {"errors": "credentials not found"}]
)
def test_a_helper_that_knows_nothing_leaves_it_to_auths(find, answer):
    helper = Helper(1, **answer)
    assert find({"credsStore": "x", "auths": {HOST: {"auth": PAIR}}}, helper) == Credentials("robot", SECRET)
    assert find({"credsStore": "x"}, helper) is None


@pytest.mark.parametrize("name", ["../x", "a/b", "/bin/sh", "a b", "a;b", "x" * 101, "\n"])
def test_no_helper_is_run_from_elsewhere(find, name):
    helper = answers("robot", SECRET)
    with pytest.raises(RegistryError, match="which is no name of a program"):
        find({"credsStore": name}, helper)
    assert helper.asked == []


def test_a_helper_that_fails_or_is_missing(find):
    with pytest.raises(RegistryError, match="helper docker-credential-x, which failed: no keychain here$"):
        find({"credsStore": "x"}, Helper(1, "no keychain here\nsecond line"))
    with pytest.raises(RegistryError, match="which failed: exit code 3"):
        find({"credsStore": "x"}, Helper(3))
    with pytest.raises(RegistryError, match="which cannot be asked here; give username and password"):
        find({"credsStore": "x"})

    def missing(_argv, _text):
        raise FileNotFoundError(2, "no such program")

    with pytest.raises(RegistryError, match="which cannot be run .no such program.; install it"):
        find({"credsStore": "x"}, missing)


@pytest.mark.parametrize(
    "output",
    [
        SECRET,
        "",
        "[]",
        "null",
        json.dumps({"Username": "robot"}),
        json.dumps({"Secret": SECRET}),
        "[" * 100000,
        '{"Secret": "%s"' % SECRET,
    ],
)
def test_nonsense_is_not_repeated(find, output):
    with pytest.raises(RegistryError, match="which did not answer as such helpers do") as caught:
        find({"credsStore": "x"}, Helper(0, output))
    assert SECRET not in str(caught.value) and caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_failure_that_tells_a_secret_is_redacted(find):
    for said in ('{"Username":"robot","Secret":"hunter2"}', "cannot store password=hunter2"):
        with pytest.raises(RegistryError, match="which failed") as caught:
            find({"credsStore": "x"}, Helper(1, said))
        assert "hunter2" not in str(caught.value)
