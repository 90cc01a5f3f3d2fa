# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the client says it is: scopes per repository and action, tokens that end, identity tokens, and real helpers."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from asking import ask
from faults import Fault, refuse
from forward_proxy import ForwardProxy
from lab.certificates import make_certificates
from own_registry import OwnRegistry
from registry_content import simple
from registry_pushing import push
from stand_in_registry import StandInRegistry
from token_desk import TokenDesk
from token_server import TokenServer

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._registry import auth
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram

APP = "team/app"
USER, PASSWORD = "robot", "hunter2"
BASIC = "Basic cm9ib3Q6aHVudGVyMg=="
ABSENT = "sha256:" + "0" * 64


@pytest.fixture
def desk() -> Iterator[TokenDesk]:
    with TokenDesk() as server:
        yield server


@pytest.fixture
def stand_in(desk: TokenDesk) -> Iterator[StandInRegistry]:
    """A registry that admits who has a token of the desk."""
    with StandInRegistry(challenge=desk.challenge, admits=desk.admits) as registry:
        registry.content.put(APP, simple("one"), "1")
        yield registry


def each_action(client: Any) -> None:
    image = simple("one")
    assert client.tags(APP) and client.has_manifest(APP, "1")
    client.put_manifest(APP, "2", image.media, image.body)
    client.open_upload(APP, {})
    client.delete(APP, ABSENT)
    assert client.repositories() == [APP]


SCOPES = [
    "repository:team/app:pull",
    "repository:team/app:pull,push",
    "repository:team/app:delete",
    "registry:catalog:*",
]


def test_a_scope_for_each_action_on_the_real_thing(tmp_path: Path) -> None:
    make_certificates(tmp_path / "tls", "127.0.0.1")
    with OwnRegistry(tmp_path / "own") as own:
        push(own.address, APP, simple("one"), "1")
        with TokenServer(tmp_path / "tls", USER, PASSWORD) as tokens:
            own.stop()
            own.server.auth = tokens.section()
            own.start()
            client = ask(own.address, username=USER, password=PASSWORD)
            each_action(client)
            assert tokens.asked == SCOPES
            own.mark()
            each_action(client)
            assert tokens.asked == SCOPES and 401 not in [one.status for one in own.requests()]


def test_a_scope_for_each_action_and_one_refused_request(desk: TokenDesk, stand_in: StandInRegistry) -> None:
    client = ask(stand_in.address, username=USER, password=PASSWORD)
    each_action(client)
    assert desk.asked == [("GET", scope, BASIC) for scope in SCOPES]
    assert [one.status for one in stand_in.requests()].count(401) == 1
    assert BASIC not in [one.authorization for one in stand_in.requests()]
    assert client.requests == len(stand_in.requests()) + len(SCOPES)
    assert ask(stand_in.address).tags(APP) == ["1", "2"]  # anybody gets a token here
    assert desk.asked[-1] == ("GET", SCOPES[0], "")


@pytest.mark.parametrize("life, good_for", [(300, 290), (20, 10), (2, 1), (None, 50)])
def test_tokens_end(
    desk: TokenDesk, stand_in: StandInRegistry, monkeypatch: pytest.MonkeyPatch, life: int | None, good_for: int
) -> None:
    now = [1000.0]
    monkeypatch.setattr(auth, "time", SimpleNamespace(monotonic=lambda: now[0]))
    desk.life = life
    client = ask(stand_in.address)
    for number in range(1, 5):
        for _time in range(3):
            assert client.tags(APP) == ["1"]
        assert len(desk.asked) == number
        now[0] += good_for
    assert [one.status for one in stand_in.requests()].count(401) == 1


def test_a_token_that_is_good_no_longer(desk: TokenDesk, stand_in: StandInRegistry) -> None:
    client = ask(stand_in.address)
    assert client.tags(APP)
    desk.good.clear()
    assert client.tags(APP) and len(desk.asked) == 2
    # Whom a fresh token does not help is told so, and not for ever asked again.
    desk.good = set()
    stand_in.habits.admits = lambda _authorization: False
    with pytest.raises(RegistryError, match="answered 401 to GET of team/app/tags/list .UNAUTHORIZED.*give username"):
        client.tags(APP)
    assert len(desk.asked) == 3


