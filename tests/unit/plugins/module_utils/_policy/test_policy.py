# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole policy: its defaults, and that every mistake names its option."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import Policy, parse_policy


def test_an_empty_policy_deletes_nothing_and_waits_a_day():
    assert parse_policy() == Policy()
    assert Policy().minimum_age == 86400
    assert parse_policy(None, [], "", "24h") == Policy()


def test_all_parts_are_read():
    policy = parse_policy([{"newest": 3}], [{"older_than": "30d"}], ["nginx"], "1h", "registry")
    assert policy.keep[0].order == "version"
    assert policy.delete[0].older_than == 30 * 86400
    assert policy.protect.repositories == {"docker.io/library/nginx"}
    assert policy.minimum_age == 3600
    assert parse_policy([{"newest": 3}]).keep[0].order == "clock"


@pytest.mark.parametrize(("value", "seconds"), [(0, 0), ("0", 0), ("90m", 5400), ("6w", 6 * 604800)])
def test_minimum_age_is_read(value, seconds):
    assert parse_policy(minimum_age=value).minimum_age == seconds


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"minimum_age": "24"}, "minimum_age: 24 has no unit; write 24d"),
        ({"minimum_age": "soon"}, "minimum_age: 'soon' is not a duration"),
        ({"minimum_age": None}, "minimum_age: None is not a duration"),
        ({"minimum_age": ""}, "minimum_age: '' is not a duration"),
        ({"minimum_age": False}, "minimum_age: False is not a duration"),
        ({"keep": "newest 3"}, "keep: 'newest 3' is not a list of rules"),
        ({"keep": [{"newest": 3}, {"newest": "x"}]}, "keep[1].newest: 'x' is not a whole number from 1 on"),
        ({"delete": {"older_than": "3d"}}, "delete: {'older_than': '3d'} is not a list of rules"),
        ({"delete": [{"older_than": 3}]}, "delete[0].older_than: 3 has no unit; write 3d"),
        ({"protect": ["nginx", 1.25]}, "protect[1]: 1.25 is not text"),
    ],
    ids=repr,
)
def test_a_mistake_names_its_option_and_value(options, words):
    with pytest.raises(PolicyError) as refusal:
        parse_policy(**options)
    assert str(refusal.value).startswith(words)


@pytest.mark.parametrize("value", ["nginx", 5, True, b"nginx"], ids=repr)
def test_protect_that_is_no_list_is_refused_and_never_read_letter_by_letter(value):
    with pytest.raises(PolicyError, match="^protect"):
        parse_policy(protect=value)
