# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor of a repository, the wait before deletion (S5), and how much one run may delete (S15)."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.registries import (
    NAME,
    Repository,
    deleted,
    digest,
    going,
    plan,
    row_of,
    staying,
)


def dated(**days):
    """An image for every name, its tag; it arrived so many days ago."""
    repository = Repository()
    for name, ago in days.items():
        repository.image(name, name, days=ago)
    return repository


def outcomes(made):
    return {row.tag or row.digest: row.outcome or "keep" for row in made.rows}


@pytest.mark.parametrize(
    ("minimum", "stays"),
    [(0, []), (1, ["c"]), (2, ["b", "c"]), (3, ["a", "b", "c"]), (9, ["a", "b", "c"])],
)
def test_so_many_of_the_newest_stay_whatever_the_rules_say(minimum, stays):
    made = plan(dated(a=30, b=20, c=10), minimum_kept=minimum)
    assert staying(made) == stays
    assert {row.kept_by for row in made.rows if row.action == "keep"} <= {"minimum_kept"}


def test_the_floor_counts_manifests_and_not_their_tags():
    repository = dated(a=30, b=20)
    repository.image("c", "c1", "c2", "c3", days=10)
    assert staying(plan(repository, minimum_kept=2)) == ["b", "c1", "c2", "c3"]


def test_what_stays_anyway_counts_for_the_floor():
    repository = dated(a=30, b=20, c=10)
    assert staying(plan(repository, minimum_kept=1, keep=[{"tags": "a"}])) == ["a"]
    assert staying(plan(repository, minimum_kept=2, protect=[NAME + "/team/app:a"])) == ["a", "c"]


def test_another_tag_of_what_stays_may_go_in_spite_of_the_floor():
    repository = Repository()
    repository.image("a", "a", "b")
    made = plan(repository, minimum_kept=1, keep=[{"tags": "a"}], tag_delete=True)
    assert going(made) == ["b"]


def test_newest_is_by_arrival_or_build_then_by_version():
    repository = dated(a=None, b=None)
    repository.image("c", "c", days=50)
    facts = repository.facts(created={digest("a"): repository.arrived["c"], digest("b"): repository.arrived["a"]})
    assert staying(plan(facts, minimum_kept=1)) == ["c"]
    versions = Repository()
    for number in ("1.9.0", "1.10.0", "zero"):
        versions.image(number, number)
    assert staying(plan(versions, minimum_kept=1)) == ["1.10.0"]


def test_neither_attachments_nor_leftovers_count_for_the_floor():
    repository = dated(a=30)
    repository.leftover(repository.image("left"), days=1)
    repository.signature("orphan", digest("gone"))
    made = plan(repository, minimum_kept=1)
    assert staying(made) == ["a"]


def test_every_repository_has_its_own_floor():
    app, web = Repository("team/app"), Repository("team/web")
    app.image("a", "a")
    web.image("b", "b")
    assert plan(app, web, minimum_kept=1).units == ()


def listed(*names, repository="team/app"):
    return frozenset((repository, name, digest(name)) for name in names)


def test_what_was_not_listed_long_enough_ago_waits():
    made = plan(dated(a=30, b=20), options={"confirmed": listed("a")})
    assert outcomes(made) == {"a": "planned", "b": "pending"}
    assert (row_of(made, "b").action, row_of(made, "b").bytes) == ("delete", 0)
    assert deleted(made) == [digest("a")]


@pytest.mark.parametrize(
    "confirmed",
    [
        frozenset(),
        frozenset([("team/app", "a", digest("b"))]),
        frozenset([("team/web", "a", digest("a"))]),
        frozenset([("team/app", digest("a"), digest("a"))]),
    ],
    ids=["nothing", "another digest", "another repository", "not its tag"],
)
def test_only_the_same_tag_at_the_same_digest_is_confirmed(confirmed):
    assert outcomes(plan(dated(a=30), options={"confirmed": confirmed})) == {"a": "pending"}


def test_a_leftover_is_confirmed_by_its_digest():
    repository = Repository()
    left = repository.leftover(repository.image("left"))
    confirmed = frozenset([("team/app", left.digest, left.digest)])
    assert outcomes(plan(repository, options={"confirmed": confirmed})) == {left.digest: "planned"}