def test_threads_share_a_token(desk: TokenDesk, stand_in: StandInRegistry) -> None:
    """Even those whose first requests are refused at the same time."""
    together = threading.Barrier(4)
    waits = [True]
    stand_in.before = lambda _method, _path: together.wait(60) and None if waits else None
    client = ask(stand_in.address, concurrency=4)
    stand_in.after = lambda _method, _path, status: waits.clear() if status == 401 else None
    threads = [threading.Thread(target=client.tags, args=(APP,)) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.status for one in stand_in.requests()) == [200] * 4 + [401] * 4
    assert desk.scopes == SCOPES[:1]


def docker_config(folder: Path, **config: Any) -> str:
    (folder / "config.json").write_text(json.dumps(config))
    return str(folder / "config.json")


HUB_KEYS = ("https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io")


@pytest.mark.parametrize("key", HUB_KEYS)
def test_docker_hub_by_every_key(
    desk: TokenDesk, stand_in: StandInRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """docker writes the first, podman the second; a stand-in is Docker Hub for whoever comes through the proxy."""
    path = docker_config(tmp_path, auths={key: {"auth": BASIC.partition(" ")[2]}})
    stand_in.habits.challenge = desk.challenge.replace(desk.address, "auth.docker.io")
    with ForwardProxy({"registry-1.docker.io": stand_in.address, "auth.docker.io": desk.address}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        assert ask("docker.io", config_path=path).tags(APP) == ["1"]
    assert desk.asked == [("GET", SCOPES[0], BASIC)]


def test_each_path_has_its_user(desk: TokenDesk, stand_in: StandInRegistry, tmp_path: Path) -> None:
    entries = {"": "whole:x", "/team": "team:x", "/team/app": USER + ":" + PASSWORD}
    auths = {
        stand_in.address + path: {"auth": base64.b64encode(pair.encode()).decode()} for path, pair in entries.items()
    }
    client = ask(stand_in.address, config_path=docker_config(tmp_path, auths=auths))
    each_action(client)
    for name in ("team/other", "elsewhere"):
        client.tags(name)
    users = [base64.b64decode(who.partition(" ")[2]).decode().partition(":")[0] for _method, _scope, who in desk.asked]
    assert list(zip(desk.scopes, users)) == [
        *((scope, USER) for scope in SCOPES[:3]),
        (SCOPES[3], "whole"),
        ("repository:team/other:pull", "team"),
        ("repository:elsewhere:pull", "whole"),
    ]


def test_an_identity_token_is_sent_in_a_body(desk: TokenDesk, stand_in: StandInRegistry, tmp_path: Path) -> None:
    path = docker_config(tmp_path, auths={stand_in.address: {"identitytoken": "identity"}})
    client = ask(stand_in.address, config_path=path)
    each_action(client)
    assert desk.asked == [("POST", scope, "identity") for scope in SCOPES]
    assert all("identity" not in one.query for one in desk.requests())
    # It is not sent on to another host.
    with TokenDesk() as elsewhere:
        for status in (307, 308, 302):
            desk.faults.add(Fault(status, (("Location", elsewhere.url + "/token"),)), times=1)
            with pytest.raises(
                RegistryError, match="redirects what is sent to it to another host; that is not followed"
            ):
                ask(stand_in.address, config_path=path).tags(APP)
        assert elsewhere.requests() == []


def test_a_password_is_not_sent_on_to_another_host(desk: TokenDesk, stand_in: StandInRegistry) -> None:
    with TokenDesk() as elsewhere:
        elsewhere.good = desk.good
        desk.faults.add(Fault(307, (("Location", elsewhere.url + "/token"),)), times=1)
        assert ask(stand_in.address, username=USER, password=PASSWORD).tags(APP) == ["1"]
        assert [one.authorization for one in elsewhere.requests()] == [None]


def test_a_token_server_that_fails(desk: TokenDesk, stand_in: StandInRegistry) -> None:
    desk.faults.add(refuse(503), times=2)
    assert ask(stand_in.address).tags(APP) == ["1"]
    for fault, says in (
        (refuse(503), "No answer from registry %s: it answered 503" % stand_in.address),
        (refuse(401, "UNAUTHORIZED"), "The token server of registry .* answered 401 .*; give username and password"),
        (refuse(403, "DENIED"), "The token server of registry .* answered 403 .*; the user may not do that"),
        (Fault(body=b"{}"), "The token server of registry %s sent no token" % stand_in.address),
    ):
        desk.faults.clear()
        desk.faults.add(fault)
        with pytest.raises(RegistryError, match=says) as caught:
            ask(stand_in.address, username=USER, password=PASSWORD).tags(APP)
        assert PASSWORD not in str(caught.value)


def test_who_may_push_but_not_delete(desk: TokenDesk, stand_in: StandInRegistry) -> None:
    """An upload that cannot be cancelled is no failure of the push."""
    desk.faults.add(refuse(403, "DENIED"), path="token", every=2)
    assert ask(stand_in.address).open_upload(APP, {}) == 202
    assert desk.scopes == SCOPES[1:2] and desk.requests()[1].status == 403


def test_a_token_server_that_knows_no_such_action(
    desk: TokenDesk, stand_in: StandInRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of Quay, where who may push may delete: the scope that the registry itself asks for is taken."""
    now = [1000.0]
    monkeypatch.setattr(auth, "time", SimpleNamespace(monotonic=lambda: now[0]))
    stand_in.habits.challenge = desk.challenge + ',scope="%s"' % SCOPES[1]
    desk.refuses = lambda scope: "delete" in scope
    client = ask(stand_in.address, username=USER, password=PASSWORD)
    assert client.tags(APP) == ["1"]
    for _time in range(2):
        desk.asked.clear()
        for _again in range(3):
            assert client.delete(APP, ABSENT) == 404
        assert desk.scopes == [SCOPES[2], SCOPES[1]]
        now[0] += 300
    # What it refuses for another reason is told all the same.
    desk.refuses = lambda _scope: True
    with pytest.raises(RegistryError, match="The token server of registry .* answered 400"):
        client.delete(APP, ABSENT)


def test_the_token_of_the_options(stand_in: StandInRegistry, desk: TokenDesk) -> None:
    desk.good.add("Bearer given")
    assert ask(stand_in.address, token="given\n").tags(APP) == ["1"]
    with pytest.raises(RegistryError, match="answered 401") as caught:
        ask(stand_in.address, token="other").tags(APP)
    assert "other" not in str(caught.value) and desk.asked == []


# Helpers ------------------------------------------------------------------------------------------------------------

HELPER = """#!/bin/sh
test "$1" = get || exit 2
read -r server
echo "$server" >> %(asked)s
%(does)s
"""


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RunProgram:
    """Programs as modules run them, with a folder of our own first on PATH."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", "%s:/usr/bin:/bin" % (tmp_path / "bin"))
    with patch_module_args({}):
        return program_runner(AnsibleModule({}))


def write_helper(folder: Path, does: str) -> Path:
    path = folder / "bin" / "docker-credential-lab"
    path.write_text(HELPER % {"asked": folder / "asked", "does": does})
    path.chmod(0o755)
    return folder / "asked"


def test_a_real_helper(desk: TokenDesk, stand_in: StandInRegistry, tmp_path: Path, runner: RunProgram) -> None:
    for key, found in (("credsStore", "lab"), ("credHelpers", {stand_in.address: "lab"})):
        config = docker_config(tmp_path, **{key: found})
        asked = write_helper(tmp_path, """echo '{"Username": "robot", "Secret": "hunter2"}'""")
        client = ask(stand_in.address, run_program=runner, config_path=config)
        each_action(client)
        assert asked.read_text() == stand_in.address + "\n"  # once, whatever is asked afterwards
        assert {who for _method, _scope, who in desk.asked} == {BASIC}
        asked.unlink()

    write_helper(tmp_path, """echo '{"Username": "<token>", "Secret": "identity"}'""")
    assert ask(stand_in.address, run_program=runner, config_path=config).tags(APP)
    assert desk.asked[-1] == ("POST", SCOPES[0], "identity")

    write_helper(tmp_path, "echo credentials not found in native keychain; exit 1")
    assert ask(stand_in.address, run_program=runner, config_path=config).tags(APP)
    assert desk.asked[-1] == ("GET", SCOPES[0], "")


@pytest.mark.parametrize(
    "does, says",
    [
        ("echo the keychain is locked; exit 1", "which failed: the keychain is locked"),
        ("echo the keychain is locked >&2; exit 1", "which failed: the keychain is locked"),
        ("exit 3", "which failed: exit code 3"),
        ("echo hunter2", "which did not answer as such helpers do"),
        (None, "helper docker-credential-lab, which cannot be run .*; install it, or give username and password"),
    ],
)
def test_a_real_helper_that_fails(
    stand_in: StandInRegistry, tmp_path: Path, runner: RunProgram, does: str | None, says: str
) -> None:
    if does is not None:
        write_helper(tmp_path, does)
    config = docker_config(tmp_path, credsStore="lab")
    with pytest.raises(
        RegistryError, match="config.json: the credentials of %s are in .*%s" % (stand_in.address, says)
    ) as caught:
        ask(stand_in.address, run_program=runner, config_path=config).tags(APP)
    assert "hunter2" not in str(caught.value)
