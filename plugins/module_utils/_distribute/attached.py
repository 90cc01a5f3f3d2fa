# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures and other referrers of what is copied, by their tags and by the referrers API."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Optional, Sequence, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.region import Region
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.seen import Look, heads
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import (
    REFERRERS,
    attached_to,
    referrers_tag,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    digest_of,
    parse_manifest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.capabilities import (
    CapabilityMemory,
    probe_referrers,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import COPY, KEEP, Row
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.referrers import has_entries, merge_lists


def ask_attachments(
    seen: Look, surveyor: Surveyor, memory: CapabilityMemory, regions: Sequence[Region], chosen: Sequence[str]
) -> None:
    """Add the tags that attach something to what is chosen, to all that lies below it, and to what is attached itself: on both sides
    a HEAD for each."""
    tags = {tag: owner for tag, owner in ((tag, attached_to(tag)) for tag in seen.listed) if owner is not None}
    speaks = bool(seen.survey.tags) and _speaks_referrers(memory, surveyor.client, seen.source)
    if not tags and not speaks:
        return
    wanted_tags = set(chosen)
    fresh = [digest for tag, digest in seen.survey.tags.items() if tag in wanted_tags]
    wanted: List[str] = []
    known: Set[str] = set()
    while fresh:
        surveyor.read(seen.survey, fresh)
        new = set(seen.survey.manifests) - known
        known |= new
        names = [tag for tag, owner in tags.items() if owner[0] in new]
        found = surveyor.digests(seen.source, names)
        seen.survey.tags.update(found.tags)
        seen.survey.problems.update(found.problems)
        # Nothing refers to a list.
        known |= {digest for tag, digest in found.tags.items() if tags[tag][1] == REFERRERS}
        if speaks:
            names += [tag for tag in _ask_source(seen, surveyor, sorted(new - set(seen.made))) if tag not in names]
        fresh = [seen.survey.tags[name] for name in names if name in seen.survey.tags]
        wanted += names
    if not wanted:
        return
    more = seen.each_region(regions, lambda region: heads(region, seen.target, wanted))
    for region, held in more.items():
        seen.held.setdefault(region, {}).update(held)


def _speaks_referrers(memory: CapabilityMemory, client: RegistryClient, repository: str) -> bool:
    """Whether the registry has the referrers API; asked once a day."""
    if memory.known.referrers is None:
        memory.learn(referrers=probe_referrers(client, repository))
    return bool(memory.known.referrers)


def _ask_source(seen: Look, surveyor: Surveyor, digests: Sequence[str]) -> List[str]:
    """What the source's API lists, as the tags under which such lists are elsewhere; where it has such a tag too, all of both."""
    problems: Dict[str, str] = {}
    added = []

    def ask(digest: str) -> Optional[bytes]:
        data = surveyor.client.referrers(seen.source, digest)
        tagged = seen.survey.tags.get(referrers_tag(digest))
        if data is None or tagged is None:
            return data
        try:
            return merge_lists(data, surveyor.reader.bytes_of(seen.source, tagged))[0]
        except ValueError:
            # Something else has that name; it is brought as it is.
            return None

    for digest, data in surveyor.each(digests, ask, problems):
        if data is not None and has_entries(data):
            tag, listed = referrers_tag(digest), digest_of(data)
            seen.survey.tags[tag] = listed
            seen.survey.manifests[listed] = parse_manifest(data, OCI_INDEX)
            seen.made[listed] = (listed, data)
            added.append(tag)
    seen.survey.problems.update({referrers_tag(one): why for one, why in problems.items()})
    return added


def join_lists(row: Row, seen: Look, surveyor: Surveyor, region: Region) -> Row:
    """The same row, of a list that both sides have, adding the source's entries to the region's: what was signed there stays."""
    owner = attached_to(row.tag)
    if owner is None or owner[1] != REFERRERS or row.action == KEEP:
        return row
    try:
        ours = (
            seen.made[row.digest][1] if row.digest in seen.made else surveyor.reader.bytes_of(seen.source, row.digest)
        )
        by_api = (
            row.action == COPY
            and row.digest in seen.made
            and _speaks_referrers(region.capabilities, region.client, seen.target)
        )
        theirs = _list_of(region, seen.target, owner[0], row.previous, by_api)
        if ours is None or (theirs is None and not by_api):
            return row
        merged, own = merge_lists(ours, theirs)
    except (FleetError, ValueError):
        # It is brought as it is at the source, as anything else.
        return row
    if merged is None:
        return replace(row, action=KEEP, reason="the region lists all of it", outcome=None)
    if by_api:
        # It lists what is pushed by itself.
        seen.means.add((region.name, row.digest))
        return replace(row, by_api=True)
    seen.theirs.update(own)
    digest = digest_of(merged)
    seen.made[digest] = (row.digest, merged)
    return replace(row, digest=digest)


def _list_of(region: Region, repository: str, owner: str, tagged: Optional[str], by_api: bool) -> Optional[bytes]:
    if by_api:
        return region.client.referrers(repository, owner)
    body = region.client.manifest(repository, tagged) if tagged is not None else None
    return None if body is None else body.data
