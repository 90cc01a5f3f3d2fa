# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies of the environment: real registries behind one, with a tunnel and without, those that need none, and no netrc."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Iterator

import pytest
from asking import Sleeper, ask
from forward_proxy import ForwardProxy
from janitor import WEB, outcomes, restore, tidy
from lab.addresses import free_port
from own_registry import OwnRegistry
from registry_content import multi_platform, simple
from registry_pushing import push
from stand_in_registry import StandInRegistry

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.request import parse_survey_options
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.run import run_survey

APP = "team/app"
#: No name server knows it.
HIDDEN = "registry.hidden.invalid:5000"
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
USER = "robot:hunter2"
BASIC = "Basic " + base64.b64encode(USER.encode()).decode()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Without any proxy."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.fixture
def proxy(own: OwnRegistry, environment: pytest.MonkeyPatch) -> Iterator[ForwardProxy]:
    """The way to a real registry by a name that nobody else knows."""
    with ForwardProxy({HIDDEN: own.address}) as found:
        environment.setenv("http_proxy", "http://" + found.address)
        yield found


def test_a_registry_that_only_the_proxy_knows(own: OwnRegistry, proxy: ForwardProxy, tmp_path: Path) -> None:
    for tag in ("1.0.0", "2.0.0"):
        push(own.address, WEB, multi_platform(tag), tag)
    own.mark()
    done = tidy(tmp_path, HIDDEN, keep=[{"newest": 1}])
    assert outcomes(done) == {"1.0.0": "done", "2.0.0": "keep"} and set(own.tags(WEB)) == {"2.0.0"}
    assert len(proxy.asked) == len(own.requests()) == done["summary"]["requests"]
    assert {target.partition("/v2/")[0] for _method, target, _who in proxy.asked} == {"http://" + HIDDEN}


def test_a_registry_by_a_bare_name(own: OwnRegistry, proxy: ForwardProxy, tmp_path: Path) -> None:
    """As a search domain completes it; what is exact, what a pattern matches and what is protected mean the same there."""
    proxy.ways["cellar"] = own.address
    for tag in ("1.0.0", "2.0.0", "3.0.0", "4.0.0"):
        push(own.address, WEB, multi_platform(tag), tag)
    listed = tmp_path / "protect"
    listed.write_text("%s:2.0.0\n" % WEB)
    rules: dict[str, Any] = {
        "keep": [{"newest": 1}],
        "protect": ["%s:1.0.0" % WEB],
        "protect_file": str(listed),
        "delete": [{"repositories": WEB}],
    }
    for repositories in (WEB, "shop/*", []):
        found = tidy(tmp_path, "cellar", apply=False, repositories=repositories, **rules)
        assert outcomes(found) == {"1.0.0": "keep", "2.0.0": "keep", "3.0.0": "planned", "4.0.0": "keep"}
    done = tidy(tmp_path, "cellar", repositories=[WEB], **rules)
    assert set(own.tags(WEB)) == {"1.0.0", "2.0.0", "4.0.0"}
    assert restore(tmp_path, "cellar")["run_id"] == done["run_id"] and "3.0.0" in own.tags(WEB)
    info = run_survey(parse_survey_options({"registry": "cellar", "insecure": True, "repositories": WEB}))
    assert sorted(row["name"] for row in info["repositories"][0]["tags"]) == ["1.0.0", "2.0.0", "3.0.0", "4.0.0"]


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_tunnel_that_the_proxy_cannot_look_into(environment: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    with StandInRegistry(tls=tmp_path) as secure:
        secure.content.put(APP, simple("one"), "1")
        # By the name that its certificate has.
        place = "localhost:%s" % secure.address.partition(":")[2]
        with ForwardProxy({place: secure.address}) as proxy:
            environment.setenv(name, proxy.address)  # without http://, as many write it
            client = ask(place, ca_path=str(tmp_path / "ca.pem"), username="a", password="b")
            assert client.tags(APP) == ["1"] and client.has_manifest(APP, "1")
            # One tunnel for all.
            assert proxy.asked == [("CONNECT", place, "")]
            assert len(secure.requests()) == 2
            # No certificate, no connection, as without a proxy.
            with pytest.raises(RegistryError, match="(?i)certificate verify failed"):
                ask(place, insecure=False).tags(APP)


@pytest.mark.parametrize(
    "name, exception",
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.0/8"),
        ("127.0.0.1", "*"),
        ("localhost", "elsewhere.example.com, localhost"),
        ("localhost", "localhost:PORT"),
    ],
)
def test_exceptions(
    own: OwnRegistry, proxy: ForwardProxy, environment: pytest.MonkeyPatch, name: str, exception: str
) -> None:
    push(own.address, APP, simple("one"), "1")
    port = own.address.partition(":")[2]
    place = "%s:%s" % (name, port)
    proxy.ways[place] = own.address
    assert ask(place).tags(APP) == ["1"] and proxy.methods == ["GET"]
    environment.setenv("no_proxy", exception.replace("PORT", port))
    assert ask(place).tags(APP) == ["1"] and proxy.methods == ["GET"]
    environment.setenv("no_proxy", "elsewhere.example.com,%s1" % name)
    assert ask(place).tags(APP) == ["1"] and proxy.methods == ["GET", "GET"]


