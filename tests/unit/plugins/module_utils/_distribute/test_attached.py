# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What refers to images, between registries that list it by themselves and those where a tag does."""

from __future__ import annotations

import pytest

ONE_REGION = [{"name": "eu", "registry": "eu.example.com"}]


@pytest.fixture
def signed(world):
    """A release with two referrers, listed as the source does it; `world.image` and `world.referrers` are digests."""
    world.image = world.source.hold("app", "1.0.0", "one")
    world.referrers = [world.source.attach("app", world.image, text) for text in ("first", "second")]
    return world


def by_tag(world, registry):
    registry.list_under("app", world.image, *world.referrers)


@pytest.mark.parametrize("source", ["api", "tag"])
@pytest.mark.parametrize("region", ["api", "tag"])
def test_what_refers_comes_along_whoever_lists_it(signed, source, region):
    world = signed
    world.source.speaks, world.eu.speaks = source == "api", region == "api"
    if source == "tag":
        by_tag(world, world.source)
    world.run(destinations=ONE_REGION)
    assert sorted(world.eu.listed("app", world.image)) == sorted(world.referrers)
    again = world.run(destinations=ONE_REGION)
    assert not again["changed"] and again["plan"] == []
    third = world.source.attach("app", world.image, "third")
    world.referrers.append(third)
    if source == "tag":
        by_tag(world, world.source)
    assert world.run(destinations=ONE_REGION)["changed"]
    assert sorted(world.eu.listed("app", world.image)) == sorted(world.referrers)
    if source == region == "api":
        # Lists that the registry makes by itself are not pushed.
        assert set(world.eu.tagged["app"]) == {"1.0.0"}
        assert {key[1] for key in world.eu.manifests} == {world.image, *world.referrers}


def test_not_asked_for_when_not_wanted(signed):
    signed.source.speaks = True
    signed.run(referrers=False)
    assert not [entry for entry in signed.source.log if entry[0] == "REFERRERS"]
    assert set(signed.eu.tagged["app"]) == {"1.0.0"}


@pytest.mark.parametrize("source", ["api", "tag"])
def test_what_a_region_signed_itself_stays_listed(signed, source):
    world = signed
    world.source.speaks = source == "api"
    if source == "tag":
        by_tag(world, world.source)
    for region in (world.eu, world.us):
        region.hold("app", "1.0.0", "one")
    own = world.eu.attach("app", world.image, "of the region")
    world.eu.list_under("app", world.image, own)
    result = world.run()
    assert world.eu.listed("app", world.image)[0] == own
    assert sorted(world.eu.listed("app", world.image)) == sorted([own, *world.referrers])
    assert sorted(world.us.listed("app", world.image)) == sorted(world.referrers)
    assert {row["outcome"] for row in result["plan"]} == {"done"}
    again = world.run()
    assert not again["changed"] and again["plan"] == []


def test_a_new_signature_of_a_tag_that_never_moves_is_seen(signed):
    """Names in lists tell that there is one; nothing else is asked as long as there is none."""
    world = signed
    world.source.hold("app", "1.1.0", "other")
    by_tag(world, world.source)
    world.run(immutable_tags="1.*")
    for one in (world.source, world.eu, world.us):
        one.log.clear()
    assert world.run(immutable_tags="1.*")["plan"] == []
    assert [len(one.log) for one in (world.source, world.eu, world.us)] == [1, 1, 1]
    world.source.tagged["app"][world.image.replace(":", "-") + ".sig"] = world.source.attach("app", world.image, "new")
    result = world.run(immutable_tags="1.*")
    assert {(row["tag"][-4:], row["outcome"]) for row in result["plan"]} == {(".sig", "done")}
    assert world.run(immutable_tags="1.*")["plan"] == []
