# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines of dockerd."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._config.dockerd_flags import (
    exec_start,
    parse_flags,
    validation,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import INSECURE, MIRRORS
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.flags import also_given

SHOWN = (
    "{ path=/usr/sbin/dockerd ; argv[]=/usr/sbin/dockerd -H fd:// --registry-mirror=https://a ; ignore_errors=no ; "
    "start_time=[n/a] ; pid=0 }"
)


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["--registry-mirror=https://a"], "--registry-mirror=https://a"),
        (["--registry-mirror", "https://a", "--registry-mirror", "https://b"], "--registry-mirror=https://a,https://b"),
        (["--insecure-registry", "10.0.0.0/8"], "--insecure-registry=10.0.0.0/8"),
        (["-H", "fd://", "--debug"], None),
        (["--label=--registry-mirror=x"], None),
    ],
)
def test_flags_that_a_key_may_not_stand_beside(words, given):
    assert also_given([MIRRORS, INSECURE], ["dockerd", *words]) == given


def test_only_the_keys_that_are_written_count():
    assert also_given([MIRRORS], ["dockerd", "--insecure-registry=x"]) is None


def test_values_of_flags():
    flags = parse_flags(
        ["dockerd", "--debug", "--config-file", "/a.json", "-p", "/run/d.pid", "--tls=false", "-H", "fd://"]
    )
    assert flags == {"--debug": ("",), "--config-file": ("/a.json",), "--pidfile": ("/run/d.pid",), "--tls": ("false",)}


def test_the_command_line_of_a_unit():
    assert exec_start(SHOWN) == ["/usr/sbin/dockerd", "-H", "fd://", "--registry-mirror=https://a"]
    assert exec_start("") == [] and exec_start("{ argv[]=dockerd 'open }") == []


@pytest.mark.parametrize("words", [[], ["--config-file", "/old.json"], ["--config-file=/old.json"]])
def test_validation_reads_the_new_file_with_all_other_flags(words):
    argv = ["dockerd", "-H", "fd://", *words, "--debug"]
    assert validation(argv, "/new.json") == [
        "dockerd",
        "-H",
        "fd://",
        "--debug",
        "--validate",
        "--config-file=/new.json",
    ]
