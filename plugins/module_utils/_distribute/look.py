# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the source and every region hold of one repository, side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable, Dict, Iterable, List, Mapping, Optional, Sequence, TypeVar

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.region import Region
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import Order, SyncRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Survey, Surveyor
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import Row, compare_tag
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.platforms import filter_index

T = TypeVar("T")


@dataclass
class Look:
    """One repository. `survey` is the source's; `filtered`: digest of an index at the source -> bytes of the chosen part.

    `held`: region -> tag -> digest; `believed`: region -> tags of which only the name was seen there; `unasked`: how many of these,
    in all regions, were not even asked for at the source; `problems`: region -> why it could not be read; `rows` is the comparison.
    """

    source: str
    target: str
    survey: Survey
    listed: Sequence[str] = ()
    filtered: Dict[str, bytes] = field(default_factory=dict)
    digests: Dict[str, str] = field(default_factory=dict)
    held: Dict[str, Dict[str, str]] = field(default_factory=dict)
    believed: Dict[str, Sequence[str]] = field(default_factory=dict)
    unasked: int = 0
    problems: Dict[str, str] = field(default_factory=dict)
    rows: List[Row] = field(default_factory=list)


def look(request: SyncRequest, order: Order, name: str, surveyor: Surveyor, regions: Sequence[Region]) -> Look:
    """One list and a HEAD for each tag at the source, a HEAD for each tag in every region; tags that never move are only
    looked up in the regions' lists. Raises RegistryError when the source does not answer."""
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
    _ask(seen, surveyor, up, moving, asked)
    seen.believed = present
    seen.unasked = (len(chosen) - len(asked)) * sum(_is_read(seen, region) for region in up)
    for region in up:
        # A tag that never moves is what it was when it came.
        for tag in present.get(region.name, ()):
            seen.held.setdefault(region.name, {}).setdefault(tag, seen.survey.tags.get(tag, ""))
    if request.referrers:
        _ask_attachments(seen, surveyor, up, chosen)
    seen.digests = dict(seen.survey.tags)
    if order.platforms:
        _filter(seen, surveyor, order.platforms)
    seen.rows = list(_rows(request, seen, regions))
    return seen


def _present(seen: Look, regions: Sequence[Region], fixed: Sequence[str]) -> Dict[str, Sequence[str]]:
    found: Dict[str, Sequence[str]] = {}
    if not fixed:
        return found
    wanted = set(fixed)
    for region, tags in _each_region(seen, regions, lambda region: region.tags(seen.target) or []).items():
        found[region] = [tag for tag in tags if tag in wanted]
    return found


def _ask(
    seen: Look, surveyor: Surveyor, regions: Sequence[Region], moving: Sequence[str], at_source: Sequence[str]
) -> None:
    """Source and regions at the same time, each with as many requests as its options allow."""
    with ThreadPoolExecutor(1) as pool:
        at_home = pool.submit(surveyor.digests, seen.source, list(at_source))
        seen.held.update(_each_region(seen, regions, lambda region: _heads(region, seen.target, moving)))
        seen.survey = at_home.result()


def _heads(region: Region, repository: str, tags: Sequence[str]) -> Dict[str, str]:
    """Raises the first FleetError; after it nothing more is asked."""
    problems: List[FleetError] = []

    def ask(tag: str) -> Optional[str]:
        if problems:
            return None
        try:
            head = region.client.head(repository, tag)
        except FleetError as error:
            problems.append(error)
            return None
        return None if head is None else head.digest

    with ThreadPoolExecutor(region.client.options.concurrency) as pool:
        found = {tag: digest for tag, digest in zip(tags, pool.map(ask, tags)) if digest is not None}
    if problems:
        raise problems[0]
    return found


def _ask_attachments(seen: Look, surveyor: Surveyor, regions: Sequence[Region], chosen: Sequence[str]) -> None:
    """Signatures and lists of referrers of what is chosen, and of all that lies below it."""
    tags = {tag: owner[0] for tag, owner in ((tag, attached_to(tag)) for tag in seen.listed) if owner is not None}
    if not tags:
        return
    surveyor.read(seen.survey, [digest for tag, digest in seen.survey.tags.items() if tag in set(chosen)])
    known = set(seen.survey.manifests)
    wanted = [tag for tag, owner in tags.items() if owner in known]
    if not wanted:
        return
    found = surveyor.digests(seen.source, wanted)
    seen.survey.tags.update(found.tags)
    seen.survey.problems.update(found.problems)
    more = _each_region(seen, regions, lambda region: _heads(region, seen.target, wanted))
    for region, held in more.items():
        seen.held.setdefault(region, {}).update(held)


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
            seen.filtered[digest] = part
            seen.digests[tag] = digest_of(part)


def _rows(request: SyncRequest, seen: Look, regions: Sequence[Region]) -> Iterable[Row]:
    for tag, digest in seen.digests.items():
        floating = request.floating is not None and request.floating.matches_text(tag) and attached_to(tag) is None
        for region in regions:
            held: Mapping[str, str] = seen.held.get(region.name, {})
            if not _is_read(seen, region):
                continue
            yield compare_tag(
                region.name, seen.target, seen.source, tag, digest, seen.survey.tags[tag], held.get(tag), floating
            )


def _is_read(seen: Look, region: Region) -> bool:
    return region.name not in seen.problems and region.down is None


def _each_region(seen: Look, regions: Sequence[Region], ask: Callable[[Region], T]) -> Dict[str, T]:
    """Region -> answer; what went wrong is told in `problems`."""
    found: Dict[str, T] = {}

    def one(region: Region) -> None:
        if not _is_read(seen, region):
            return
        try:
            found[region.name] = ask(region)
        except FleetError as error:
            seen.problems[region.name] = region.gave_up(error)

    with ThreadPoolExecutor(max(len(regions), 1)) as pool:
        list(pool.map(one, regions))
    return found
