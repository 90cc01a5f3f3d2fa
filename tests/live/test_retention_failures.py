# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletions that fail, answers that get lost, runs that are killed: the rest goes on, and nothing is left half done."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Iterator

import pytest
import registry_content as content
from faults import LOSE, RESET, Fault, refuse
from janitor import WEB, outcomes, restore, tidy
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from registry_pushing import read_manifest, sign
from two_repositories import RELEASES, RULES, check, two_repositories
from whole import orphans, pulls_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    with two_repositories(tmp_path / "registry") as found:
        yield found


@pytest.mark.parametrize("fault", [refuse(500), refuse(403, "DENIED"), refuse(412), RESET])
def test_one_deletion_that_fails_does_not_end_the_run(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path, fault: Fault
) -> None:
    failing = content.multi_platform(WEB + "1.0.0")
    sign(registry.address, WEB, failing)
    proxy.faults.add(fault, "DELETE", "shop/web/manifests/" + failing.digest)
    with pytest.raises(
        PartialFailure, match="1 of 13 deletions failed, 9 were done .*; first: shop/web:1.0.0: "
    ) as caught:
        tidy(tmp_path, proxy.address, **{**RULES, "retries": 1})
    result = caught.value.result
    web = {row["tag"]: row for row in result["plan"] if row["repository"] == WEB}
    assert web["1.0.0"]["outcome"] == "failed" and web["1.0.0"]["error"]
    assert web["1.1.0"]["outcome"] == "done" and result["changed"]
    # Its signature went first, and is back; its parts were left alone.
    assert web[content.cosign_tag(failing.digest)]["outcome"] == "restored"
    assert pulls_whole(registry.address, WEB, "1.0.0", attached=True) == []
    assert orphans(registry.address, WEB) == []
    assert read_manifest(registry.address, WEB, content.cosign_tag(failing.digest)).status == 200
    check(registry, web={"1.0.0", "2.0.0", content.cosign_tag(failing.digest)}, api={"2.0.0"})
    proxy.faults.clear()
    tidy(tmp_path, proxy.address, **RULES)
    check(registry, web={"2.0.0"}, api={"2.0.0"})


def test_a_part_that_could_not_be_deleted_is_not_forgotten(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    child = content.multi_platform(WEB + "1.0.0").children[0].digest
    tidy(tmp_path, proxy.address, keep=[{"tags": "*"}])
    proxy.faults.add(refuse(500), "DELETE", "shop/web/manifests/" + child)
    with pytest.raises(PartialFailure, match="1 of 12 deletions failed, 11 were done") as caught:
        tidy(tmp_path, proxy.address, **{**RULES, "retries": 0})
    assert [row["digest"] for row in caught.value.result["plan"] if row["outcome"] == "failed"] == [child]
    proxy.faults.clear()
    done = tidy(tmp_path, proxy.address, keep=[{"newest": 1, "tagged": True}])
    assert [row["digest"] for row in done["plan"] if row["outcome"] == "done"] == [child]
    assert len(registry.manifests(WEB)) == 3
    check(registry, web={"2.0.0"}, api={"2.0.0"})


def test_answers_that_got_lost(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    """The registry has deleted, and nobody knows: asked again, it does not have it."""
    proxy.faults.add(LOSE, "DELETE", "sha256:", every=3)
    done = tidy(tmp_path, proxy.address, **RULES)
    assert done["summary"]["failed"] == 0 and done["summary"]["gone"] + done["summary"]["deleted"] == 12
    check(registry, web={"2.0.0"}, api={"2.0.0"})
    assert len(restore(tmp_path, proxy.address)["restored"]) == 16
    check(registry, web=set(RELEASES), api=set(RELEASES))


def test_a_line_that_breaks_for_good(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    """From the third deletion on nothing answers; the next run finishes, and both can be undone."""
    proxy.faults.add(Fault(), "DELETE", "sha256:", times=2)
    proxy.faults.add(RESET, "DELETE", "sha256:")
    broken = {**RULES, "retries": 0, "concurrency": 1, "repositories": [WEB]}
    # The first two are those by which it is found out whether the registry deletes.
    tidy(tmp_path, registry.address, apply=False, **broken)
    with pytest.raises(PartialFailure):
        tidy(tmp_path, proxy.address, **broken)
    check(registry, web={"1.0.0", "1.1.0", "2.0.0"} & set(registry.tags(WEB)))
    proxy.faults.clear()
    tidy(tmp_path, proxy.address, **RULES)
    check(registry, web={"2.0.0"}, api={"2.0.0"})
    for run in sorted(path.name for path in (tmp_path / "undo").glob("*/*")):
        restore(tmp_path, proxy.address, run_id=run)
    check(registry, web=set(RELEASES), api=set(RELEASES))
    assert outcomes(tidy(tmp_path, proxy.address, apply=False, repositories=[WEB], **RULES))["1.0.0"] == "planned"


def test_a_run_that_is_killed_is_finished_by_the_next(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    child = content.multi_platform(WEB + "1.0.0").children[0].digest
    arrived, gate = threading.Event(), threading.Event()
    # When it is let go of nobody waits for it any more, and it must not be done then.
    proxy.faults.add(Fault(503, held=gate), "DELETE", "shop/web/manifests/" + child, times=1)
    proxy.before = lambda method, path: arrived.set() if method == "DELETE" and path.endswith(child) else None
    program = "import sys, pathlib, janitor; janitor.tidy(pathlib.Path(sys.argv[1]), sys.argv[2], keep=[{'newest': 1}])"
    words = [sys.executable, "-c", program, str(tmp_path), proxy.address]
    run = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    try:
        assert arrived.wait(60)
    finally:
        run.kill()
        run.wait()
        gate.set()
    assert "1.0.0" not in registry.tags(WEB) and child in registry.manifests(WEB)
    check(registry, api={"2.0.0"})
    tidy(tmp_path, proxy.address, keep=[{"newest": 1, "tagged": True}])
    check(registry, web={"2.0.0"}, api={"2.0.0"})
    assert len(registry.manifests(WEB)) == 3
    for name in sorted(path.name for path in (tmp_path / "undo").glob("*/*")):
        assert restore(tmp_path, proxy.address, run_id=name)["not_restorable"] == []
    check(registry, web=set(RELEASES), api=set(RELEASES))
