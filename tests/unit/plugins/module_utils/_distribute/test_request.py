# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of registry_sync, and what is told of bad ones before anything is contacted."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import REGION, parse_sync_options
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

SOURCE = {"registry": "src.example.com"}
EU = {"name": "eu", "registry": "eu.example.com"}


def options(**more):
    return {"source": SOURCE, "destinations": [EU], "repositories": ["shop/web"], **more}


def order(**more):
    return options(repositories=[{"name": "shop/web", **more}])


def test_defaults():
    request = parse_sync_options(options())
    assert request.referrers and request.floating_scope == "all" and request.immutable is None
    (one,) = request.orders
    assert one.repositories.exact == ("shop/web",) and one.target("shop/web") == "shop/web" and one.platforms == ()


@pytest.mark.parametrize(
    "tag, moves",
    [
        ("latest", True),
        ("1", True),
        ("1.2", True),
        ("v1", True),
        ("1.2-alpine", True),
        ("production", True),
        ("1.2.3", False),
    ],
)
def test_what_floats_by_default(tag, moves):
    assert parse_sync_options(options()).floating.matches_text(tag) == moves


def test_nothing_floats_when_that_is_said():
    assert parse_sync_options(options(floating_tags=[])).floating is None


def test_what_is_given():
    request = parse_sync_options(
        options(
            destinations=[EU, {"registry": "us.example.com"}],
            repositories=[{"name": "shop/**", "tags": ["semver:>=2"], "platforms": "linux/amd64", "to": "copy/{name}"}],
            referrers=False,
            floating_tags="edge",
            floating_scope="region",
            immutable_tags=["v*"],
        )
    )
    assert [one.name for one in request.destinations] == ["eu", "us.example.com"]
    (one,) = request.orders
    assert one.target("shop/web") == "copy/shop/web" and one.platforms == ("linux/amd64",)
    assert one.tags.matches("2.0.0") and not one.tags.matches("1.0.0")
    assert not request.referrers and request.floating_scope == REGION
    assert request.floating.matches_text("edge") and not request.floating.matches_text("latest")
    assert request.immutable.matches_text("v1.0.0")


@pytest.mark.parametrize(
    "given, words",
    [
        (options(source=None), "source: None is no mapping"),
        (options(source={"registry": "https://x/"}), "source.registry: 'https://x/' is not a registry"),
        (options(source={**SOURCE, "retries": 99}), "source.retries: 99 is not a whole number from 0 to 20"),
        (options(destinations=[]), "destinations: [] is no list with at least one entry"),
        (options(destinations="eu"), "destinations: 'eu' is no list with at least one entry"),
        (options(destinations=["eu"]), "destinations[0]: 'eu' is no mapping with registry"),
        (options(destinations=[EU, {"name": "us"}]), "destinations[1].registry: '' is not a registry"),
        (options(destinations=[EU, EU]), "destinations[1].name: there are two regions 'eu'"),
        (options(repositories=None), "repositories: None is no list with at least one entry"),
        (options(repositories=[]), "repositories: [] is no list with at least one entry"),
        (options(repositories=[7]), "repositories[0]: 7 is no mapping with name, tags, platforms, to"),
        (options(repositories=[{"tags": "x"}]), "repositories[0]: name is missing"),
        (order(tag="x"), "repositories[0]: there is no tag; it has name, tags, platforms, to"),
        (order(tags=[1.1]), "repositories[0].tags: 1.1 is not text"),
        (order(tags="semver:new"), "repositories[0].tags: 'new' is not a range of versions"),
        (order(tags="!semver:1.x"), "repositories[0].tags: '!semver:1.x': a range cannot be excluded"),
        (order(platforms="amd64"), "repositories[0].platforms: 'amd64' is not a platform such as linux/amd64"),
        (
            options(repositories=[{"name": "shop/*", "to": "all"}]),
            "repositories[0].to: 'all' would put several repositories into one",
        ),
        (options(repositories=[{"name": ["a", "b"], "to": "all"}]), "repositories[0].to: 'all' would put several"),
        (options(floating_scope="some"), "floating_scope: 'some' is none of all, region"),
        (options(floating_tags=[1]), "floating_tags: 1 is not text"),
        (options(immutable_tags=[1.5]), "immutable_tags: 1.5 is not text"),
        (
            options(destinations=[EU, SOURCE]),
            "repositories[0].to: '{name}' in region 'src.example.com' is the source itself",
        ),
    ],
)
def test_bad_values(given, words):
    with pytest.raises(PolicyError) as caught:
        parse_sync_options(given)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "to, fine", [("copy/{name}", True), ("shop/other", True), ("shop/web", False), ("{name}", False)]
)
def test_a_registry_may_be_copied_within_but_not_onto_itself(to, fine):
    given = options(destinations=[SOURCE], repositories=[{"name": "shop/web", "to": to, "platforms": "linux/amd64"}])
    if fine:
        assert parse_sync_options(given).orders[0].to == to
    else:
        with pytest.raises(PolicyError, match="is the source itself"):
            parse_sync_options(given)


def test_secrets_are_not_told():
    given = options(source={**SOURCE, "password": "hush-hush"})
    with pytest.raises(PolicyError) as caught:
        parse_sync_options(given)
    assert "hush-hush" not in str(caught.value)
