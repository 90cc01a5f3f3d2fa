# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags put in regions: in all of them at the same time, in each as many at a time as its options allow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.region import Region
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    RegistryError,
    RegistryRefusal,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import DONE, FAILED, Ledger, Row

# Media type and bytes of what a row's tag shall point at.
Content = Callable[[Row], Tuple[str, bytes]]


def put_tags(regions: Sequence[Region], rows: Sequence[Row], content: Content, ledger: Ledger) -> None:
    """Never raises for what a registry does: the ledger tells."""

    def one(pair: Tuple[Region, Row]) -> None:
        region, row = pair
        try:
            if region.down is not None:
                raise RegistryError(region.down)
            if row.by_api:
                ledger.settle(row, DONE)
                return
            media_type, data = content(row)
            _put(region, row, media_type, data)
            ledger.settle(row, DONE)
        except FleetError as error:
            ledger.settle(row, FAILED, region.gave_up(error))

    def of(region: Region) -> None:
        mine = [(region, row) for row in rows if row.region == region.name]
        with ThreadPoolExecutor(region.client.options.concurrency) as pool:
            list(pool.map(one, mine))

    if rows:
        with ThreadPoolExecutor(len(regions)) as pool:
            list(pool.map(of, regions))


def _put(region: Region, row: Row, media_type: str, data: bytes) -> None:
    """The registry has these bytes already. docker-registry 2.8 takes an index for damaged (400) all the same when it is just writing
    down, for another tag, that it has an image of it."""
    for attempt in range(region.client.options.retries + 1):
        if attempt:
            region.client.pause(attempt - 1)
        # Each time anew: what was compared may be hours old, and a tag of somebody else would be lost.
        _check_unmoved(region, row)
        try:
            region.client.put_manifest(row.repository, row.tag, media_type, data)
            return
        except RegistryRefusal as error:
            if error.status != 400 or attempt == region.client.options.retries:
                raise


def _check_unmoved(region: Region, row: Row) -> None:
    """Raises RegistryRefusal when somebody else made, moved or removed the tag since it was compared."""
    head = region.client.head(row.repository, row.tag)
    now = None if head is None else head.digest
    if now not in (row.previous, row.digest):
        told = "removed" if now is None else "moved to %s" % now
        raise RegistryRefusal("it was %s meanwhile; the next run compares it anew" % told, 409)
