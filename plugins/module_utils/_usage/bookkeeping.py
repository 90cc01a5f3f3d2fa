# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the fleet's ledger on the control host: read the sources, join, and by choice remember."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any, Dict, List, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.join import Joined, join
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.observation import read_observations
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.result import build_result
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.sources import parse_sources
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.terms import parse_terms
from ansible_collections.imagefleet.docker.plugins.module_utils._store.ledger import (
    hold_ledger,
    load_ledger,
    write_ledger,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.files import read_source


def keep_ledger(options: Mapping[str, Any], apply: bool, now: Optional[int] = None) -> Dict[str, Any]:
    """Join what was observed into the ledger, and with `apply` write it; returns the result as plain data.

    Raises PolicyError for options that cannot be, RefusedError when the ledger is gone, StateError when it is damaged or
    cannot be written, LockedError when another run is at it. An incomplete ledger is no error: it says so.
    """
    moment = int(time.time()) if now is None else now
    terms = parse_terms(options)
    sources = parse_sources(options.get("protect_from"))
    told = read_observations(options.get("observations"), moment)
    readings = [read_source(source) for source in sources]
    path = str(options["ledger"])
    with ExitStack() as stack:
        if apply:
            stack.enter_context(hold_ledger(path))
        earlier = load_ledger(path)
        first_run = bool(options.get("first_run"))
        if earlier is None and not first_run:
            raise _lost(path)
        joined = join(earlier, terms, told, readings, moment)
        result = build_result(earlier, joined, moment)
        result["notes"] = _notes(earlier, joined, first_run)
        if apply:
            write_ledger(path, joined.ledger)
        return result


def _lost(path: str) -> RefusedError:
    return RefusedError(
        "there is no ledger at %s. If there was one, it is lost, and with it what protects the images that hosts used lately: "
        "put a backup of it back. To start a new one, which knows only what is in use from now on, give first_run: true for "
        "one run" % path
    )


def _notes(earlier: Optional[Ledger], joined: Joined, first_run: bool) -> List[str]:
    notes = list(joined.notes)
    if first_run and earlier is not None:
        notes.append("first_run is still true; take it out, or the loss of the ledger will go unnoticed")
    return notes
