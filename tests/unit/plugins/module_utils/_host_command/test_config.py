# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed configuration: its term, and what of it may be shown."""

from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import (
    decode,
    encode,
    make_document,
    masked,
    secrets_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import paths_of
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import parse_time

DAY = 86400
NOW = parse_time("2026-11-23T00:00:00Z")
WANTED = {"mode": "apply", "options": {"keep": [{"newest": 3}]}, "metrics_file": None}


def test_a_new_configuration_is_valid_for_30_days():
    document = make_document(WANTED, None, NOW)
    assert document == {
        "schema": 1,
        "command": "cleanup",
        "mode": "apply",
        "options": {"keep": [{"newest": 3}]},
        "issued": "2026-11-23T00:00:00Z",
        "valid_until": "2026-12-23T00:00:00Z",
    }


@pytest.mark.parametrize(
    "days, renewed", [(0, False), (1, False), (14, False), (15, True), (29, True), (31, True), (-1, True)]
)
def test_renewed_when_less_than_half_is_left_or_the_clock_was_wrong(days, renewed):
    first = make_document(WANTED, None, NOW)
    second = make_document(WANTED, json.loads(encode(first)), NOW + days * DAY)
    assert (second != first) is renewed
    assert (parse_time(second["valid_until"]) == NOW + (days + 30) * DAY) is (renewed or days == 0)


def test_a_changed_policy_gets_a_new_term():
    first = make_document(WANTED, None, NOW)
    second = make_document({**WANTED, "mode": "report"}, first, NOW + DAY)
    assert second["issued"] == "2026-11-24T00:00:00Z"


def test_an_end_of_its_own_is_kept_for_good():
    own = {**WANTED, "valid_until": "2026-11-01"}
    first = make_document(own, None, NOW)
    assert first["valid_until"] == "2026-11-01T00:00:00Z"
    assert make_document(own, first, NOW + 100 * DAY) == first
    assert (
        make_document({**own, "valid_until": "2027-01-01T00:00:00Z"}, first, NOW)["valid_until"]
        == "2027-01-01T00:00:00Z"
    )
    with pytest.raises(PolicyError, match="config.valid_until is 'soon'"):
        make_document({**WANTED, "valid_until": "soon"}, None, NOW)


@pytest.mark.parametrize("damage", [{"valid_until": 5}, {"valid_until": "x"}, {"issued": None}])
def test_a_damaged_term_is_renewed(damage):
    first = make_document(WANTED, None, NOW)
    assert make_document(WANTED, {**first, **damage}, NOW + DAY)["issued"] == "2026-11-24T00:00:00Z"


@pytest.mark.parametrize("data", [None, b"", b"{", b"[]", b"\xff", b"[" * 100000])
def test_a_damaged_configuration_reads_as_none(data):
    assert decode(data) is None


def test_credentials_are_found_and_masked_wherever_they_are():
    options = {
        "options": {
            "registries": [{"registry": "r", "password": "hunter2", "token": "t0ken", "username": "u"}],
            "keep": [],
        },
        "password": "",
    }
    assert sorted(secrets_of(options)) == ["hunter2", "t0ken"]
    shown = json.dumps(masked(options))
    assert "hunter2" not in shown and "t0ken" not in shown
    assert masked(options)["options"]["registries"][0]["registry"] == "r"
    assert masked(options)["password"] == ""


@pytest.mark.parametrize("name", ["a", "nightly", "image_cleanup", "a-1", "x" * 63])
def test_names_that_cron_and_systemd_take(name):
    assert paths_of(name).config == f"/etc/imagefleet/{name}.json"


@pytest.mark.parametrize("name", ["", "A", "a.b", "a/b", "../x", "-a", "a b", "a\n", "x" * 64, "ä"])
def test_other_names_are_refused(name):
    with pytest.raises(PolicyError, match="name is"):
        paths_of(name)
