# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds as tests see them: a folder to build from, a docker command line with buildx, a registry, and a run of the module's code."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Mapping

from lab.paths import cache
from lab.tools import docker_cli, program, write_docker_config
from own_registry import OwnRegistry

from ansible_collections.imagefleet.docker.plugins.module_utils._build.inputs import LABEL
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.request import parse_build_options
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.run import run_build

BOTH = ["linux/amd64", "linux/arm64"]
#: Engines of the lab have no bridge.
NETWORK = "none"
_DOCKERFILE = """FROM scratch
ARG TARGETARCH
COPY busybox-${TARGETARCH} /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
"""


def engine_of(lab: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    (found,) = (one for one in lab["engines"] if one["name"] == name)
    return dict(found)


class Kitchen:
    """One engine, one version of buildx, one registry, one folder."""

    def __init__(self, engine: Mapping[str, Any], folder: Path, registry: OwnRegistry, buildx: str) -> None:
        self.engine = engine
        self.registry = registry
        self.config = write_docker_config(cache(), folder / "docker", buildx)
        self.context = folder / "context"
        self.context.mkdir()
        self.log: list[list[str]] = []
        #: What was told of how far builds are.
        self.told: list[str] = []
        #: Which way to the registry this is, and the base image of the test.
        self.way = self.base_name = ""
        self._folder = folder

    # What is built --------------------------------------------------------------------------------------------------

    def write(self, path: str, text: str) -> None:
        target = self.context / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def base(self, tag: str) -> None:
        """Push a base image with a shell for both platforms; its content is its tag."""
        folder = self._folder / "base"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for architecture, suite in (("amd64", "bookworm"), ("arm64", "arm64")):
            shutil.copy(program(cache(), suite, "busybox"), folder / ("busybox-" + architecture))
        (folder / "Dockerfile").write_text(_DOCKERFILE + 'LABEL note="%s"\n' % tag)
        name = "%s/base" % self.registry.address
        self.build(context=str(folder), name=name, tags=[tag], platforms=BOTH, push=True, rebuild="always")

    # Runs -----------------------------------------------------------------------------------------------------------

    def options(self, **options: Any) -> dict[str, Any]:
        base = {
            "context": str(self.context),
            "registries": [{"registry": self.registry.address, "insecure": True, "retries": 0}],
            "config_dir": str(self.config),
            "docker_cli": str(docker_cli(cache())),
            "docker_host": self.engine["docker_host"],
            "network": NETWORK,
        }
        return {**base, **options}

    def build(self, apply: bool = True, **options: Any) -> dict[str, Any]:
        order, registries, docker = parse_build_options(self.options(**options), self.run)
        return run_build(order, registries, docker, apply, self.told.append)

    def run(self, argv: Any, environment: Mapping[str, str], text: str | None) -> tuple[int, str, str]:
        self.log.append(list(argv))
        done = subprocess.run(
            list(argv), env={**os.environ, **environment}, input=text, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    def docker(self, *words: str) -> str:
        environment = {"DOCKER_CONFIG": str(self.config), "DOCKER_HOST": self.engine["docker_host"]}
        code, output, errors = self.run([str(docker_cli(cache())), *words], environment, None)
        assert code == 0, errors
        return output.strip()

    def sweep(self) -> None:
        """Remove what was built in the engine."""
        for name in self.docker("image", "ls", "--all", "--format", "{{.Repository}}:{{.Tag}}").splitlines():
            if name.startswith(self.registry.address) and "<none>" not in name:
                self.docker("image", "rm", "--force", name)
        self.docker("image", "prune", "--force", "--filter", "label=%s" % LABEL)
        self.docker("builder", "prune", "--all", "--force")
