# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images are to be scanned: named ones, those that the fleet runs, those that a registry keeps; each content once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import Target


@dataclass(frozen=True)
class TargetRequest:
    """Options images, source, platform, ledger, repositories, parsed."""


@dataclass(frozen=True)
class Targets:
    """`targets` by name, each content once; `notes` what the user should know: a stale ledger, a repository that is gone."""

    targets: Tuple[Target, ...]
    notes: Tuple[str, ...]


def parse_target_options(options: Mapping[str, Any]) -> TargetRequest:
    """`images` (list of names; of paths when `source` is archive or sbom), `source`, `platform`, `ledger` (path),
    `repositories` (list of {registry, names, tags}). Raises PolicyError before anything is contacted."""
    raise NotImplementedError


def find_targets(
    request: TargetRequest, engine: Callable[[], EngineApi], registries: RegistriesByHost, now: int
) -> Targets:
    """Raises StateError for a ledger that is missing or damaged. What concerns one image is that target's `problem`.

    `engine` is called only when an engine is to be asked. `now` is epoch seconds.
    """
    raise NotImplementedError
