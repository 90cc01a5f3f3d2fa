# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one engine uses now, as the ledger of a fleet of one host that nobody keeps."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.join import join
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.observation import read_observations
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.terms import parse_terms
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.observe import observe


def ledger_of_engine(options: Mapping[str, Any], now: int) -> Ledger:
    """`options` are those of the engine, `now` epoch seconds. Raises what observe() raises.

    It is incomplete, and says why, when what the engine told cannot be relied on.
    """
    told = observe(options)
    host = str(told["usage"]["engine_name"] or told["usage"]["engine_id"])
    return join(None, parse_terms({"expected_hosts": [host]}), read_observations({host: told}, now), (), now).ledger
