# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows, their bytes, and the digest that names a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.registries import (
    ALL,
    DAY,
    NOW,
    Repository,
    blob,
    digest,
    going,
    plan,
    used,
)


def layered():
    """Two images that share a layer of 100 bytes; each has one of its own, a manifest of 2 bytes and a config of 1."""
    repository = Repository()
    for name, days in (("a", 20), ("b", 10)):
        layers = [("base", 100), ("own of " + name, 10)]
        repository.image(name, name, days=days, layers=layers, size=2, config=blob("config of " + name, 1))
    return repository


def sizes(made):
    return [row.bytes for row in made.rows if row.outcome == "planned"]


def test_bytes_come_free_with_the_last_manifest_that_names_them():
    assert sizes(plan(layered())) == [13, 113]
    assert sizes(plan(layered(), keep=[{"tags": "b"}])) == [13]
    assert plan(layered()).reclaimable == 126


def test_content_of_another_repository_holds_its_bytes():
    other = Repository("team/other")
    other.image("c", "c", layers=[("base", 100)])
    other.image("d", "d", layers=[("own of a", 10)])
    made = plan(layered(), other, keep=[{"repositories": "team/other"}])
    assert sizes(made) == [3, 13]
    assert plan(layered(), other).reclaimable == 128


def test_a_manifest_in_two_repositories_is_free_with_the_second():
    other = Repository("team/other")
    other.add(layered().manifests[digest("a")], "copy")
    assert sizes(plan(layered(), other)) == [0, 13, 113]


def test_an_index_elsewhere_holds_the_manifest_that_it_names():
    """Garbage collection marks what an index names, even where the repository does not have it."""
    other = Repository("team/other")
    other.index("index", "index", children=[layered().manifests[digest("a")]], size=7)
    other = other.facts(absent=frozenset([digest("a")]))
    made = plan(layered(), other, keep=[{"repositories": "team/other"}])
    assert sizes(made) == [11, 113]
    assert plan(layered(), other).reclaimable == 133


def test_a_manifest_that_was_deleted_is_freed_with_the_last_index_that_names_it():
    """Its content was freed with it, but the two bytes of its own stay on the disk: garbage collection marks them."""
    one = Repository()
    for name, days in (("first", 20), ("second", 10)):
        one.index(name, name, children=[layered().manifests[digest("a")]], size=7, days=days)
    facts = one.facts(absent=frozenset([digest("a")]))
    assert sizes(plan(facts)) == [7, 9]
    assert sizes(plan(facts, keep=[{"tags": "second"}])) == [7]


def test_foreign_layers_are_on_the_disk_where_they_were_pushed():
    foreign = replace(blob("base", 100), elsewhere=True)
    one, other = Repository(), Repository("team/other")
    for repository in (one, other):
        config = blob("config of " + repository.name)
        manifest = repository.image(repository.name, repository.name, config=config)
        repository.add(replace(manifest, blobs=(config, foreign)))
    assert sizes(plan(one, other)) == [1, 1]
    assert sizes(plan(one, other.facts(held=frozenset([foreign.digest])))) == [1, 101]
    # Whatever names it holds it; who names it as a layer of its own has it.
    other.image("plain", "plain", layers=[("base", 100)])
    assert sizes(plan(one, other)) == [1, 1, 101]
    assert sizes(plan(one, other, keep=[{"repositories": "team/app"}])) == [1, 1]


def test_parts_and_attachments_have_bytes_of_their_own():
    repository = Repository()
    part = repository.image("part", layers=[("layer", 50)], size=2)
    repository.index("index", "1.0.0", "latest", children=[part], size=3)
    repository.signature("sig", digest("index"), layers=[("payload", 5)], size=4)
    made = plan(repository)
    assert [(row.kind, row.bytes) for row in made.rows] == [("attachment", 9), ("tag", 3), ("tag", 0), ("part", 52)]
    assert {row.unit for row in made.rows} == {digest("index")}


def test_bytes_are_exact_only_when_all_repositories_were_read():
    assert plan(layered()).exact
    assert not plan(layered(), complete=False).exact
    assert not plan(layered(), options={"count_bytes": False}).exact


def test_without_counting_bytes_are_unknown():
    made = plan(layered(), options={"count_bytes": False})
    assert (made.reclaimable, {row.bytes for row in made.rows}) == (None, {None})
    assert going(made) == ["a", "b"]


def test_a_row_tells_all_that_a_report_needs():
    facts = layered().facts(created={digest("a"): layered().arrived["b"]})
    made = plan(facts, delete=[{"name": "old", "older_than": "15d"}], use=used(digest("b"), since=NOW - 90 * DAY))
    row, kept = made.rows
    assert (row.repository, row.tag, row.digest, row.kind) == ("team/app", "a", digest("a"), "tag")
    assert (row.action, row.rule, row.reason) == ("delete", "old", "unused; arrived 20d ago (limit 15d)")
    assert (row.kept_by, row.bytes, row.outcome, row.error, row.unit) == (None, 13, "planned", None, digest("a"))
    assert (row.arrived, row.created, row.used_by) == (NOW - 20 * DAY, NOW - 10 * DAY, ())
    assert (kept.tag, kept.action, kept.kept_by, kept.used_by) == ("b", "keep", "use", ("host a",))
    assert (kept.bytes, kept.outcome) == (None, None)


def test_deletions_come_first_and_in_their_order():
    repository = layered()
    repository.image("kept", "0-kept")
    made = plan(repository, keep=[{"tags": "0-kept"}], options={"max_deletions": 1})
    assert [(row.tag, row.outcome) for row in made.rows] == [("a", "planned"), ("b", "deferred"), ("0-kept", None)]


def test_the_digest_of_a_plan_is_the_same_until_the_deletions_change():
    first = plan(layered()).digest()
    assert first.startswith("sha256:") and len(first) == 71
    more = layered()
    more.image("kept", "kept")
    # Neither what stays, nor when, nor words and bytes are part of it.
    assert plan(more, keep=[{"tags": "kept"}]).digest() == first
    assert plan(layered(), delete=[{"name": "other words", "repositories": "team/**"}]).digest() == first
    assert plan(layered(), options={"count_bytes": False}).digest() == first
    assert plan(layered(), options={"max_deletions": 1}).digest() == first


@pytest.mark.parametrize(
    "more",
    [{"keep": [{"tags": "a"}]}, {"delete": None}, {"use": used(digest("a"))}, {"name": "other.example.com"}],
    ids=repr,
)
def test_the_digest_of_a_plan_changes_with_what_is_deleted(more):
    assert plan(layered(), **more).digest() != plan(layered()).digest()


def test_the_digest_of_a_plan_changes_when_a_tag_moves():
    one, other = Repository(), Repository()
    one.image("x", "1.0.0")
    other.image("y", "1.0.0")
    assert plan(one, delete=ALL).digest() != plan(other, delete=ALL).digest()
