# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that run each job of the command on schedule."""

from __future__ import annotations

import configparser

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import COMMANDS
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import paths_of
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.schedule import parse_schedule
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.texts import (
    MARKER,
    cron_text,
    service_text,
    timer_text,
)

PATHS = paths_of("nightly")
SCHEDULE = parse_schedule("30 1 1,15 * *")
AFTER = {"cleanup": "docker.service"}
AFTER.update(
    dict.fromkeys(("retention", "collect", "sync", "drift", "cache", "scan", "verify"), "network-online.target")
)


def parse(text):
    """A unit file: section -> key -> value. A key twice in a section is an error here."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def test_every_job_is_known():
    assert set(AFTER) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_service_runs_its_job_once(command):
    text = service_text(PATHS, command)
    unit = parse(text)
    assert text.startswith(MARKER)
    assert unit["Unit"]["After"] == AFTER[command] and unit["Unit"]["Description"].endswith(" nightly")
    assert unit["Service"] == {
        "Type": "oneshot",
        "ExecStart": "/usr/local/bin/imagefleet %s --config /etc/imagefleet/nightly.json" % command,
        # The brake or an undo that is not over, another holder of the lock, a region that is behind, and images that do not pass.
        "SuccessExitStatus": "4 6 11 12 14",
        "Nice": "10",
        "NoNewPrivileges": "yes",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_a_timer_starts_it(command):
    unit = parse(timer_text(PATHS, SCHEDULE, 1800, command))
    assert unit["Timer"] == {
        "OnCalendar": "*-*-1,15 1:30:00",
        "RandomizedDelaySec": "1800",
        "Persistent": "true",
    }
    assert unit["Install"] == {"WantedBy": "timers.target"}
    assert unit["Unit"]["Description"] == "When: " + parse(service_text(PATHS, command))["Unit"]["Description"]


@pytest.mark.parametrize("command", COMMANDS)
def test_cron_starts_it(command):
    marker, path, line = cron_text(PATHS, SCHEDULE, command).splitlines()
    assert marker + "\n" == MARKER and path.startswith("PATH=") and "/sbin:" in path
    run = "/usr/local/bin/imagefleet %s --config /etc/imagefleet/nightly.json >/dev/null" % command
    assert line == "30 1 1,15 * * root " + run


def test_jobs_are_told_apart():
    assert len({parse(service_text(PATHS, command))["Unit"]["Description"] for command in COMMANDS}) == len(COMMANDS)
    assert service_text(PATHS) == service_text(PATHS, "cleanup")
