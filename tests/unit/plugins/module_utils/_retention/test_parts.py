# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared manifests and parts of indexes: what can be deleted at all, and in which order."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.registries import (
    Repository,
    deleted,
    digest,
    going,
    plan,
    row_of,
    staying,
)


def test_a_manifest_stays_with_all_its_tags_when_one_of_them_stays():
    """Registries delete all tags of a manifest at once; without a way to delete one alone both stay."""
    repository = Repository()
    repository.image("a", "keep-me", "old")
    made = plan(repository, keep=[{"tags": "keep-me"}])
    row = row_of(made, "old")
    assert (made.units, row.action, row.kept_by) == ((), "keep", "shared")
    assert row.reason == (
        "its manifest is also that of keep-me, which stays, and this registry cannot delete a tag alone"
        " (rules: matches **)"
    )


def test_a_tag_goes_alone_where_the_registry_can_do_that():
    repository = Repository()
    repository.image("a", "keep-me", "old", "older", size=100)
    made = plan(repository, keep=[{"tags": "keep-me"}], tag_delete=True)
    assert (going(made), staying(made)) == (["old", "older"], ["keep-me"])
    (unit,) = made.units
    assert (unit.whole, unit.tags, unit.order) == (False, ("old", "older"), ())
    assert row_of(made, "old").reason.endswith(
        "; the tag alone goes: its manifest is also that of keep-me, which stays"
    )
    assert made.reclaimable == 0


def test_all_tags_of_a_manifest_go_with_one_deletion():
    repository = Repository()
    repository.image("a", "1", "2", size=100)
    (unit,) = plan(repository).units
    assert (unit.whole, unit.tags, unit.order) == (True, ("1", "2"), (digest("a"),))


def test_parts_go_with_their_index_but_for_those_that_another_needs():
    repository = Repository()
    amd, arm, s390 = (repository.image(name) for name in ("amd64", "arm64", "s390x"))
    repository.index("old", "1.0.0", children=[amd, arm, s390])
    repository.index("new", "2.0.0", children=[amd])
    made = plan(repository, keep=[{"newest": 1}])
    assert going(made)[0] == "1.0.0"
    assert set(going(made)[1:]) == {arm.digest, s390.digest}
    assert staying(made) == ["2.0.0"]
    assert {row.kind for row in made.rows if row.tag is None} == {"part"}
    assert row_of(made, arm.digest).reason == "part of 1.0.0, which goes; nothing that stays needs it"


def test_parts_of_parts_follow():
    repository = Repository()
    image = repository.image("image")
    inner = repository.index("inner", children=[image])
    repository.index("outer", "1.0.0", children=[inner])
    other = repository.index(
        "kept", "2.0.0", children=[repository.index("kept-inner", children=[repository.image("k")])]
    )
    made = plan(repository, keep=[{"newest": 1}])
    assert deleted(made) == [digest("outer"), inner.digest, image.digest]
    assert other.digest not in deleted(made)


@pytest.mark.parametrize("tag_delete", [False, True])
def test_a_part_with_a_tag_of_its_own_stays_for_its_index(tag_delete):
    repository = Repository()
    part = repository.image("amd64", "1.0.0-amd64")
    repository.index("index", "1.0.0", children=[part])
    made = plan(repository, keep=[{"tags": "1.0.0"}], tag_delete=tag_delete)
    assert deleted(made) == []
    assert "its manifest is part of 1.0.0, which stays" in row_of(made, "1.0.0-amd64").reason
    assert going(made) == (["1.0.0-amd64"] if tag_delete else [])


def test_a_part_with_a_tag_of_its_own_that_stays_survives_its_index():
    repository = Repository()
    part = repository.image("amd64", "1.0.0-amd64")
    repository.index("index", "1.0.0", children=[part, repository.image("arm64")])
    made = plan(repository, keep=[{"tags": "*-amd64"}])
    assert deleted(made) == [digest("index"), digest("arm64")]


@pytest.mark.parametrize("part_first", [False, True])
def test_an_index_goes_before_a_part_that_has_a_tag_of_its_own(part_first):
    repository = Repository()
    part = repository.image("amd64", "a", days=200 if part_first else 50)
    repository.index("index", "b", children=[part], days=100)
    made = plan(repository)
    assert [unit.digest for unit in made.units] == [digest("index"), part.digest]
    assert [unit.after for unit in made.units] == [(), (digest("index"),)]


