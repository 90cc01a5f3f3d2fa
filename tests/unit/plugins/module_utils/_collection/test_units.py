# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is given to systemd: names, settings, commands."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.units import (
    DROP_IN_TEXT,
    READ_ONLY,
    Names,
    Owner,
    environment_text,
    guard_command,
    task_command,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collection.environment_files import (
    NEW,
    OLD,
    read_environment,
)

NAMES = Names("docker-registry.service")
OWNER = Owner(110, 115, "/var/lib/docker-registry")
FOLDER = "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"


def properties(command):
    """Those before the program's own arguments."""
    flag = "--property="
    return dict(word[len(flag) :].split("=", 1) for word in command[: command.index("--")] if word.startswith(flag))


def options(command):
    return [word for word in command[1 : command.index("--")] if not word.startswith("--property=")]


def program(command):
    return command[command.index("--") + 1 :]


def test_names():
    assert NAMES.drop_in == "/run/systemd/system/docker-registry.service.d/zz-imagefleet-read-only.conf"
    assert NAMES.collector.unit == "imagefleet-collect-docker-registry.service"
    assert NAMES.guard == "imagefleet-reopen-docker-registry.service"
    assert NAMES.collector.files == tuple("/run/imagefleet/docker-registry." + end for end in ("env", "out", "err"))


def test_who_only_asks_shares_nothing_with_who_collects_or_asks():
    tasks = [NAMES.collector, NAMES.asking(1), NAMES.asking(2), Names("other.service").asking(1)]
    assert len({task.unit for task in tasks}) == 4
    assert len({path for task in tasks for path in task.files}) == 12


def test_an_instance_of_a_template():
    """Its drop-in is its own; our units are no instances, of which systemd would look for a template."""
    names = Names("registry@eu.service")
    assert names.drop_in_folder == "/run/systemd/system/registry@eu.service.d"
    for unit in (names.collector.unit, names.guard, names.asking(1).unit):
        assert "@" not in unit and unit.endswith(".service")


def test_the_drop_in_is_one_that_systemd_and_the_registry_understand():
    lines = [line for line in DROP_IN_TEXT.splitlines() if not line.startswith("#")]
    assert lines == ["[Service]", "Environment='REGISTRY_STORAGE_MAINTENANCE_READONLY={\"enabled\":true}'"]
    assert "'" not in READ_ONLY and "%" not in READ_ONLY and "\\" not in READ_ONLY


# Settings for the collector ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("escaped", [OLD, NEW])
@pytest.mark.parametrize(
    "value",
    [
        "/srv/registry",
        "",
        " ",
        "it's",
        "'",
        "''",
        '"quoted"',
        "back\\slash\\\\",
        "ends with \\",
        "$HOME ${HOME} $$",
        "`id`",
        "50%% of %n",
        "two\nlines",
        "\n",
        "# no comment",
        '{"filesystem":{"rootdirectory":"/srv/it\'s"}}',
        "sch\u00f6n \u2028",
    ],
)
def test_values_arrive_as_they_are(value, escaped):
    text = environment_text({FOLDER: value, "REGISTRY_STORAGE": value})
    assert read_environment(text, escaped) == {FOLDER: value, "REGISTRY_STORAGE": value, "REGISTRY_LOG_LEVEL": "error"}


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0")))
def test_any_value_arrives_as_it_is(value):
    for escaped in (OLD, NEW):
        assert read_environment(environment_text({FOLDER: value}), escaped)[FOLDER] == value


def test_secrets_that_the_collector_does_not_need_stay_where_they_are():
    text = environment_text(
        {
            "REGISTRY_HTTP_SECRET": "hunter2",
            "REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE": "hunter2",
            "REGISTRY_REDIS_PASSWORD": "hunter2",
            "REGISTRY_NOTIFICATIONS_ENDPOINTS": "[{headers: {Authorization: [hunter2]}}]",
            "AWS_SECRET_ACCESS_KEY": "hunter2",
            "PATH": "/usr/bin",
            FOLDER: "/srv/registry",
        }
    )
    assert "hunter2" not in text
    assert set(read_environment(text, NEW)) == {FOLDER, "REGISTRY_LOG_LEVEL"}


def test_our_own_setting_is_not_given_on():
    """The registry may have been looked at while it was closed; the collector must write."""
    name, _equals, value = READ_ONLY.partition("=")
    found = read_environment(environment_text({name: value, "REGISTRY_STORAGE_MAINTENANCE": value, FOLDER: "/a"}), NEW)
    assert set(found) == {FOLDER, "REGISTRY_LOG_LEVEL"}


# Commands ------------------------------------------------------------------------------------------------------------


def test_the_collector_runs_as_the_registry_with_a_limit_and_only_when_it_is_closed():
    argv = ["/usr/bin/docker-registry", "garbage-collect", "/etc/docker/registry/config.yml"]
    command = task_command(NAMES.collector, OWNER, argv, 3600, NAMES.drop_in)
    assert command[0] == "systemd-run" and program(command) == argv
    assert {"--quiet", "--collect", "--unit=" + NAMES.collector.unit, "--uid=110", "--gid=115"} <= set(options(command))
    assert properties(command) == {
        "Type": "oneshot",
        "EnvironmentFile": "/run/imagefleet/docker-registry.env",
        "WorkingDirectory": "/var/lib/docker-registry",
        "StandardOutput": "file:/run/imagefleet/docker-registry.out",
        "StandardError": "file:/run/imagefleet/docker-registry.err",
        "TimeoutStartSec": "3600",
        "TimeoutStopSec": "10",
        "Nice": "10",
        # Not a condition: of those systemd-run says that all went well.
        "AssertPathExists": NAMES.drop_in,
    }


def test_a_dry_run_needs_no_closed_registry():
    command = task_command(NAMES.asking(7), OWNER, ["/usr/bin/docker-registry", "--version"], 60)
    assert "AssertPathExists" not in properties(command)
    assert "--unit=imagefleet-ask-docker-registry-7.service" in command


def test_systemd_puts_no_variables_into_arguments():
    """It does so in $NAME, ${NAME} and $$ (systemd.service(5)), but not in the program itself."""
    argv = ["/opt/$x/registry", "garbage-collect", "/etc/${HOME}/$$.yml", "$HOME"]
    written = program(task_command(NAMES.collector, OWNER, argv, 1))
    assert written == ["/opt/$x/registry", "garbage-collect", "/etc/$${HOME}/$$$$.yml", "$$HOME"]


def test_the_guard_is_one_line_with_what_it_must_know():
    command = guard_command(NAMES, 4711, 7500)
    shell, flag, script, *arguments = [word.replace("$$", "$") for word in program(command)]
    assert (shell, flag) == ("/bin/sh", "-c") and "\n" not in script
    assert arguments == [
        *("sh", "7500", "4711", NAMES.collector.unit, NAMES.drop_in, NAMES.drop_in_folder, NAMES.unit),
        *NAMES.collector.files,
        *NAMES.asking(4711).files,
    ]
    assert not re.search(r"(?<!\$)\$(?!\$)", "".join(program(command)).replace("$$", ""))
    # The script would be its description otherwise.
    assert any(word.startswith("--description=") for word in options(command))