def test_every_target_by_itself(environment: pytest.MonkeyPatch, stand_in: StandInRegistry) -> None:
    """Where blobs are is another host: the registry may need the proxy, and its store none."""
    blob = stand_in.content.put_blob(APP, b"content")
    with StandInRegistry(stand_in.content) as store, ForwardProxy({stand_in.address: stand_in.address}) as proxy:
        stand_in.habits.redirects_blobs_to = store.url.replace("127.0.0.1", "localhost")
        environment.setenv("http_proxy", proxy.address)
        environment.setenv("no_proxy", "localhost")
        assert ask(stand_in.address).blob(APP, blob) == b"content"
        assert proxy.methods == ["GET"] and len(store.requests()) == 1


# Who may use the proxy -----------------------------------------------------------------------------------------------


def test_a_proxy_with_a_password(own: OwnRegistry, proxy: ForwardProxy, environment: pytest.MonkeyPatch) -> None:
    push(own.address, APP, simple("one"), "1")
    proxy.wants = BASIC
    with pytest.raises(RegistryError, match="answered 407 .*; the proxy of the environment wants user and password"):
        ask(HIDDEN).tags(APP)
    environment.setenv("http_proxy", "http://%s@%s" % (USER, proxy.address))
    assert ask(HIDDEN).tags(APP) == ["1"] and proxy.asked[-1][2] == BASIC


def test_a_password_of_the_proxy_is_not_the_registrys(
    environment: pytest.MonkeyPatch, stand_in: StandInRegistry
) -> None:
    stand_in.content.put(APP, simple("one"), "1")
    with ForwardProxy({HIDDEN: stand_in.address}, BASIC) as proxy:
        environment.setenv("http_proxy", "http://%s@%s" % (USER, proxy.address))
        assert ask(HIDDEN).tags(APP) == ["1"]
        (asked,) = stand_in.requests()
        assert asked.authorization is None and asked.header("Proxy-Authorization") == []


@pytest.mark.parametrize("status, says", [(407, "407 Proxy Authentication Required"), (403, "403 Forbidden")])
def test_a_refused_tunnel_is_asked_for_once(environment: pytest.MonkeyPatch, status: int, says: str) -> None:
    with ForwardProxy({}, wants=BASIC if status == 407 else "") as proxy:
        environment.setenv("https_proxy", "http://robot:wrong-secret@%s" % proxy.address)
        sleep = Sleeper()
        wanted = "No answer from registry %s through the proxy %s of the environment: .*%s" % (
            HIDDEN,
            proxy.address,
            says,
        )
        with pytest.raises(RegistryError, match=wanted) as caught:
            ask(HIDDEN, sleep, insecure=False).tags(APP)
        assert "wrong-secret" not in str(caught.value) and "robot" not in str(caught.value)
        assert proxy.methods == ["CONNECT"] and sleep.slept == []


def test_a_proxy_that_is_not_there(environment: pytest.MonkeyPatch) -> None:
    nobody = "127.0.0.1:%d" % free_port("127.0.0.1")
    environment.setenv("http_proxy", "http://%s@%s" % (USER, nobody))
    sleep = Sleeper()
    with pytest.raises(RegistryError, match="through the proxy %s of the environment: .*refused" % nobody) as caught:
        ask(HIDDEN, sleep).tags(APP)
    assert "hunter2" not in str(caught.value) and len(sleep.slept) == 2


# No credentials of the environment -----------------------------------------------------------------------------------


@pytest.mark.parametrize("through", [True, False])
def test_netrc_is_never_read(
    environment: pytest.MonkeyPatch, stand_in: StandInRegistry, tmp_path: Path, through: bool
) -> None:
    stand_in.content.put(APP, simple("one"), "1")
    (tmp_path / "netrc").write_text("default login robot password hunter2\n")
    (tmp_path / "netrc").chmod(0o600)
    environment.setenv("NETRC", str(tmp_path / "netrc"))
    with ForwardProxy({stand_in.address: stand_in.address}) as proxy:
        if through:
            environment.setenv("http_proxy", proxy.address)
        assert ask(stand_in.address).tags(APP) == ["1"]
        assert proxy.methods == (["GET"] if through else [])
    assert [one.authorization for one in stand_in.requests()] == [None]
