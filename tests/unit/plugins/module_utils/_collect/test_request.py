# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input names option, value and cause, before anything is contacted."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.request import (
    CollectRequest,
    parse_collect_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

REGISTRY = "registry.example.com:5000"


def parse(**options):
    return parse_collect_options({"registry": REGISTRY, **options})


def test_defaults():
    request = parse()
    assert request == CollectRequest(
        registry=request.registry,
        service="docker-registry.service",
        storage_path=None,
        undo_dir="/var/lib/imagefleet/undo",
        undo_window=7 * 86400,
        quiet_period=15 * 60,
        state_dir="/var/lib/imagefleet/retention",
        collect_timeout=3600,
        canary_repository="imagefleet-canary",
        verify="sample",
    )
    assert request.registry.registry == REGISTRY


def test_what_is_not_given_is_the_default():
    empty = dict.fromkeys(
        ("service", "storage_path", "undo_dir", "undo_window", "quiet_period", "state_dir", "collect_timeout", "verify")
    )
    assert parse(**empty, canary_repository=None) == parse() == parse(**dict.fromkeys(empty, ""))


def test_what_is_given():
    request = parse(
        service="registry@eu",
        storage_path="/srv/registry",
        undo_dir="/srv/undo",
        undo_window="0",
        quiet_period="1h30m",
        state_dir="/srv/state",
        collect_timeout="90s",
        canary_repository="ops/canary",
        verify="all",
    )
    assert (request.service, request.storage_path) == ("registry@eu.service", "/srv/registry")
    assert (request.undo_window, request.quiet_period, request.collect_timeout) == (0, 5400, 90)
    assert (request.canary_repository, request.verify, request.state_dir) == ("ops/canary", "all", "/srv/state")


@pytest.mark.parametrize("name", ["docker-registry", "docker-registry.service", " docker-registry "])
def test_a_service_with_and_without_its_ending(name):
    assert parse(service=name).service == "docker-registry.service"


@pytest.mark.parametrize(
    "options, words",
    [
        ({"registry": ""}, "registry: '' is not a registry; write host or host:port"),
        ({"registry": "https://registry.example.com"}, "registry: .* without https://"),
        ({"service": "../../etc/passwd"}, "service: '../../etc/passwd' is not the name of a systemd service"),
        ({"service": "a b"}, "service: 'a b' is not the name of a systemd service, such as docker-registry"),
        ({"service": "-H root@elsewhere"}, "service: '-H root@elsewhere'"),
        ({"service": "--version"}, "service: '--version'"),
        ({"service": "docker-*"}, r"service: 'docker-\*'"),
        ({"service": "a\nb"}, "service: 'a\\\\nb'"),
        ({"service": "a%n"}, "service: 'a%n'"),
        ({"service": "$(id)"}, "service: '"),
        ({"storage_path": "var/lib/registry"}, "storage_path: 'var/lib/registry' is not an absolute path"),
        ({"storage_path": "/var/lib\nx"}, "storage_path: '/var/lib\\\\nx' is not an absolute path"),
        ({"undo_dir": "undo"}, "undo_dir: 'undo' is not an absolute path"),
        ({"state_dir": "~/state"}, "state_dir: '~/state' is not an absolute path"),
        ({"undo_window": "7"}, "undo_window: 7 has no unit; write 7d"),
        ({"undo_window": 7}, "undo_window: 7 has no unit"),
        ({"undo_window": "a week"}, "undo_window: 'a week' is not a duration; write for example 90m"),
        ({"undo_window": "-1d"}, "undo_window: '-1d' is not a duration"),
        ({"undo_window": True}, "undo_window: True is not a duration"),
        ({"quiet_period": "15 min"}, "quiet_period: '15 min' is not a duration"),
        ({"collect_timeout": "never"}, "collect_timeout: 'never' is not a duration"),
        ({"collect_timeout": "0"}, "collect_timeout: the collection needs a limit, for example 1h"),
        ({"collect_timeout": "0s"}, "collect_timeout: the collection needs a limit"),
        ({"canary_repository": "Canary"}, "canary_repository: .*repository names are lower case"),
        (
            {"canary_repository": "canary:1"},
            "canary_repository: 'canary:1' names a tag or digest; write a repository alone",
        ),
        ({"canary_repository": "canary@sha256:" + "a" * 64}, "canary_repository: .* names a tag or digest"),
        ({"canary_repository": "../canary"}, "canary_repository: .* is not an image reference"),
        ({"canary_repository": "c/" * 200 + "c"}, "canary_repository: .* longer than 255 characters"),
        ({"verify": "some"}, "verify: 'some' is none of sample, all"),
        ({"verify": ["all"]}, r"verify: \['all'\] is none of sample, all"),
        ({"timeout": 0}, "timeout: 0 is not a whole number from 1 to 3600"),
        ({"password": "hunter2"}, "password: it has no effect without username"),
    ],
)
def test_bad_input_names_option_value_and_cause(options, words):
    with pytest.raises(PolicyError, match="^" + words) as caught:
        parse(**options)
    assert "hunter2" not in str(caught.value)
