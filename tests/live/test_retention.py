# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retention on a real registry: the plan is what happens, what stays can be pulled, and the bytes told become free."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
import registry_content as content
from janitor import WEB, by_name, decisions, outcomes, tidy
from own_registry import OwnRegistry
from registry_disk import lay
from registry_pushing import push
from whole import all_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    (tmp_path / "registry").mkdir()
    with OwnRegistry(tmp_path / "registry") as found:
        yield found


def fill(registry: OwnRegistry, count: int, repository: str = WEB) -> list[content.Manifest]:
    """Releases 1.0.0, 1.1.0 and so on, each of two platforms."""
    made = [content.multi_platform("%s-%d" % (repository, number)) for number in range(count)]
    for number, manifest in enumerate(made):
        lay(registry, repository, manifest, "1.%d.0" % number)
    return made


def test_the_plan_is_what_happens_and_a_second_run_changes_nothing(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, 8)
    rules: dict[str, Any] = {"keep": [{"newest": 3}]}
    planned = tidy(tmp_path, registry.address, apply=False, **rules)
    assert planned["changed"] and {row["outcome"] for row in planned["plan"]} == {"planned", None}
    assert len(registry.tags(WEB)) == 8 and not (tmp_path / "state").exists() and not (tmp_path / "undo").exists()

    done = tidy(tmp_path, registry.address, expect_plan=planned["plan_digest"], **rules)
    assert decisions(done) == decisions(planned)
    assert done["plan_digest"] == planned["plan_digest"]
    assert done["diff"] == planned["diff"]
    assert {row["outcome"] for row in done["plan"]} == {"done", None}
    assert set(registry.tags(WEB)) == {"1.5.0", "1.6.0", "1.7.0"}
    assert len(registry.manifests(WEB)) == 9
    assert all_whole(registry.address, WEB) == []

    for apply in (True, False):
        again = tidy(tmp_path, registry.address, apply=apply, **rules)
        assert not again["changed"] and again["summary"]["to_delete"] == 0
        assert again["summary"]["kept"] == 3 and again["run_id"] is None
    assert all_whole(registry.address, WEB) == []


def test_the_bytes_told_are_those_that_garbage_collection_frees(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, 10)
    fill(registry, 4, "shop/api")
    shared = content.image([content.Layer("common", 50000), content.Layer("one")])
    push(registry.address, WEB, shared, "one")
    push(registry.address, "shop/api", content.image([content.Layer("common", 50000), content.Layer("two")]), "two")
    before = registry.blob_bytes()
    done = tidy(tmp_path, registry.address, keep=[{"newest": 2}], protect=["shop/api:two"])
    assert done["summary"]["exact"] and done["summary"]["reclaimed_bytes"] == done["summary"]["reclaimable_bytes"]
    assert sum(row["bytes"] for row in done["plan"] if row["outcome"] == "done") == done["summary"]["reclaimed_bytes"]
    registry.collect()
    assert before - registry.blob_bytes() == done["summary"]["reclaimed_bytes"] > 0
    for repository in (WEB, "shop/api"):
        assert all_whole(registry.address, repository) == []


def test_without_delete_rules_nothing_goes(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, 2)
    done = tidy(tmp_path, registry.address, delete=[])
    assert not done["changed"] and outcomes(done) == {"1.0.0": "keep", "1.1.0": "keep"}


def test_a_repository_that_is_not_there(registry: OwnRegistry, tmp_path: Path) -> None:
    done = tidy(tmp_path, registry.address, repositories=["nobody/knows"])
    assert not done["changed"] and "there is no repository nobody/knows" in done["notes"]


def test_all_forms_of_protection(registry: OwnRegistry, tmp_path: Path) -> None:
    made = fill(registry, 7)
    fill(registry, 2, "shop/api")
    listed = tmp_path / "protected"
    listed.write_text("# releases that customers run\n%s/%s:1.3.0\n\n%s:1.4.0\n" % (registry.address, WEB, WEB))
    done = tidy(
        tmp_path,
        registry.address,
        protect=[
            "shop/api",
            "%s:1.0.0" % WEB,
            "%s/%s:1.1.0" % (registry.address, WEB),
            made[2].children[0].digest,
            "elsewhere.example/%s:1.5.0" % WEB,
        ],
        protect_file=str(listed),
    )
    assert set(registry.tags(WEB)) == {"1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"}
    assert len(registry.tags("shop/api")) == 2
    kept = {row["kept_by"] for row in done["plan"] if row["action"] == "keep"}
    assert kept == {"protect"}


