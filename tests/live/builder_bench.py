# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builders on engines and hosts of the lab, made by the core itself with a real buildx of either version."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any, Mapping, Sequence

from lab import load
from lab.commands import output
from lab.paths import cache
from lab.tools import docker_cli, write_docker_config

from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.request import parse_builder_options
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.run import run_builder

LAB = load()
VERSIONS = ("0.13", "0.29")


class BuilderBench:
    """A folder of builders of its own. Hosts of the lab are reached over ssh without any configuration of the user's."""

    def __init__(self, folder: Path, version: str, docker_host: str) -> None:
        self.version = version
        self.docker_host = docker_host
        self.config = write_docker_config(cache(), folder / "docker", version)
        self._programs = folder / "bin"
        self._write_ssh()

    def setup(self, apply: bool = True, **options: Any) -> dict[str, Any]:
        """What the module returns; raises what it fails with."""
        places = {
            "docker_cli": str(docker_cli(cache())),
            "docker_host": self.docker_host,
            "config_dir": str(self.config),
        }
        return run_builder(parse_builder_options({**places, **options}), apply, self._run)

    def twice(self, **options: Any) -> dict[str, Any]:
        """Check mode says what the run does, and a second run does nothing."""
        planned = self.setup(False, **options)
        done = self.setup(**options)
        again = self.setup(**options)
        assert planned["changed"] and done["changed"], done
        assert [row["reason"] for row in planned["changes"]] == [row["reason"] for row in done["changes"]]
        assert {row["outcome"] for row in done["changes"]} == {"done"} and planned["diff"] == done["diff"]
        # What runs is not known before it was started.
        assert options.get("bootstrap") or planned["builder"] == done["builder"], (planned, done)
        assert not again["changed"] and again["changes"] == again["diff"] == [], again
        return done

    def docker(self, *words: str, check: bool = True) -> str:
        """The same command line, by hand: what it prints, also what it complains about."""
        code, text, errors = self._run([str(docker_cli(cache())), *words], self.environment, None)
        assert code == 0 or not check, errors
        return text + errors

    def kept(self, name: str) -> bytes | None:
        """What buildx has written down of a builder."""
        path = self.config / "buildx" / "instances" / name
        return path.read_bytes() if path.exists() else None

    @property
    def environment(self) -> Mapping[str, str]:
        return {"DOCKER_HOST": self.docker_host, "DOCKER_CONFIG": str(self.config)}

    def _run(self, argv: Sequence[str], environment: Mapping[str, str], text: str | None) -> tuple[int, str, str]:
        whole = {**os.environ, **environment, "PATH": "%s:%s" % (self._programs, os.environ["PATH"])}
        done = subprocess.run(list(argv), env=whole, input=text, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def _write_ssh(self) -> None:
        """docker runs the ssh that it finds first."""
        self._programs.mkdir()
        options = ["-F", "none", "-o", "UserKnownHostsFile=%s" % LAB["known_hosts"], "-o", "BatchMode=yes"]
        keys = sorted({host["key"] for host in LAB["hosts"]})
        words = ["/usr/bin/ssh", *options, *(word for key in keys for word in ("-i", key))]
        program = self._programs / "ssh"
        program.write_text('#!/bin/sh\nexec %s "$@"\n' % shlex.join(words))
        program.chmod(0o755)


def at_host(name: str) -> str:
    """The endpoint of a host of the lab."""
    (host,) = [host for host in LAB["hosts"] if host["name"] == name]
    return "ssh://%s@%s:%d" % (host["user"], host["address"], host["port"])


def volumes(bench: BuilderBench) -> set[str]:
    return set(output([docker_cli(cache()), "--host", bench.docker_host, "volume", "ls", "--quiet"]).split())
