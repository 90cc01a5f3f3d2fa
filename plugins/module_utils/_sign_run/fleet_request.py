# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a verification of all that a fleet runs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import Any, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import PatternList, compile_patterns
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.request import make_tools
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import (
    COSIGN,
    Key,
    SigningOrder,
    order_for,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_cli import trust_server
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run

# Each image has its own.
_NO_IMAGE = Reference("", "")


@dataclass(frozen=True)
class FleetOrder:
    """An image is verified when one of `orders` (of no image yet) holds for it: there is one for each key.

    `ledger` is a file, None for what the engine of `options` runs now; `repositories` are those that are meant, None for all.
    """

    ledger: Optional[str]
    options: Mapping[str, Any] = field(repr=False)
    orders: Tuple[SigningOrder, ...]
    repositories: Optional[PatternList] = None


def is_about_many(options: Mapping[str, Any]) -> bool:
    """Whether a fleet or an engine is asked about. Raises PolicyError for what does not go with an image, or only with many."""
    many = bool(options.get("ledger") or options.get("running"))
    if many and options.get("image"):
        raise PolicyError("image: it is for one image; leave it out with ledger and running")
    for name in ("repositories", "public_key_paths"):
        if options.get(name) and not many:
            raise PolicyError("%s: it goes with ledger or running" % name)
    return many


def parse_fleet_options(
    options: Mapping[str, Any], scratch: Scratch, run: Run, run_program: Optional[RunProgram] = None
) -> Tuple[FleetOrder, Tools]:
    """Raises PolicyError before anything is started."""
    ledger = options.get("ledger") or None
    if (ledger is None) != bool(options.get("running")):
        raise PolicyError(
            "ledger: name the ledger of a fleet, or say running: true for what this host runs, one of the two"
        )
    if ledger is not None and not os.path.isabs(str(ledger)):
        raise PolicyError("ledger: %r is no absolute path" % ledger)
    if options.get("signed_as"):
        raise PolicyError("signed_as: it is for one image; of many every image has a repository of its own")
    order = order_for(_NO_IMAGE, options)
    if order.trust.server:
        trust_server(order.trust.server, _NO_IMAGE)
    patterns = options.get("repositories")
    fleet = FleetOrder(
        ledger=ledger,
        options=options,
        orders=tuple(replace(order, public_key=key) for key in _keys(order, options.get("public_key_paths") or [])),
        repositories=compile_patterns("repositories", patterns) if patterns not in (None, "", []) else None,
    )
    return fleet, make_tools(options, scratch, run, run_program)


def _keys(order: SigningOrder, paths: List[str]) -> List[Optional[Key]]:
    found: List[Optional[Key]] = [order.public_key] if order.public_key is not None else []
    found += [Key(path=path) for path in paths]
    if order.method != COSIGN:
        if paths:
            raise PolicyError(
                "public_key_paths: it is for method: %s and has no effect with %s" % (COSIGN, order.method)
            )
        return [None]
    if not found:
        raise PolicyError("public_key_paths: nothing can be verified without the keys that signatures have to be of")
    return found
