# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of an index that somebody deleted since they were read: the cache still has them, the registry does not."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

import pytest
import registry_content as content
from janitor import DAY, WEB, by_name, decisions, outcomes, restore, tidy, time_passes
from own_registry import OwnRegistry
from registry_content import Manifest
from registry_disk import lay
from registry_pushing import delete_manifest, head_manifest, sign

API = "shop/api"
BROKEN, WHOLE = content.multi_platform("broken"), content.multi_platform("whole")
LOST, LEFT = BROKEN.children
#: Everything but 2.0.0 may go.
RULES: dict[str, Any] = {"keep": [{"tags": "2.0.0"}]}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    """Two releases, read by a run of yesterday; then one image of the first was deleted, and garbage was collected."""
    (tmp_path / "registry").mkdir()
    with OwnRegistry(tmp_path / "registry") as found:
        lay(found, WEB, BROKEN, "1.0.0")
        lay(found, WEB, WHOLE, "2.0.0")
        tidy(tmp_path / "warm", found.address, delete=[])
        time_passes(tmp_path / "warm", DAY)
        lose(found, WEB, LOST)
        found.collect()
        yield found


def lose(registry: OwnRegistry, repository: str, manifest: Manifest) -> None:
    assert delete_manifest(registry.address, repository, manifest.digest) == 202


def forget(folder: Path) -> None:
    """All content; what runs remember of tags stays."""
    shutil.rmtree(folder / "cache" / "content")


def test_a_warm_cache_plans_as_a_cold_one(registry: OwnRegistry, tmp_path: Path) -> None:
    sign(registry.address, WEB, LOST)
    sign(registry.address, WEB, LEFT)
    warm = tidy(tmp_path / "warm", registry.address, apply=False, **RULES)
    forget(tmp_path / "warm")
    assert decisions(warm) == decisions(tidy(tmp_path / "warm", registry.address, apply=False, **RULES))
    assert LOST.digest not in by_name(warm) and LEFT.digest in by_name(warm)


def test_the_bytes_told_are_those_that_garbage_collection_frees(registry: OwnRegistry, tmp_path: Path) -> None:
    before = registry.blob_bytes()
    planned = tidy(tmp_path / "warm", registry.address, apply=False, **RULES)
    done = tidy(tmp_path / "warm", registry.address, **RULES)
    assert decisions(done) == decisions(planned)
    assert outcomes(done) == {"1.0.0": "done", "2.0.0": "keep"} and done["summary"]["gone"] == 0
    registry.collect()
    assert before - registry.blob_bytes() == done["summary"]["reclaimed_bytes"] > 0
    assert done["summary"]["exact"]


def test_undo_holds_what_was_deleted_and_nothing_else(registry: OwnRegistry, tmp_path: Path) -> None:
    done = tidy(tmp_path / "warm", registry.address, **RULES)
    assert "%s:1.0.0 names %s, which the registry does not have" % (WEB, LOST.digest) in "\n".join(done["notes"])
    for apply in (False, True):
        told = restore(tmp_path / "warm", registry.address, apply=apply)
        assert [row["digest"] for row in told["restored"]] == [LEFT.digest]
        assert [(row["tag"], row["digest"]) for row in told["not_restorable"]] == [("1.0.0", BROKEN.digest)]
    assert head_manifest(registry.address, WEB, LOST.digest)[0] == 404


def test_only_what_goes_is_asked_for(registry: OwnRegistry, tmp_path: Path) -> None:
    """Nothing more where nothing goes."""
    registry.mark()
    tidy(tmp_path / "warm", registry.address, repositories=[WEB], keep=[{"tags": "*"}])
    assert Counter(one.method for one in registry.requests()) == {"GET": 1, "HEAD": 2}
    registry.mark()
    tidy(tmp_path / "warm", registry.address, repositories=[WEB], apply=False, **RULES)
    asked = [one.path.rpartition("/")[2] for one in registry.requests() if one.method == "HEAD"]
    assert sorted(asked) == sorted(["1.0.0", "2.0.0", LOST.digest, LEFT.digest])


def test_what_another_repository_has_is_not_had_by_this_one(registry: OwnRegistry, tmp_path: Path) -> None:
    """Even in one run: what is read is remembered by its digest, wherever it was read."""
    for repository in (API, WEB):
        lay(registry, repository, WHOLE, "3.0.0")
    lose(registry, WEB, WHOLE.children[0])
    before = registry.blob_bytes()
    done = tidy(tmp_path / "first", registry.address, keep=[{"repositories": API}])
    assert {(row["repository"], row["digest"]) for row in done["plan"] if row["outcome"] == "done"} == {
        *((WEB, one.digest) for one in (BROKEN, LEFT, WHOLE, WHOLE.children[1]))
    }
    assert done["summary"]["gone"] == 0
    registry.collect()
    assert before - registry.blob_bytes() == done["summary"]["reclaimed_bytes"]
    forget(tmp_path / "first")
    assert not tidy(tmp_path / "first", registry.address, keep=[{"repositories": API}])["changed"]