def test_a_part_of_several_indexes_goes_with_the_last_of_them():
    repository = Repository()
    part = repository.image("part")
    for number, name in enumerate(("first", "second", "third")):
        repository.index(name, name, children=[part], days=300 - number)
    made = plan(repository)
    assert deleted(made) == [digest("first"), digest("second"), digest("third"), part.digest]
    assert made.units[-1].shared == ((part.digest, (digest("first"), digest("second"), digest("third"))),)


def test_loops_do_not_stop_a_plan():
    """No hash names itself; whoever made these facts up, the plan ends and deletes everything once."""
    repository = Repository()
    part = repository.image("part", "part")
    index = repository.index("index", "index", children=[part], subject=part.digest)
    made = plan(repository)
    assert sorted(deleted(made)) == sorted([part.digest, index.digest])


def test_what_was_not_read_is_planned_by_what_names_it():
    """Without bytes to count only indexes are read; their images go by the digest that the index tells."""
    repository = Repository()
    amd, arm = repository.image("amd64"), repository.image("arm64")
    repository.index("old", "1.0.0", children=[amd, arm])
    repository.index("new", "2.0.0", children=[amd])
    indexes = {one: manifest for one, manifest in repository.manifests.items() if manifest.is_index}
    made = plan(repository.facts(manifests=indexes), keep=[{"newest": 1}], options={"count_bytes": False})
    assert deleted(made) == [digest("old"), arm.digest]
    assert (made.reclaimable, made.exact) == (None, False)
    assert {row.bytes for row in made.rows} == {None}


def test_what_an_index_names_and_the_registry_lacks_is_not_deleted():
    repository = Repository()
    arm = repository.image("arm64")
    repository.index("old", "1.0.0", children=[repository.image("amd64"), arm])
    del repository.manifests[arm.digest]
    made = plan(repository.facts(absent=frozenset([arm.digest])))
    assert deleted(made) == [digest("old"), digest("amd64")]


def test_caches_in_an_index_are_no_manifests():
    repository = Repository()
    repository.index("cache", "buildcache", caches=[("layer", 500), ("config", 20)])
    made = plan(repository)
    assert (deleted(made), made.reclaimable) == ([digest("cache")], 521)


def test_leftovers_are_judged_as_untagged_by_when_they_lost_their_tag():
    repository = Repository()
    old, young = repository.image("old"), repository.image("young")
    repository.leftover(old, days=40)
    repository.leftover(young, days=10)
    repository.image("tagged", "1.0.0", days=400)
    made = plan(repository, delete=[{"tagged": False, "older_than": "30d"}])
    assert (going(made), staying(made)) == ([old.digest], ["1.0.0", young.digest])
    assert (row_of(made, old.digest).kind, row_of(made, old.digest).tag) == ("untagged", None)


def test_a_leftover_that_became_part_of_something_is_none():
    repository = Repository()
    part = repository.image("part")
    repository.leftover(part)
    repository.index("index", "1.0.0", children=[part])
    assert staying(plan(repository, delete=[{"tagged": False}])) == ["1.0.0"]


def test_a_leftover_that_another_leftover_needs_cannot_go_alone():
    repository = Repository()
    part = repository.image("part")
    repository.leftover(part, days=50)
    repository.leftover(repository.index("index", children=[part]), days=10)
    made = plan(repository, delete=[{"tagged": False, "older_than": "30d"}], tag_delete=True)
    assert made.units == ()
    assert row_of(made, part.digest).reason == (
        "its manifest is part of %s, which stays (rules: no name, arrived 50d ago (limit 30d))" % digest("index")
    )


def test_nothing_of_a_repository_goes_that_was_not_read_completely():
    bad, good = Repository("team/bad"), Repository("team/good")
    bad.image("a", "1.0.0")
    bad.leftover(bad.image("b"))
    bad.signature("orphan", digest("nothing"))
    good.image("a", "1.0.0")
    made = plan(bad.facts(unknown="tag 2.0.0: HTTP 500"), good)
    assert [(row.repository, row.tag) for row in made.deletes] == [("team/good", "1.0.0")]
    kept = [row for row in made.rows if row.action == "keep"]
    assert len(kept) == 3
    assert all("could be read: tag 2.0.0: HTTP 500" in row.reason for row in kept)


def test_repositories_do_not_hold_each_others_manifests():
    app, web = Repository("team/app"), Repository("team/web")
    part = app.image("part", "1.0.0")
    web.add(part)
    web.index("index", "2.0.0", children=[part])
    made = plan(app, web, keep=[{"tags": "2.0.0"}])
    assert [(unit.repository, unit.order) for unit in made.units] == [("team/app", (part.digest,))]


def test_a_plan_of_nothing_is_empty():
    made = plan(Repository())
    assert (made.rows, made.units, made.reclaimable) == ((), (), 0)