def test_a_minimum_always_stays(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, 6)
    push(registry.address, WEB, content.multi_platform("%s-5" % WEB), "same-as-1.5.0")
    done = tidy(tmp_path, registry.address, minimum_kept=2)
    # Counted by digests: two tags of one are one.
    assert set(registry.tags(WEB)) == {"1.4.0", "1.5.0", "same-as-1.5.0"}
    assert by_name(done)["1.4.0"]["kept_by"] == "minimum_kept"
    assert all_whole(registry.address, WEB) == []


def test_so_many_deletions_a_run_until_all_is_done(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, 8)
    left = []
    for _run in range(4):
        done = tidy(tmp_path, registry.address, keep=[{"newest": 1}], max_deletions=3)
        left.append((len(registry.tags(WEB)), done["summary"]["deferred"], done["changed"]))
        assert all_whole(registry.address, WEB) == []
    assert left == [(5, 4, True), (2, 1, True), (1, 0, True), (1, 0, False)]
    # The oldest went first, and nothing of them is left behind.
    assert set(registry.tags(WEB)) == {"1.7.0"} and len(registry.manifests(WEB)) == 3


@pytest.mark.parametrize(
    "rules",
    [
        {"delete": [{"labels": ["build", "!notes=*do not delete*"]}]},
        {"keep": [{"labels": "notes=regex:.*do not delete.*"}]},
    ],
    ids=["exclusion", "keep rule"],
)
def test_a_label_of_any_length_keeps(registry: OwnRegistry, tmp_path: Path, rules: dict[str, Any]) -> None:
    for tag, notes in (("1.0.0", "nothing"), ("1.1.0", "do not delete"), ("1.2.0", "x" * 5000 + "do not delete")):
        push(registry.address, WEB, content.simple(tag, labels={"build": "1", "notes": notes}), tag)
    assert outcomes(tidy(tmp_path, registry.address, **rules)) == {"1.0.0": "done", "1.1.0": "keep", "1.2.0": "keep"}


@pytest.mark.parametrize(
    ("limit", "figure"),
    [
        (4, "4: the plan deletes 5 of 9 tags of registry"),
        ("60%", "60%: the plan deletes 5 of 6 .83.3%. tags of shop/web"),
        ([100, "50%"], "50%: .* tags of shop/web"),
    ],
)
def test_too_much_is_refused_before_the_first_deletion(
    registry: OwnRegistry, tmp_path: Path, limit: Any, figure: str
) -> None:
    fill(registry, 6)
    fill(registry, 3, "shop/api")
    rules: dict[str, Any] = {"keep": [{"newest": 1}], "protect": ["shop/api"], "refuse_above": limit}
    for apply in (False, True):
        with pytest.raises(RefusedError, match=figure) as caught:
            tidy(tmp_path, registry.address, apply=apply, **rules)
        result = caught.value.result
        assert not result["changed"] and result["summary"]["to_delete"] == 15 and result["summary"]["deleted"] == 0
    assert len(registry.tags(WEB)) == 6
    tidy(tmp_path, registry.address, **{**rules, "refuse_above": [5, "90%"]})
    assert len(registry.tags(WEB)) == 1


def test_only_the_expected_plan_is_carried_out(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, 3)
    seen = tidy(tmp_path, registry.address, apply=False, keep=[{"newest": 1}])["plan_digest"]
    push(registry.address, WEB, content.simple("new"), "1.9.0")
    with pytest.raises(RefusedError, match="expect_plan: the plan is now sha256:"):
        tidy(tmp_path, registry.address, keep=[{"newest": 1}], expect_plan=seen)
    assert len(registry.tags(WEB)) == 4
