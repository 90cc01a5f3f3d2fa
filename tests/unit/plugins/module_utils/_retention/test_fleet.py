# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fleet uses and what the policy protects stays, by whatever name (S1); ages and dates that say nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import CONFIG_TYPES
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.registries import (
    DAY,
    NAME,
    NOW,
    Repository,
    ago,
    blob,
    deleted,
    digest,
    going,
    plan,
    row_of,
    staying,
    used,
)

CONFIG = blob("the config", 10, CONFIG_TYPES[0])


def fleet():
    """1.0.0 is an index of an image, 2.0.0 another image."""
    repository = Repository()
    part = repository.image("part", config=CONFIG)
    repository.index("index", "1.0.0", children=[repository.index("inner", children=[part])])
    repository.image("other", "2.0.0")
    return repository


@pytest.mark.parametrize(
    "use",
    [
        used(digest("index")),
        used(digest("inner")),
        used(digest("part")),
        used(CONFIG.digest),
        used(references=["team/app:1.0.0"]),
        used(references=["team/app@" + digest("part")]),
    ],
    ids=["index", "inner index", "part", "config", "tag", "pinned digest"],
)
def test_what_the_fleet_uses_stays_whatever_it_calls_it(use):
    made = plan(fleet(), use=use)
    assert (going(made), staying(made)) == (["2.0.0"], ["1.0.0"])
    row = row_of(made, "1.0.0")
    assert (row.kept_by, row.used_by) == ("use", (row.reason.partition("in use: ")[2],))


@pytest.mark.parametrize(
    "more", [{"use": used(digest("part"))}, {"protect": [digest("part")]}], ids=["in use", "protected"]
)
def test_an_index_stays_for_a_part_that_the_registry_lost(more):
    """A host that runs the part pulled it by this name; what is left of it is still what people look for."""
    facts = fleet().facts()
    facts = replace(
        facts,
        manifests={name: one for name, one in facts.manifests.items() if name != digest("part")},
        absent=frozenset([digest("part")]),
    )
    assert staying(plan(facts, **more)) == ["1.0.0"]
    assert staying(plan(facts)) == []


def test_use_of_one_repository_is_not_that_of_another():
    web = Repository("team/web")
    web.image("web", "1.0.0")
    made = plan(fleet(), web, use=used(references=["team/app:1.0.0"]))
    assert [(row.repository, row.tag) for row in made.deletes] == [("team/app", "2.0.0"), ("team/web", "1.0.0")]


def test_content_that_is_used_stays_in_every_repository():
    """A host may have pulled it under any of its names."""
    web = Repository("team/web")
    web.add(fleet().manifests[digest("part")], "copy")
    made = plan(fleet(), web, use=used(digest("part")))
    assert staying(made) == ["1.0.0", "copy"]


def test_a_repository_that_is_used_as_a_whole_stays():
    made = plan(fleet(), use=used(repositories={"team/app": "a file"}))
    assert (going(made), row_of(made, "2.0.0").reason) == ([], "in use: a file")


@pytest.mark.parametrize(
    "entry",
    [
        NAME + "/team/app:1.0.0",
        digest("index"),
        digest("part"),
        CONFIG.digest,
        "%s/team/app@%s" % (NAME, digest("part")),
    ],
)
def test_what_is_protected_stays(entry):
    made = plan(fleet(), protect=[entry])
    assert (going(made), staying(made)) == (["2.0.0"], ["1.0.0"])
    assert row_of(made, "1.0.0").kept_by == "protect"


def test_a_protected_repository_stays():
    assert going(plan(fleet(), protect=[NAME + "/team/app"])) == []


def test_what_was_used_lately_stays_for_a_rule_about_use():
    rules = [{"older_than": "30d", "clock": "last_used"}]
    use = used(last_used={digest("part"): NOW - 5 * DAY}, since=NOW - 90 * DAY)
    made = plan(fleet(), delete=rules, use=use)
    assert (going(made), staying(made)) == (["2.0.0"], ["1.0.0"])
    # Watched for too short a time, or not at all, nothing is known.
    assert going(plan(fleet(), delete=rules, use=used(since=NOW - 20 * DAY))) == []
    assert going(plan(fleet(), delete=rules)) == []


@pytest.mark.parametrize(("days", "gone"), [(10, []), (40, ["1.0.0"]), (None, []), (-1, [])])
def test_age_is_that_of_the_arrival(days, gone):
    repository = Repository()
    repository.image("a", "1.0.0", days=days)
    facts = repository.facts(created={digest("a"): ago(500)})
    assert going(plan(facts, delete=[{"older_than": "30d"}])) == gone
    assert going(plan(facts, minimum_age="30d")) == gone


@pytest.mark.parametrize(
    ("built", "gone"),
    [
        (Clock(0), []),
        (Clock(315_619_200), []),
        (ago(500), ["1.0.0"]),
        (ago(5), []),
        (ago(-2), []),
        (Clock(), []),
    ],
    ids=["1970", "1980", "old", "young", "future", "unknown"],
)
def test_dates_of_reproducible_builds_are_none(built, gone):
    """They fall back to the arrival, ten days ago."""
    repository = Repository()
    repository.image("a", "1.0.0", days=10)
    facts = repository.facts(created={digest("a"): built})
    assert going(plan(facts, delete=[{"older_than": "30d", "clock": "created"}])) == gone


def test_ages_decide_nothing_when_the_clocks_are_not_to_be_trusted():
    rules = [{"older_than": "30d"}]
    made = plan(fleet(), delete=rules, clock_distrust="it jumped")
    assert (made.units, {row.kept_by for row in made.rows}) == ((), {"clock"})
    assert row_of(made, "1.0.0").reason == "kept because ages cannot be trusted: it jumped"
    # A rule without ages, and without a minimum age, needs no clock.
    assert sorted(going(plan(fleet(), clock_distrust="it jumped"))) == sorted(
        ["1.0.0", "2.0.0", digest("inner"), digest("part")]
    )
    assert deleted(plan(fleet(), clock_distrust="it jumped", minimum_age="1d")) == []
