# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tags stay: newest versions, version lines, variants, prereleases, and tags that float with a version."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._image.floating import floating_tags
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.registries import (
    Repository,
    going,
    plan,
    row_of,
    staying,
)

VERSIONS = r"regex:v?\d.*"


def of_tags(*tags, days=100):
    """A manifest for every group of tags; groups are separated by spaces: "1.0 latest"."""
    made = Repository()
    for group in tags:
        made.image(group, *group.split(), days=days)
    return made


@pytest.mark.parametrize(
    ("tags", "keep", "stays"),
    [
        (["1.9.0", "1.10.0", "1.2.0"], {"newest": 2}, ["1.10.0", "1.9.0"]),
        (["2024.01.15", "2024.02.01", "2023.12.31"], {"newest": 1}, ["2024.02.01"]),
        (["v1.0.0", "v2.0.0"], {"newest": 1}, ["v2.0.0"]),
        (
            ["1.0.0", "1.0.1", "1.1.0", "1.1.3", "2.0.0"],
            {"newest": 1, "newest_per": "minor"},
            ["1.0.1", "1.1.3", "2.0.0"],
        ),
        (["1.0.0", "1.1.0", "2.0.0", "2.1.0"], {"newest": 1, "newest_per": "major"}, ["1.1.0", "2.1.0"]),
        (
            ["1.0.0", "1.0.1", "1.1.0", "1.1.3", "2.0.0"],
            {"newest": 1, "newest_per": "minor", "newest_groups": 2},
            ["1.1.3", "2.0.0"],
        ),
        (["1.0.0", "1.1.0", "2.0.0"], {"newest_groups": 1, "newest_per": "major"}, ["2.0.0"]),
        (["1.0.0", "1.1.0", "1.0.0-alpine", "0.9.0-alpine"], {"newest": 1}, ["1.0.0-alpine", "1.1.0"]),
        (["1.0.0", "1.1.0-rc1", "1.1.0-rc2"], {"newest": 1, "prerelease": False}, ["1.0.0"]),
        (["1.0.0", "1.1.0-rc1", "1.1.0-rc2"], {"newest": 1, "prerelease": True}, ["1.1.0-rc2"]),
        (["1.0.0", "1.1.0-rc1", "1.1.0"], {"newest": 2}, ["1.1.0", "1.1.0-rc1"]),
        # What is no version is kept where it is ranked, and takes no place.
        (["1.0.0", "1.1.0", "prod"], {"newest": 1}, ["1.1.0", "prod"]),
        (["1.0.0", "1.1.0", "prod"], {"newest": 1, "tags": VERSIONS}, ["1.1.0"]),
        # Digests take places, not tags.
        (["1.2.0 v1.2.0", "1.1.0", "1.0.0"], {"newest": 2}, ["1.1.0", "1.2.0", "v1.2.0"]),
    ],
    ids=repr,
)
def test_newest_versions_stay(tags, keep, stays):
    made = plan(of_tags(*tags), keep=[keep])
    assert staying(made) == stays
    assert sorted(going(made)) == sorted(set(" ".join(tags).split()) - set(stays))


def test_every_repository_has_its_own_newest():
    app, web = Repository("team/app"), Repository("team/web")
    for number in (1, 2, 3):
        app.image("app%d" % number, "%d.0.0" % number)
        web.image("web%d" % number, "%d.0.0" % (number + 5))
    made = plan(app, web, keep=[{"newest": 1}])
    assert [(row.repository, row.tag) for row in made.rows if row.action == "keep"] == [
        ("team/app", "3.0.0"),
        ("team/web", "8.0.0"),
    ]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (["1.2.3 1.2 1 latest"], {"1.2": ("1.2.3",), "1": ("1.2", "1.2.3"), "latest": ("1", "1.2", "1.2.3")}),
        (
            ["1.2.3-alpine latest-alpine 1.2-alpine"],
            {"1.2-alpine": ("1.2.3-alpine",), "latest-alpine": ("1.2-alpine", "1.2.3-alpine")},
        ),
        (["1.2.3 latest-alpine 2 1.3 1.2.4", "1.2-alpine"], {}),
        (["1.2.3-rc1 1.2"], {}),
        (["1.2.3-rc1 latest"], {"latest": ("1.2.3-rc1",)}),
        (["1.2.3 1.2-rc1"], {}),
        (["1.2.3", "1.2", "latest"], {}),
        (["prod latest", "1.2 1.2.0"], {"1.2": ("1.2.0",)}),
    ],
    ids=repr,
)
def test_a_tag_floats_with_the_versions_at_its_digest(tags, found):
    assert floating_tags(of_tags(*tags).tags) == found


