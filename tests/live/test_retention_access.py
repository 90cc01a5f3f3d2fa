# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registries that do not let everybody delete: switched off, read-only, caches, and those that want to know who asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import registry_content as content
from faults import refuse
from janitor import WEB, outcomes, tidy
from lab.certificates import make_certificates
from meddling_proxy import MeddlingProxy
from own_registry import ADDRESS, OwnRegistry
from registry_disk import lay
from registry_pushing import read_manifest
from stand_in_registry import StandInRegistry
from test_registry_access import HTPASSWD, PASSWORD, USER
from token_desk import TokenDesk
from token_server import TokenServer

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure, RefusedError

RULES: dict[str, Any] = {"keep": [{"newest": 1}], "retries": 1}
RELEASES = ("1.0.0", "1.1.0", "2.0.0")


def filled(folder: Path, **settings: Any) -> OwnRegistry:
    """Three releases, not started."""
    (folder / "registry").mkdir()
    registry = OwnRegistry(folder / "registry", **settings)
    for tag in RELEASES:
        lay(registry, WEB, content.multi_platform(tag), tag)
    return registry


def refused(folder: Path, address: str, message: str, **more: Any) -> None:
    with pytest.raises(RefusedError, match=message) as caught:
        tidy(folder, address, **RULES, **more)
    assert not caught.value.result["changed"]
    assert {row["outcome"] for row in caught.value.result["plan"]} == {"planned", None}
    assert str(caught.value).count("REGISTRY_STORAGE_DELETE_ENABLED") < 2


@pytest.mark.parametrize("apply", [False, True])
def test_deletion_that_is_switched_off(tmp_path: Path, apply: bool) -> None:
    with filled(tmp_path, delete_enabled=False) as registry:
        for _run in range(2):
            registry.mark()
            refused(tmp_path, registry.address, r"does not delete \(405\).*storage.delete.enabled: true", apply=apply)
            assert sum(one.method == "DELETE" and one.status == 405 for one in registry.requests()) <= 4
        assert set(registry.tags(WEB)) == set(RELEASES) and not (tmp_path / "undo").exists()
        # As soon as it is switched on it is used, whatever was remembered.
        registry.restart(delete_enabled=True)
        assert outcomes(tidy(tmp_path, registry.address, **RULES))["1.0.0"] == "done"


def test_deletion_that_is_switched_off_where_it_used_to_work(tmp_path: Path) -> None:
    with filled(tmp_path) as registry:
        tidy(tmp_path, registry.address, apply=False, **RULES)
        registry.restart(delete_enabled=False)
        registry.mark()
        with pytest.raises(PartialFailure, match="storage.delete.enabled: true") as caught:
            tidy(tmp_path, registry.address, concurrency=1, **RULES)
        assert caught.value.result["summary"]["failed"] == 1 and caught.value.result["summary"]["refused"] == 5
        # The first, and two by which it is found out whether that is so for all.
        assert sum(one.method == "DELETE" and "/manifests/" in one.path for one in registry.requests()) == 3
        assert set(registry.tags(WEB)) == set(RELEASES)
        refused(tmp_path, registry.address, "storage.delete.enabled: true")
        registry.restart(delete_enabled=True)
        assert outcomes(tidy(tmp_path, registry.address, **RULES))["1.0.0"] == "done"


def test_one_that_is_refused_does_not_stop_the_others(tmp_path: Path) -> None:
    """Some registries answer 400 for what they hold on to, while they delete the rest."""
    with filled(tmp_path) as registry, MeddlingProxy(registry.address) as proxy:
        failing = content.multi_platform("1.0.0").digest
        proxy.faults.add(refuse(400, "DENIED"), "DELETE", failing)
        with pytest.raises(PartialFailure, match=r"1 of 6 deletions failed, 3 were done .*shop/web:1.0.0: .*400"):
            tidy(tmp_path, proxy.address, concurrency=1, **RULES)
        assert set(registry.tags(WEB)) == {"1.0.0", "2.0.0"}


