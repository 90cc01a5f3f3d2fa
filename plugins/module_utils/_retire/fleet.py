# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fleet uses, from the ledger on this machine (S1-S4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.protection import ledger_problem, protections
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import FleetUse
from ansible_collections.imagefleet.docker.plugins.module_utils._store.ledger import load_ledger


@dataclass(frozen=True)
class FleetView:
    """`problem` says why nothing may be deleted by what the ledger tells, None when it is complete and fresh."""

    use: FleetUse = FleetUse()
    problem: Optional[str] = None


def read_fleet(path: Optional[str], now: int) -> FleetView:
    """Without a path nothing is known of the fleet. Raises StateError for a ledger that cannot be understood."""
    if path is None:
        return FleetView()
    ledger = load_ledger(path)
    problem = ledger_problem(ledger, now)
    if ledger is None:
        return FleetView(problem="%s (%s)" % (problem, path))
    found = protections(ledger, now)
    use = FleetUse(
        digests=found.digests,
        references=_by_path(found.references),
        repositories=_by_path(found.repositories),
        last_used={digest: max(hosts.values()) for digest, hosts in ledger.digests.items() if hosts},
        since=ledger.started,
    )
    return FleetView(use, problem)


def _by_path(names: Mapping[str, str]) -> Dict[str, str]:
    """Without the host: the same content may be pulled by the name of a mirror, or by another name of this registry (S1)."""
    return {name.partition("/")[2]: reason for name, reason in names.items()}
