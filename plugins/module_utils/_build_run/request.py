# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's options as an order, a command line and registries."""

from __future__ import annotations

import os.path
from typing import Any, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import BuildOrder, parse_order
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, Run


def parse_build_options(
    options: Mapping[str, Any], run: Run, run_program: Optional[RunProgram] = None
) -> Tuple[BuildOrder, RegistriesByHost, DockerCli]:
    """Raises PolicyError before anything is started."""
    order = parse_order(options)
    config_dir = options.get("config_dir") or os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")
    config_path = options.get("config_path") or os.path.join(config_dir, "config.json")
    if not options.get("config_path") and not os.path.exists(config_path):
        config_path = None
    registries = RegistriesByHost(options.get("registries") or [], config_path, run_program)
    environment = {}
    if options.get("config_dir"):
        environment["DOCKER_CONFIG"] = str(options["config_dir"])
    if options.get("docker_host"):
        environment["DOCKER_HOST"] = str(options["docker_host"])
    return order, registries, DockerCli(run, options.get("docker_cli") or "docker", environment)
