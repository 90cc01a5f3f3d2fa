# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of modules that call the docker command line."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  docker_cli:
    description:
      - The docker command line, a name or a path on the target.
    type: path
    default: docker
  docker_host:
    description:
      - The engine that the command line uses. Default is E(DOCKER_HOST), or that of its current context.
    type: str
  config_dir:
    description:
      - The folder with the command line's configuration and its builders. Default is E(DOCKER_CONFIG), or C(~/.docker).
      - Without it, E(BUILDX_CONFIG) names the folder of builders.
    type: path
"""
