# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docker buildx prints, and what is said when it is missing, too old or silent."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.buildx import (
    find_version,
    list_builders,
    parse_builders,
    parse_version,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli

NODE = '{"Name":"%s","Endpoint":"ssh://%s","Status":"running","Version":"v0.16.0","Platforms":["linux/amd64*","linux/arm64"]}'
OLD = '{"Name":"fleet","Driver":"docker-container","Dynamic":false,"Nodes":[%s,%s]}\n' % (
    NODE % ("n0", "one"),
    NODE % ("n1", "two"),
)


def answering(code, output="", errors=""):
    """A docker command line that says this to every question; what it was asked is in .asked"""
    asked = []

    def run(argv, environment, text):
        asked.append((list(argv), dict(environment)))
        return code, output, errors

    docker = DockerCli(run, "/usr/bin/docker", {"DOCKER_HOST": "unix:///x.sock"}, 7)
    return docker, asked


@pytest.mark.parametrize(
    "text, version",
    [
        ("github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3\n", (0, 13, 1)),
        ("github.com/docker/buildx v0.29.1 a32761aeb3debd39be1eca514af3693af0db334b\n", (0, 29, 1)),
        ("github.com/docker/buildx v1.0.0-rc1 abc\n", (1, 0, 0)),
    ],
)
def test_version(text, version):
    assert parse_version(text) == version


def test_before_0_21_a_builder_is_printed_once_for_each_node():
    (builder,) = parse_builders(OLD + OLD)
    assert [node.name for node in builder.nodes] == ["n0", "n1"]
    assert builder.nodes[0].platforms == ("linux/amd64", "linux/arm64")
    assert builder.current is None


def test_since_0_24_the_current_one_is_told():
    told = parse_builders('{"Name":"a","Driver":"remote","Current":true,"Nodes":null}\n{"Name":"b","Driver":"remote"}')
    assert [builder.current for builder in told] == [True, None]
    assert told[0].nodes == ()


def test_the_error_of_a_node_is_kept():
    (builder,) = parse_builders(
        '{"Name":"a","Driver":"remote","Nodes":[{"Name":"a0","Status":"error","Err":"no route to host"}]}'
    )
    assert (builder.nodes[0].status, builder.nodes[0].error) == ("error", "no route to host")


@pytest.mark.parametrize(
    "text", ["NAME/NODE DRIVER\n", '{"Driver":"remote"}', "[]", '{"Name":"a","Driver":"d","Nodes":[1]}']
)
def test_what_is_no_builder_names_the_line(text):
    with pytest.raises(ToolError, match="line 1"):
        parse_builders(text)


def test_a_call_has_a_time_limit_and_its_own_environment():
    docker, asked = answering(0, OLD)
    list_builders(docker)
    argv, environment = asked[0]
    assert argv == ["timeout", "--kill-after=10", "7", "/usr/bin/docker", "buildx", "ls", "--format", "json"]
    assert environment == {"DOCKER_HOST": "unix:///x.sock"}


def test_secrets_go_into_the_environment():
    docker, asked = answering(0)
    docker.attempt("buildx", "build", secrets={"TOKEN": "hunter2"})
    argv, environment = asked[0]
    assert "hunter2" not in " ".join(argv)
    assert environment["TOKEN"] == "hunter2"


def test_no_plug_in():
    docker, _asked = answering(1, "", "docker: 'buildx' is not a docker command.\nSee 'docker --help'\n")
    with pytest.raises(ToolMissing, match="docker has no buildx here: .*not a docker command.*docker-buildx"):
        find_version(docker)


def test_too_old():
    docker, _asked = answering(0, "github.com/docker/buildx v0.9.1 ed00243a0ce2a0aee75311b06e32d33b44729689\n")
    with pytest.raises(ToolMissing, match="buildx is 0.9.1, and 0.13.0 or newer is needed"):
        find_version(docker)


def test_failure_tells_the_command_and_its_last_words():
    docker, _asked = answering(1, "", '#1 noise\nERROR: no builder "x" found\n')
    with pytest.raises(ToolError, match=r'docker buildx ls failed \(1\): #1 noise\nERROR: no builder "x" found'):
        list_builders(docker)


def real(argv, environment, text):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_program_that_does_not_answer():
    with pytest.raises(ToolError, match="sleep 30 gave no answer within 1 seconds"):
        DockerCli(real, "sleep", timeout=1)("30")


def test_a_program_that_is_not_there():
    with pytest.raises(ToolMissing, match="/nonexistent/docker cannot be started: .*docker_cli"):
        DockerCli(real, "/nonexistent/docker")("version")