@given(st.dictionaries(st.text("0123.-alpineltstrc", min_size=1, max_size=12), st.sampled_from("abc"), max_size=8))
def test_what_a_tag_follows_is_at_the_same_digest_and_never_itself(tags):
    for tag, followed in floating_tags(tags).items():
        assert followed and tag not in followed
        assert {tags[other] for other in followed} == {tags[tag]}


def test_floating_tags_stay_and_go_with_their_version():
    repository = of_tags(
        "1.1.9 1.1", "1.2.3 1.2 1 latest", "1.0.0-alpine 1-alpine latest-alpine", "0.9.0-alpine 0-alpine"
    )
    made = plan(repository, keep=[{"newest": 1, "tags": VERSIONS}])
    assert staying(made) == ["1", "1-alpine", "1.0.0-alpine", "1.2", "1.2.3", "latest", "latest-alpine"]
    assert sorted(going(made)) == ["0-alpine", "0.9.0-alpine", "1.1", "1.1.9"]
    assert row_of(made, "latest").reason.startswith("follows 1.2.3, which stays: kept by rule keep[0]")
    assert row_of(made, "1.1").reason.startswith("follows 1.1.9, which goes: ")


def test_floating_tags_take_no_place_in_a_ranking():
    """By version 1.2 and latest are others than 1.2.0; by clock they are the newest of all."""
    repository = of_tags("1.0.0", "1.1.0", days=50)
    repository.image("newest", "1.2.0", days=90)
    repository.add(repository.manifests[repository.tags["1.2.0"]], "1.2", "latest", days=1)
    by_version = [{"newest": 2, "tags": VERSIONS}]
    by_clock = [{"newest": 2, "order": "clock"}]
    assert staying(plan(repository, keep=by_version)) == ["1.1.0", "1.2", "1.2.0", "latest"]
    assert staying(plan(repository, keep=by_clock)) == ["1.0.0", "1.1.0"]


def test_a_floating_tag_that_something_keeps_takes_its_version_along():
    """Its version cannot be deleted without it where tags cannot be deleted alone."""
    repository = of_tags("1.0.0 latest", "1.1.0")
    made = plan(repository, keep=[{"tags": "latest"}])
    assert staying(made) == ["1.0.0", "latest"]
    assert row_of(made, "1.0.0").kept_by == "shared"


def test_an_environment_tag_keeps_the_version_that_it_is_at():
    repository = of_tags("1.0.0 prod", "1.1.0", "1.2.0")
    made = plan(repository, keep=[{"tags": "prod"}, {"newest": 1, "tags": VERSIONS}])
    assert (going(made), staying(made)) == (["1.1.0"], ["1.0.0", "1.2.0", "prod"])


def test_labels_of_the_images_of_an_index_count_for_it():
    repository = Repository()
    repository.index("i", "1.0.0", children=[repository.image("amd64")])
    repository.image("other", "2.0.0")
    facts = repository.facts(
        labels={repository.manifests[repository.tags["1.0.0"]].children[0].digest: {"keep": "yes"}}
    )
    assert staying(plan(facts, keep=[{"labels": "keep=yes"}])) == ["1.0.0"]
