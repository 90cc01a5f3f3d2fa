# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the unpacked programs, and calling the private docker command line."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, Mapping

from .commands import output
from .paths import Cache, Instance

_SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: kind of engine -> suites whose programs it uses, in PATH order. Debian 13's runc needs a newer C library than
#: Debian 12 has, so the newer engine runs with Debian 12's runc.
SUITES = {"overlay2": ("bookworm",), "containerd": ("trixie", "bookworm")}


def environment(cache: Cache, kind: str) -> dict[str, str]:
    """Environment for daemons of a kind: nothing is inherited from the caller but what is named here."""
    folders = [str(cache.tools(suite) / part) for suite in SUITES[kind] for part in ("usr/sbin", "usr/bin")]
    libraries = sorted(str(path) for path in cache.tools("bookworm").glob("**/lib/*-linux-gnu"))
    return {
        "PATH": ":".join(folders + [_SYSTEM]),
        "LD_LIBRARY_PATH": ":".join(libraries),
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
    }


def program(cache: Cache, suite: str, name: str) -> Path:
    """Path of an unpacked program; FileNotFoundError if the package did not contain it."""
    for folder in ("usr/sbin", "usr/bin", "sbin", "bin", "usr/libexec/docker/cli-plugins"):
        path = cache.tools(suite) / folder / name
        if path.exists():
            return path
    raise FileNotFoundError("%s is not among the programs of %s in %s" % (name, suite, cache.root))


def with_own_library(cache: Cache, suite: str, name: str) -> list[str | Path]:
    """The beginning of a command line for a program that may need a newer C library than the machine has."""
    loader = next(cache.tools(suite).glob("usr/lib/*-linux-gnu/ld-linux-*.so.*"))
    return [loader, "--library-path", loader.parent, program(cache, suite, name)]


def docker_cli(cache: Cache) -> Path:
    """The docker command line of the lab (26.1)."""
    return program(cache, "trixie", "docker")


#: Versions of buildx -> suite of their programs.
BUILDX = {"0.13": "trixie", "0.29": "forky"}


def write_docker_config(cache: Cache, folder: Path, buildx: str = "0.13") -> Path:
    """A DOCKER_CONFIG with a buildx as plug-in, and without any credentials; returns the folder."""
    plugins = folder / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    plugin = plugins / "docker-buildx"
    if not plugin.exists():
        suite = BUILDX[buildx]
        words = (
            [program(cache, suite, "docker-buildx")]
            if suite == "trixie"
            else with_own_library(cache, suite, "docker-buildx")
        )
        plugin.write_text('#!/bin/sh\nexec %s "$@"\n' % " ".join(shlex.quote(str(word)) for word in words))
        plugin.chmod(0o755)
    config = folder / "config.json"
    if not config.exists():
        config.write_text("{}\n")
    return folder


class Docker:
    """The private docker command line, bound to one engine of one instance."""

    def __init__(self, cache: Cache, instance: Instance, docker_host: str) -> None:
        self._argv = [str(docker_cli(cache)), "--host", docker_host]
        self.env: Mapping[str, str] = {"DOCKER_CONFIG": str(instance.docker_config), "DOCKER_BUILDKIT": "0"}

    def argv(self, *words: object) -> list[str]:
        """The complete command line of `docker WORDS`."""
        return self._argv + [str(word) for word in words]

    def __call__(self, *words: object, **options: Any) -> str:
        """Run `docker WORDS` and return what it printed; LabError if it fails."""
        return output(self.argv(*words), env=self.env, **options)
