# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's ledger on the control host: one JSON file whose loss is an error, never a fresh start."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import Iterator, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.document import from_document, to_document
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import (
    read_capped,
    remove_leftovers,
    write_atomic,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock

MAXIMUM_BYTES = 512 * 1024 * 1024


def load_ledger(path: str) -> Optional[Ledger]:
    """The ledger, None when there is no such file.

    Raises StateError when it may not be read, or cannot be understood: to go on without it would unprotect what the fleet
    used lately (S1).
    """
    data = read_capped(path, MAXIMUM_BYTES)
    if data is None:
        return None
    try:
        return from_document(json.loads(data.decode("utf-8")))
    except (ValueError, RecursionError) as error:
        raise _damaged(path, str(error)) from error
    except KeyError as error:
        raise _damaged(path, "it has no %s" % error) from error
    except TypeError as error:
        raise _damaged(path, str(error)) from error


def must_load_ledger(path: str) -> Ledger:
    """The same for who cannot go on without: StateError when there is none."""
    ledger = load_ledger(path)
    if ledger is None:
        raise StateError(
            "ledger: there is no file %s on this host; fleet_ledger writes it (the first time with first_run: true)"
            % path
        )
    return ledger


def save_ledger(path: str, ledger: Ledger) -> None:
    """Replace the file; raises LockedError when another run is at it, StateError when it cannot be written."""
    with hold_ledger(path):
        write_ledger(path, ledger)


@contextmanager
def hold_ledger(path: str) -> Iterator[None]:
    """Keep other runs from the ledger, from loading to writing."""
    with exclusive_lock(path + ".lock"):
        remove_leftovers(path)
        yield


def write_ledger(path: str, ledger: Ledger) -> None:
    """Replace the file, for a caller that holds the ledger."""
    text = json.dumps(to_document(ledger), sort_keys=True, separators=(",", ":"))
    write_atomic(path, text.encode("utf-8") + b"\n")


def _damaged(path: str, cause: str) -> StateError:
    return StateError(
        "the ledger %s cannot be understood: %s. It tells what the fleet used lately, so nothing goes on without it: put a "
        "backup of it back; or move it away and give first_run: true once, which forgets what hosts used before now"
        % (path, cause)
    )
