# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that stay where they are, since no scan lets their image go on."""

from __future__ import annotations

from typing import Dict, Iterable, List, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.seen import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.contents import Content, parts_of
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.gate import Gate
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.gate_platforms import Verdicts, ask_all
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import BRINGS, Row, hold


class ScanGate:
    """`verdicts`: digest -> platform -> what is remembered of its scan; `kept_back` counts tags, each once for each region."""

    def __init__(self, gate: Gate, verdicts: Verdicts) -> None:
        self._gate = gate
        self._verdicts = verdicts
        self.kept_back = 0

    def to_read(self, rows: Iterable[Row]) -> List[str]:
        """Digests whose manifests must be known before pass_rows(): an index is judged by what is below it."""
        asked = (row.origin for row in rows if row.action in BRINGS and attached_to(row.tag) is None)
        return [digest for digest in dict.fromkeys(asked) if digest in self._verdicts]

    def pass_rows(self, seen: Look, rows: List[Row], now: int) -> List[Row]:
        """The same rows; what may not go on is held. `now` in epoch seconds.

        What counts is the digest at the source, of an index that of the whole, and each image below it that the region would get.
        Signatures and the like go with what they are attached to.
        """
        named = [row for row in rows if attached_to(row.tag) is None]
        refused = {row.key: why for row, why in ((row, self._refusal(seen, row, now)) for row in named) if why}
        gone_on: Dict[str, Set[str]] = {}
        stays: Dict[str, Set[str]] = {}
        for row in named:
            found = stays if row.key in refused else gone_on
            found.setdefault(row.region, set()).update(seen.survey.below(row.origin))
        for regions in (gone_on, stays):
            for digests in regions.values():
                _add_attached(seen, digests)
        for row in rows:
            owner = attached_to(row.tag)
            if owner is None or row.action not in BRINGS:
                continue
            only_stays = owner[0] in stays.get(row.region, ()) and owner[0] not in gone_on.get(row.region, ())
            if only_stays:
                refused[row.key] = "it is attached to %s, which the scan gate keeps back" % owner[0]
        self.kept_back += len(refused)
        return [hold(row, refused[row.key]) if row.key in refused else row for row in rows]

    def _refusal(self, seen: Look, row: Row, now: int) -> str:
        """Why the row may not be brought, empty when it may, or is there already."""
        if row.action not in BRINGS:
            return ""
        if row.origin in self._verdicts and row.origin not in seen.survey.manifests:
            return "scan gate: %s could not be read, so nothing tells what is below it" % row.origin
        alone = len(parts_of(seen.survey.manifests, row.origin)) == 1
        answer = ask_all(self._gate, row.origin, _parts(seen, row), alone, self._verdicts, now)
        return "" if answer.allowed else "scan gate: %s" % answer.reason


def _parts(seen: Look, row: Row) -> List[Content]:
    """The images that the region would get, where it gets an index; a region may get one with fewer of them."""
    if row.digest not in seen.made:
        return parts_of(seen.survey.manifests, row.digest)
    made = parse_manifest(seen.made[row.digest][1])
    return parts_of({**seen.survey.manifests, row.digest: made}, row.digest)


def _add_attached(seen: Look, digests: Set[str]) -> None:
    """Add what is attached to these, to that, and so on."""
    attached = [(owner[0], digest) for tag, digest in seen.survey.tags.items() for owner in [attached_to(tag)] if owner]
    growing = True
    while growing:
        new = {one for owner, digest in attached if owner in digests for one in seen.survey.below(digest)} - digests
        digests |= new
        growing = bool(new)
