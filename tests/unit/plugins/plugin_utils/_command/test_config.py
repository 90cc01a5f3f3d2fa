# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration file, and the age of its policy (S10)."""

from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time, parse_time
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.config import read_config

WHOLE = {
    "schema": 1,
    "command": "cleanup",
    "mode": "apply",
    "issued": "2026-11-23T00:00:00Z",
    "valid_until": "2026-12-23T00:00:00Z",
    "options": {"delete": [{"older_than": "30d"}]},
    "report_file": "/r.json",
    "metrics_file": "/m.prom",
    "log_file": "/l.log",
}
END = parse_time("2026-12-23T00:00:00Z")


@pytest.fixture(name="write")
def fixture_write(tmp_path):
    def write(document):
        path = tmp_path / "nightly.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return str(path)

    return write


def test_a_whole_configuration(write):
    config = read_config(write(WHOLE))
    assert config.name == "nightly"
    assert config.mode == "apply"
    assert config.options == {"delete": [{"older_than": "30d"}]}
    assert (config.report_file, config.metrics_file, config.log_file) == ("/r.json", "/m.prom", "/l.log")
    assert config.valid_until == END


def test_defaults_are_careful(write):
    config = read_config(write({"schema": 1}))
    assert config.mode == "report"
    assert config.report_file == "/var/lib/imagefleet/nightly.report.json"
    assert config.log_file == "/var/log/imagefleet.log"
    assert config.metrics_file is None
    assert "no valid_until" in config.plan_only(0)


def test_a_policy_deletes_until_it_expires(write):
    config = read_config(write(WHOLE))
    assert config.plan_only(END - 1) is None
    assert "expired at 2026-12-23T00:00:00Z" in config.plan_only(END)


@pytest.mark.parametrize("schema", [None, 0, 2, "1", True])
def test_an_unknown_schema_plans_only(write, schema):
    config = read_config(write({**WHOLE, "schema": schema, "mode": "new", "command": "new"}))
    assert f"schema {schema!r}" in config.plan_only(0)
    assert config.mode == "report"


@pytest.mark.parametrize(
    "document, words",
    [
        ("{", "is not JSON"),
        ("[" * 100000, "is not JSON"),
        ("[]", "holds a list, a JSON object is needed"),
        ({**WHOLE, "mode": "delete"}, "mode is 'delete', it is one of report, apply"),
        ({**WHOLE, "command": "burn"}, "command is 'burn'"),
        ({**WHOLE, "options": []}, "options is a list"),
        ({**WHOLE, "valid_until": "soon"}, "valid_until is 'soon', an ISO time"),
        ({**WHOLE, "valid_until": 5}, "valid_until is 5, an ISO time"),
        ({**WHOLE, "report_file": "r.json"}, "report_file is 'r.json', an absolute path"),
        ({**WHOLE, "log_file": 1}, "log_file is 1, an absolute path"),
    ],
)
def test_a_bad_configuration_says_what_and_what_instead(write, document, words):
    with pytest.raises(PolicyError) as caught:
        read_config(write(document))
    assert words in str(caught.value)
    assert "nightly.json" in str(caught.value)


def test_a_missing_configuration_says_who_writes_it(tmp_path):
    with pytest.raises(PolicyError, match="there is no configuration .*host_command"):
        read_config(str(tmp_path / "gone.json"))


def test_the_policy_hash_follows_the_rules_and_nothing_secret(write):
    def policy_hash(**changes):
        return read_config(write({**WHOLE, "options": {**WHOLE["options"], **changes}})).policy_hash

    plain = policy_hash()
    assert plain == policy_hash(
        registries=[{"registry": "r", "password": "hunter2"}], docker_host="unix:///x", keep=None
    )
    assert plain != policy_hash(keep=[{"newest": 3}])
    assert plain != read_config(write({**WHOLE, "mode": "report"})).policy_hash


def test_times_read_back(write):
    assert iso_time(END) == "2026-12-23T00:00:00Z"
    assert parse_time("2026-12-23T01:00:00+01:00") == END
    assert parse_time("2026-12-23T00:00:00") == END
