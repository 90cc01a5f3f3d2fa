# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.request import parse_retention_options

REGISTRY = "registry.example.com:5000"
DIGEST = "sha256:" + "a" * 64


def parse(**options):
    return parse_retention_options({"registry": REGISTRY, **options})


@pytest.mark.parametrize(
    "options, words",
    [
        ({"registry": ""}, "registry: '' is not a registry"),
        ({"registry": "https://registry.example.com"}, "without https://"),
        ({"registry": "registry.example.com/shop"}, "is not a registry"),
        ({"minimum_age": "14"}, "minimum_age: 14 has no unit"),
        ({"confirm_after": "a week"}, "confirm_after: 'a week' is not a duration"),
        ({"max_deletions": 0}, "max_deletions: 0 is not a whole number from 1 on"),
        ({"refuse_above": "ten"}, "refuse_above: 'ten' is neither"),
        ({"refuse_above": ["10%", "101%"]}, "refuse_above: '101%'"),
        ({"minimum_kept": -1}, "minimum_kept: -1 is not a whole number from 0 on"),
        ({"repositories": "shop/web:1.0"}, "names a tag or digest"),
        ({"repositories": "other.example.com/shop/web"}, "is of another registry than"),
        ({"repositories": "Shop/Web"}, "repository names are lower case"),
        ({"protect": ["shop/web*"]}, "is a pattern"),
        ({"delete": [{}]}, "it selects nothing in particular"),
        ({"keep": [{"newest": 3, "newest_pre": "minor"}]}, "keep\\[0\\].newest_pre: no such field"),
        ({"protect_file": "/nonexistent/protect"}, "protect_file: there is no /nonexistent/protect"),
        ({"token": "x", "username": "y"}, "not both"),
        ({"client_cert": "/x"}, "no effect without client_key"),
        ({"concurrency": 0}, "concurrency: 0 is not a whole number from 1 to 64"),
    ],
)
def test_bad_input_names_option_value_and_cause(options, words):
    with pytest.raises(PolicyError, match=words):
        parse(**options)


@pytest.mark.parametrize(
    "entry, protected",
    [
        ("shop/web:production", REGISTRY + "/shop/web"),
        ("web:production", REGISTRY + "/web"),
        (REGISTRY + "/shop/web:production", REGISTRY + "/shop/web"),
    ],
)
def test_a_protected_name_without_a_host_is_one_of_this_registry(entry, protected):
    assert parse(protect=[entry]).policy.protect.why(protected, "production", []) is not None
    assert parse(protect=[entry]).policy.protect.why(protected, "staging", []) is None


# What a search domain completes: no dot and no port tells that this is a host, but the option does.
BARE = ["registry", "localhost", "registry-1", "Registry"]


@pytest.mark.parametrize("registry", BARE)
def test_names_in_a_registry_that_is_a_bare_host(registry):
    asked = parse(registry=registry, repositories=["web", "shop/web", "a/b/c"])
    assert asked.repositories.exact == ("web", "shop/web", "a/b/c")
    assert asked.repositories.patterns.matches_repository(registry + "/shop/web")
    with pytest.raises(PolicyError, match="'other.example.com/web' is of another registry than %s" % registry):
        parse(registry=registry, repositories="other.example.com/web")


@pytest.mark.parametrize("registry", BARE)
@pytest.mark.parametrize("entry", ["shop/web:1", "shop/web", "HOST/shop/web:1", "HOST/shop/web"])
def test_what_is_protected_in_a_registry_that_is_a_bare_host(registry, entry):
    protection = parse(registry=registry, protect=[entry.replace("HOST", registry)]).policy.protect
    assert protection.why(registry + "/shop/web", "1", []) is not None
    assert protection.why(registry + "/shop/other", "1", []) is None
    assert (protection.why(registry + "/shop/web", "2", []) is None) is entry.endswith(":1")


def test_a_path_that_begins_like_a_bare_host_is_protected_too():
    """Which of both is meant cannot be known, and too much protected does no harm."""
    protection = parse(registry="registry", protect=["registry/web:1"]).policy.protect
    assert protection.why("registry/registry/web", "1", []) and protection.why("registry/web", "1", [])
    # With a dot or a port there is no doubt.
    protection = parse(protect=[REGISTRY + "/web:1"]).policy.protect
    assert protection.why(REGISTRY + "/web", "1", []) and len(protection.references) == 1


def test_the_protect_file_is_of_this_registry_too(tmp_path):
    (tmp_path / "protect").write_text("shop/web:1\nregistry/shop/api:1\n")
    protection = parse(registry="registry", protect_file=str(tmp_path / "protect")).policy.protect
    assert protection.why("registry/shop/web", "1", []) and protection.why("registry/shop/api", "1", [])


@pytest.mark.parametrize("entry", ["0123456789ab", "0123456789abcdef" * 4])
def test_an_image_id_protects_nothing_in_a_registry(entry):
    with pytest.raises(PolicyError, match="looks like an image ID"):
        parse(protect=[entry])


def test_digests_protect_whatever_they_mean():
    assert parse(protect=[DIGEST]).policy.protect.why(None, None, [DIGEST]) is not None


@pytest.mark.parametrize(
    "options, dates, children",
    [
        ({"minimum_age": "0", "undo": False, "count_bytes": False, "keep": [{"newest": 3}]}, False, False),
        ({"minimum_age": "0", "keep": [{"newest": 3}]}, False, True),
        ({"minimum_age": "0", "undo": False, "count_bytes": False, "ledger": "/x"}, False, True),
        ({"minimum_age": "24h", "undo": False, "count_bytes": False}, True, True),
        ({"minimum_age": "0", "delete": [{"older_than": "3d"}]}, True, True),
        ({"minimum_age": "0", "delete": [{"older_than": "3d", "clock": "last_used"}]}, False, True),
        ({"minimum_age": "0", "keep": [{"newest": 3, "order": "clock"}]}, True, True),
    ],
)
def test_only_what_can_decide_is_read(options, dates, children):
    request = parse(**options)
    assert (request.needs_dates, request.needs_children) == (dates, children)


def test_repositories_without_patterns_need_no_list():
    assert parse(repositories=["shop/web", REGISTRY + "/shop/api"]).repositories.exact == ("shop/web", "shop/api")
    assert parse(repositories=["shop/*"]).repositories.exact is None
    assert parse(repositories=["shop/web", "!shop/api"]).repositories.exact is None
    assert parse().repositories.patterns is None
