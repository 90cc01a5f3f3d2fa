# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules' options as an order and the tools to carry it out."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import parse_engine_options
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import (
    SigningOrder,
    parse_signing_order,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run


def parse_signature_options(
    options: Mapping[str, Any],
    scratch: Scratch,
    run: Run,
    run_program: Optional[RunProgram] = None,
    changes: bool = True,
) -> Tuple[SigningOrder, Tools]:
    """Raises PolicyError before anything is started."""
    order = parse_signing_order(options, changes)
    registries = RegistriesByHost(options.get("registries") or [], options.get("config_path"), run_program)
    return order, Tools(run, registries, parse_engine_options(options), scratch, run_program)
