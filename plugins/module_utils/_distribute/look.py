# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the source and every region hold of one repository, side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Dict, Iterable, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.attached import ask_attachments, join_lists
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.region import Region
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import Order, SyncRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.seen import Look, heads
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.capabilities import CapabilityMemory
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Survey, Surveyor
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import Row, compare_tag
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.platforms import filter_index


def look(
    request: SyncRequest,
    order: Order,
    name: str,
    surveyor: Surveyor,
    memory: CapabilityMemory,
    regions: Sequence[Region],
) -> Look:
    """One list and a HEAD for each tag at the source, a HEAD for each tag in every region; tags that never move are only
    looked up in the regions' lists. `memory` is of the source's abilities. Raises RegistryError when the source does not answer."""
    listed = surveyor.client.tags(name)
    if listed is None:
        raise RegistryRefusal("registry %s has no repository %s" % (surveyor.client.name, name), 404)
    seen = Look(name, order.target(name), Survey(name), listed)
    chosen = order.tags.choose(listed)
    fixed = [tag for tag in chosen if request.immutable is not None and request.immutable.matches_text(tag)]
    moving = [tag for tag in chosen if tag not in set(fixed)]
    up = [region for region in regions if region.down is None]
    present = _present(seen, up, fixed)
    asked = moving + [tag for tag in fixed if any(tag not in present.get(region.name, ()) for region in up)]
    if request.referrers and fixed and _has_new_attachment(seen, up):
        # To which of the tags that are not asked for otherwise, only their digests tell.
        asked = chosen
    _ask(seen, surveyor, up, moving, asked)
    seen.believed = present
    seen.unasked = (len(chosen) - len(asked)) * sum(seen.is_read(region) for region in up)
    for region in up:
        # A tag that never moves is what it was when it came.
        for tag in present.get(region.name, ()):
            seen.held.setdefault(region.name, {}).setdefault(tag, seen.survey.tags.get(tag, ""))
    if request.referrers:
        ask_attachments(seen, surveyor, memory, up, chosen)
    seen.digests = dict(seen.survey.tags)
    if order.platforms:
        _filter(seen, surveyor, order.platforms)
    named = {region.name: region for region in regions}
    with ThreadPoolExecutor(surveyor.client.options.concurrency) as pool:
        rows = list(_rows(request, seen, regions))
        seen.rows = list(pool.map(lambda row: join_lists(row, seen, surveyor, named[row.region]), rows))
    return seen


def _present(seen: Look, regions: Sequence[Region], fixed: Sequence[str]) -> Dict[str, Sequence[str]]:
    found: Dict[str, Sequence[str]] = {}
    if not fixed:
        return found
    wanted = set(fixed)
    for region, tags in seen.each_region(regions, lambda region: region.tags(seen.target) or []).items():
        found[region] = [tag for tag in tags if tag in wanted]
    return found


def _has_new_attachment(seen: Look, regions: Sequence[Region]) -> bool:
    """Whether a region lacks the name of something that is attached at the source; its list was read already."""
    attached = {tag for tag in seen.listed if attached_to(tag) is not None}
    return any(
        attached - set(region.tags(seen.target) or ()) for region in regions if attached and seen.is_read(region)
    )


def _ask(
    seen: Look, surveyor: Surveyor, regions: Sequence[Region], moving: Sequence[str], at_source: Sequence[str]
) -> None:
    """Source and regions at the same time, each with as many requests as its options allow."""
    with ThreadPoolExecutor(1) as pool:
        at_home = pool.submit(surveyor.digests, seen.source, list(at_source))
        seen.held.update(seen.each_region(regions, lambda region: heads(region, seen.target, moving)))
        seen.survey = at_home.result()


def _filter(seen: Look, surveyor: Surveyor, platforms: Sequence[str]) -> None:
    surveyor.read(seen.survey, seen.survey.tags.values(), deep=False)
    for tag, digest in list(seen.digests.items()):
        manifest = seen.survey.manifests.get(digest)
        if attached_to(tag) is not None or manifest is None or not manifest.is_index:
            continue
        data = surveyor.reader.bytes_of(seen.source, digest)
        part = None if data is None else filter_index(data, platforms)
        if part is None:
            del seen.digests[tag]
            seen.survey.problems[tag] = "it has no image for %s" % ", ".join(platforms)
        elif part != data:
            seen.digests[tag] = digest_of(part)
            seen.made[seen.digests[tag]] = (digest, part)


def _rows(request: SyncRequest, seen: Look, regions: Sequence[Region]) -> Iterable[Row]:
    for tag, digest in seen.digests.items():
        floating = request.floating is not None and request.floating.matches_text(tag) and attached_to(tag) is None
        for region in regions:
            held: Mapping[str, str] = seen.held.get(region.name, {})
            if not seen.is_read(region):
                continue
            yield compare_tag(
                region.name, seen.target, seen.source, tag, digest, seen.survey.tags[tag], held.get(tag), floating
            )
