# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's options as an order, a command line and registries."""

from __future__ import annotations

import os
from typing import Any, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import BuildOrder, parse_order
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, Run


def parse_build_options(
    options: Mapping[str, Any], run: Run, run_program: Optional[RunProgram] = None
) -> Tuple[BuildOrder, RegistriesByHost, DockerCli]:
    """Raises PolicyError before anything is started."""
    order = parse_order(options)
    _refuse_missing_secrets(order)
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


def _refuse_missing_secrets(order: BuildOrder) -> None:
    """buildx builds without a secret whose variable is not set, as if the step had not asked for it."""
    for one in order.secrets:
        if one.env is not None and one.env not in os.environ:
            raise PolicyError(
                "secrets (%s): the variable %s is not set; set it in the task's environment" % (one.id, one.env)
            )
        if one.src is not None and not os.access(one.src, os.R_OK):
            raise PolicyError(
                "secrets (%s): %s is not there on this host, or this user cannot read it" % (one.id, one.src)
            )