def test_a_registry_that_is_read_only(tmp_path: Path) -> None:
    with filled(tmp_path, read_only=True) as registry:
        refused(tmp_path, registry.address, "takes neither deletions nor uploads: .* or it is read-only at the moment")


def test_a_pull_through_cache(tmp_path: Path) -> None:
    with filled(tmp_path) as upstream:
        (tmp_path / "cache-of-it").mkdir()
        with OwnRegistry(tmp_path / "cache-of-it", cache_of="http://" + upstream.address) as mirror:
            for tag in RELEASES:
                read_manifest(mirror.address, WEB, tag)
            refused(tmp_path, mirror.address, "pull-through cache, where retention has no place", repositories=[WEB])
            assert set(mirror.tags(WEB)) == set(RELEASES)
        assert set(upstream.tags(WEB)) == set(RELEASES)


def test_a_user_and_a_password(tmp_path: Path) -> None:
    registry = filled(tmp_path)
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    registry.server.auth = {"htpasswd": {"realm": "lab", "path": str(tmp_path / "htpasswd")}}
    with registry:
        done = tidy(tmp_path, registry.address, username=USER, password=PASSWORD, **RULES)
        assert outcomes(done) == {"1.0.0": "done", "1.1.0": "done", "2.0.0": "keep"}
        assert PASSWORD not in str(done)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != tmp_path]
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]


def test_tokens_are_asked_for_what_is_done(tmp_path: Path) -> None:
    registry = filled(tmp_path)
    make_certificates(tmp_path / "tokens", ADDRESS)
    with TokenServer(tmp_path / "tokens", USER, PASSWORD) as tokens:
        registry.server.auth = tokens.section()
        with registry:
            known = {"username": USER, "password": PASSWORD, "repositories": [WEB]}
            done = tidy(tmp_path, registry.address, **known, **RULES)
            assert outcomes(done)["1.0.0"] == "done"
            assert sorted(set(tokens.asked)) == ["repository:%s:%s" % (WEB, what) for what in ("delete", "pull")]
            assert len(tokens.asked) <= 2 * 8  # at most one a thread


def test_tokens_that_end_while_it_deletes(tmp_path: Path) -> None:
    with TokenDesk() as desk, StandInRegistry(challenge=desk.challenge, admits=desk.admits) as stand_in:
        for number in range(10):
            stand_in.content.put(WEB, content.multi_platform(str(number)), "1.%d.0" % number)
        # None is good for more than one deletion.
        stand_in.after = lambda method, _path, _status: desk.good.clear() if method == "DELETE" else None
        done = tidy(tmp_path, stand_in.address, username="robot", password="secret", repositories=[WEB], concurrency=1)
        assert done["summary"]["deleted"] == 30 and done["summary"]["failed"] == 0
        assert stand_in.content.repositories[WEB].manifests == {}
        assert {"repository:%s:delete" % WEB, "repository:%s:pull" % WEB} <= set(desk.scopes)


def test_a_user_who_may_not_delete(tmp_path: Path) -> None:
    with filled(tmp_path) as registry, MeddlingProxy(registry.address) as proxy:
        proxy.faults.add(refuse(403, "DENIED"), "DELETE")
        with pytest.raises(PartialFailure, match="failed, 0 were done .*answered 403 to DELETE"):
            tidy(tmp_path, proxy.address, **RULES)
        assert set(registry.tags(WEB)) == set(RELEASES)


def test_over_tls(tmp_path: Path) -> None:
    registry = filled(tmp_path)
    folder = tmp_path / "tls"
    make_certificates(folder, ADDRESS)
    pair = {"certificate": "server-cert.pem", "key": "server-key.pem"}
    registry.server.tls = {key: str(folder / name) for key, name in pair.items()}
    with registry:
        done = tidy(tmp_path, registry.address, insecure=False, ca_path=str(folder / "ca.pem"), **RULES)
        assert outcomes(done) == {"1.0.0": "done", "1.1.0": "done", "2.0.0": "keep"}
        assert set(registry.tags(WEB)) == {"2.0.0"}