def test_all_tags_of_a_manifest_have_to_be_confirmed():
    repository = Repository()
    repository.image("a", "a", "b")
    confirmed = frozenset([("team/app", "a", digest("a"))])
    assert outcomes(plan(repository, options={"confirmed": confirmed})) == {"a": "pending", "b": "pending"}


@pytest.mark.parametrize("tag_delete", [False, True])
def test_parts_of_what_waits_stay_and_wait_too(tag_delete):
    repository = dated(old=40)
    part, own = repository.image("part"), repository.image("own", "own")
    repository.index("waits", "waits", children=[part, own], days=20)
    repository.index("goes", "goes", children=[part], days=30)
    made = plan(repository, options={"confirmed": listed("old", "goes", "own")}, tag_delete=tag_delete)
    assert outcomes(made) == {"old": "planned", "goes": "planned", "waits": "pending", "own": "pending"}
    assert deleted(made) == [digest("old"), digest("goes")]


@pytest.mark.parametrize(("cap", "now"), [(None, "abc"), (3, "abc"), (2, "ab"), (1, "a")])
def test_the_oldest_go_first_and_the_rest_later(cap, now):
    made = plan(dated(c=10, a=30, b=20), options={"max_deletions": cap})
    assert going(made) == list(now)
    assert [row.tag for row in made.deletes] == ["a", "b", "c"]
    assert [row.outcome for row in made.deletes if row.tag not in now] == ["deferred"] * (3 - len(now))
    assert all(row.bytes == 0 for row in made.deletes if row.outcome == "deferred")


def test_the_cap_is_for_all_repositories_together():
    app, web = Repository("team/app"), Repository("team/web")
    app.image("young", "young", days=10)
    web.image("old", "old", days=90)
    assert going(plan(app, web, options={"max_deletions": 1})) == ["old"]


def test_the_cap_counts_tags_and_a_manifest_is_as_young_as_its_youngest_tag():
    repository = dated(old=50)
    repository.image("two", "two", days=90)
    repository.add(repository.manifests[digest("two")], "again", days=20)
    assert going(plan(repository, options={"max_deletions": 2})) == ["old"]
    assert sorted(going(plan(repository, options={"max_deletions": 3}))) == ["again", "old", "two"]


def test_a_manifest_with_more_tags_than_a_run_may_delete_does_not_stop_all_others():
    repository = Repository()
    repository.image("many", *("tag%d" % number for number in range(5)), days=90)
    repository.image("one", "one", days=10)
    made = plan(repository, options={"max_deletions": 2})
    assert going(made) == ["one"]
    assert row_of(made, "tag0").outcome == "deferred"


def test_parts_that_a_deferred_index_needs_stay():
    repository = Repository()
    part, alone = repository.image("part"), repository.image("alone")
    repository.index("old", "old", children=[part, alone], days=90)
    repository.index("young", "young", children=[part], days=10)
    made = plan(repository, options={"max_deletions": 1})
    assert deleted(made) == [digest("old"), alone.digest]
    assert outcomes(made)["young"] == "deferred"


def test_old_parts_of_younger_indexes_do_not_fill_every_run():
    """Images of one platform are pushed before the index that names them; none of them can go before it."""
    repository = Repository()
    for number in range(4):
        part = repository.image("part%d" % number, "part%d" % number, days=90)
        repository.index("index%d" % number, "index%d" % number, children=[part], days=50 - number)
    made = plan(repository, options={"max_deletions": 2})
    assert going(made) == ["index0", "part0"]


def test_what_cannot_be_deleted_takes_no_place_in_a_run():
    repository = dated(young=10)
    repository.image("a", "keep-me", "old", days=90)
    made = plan(repository, keep=[{"tags": "keep-me"}], options={"max_deletions": 1, "confirmed": listed("young")})
    assert outcomes(made) == {"young": "planned", "keep-me": "keep", "old": "keep"}


def test_a_subject_and_its_artifact_wait_for_each_other():
    """Both have tags; the artifact is nothing without its subject, and the subject is not itself without it."""
    repository = Repository()
    image = repository.image("image", "1.0.0", days=90)
    repository.referrer("sbom", image, "sbom", days=10)
    assert going(plan(repository, options={"max_deletions": 1})) == []
    assert going(plan(repository, options={"max_deletions": 2})) == ["1.0.0", "sbom"]
