# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.plugin_utils._policy.retention_what_if import plan_again
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.retention_samples import (
    entry,
    ordinary,
    result,
)

NOW = "2026-11-23T02:00:00Z"
INFO = {
    "registry": "registry.example.com",
    "capabilities": {"tag_delete": None},
    "repositories": [
        {
            "name": "shop/web",
            "tags": [
                {"name": "1.%d.0" % minor, "digest": "sha256:%064d" % minor, "created": "2026-0%d-01T00:00:00Z" % minor}
                for minor in range(1, 6)
            ],
        }
    ],
}


def actions(told, **options):
    return {row["tag"]: row["action"] for row in plan_again(told, now=NOW, **options)}


def test_other_rules_on_what_registry_info_told():
    stricter = {"keep": [{"newest": 2}], "delete": [{"repositories": "**"}], "minimum_kept": 1}
    assert actions(INFO, **stricter) == {
        "1.1.0": "delete",
        "1.2.0": "delete",
        "1.3.0": "delete",
        "1.4.0": "keep",
        "1.5.0": "keep",
    }
    assert set(actions(INFO, delete=[{"older_than": "240d", "clock": "created"}], minimum_kept=0).values()) == {
        "keep",
        "delete",
    }
    assert actions(INFO, **{**stricter, "protect": ["shop/web:1.1.0"]})["1.1.0"] == "keep"


def test_other_rules_on_what_registry_retention_told():
    found = actions(ordinary(), delete=[{"repositories": "**"}], minimum_kept=0)
    assert found["1.5.0"] == "keep"  # the fleet uses it
    assert found["1.6.0"] == "delete"


def test_a_digest_that_must_stay_keeps_all_its_tags():
    rows = [entry("a", "1.0", "one"), entry("a", "prod", "one")]
    assert set(actions(result(rows), delete=[{"tags": "1.*"}], minimum_kept=0).values()) == {"keep"}


@pytest.mark.parametrize(
    "told, options, words",
    [
        ([], {}, "the result of registry_retention or registry_info is needed"),
        ({"failed": True}, {}, "the result of registry_retention or registry_info is needed"),
        (INFO, {"minimum": 3}, "minimum is no option"),
        (INFO, {"now": "soon"}, "now is 'soon', an ISO time"),
        (INFO, {"delete": [{"older": "3d"}]}, "delete\\[0\\].older: no such field"),
    ],
)
def test_bad_input(told, options, words):
    with pytest.raises(PolicyError, match=words):
        plan_again(told, **options)
