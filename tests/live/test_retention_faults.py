# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retention over a bad line: what goes wrong is asked again, or the repository is kept; nothing is ever deleted by mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
import registry_content as content
from faults import EMPTY_BODY, FLIP, RESET, TRUNCATE, WRONG_DIGEST, Fault, refuse
from janitor import WEB, tidy
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from registry_disk import lay
from two_repositories import RELEASES, RULES, check, two_repositories
from whole import pulls_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    with two_repositories(tmp_path / "registry") as found:
        yield found


PASSING = {
    "too many": refuse(429, Retry_After="0"),
    "server error": refuse(500),
    "gateway": refuse(503),
    "reset": RESET,
    "truncated": TRUNCATE,
    "flipped": FLIP,
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_asked_again(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path, fault: str) -> None:
    # Lists have no digest by which a flipped byte would show.
    path = "manifests/|blobs/" if fault == "flipped" else ""
    method = "GET" if fault in ("flipped", "truncated") else ".*"
    proxy.faults.add(PASSING[fault], method, path, every=4)
    done = tidy(tmp_path, proxy.address, keep=[{"newest": 1}], retries=8, concurrency=2)
    assert proxy.faults.injected > 3
    assert done["summary"]["failed"] == done["summary"]["refused"] == 0
    check(registry, web={"2.0.0"}, api={"2.0.0"})


LASTING = {
    "server error": refuse(500),
    "forbidden": refuse(403, "DENIED"),
    "reset": RESET,
    "truncated": TRUNCATE,
    "flipped": FLIP,
    "empty": EMPTY_BODY,
    "html": Fault(body=b"<html>we are back soon</html>"),
}


@pytest.mark.parametrize("fault", LASTING)
def test_what_cannot_be_read_keeps_its_repository(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path, fault: str
) -> None:
    child = content.multi_platform(WEB + "1.1.0").children[1].digest
    proxy.faults.add(LASTING[fault], "GET", "shop/web/manifests/" + child)
    done = tidy(tmp_path, proxy.address, **{**RULES, "retries": 1})
    assert {row["action"] for row in done["plan"] if row["repository"] == WEB} == {"keep"}
    assert any(note.startswith("shop/web: nothing goes, since not everything") for note in done["notes"])
    check(registry, web=set(RELEASES), api={"2.0.0"})
    proxy.faults.clear()
    tidy(tmp_path, proxy.address, **RULES)
    check(registry, web={"2.0.0"}, api={"2.0.0"})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("fault", [WRONG_DIGEST, refuse(500), refuse(403)])
@pytest.mark.parametrize("undo", [True, False])
def test_a_tag_that_cannot_be_read_keeps_its_manifest(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path, method: str, fault: Fault, undo: bool
) -> None:
    """The tag that stays shares its digest with one that may go: not seeing it would be the end of it."""
    lay(registry, WEB, content.multi_platform(WEB + "1.0.0"), "production")
    keep = [{"newest": 1, "tags": "*.*.*"}, {"tags": "production"}]
    rules = {**RULES, "keep": keep, "retries": 1, "undo": undo}
    if method == "HEAD":  # known tags are asked for their digest only
        tidy(tmp_path, proxy.address, **{**rules, "keep": [{"tags": "*"}]})
    proxy.faults.add(fault, method, "shop/web/manifests/production")
    tidy(tmp_path, proxy.address, **rules)
    assert pulls_whole(registry.address, WEB, "production") == []
    assert pulls_whole(registry.address, WEB, "1.0.0") == []
    assert set(registry.tags("shop/api")) == {"2.0.0"}


def test_a_list_of_tags_that_cannot_be_read(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    proxy.faults.add(TRUNCATE, "GET", "tags/list")
    with pytest.raises(RegistryError, match="broke off"):
        tidy(tmp_path, proxy.address, **{**RULES, "retries": 1})
    check(registry, web=set(RELEASES), api=set(RELEASES))


def test_a_document_of_an_unknown_kind_keeps_its_repository(registry: OwnRegistry, tmp_path: Path) -> None:
    with MeddlingProxy(registry.address) as proxy:
        body = b'{"schemaVersion":2,"mediaType":"application/vnd.example.bundle+json"}'
        kind = (("Content-Type", "application/vnd.example.bundle+json"), ("Docker-Content-Digest", ""))
        proxy.faults.add(Fault(body=body, headers=kind), "GET", "shop/web/manifests/1.1.0")
        done = tidy(tmp_path, proxy.address, **RULES)
        assert "of a type that is not known" in " ".join(done["notes"])
    check(registry, web=set(RELEASES), api={"2.0.0"})
