# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules' options as an order and the tools to carry it out."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import parse_engine_options
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import DEFAULT_DOMAIN, Reference
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import (
    DOCKER_TRUST,
    SigningOrder,
    order_for,
    parse_signing_order,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run

# The command line wants to be told of some image's registry.
_ANY_IMAGE = Reference(DEFAULT_DOMAIN, "library/scratch")


def parse_signature_options(
    options: Mapping[str, Any],
    scratch: Scratch,
    run: Run,
    run_program: Optional[RunProgram] = None,
    changes: bool = True,
) -> Tuple[SigningOrder, Tools]:
    """Raises PolicyError before anything is started."""
    return parse_signing_order(options, changes), make_tools(options, scratch, run, run_program)


def parse_environment_options(
    options: Mapping[str, Any], scratch: Scratch, run: Run, run_program: Optional[RunProgram] = None
) -> Tuple[SigningOrder, Tools]:
    """For a look at the host alone. Raises PolicyError where that says nothing."""
    if options.get("method") != DOCKER_TRUST:
        raise PolicyError("image: name an image, or with ledger all that the fleet runs")
    return order_for(_ANY_IMAGE, options), make_tools(options, scratch, run, run_program)


def make_tools(options: Mapping[str, Any], scratch: Scratch, run: Run, run_program: Optional[RunProgram]) -> Tools:
    """Raises PolicyError for registries and engines that cannot be meant."""
    registries = RegistriesByHost(options.get("registries") or [], options.get("config_path"), run_program)
    return Tools(run, registries, parse_engine_options(options), scratch, run_program)
