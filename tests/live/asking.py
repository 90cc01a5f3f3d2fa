# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients for servers on this machine that never wait: what they would have slept is written down."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options


class Sleeper:
    """Use as `sleep`: `slept` has the seconds, `during` is called with them each time."""

    def __init__(self, during: Callable[[float], None] = lambda _seconds: None) -> None:
        self.slept: list[float] = []
        self.during = during

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.during(seconds)


def ask(
    address: str, sleep: Callable[[float], None] | None = None, run_program: RunProgram | None = None, **options: Any
) -> RegistryClient:
    """A client with two retries; plain HTTP unless options say otherwise."""
    known = {"registry": address, "insecure": "ca_path" not in options, "retries": 2, **options}
    return RegistryClient(make_registry_options(known), sleep or Sleeper(), run_program)
