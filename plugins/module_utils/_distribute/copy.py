# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content on its way: blobs once from the source to every region that lacks them, then manifests, children before what names them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.long_copy import LongCopy
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.region import Region
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.seen import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    Descriptor,
    Manifest,
    parse_manifest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import Row
from ansible_collections.imagefleet.docker.plugins.module_utils._transfer.blob import Copied, Place, copy_blob

Say = Callable[[str], None]


@dataclass
class Traffic:
    """`read` bytes came from the source, `sent` went to regions; `blobs` were read, `mounted` were not sent at all."""

    read: int = 0
    sent: int = 0
    blobs: int = 0
    mounted: int = 0


@dataclass
class Copier:
    """Copies within one repository of the source. `failed`: (region, digest of a manifest) -> why."""

    seen: Look
    surveyor: Surveyor
    source: TransferClient
    traffic: Traffic
    say: Say
    failed: Dict[Tuple[str, str], str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def bring(self, wanted: Mapping[Region, Sequence[str]]) -> None:
        """Bring these digests, with all below them, into each region, by digest; what went wrong is in `failed`."""
        roots = list(dict.fromkeys(digest for digests in wanted.values() for digest in digests))
        self.surveyor.read(self.seen.survey, [self._origin(digest) for digest in roots])
        closures = {digest: self._closure(digest) for digest in roots}
        lacking: Dict[str, Tuple[Descriptor, List[Region]]] = {}
        for region, digests in wanted.items():
            for blob in self._lacking(region, [one for digest in digests for one in closures[digest]]):
                lacking.setdefault(blob.digest, (blob, []))[1].append(region)
        broken = self._blobs(lacking)
        with ThreadPoolExecutor(max(len(wanted), 1)) as pool:
            list(pool.map(lambda region: self._manifests(region, wanted[region], closures, broken), wanted))

    def content_of(self, row: Row) -> Tuple[str, bytes]:
        """Media type and bytes of what a tag shall point at. Raises RegistryError."""
        manifest, data = self._document(row.digest)
        return manifest.media_type, data

    def streams(self, regions: Iterable[Region]) -> int:
        """How many blobs may be under way: no more than each registry takes, or one that waits for its turn would look slow."""
        takes = [region.client.options.concurrency for region in regions]
        return min([STREAMS, self.source.options.concurrency, *takes])

    # Manifests --------------------------------------------------------------------------------------------------------

    def _origin(self, digest: str) -> str:
        """The digest at the source of what a region gets under this one."""
        return self.seen.made[digest][0] if digest in self.seen.made else digest

    def _document(self, digest: str) -> Tuple[Manifest, bytes]:
        origin = self._origin(digest)
        made = self.seen.made.get(digest)
        data = made[1] if made is not None else self.surveyor.reader.bytes_of(self.seen.source, origin)
        if data is None:
            raise RegistryError("the source does not have manifest %s of %s any more" % (origin, self.seen.source))
        known = self.seen.survey.manifests.get(origin)
        return parse_manifest(data, known.media_type if known is not None else ""), data

    def _closure(self, digest: str) -> List[str]:
        """What a manifest names before the manifest itself."""
        order: Dict[str, None] = {}

        def add(one: str) -> None:
            manifest = self._document(one)[0]
            for child in manifest.children:
                if child.digest not in order and child.digest not in self.seen.theirs:
                    add(child.digest)
            order.setdefault(one)

        try:
            add(digest)
        except FleetError as error:
            for region in self._regions():
                self.failed[(region, digest)] = str(error)
            return []
        return list(order)

    def _regions(self) -> Iterable[str]:
        return {row.region for row in self.seen.rows}

    def _manifests(
        self,
        region: Region,
        digests: Sequence[str],
        closures: Mapping[str, Sequence[str]],
        broken: Mapping[Tuple[str, str], str],
    ) -> None:
        done: Set[str] = set()
        for digest in digests:
            for one in closures[digest]:
                if (region.name, one) in self.seen.means:
                    continue
                why = None if one in done else self._put(region, one, broken)
                if why is not None:
                    self.failed.setdefault((region.name, digest), why)
                    break
                done.add(one)

    def _put(self, region: Region, digest: str, broken: Mapping[Tuple[str, str], str]) -> Optional[str]:
        """Why a manifest could not be put there. What the source does is not the region's fault."""
        if region.down is not None:
            return region.down
        try:
            manifest, data = self._document(digest)
        except FleetError as error:
            return str(error)
        for blob in manifest.blobs:
            if (region.name, blob.digest) in broken:
                return broken[(region.name, blob.digest)]
        try:
            region.client.put_manifest(self.seen.target, digest, manifest.media_type, data)
        except FleetError as error:
            return region.gave_up(error)
        return None

    # Blobs ------------------------------------------------------------------------------------------------------------

    def _lacking(self, region: Region, manifests: Iterable[str]) -> List[Descriptor]:
        """The blobs that must be brought: a HEAD for each, few where the repository is empty."""
        named: Dict[str, Descriptor] = {}
        for digest in manifests:
            for blob in self._document(digest)[0].blobs:
                if not blob.is_foreign and not region.has_noted(self.seen.target, blob.digest):
                    named.setdefault(blob.digest, blob)
        try:
            asked = list(named)
            # Without tags it is empty, or a run was ended before the first tag; then some of the first blobs have arrived.
            first = asked[:STREAMS] if region.has_no_tags(self.seen.target) else asked
            found = self._present(region, first)
            if len(first) < len(asked):
                rest = asked[len(first) :]
                found.update(self._present(region, rest) if any(found.values()) else dict.fromkeys(rest, False))
        except RegistryError as error:
            region.gave_up(error)
            return list(named.values())
        for digest, present in found.items():
            if present:
                region.note_blob(self.seen.target, digest)
        return [blob for digest, blob in named.items() if not found[digest]]

    def _present(self, region: Region, digests: Sequence[str]) -> Dict[str, bool]:
        with ThreadPoolExecutor(region.client.options.concurrency) as pool:
            return dict(
                zip(digests, pool.map(lambda digest: region.client.has_blob(self.seen.target, digest), digests))
            )

    def _blobs(self, lacking: Mapping[str, Tuple[Descriptor, List[Region]]]) -> Dict[Tuple[str, str], str]:
        """(region, digest) -> why a blob is not there."""
        broken: Dict[Tuple[str, str], str] = {}

        def bring(entry: Tuple[Descriptor, List[Region]]) -> Optional[Copied]:
            blob, regions = entry
            left = [region for region in regions if not self._given_up(region, blob, broken)]
            left = [region for region in left if not self._mounted(region, blob.digest)]
            if not left:
                return None
            places = {Place(region.client, self.seen.target): region for region in left}
            try:
                what = "%s: %s" % (self.seen.source, blob.digest[:19])
                tell = LongCopy(self.say, what, blob.size)
                copied = copy_blob(
                    Place(self.source, self.seen.source), blob.digest, blob.size, list(places), tell=tell
                )
            except FleetError as error:
                broken.update({(region.name, blob.digest): str(error) for region in left})
                return None
            for place, region in places.items():
                if place in copied.failed:
                    broken[(region.name, blob.digest)] = copied.failed[place]
                    if place in copied.silent:
                        region.gave_up(RegistryError(copied.failed[place]))
                else:
                    region.note_blob(self.seen.target, blob.digest)
            return copied

        regions = [region for _blob, wanting in lacking.values() for region in wanting]
        with ThreadPoolExecutor(self.streams(regions)) as pool:
            for copied in pool.map(bring, lacking.values()):
                if copied is not None:
                    self.traffic.read += copied.bytes
                    self.traffic.sent += copied.sent
                    self.traffic.blobs += 1
        return broken

    def _given_up(self, region: Region, blob: Descriptor, broken: Dict[Tuple[str, str], str]) -> bool:
        if region.down is not None:
            broken[(region.name, blob.digest)] = region.down
        return region.down is not None

    def _mounted(self, region: Region, digest: str) -> bool:
        origin: Optional[str] = region.elsewhere(self.seen.target, digest)
        if origin is None or not region.mounts:
            return False
        try:
            region.mounts = region.client.open_upload(self.seen.target, {"mount": digest, "from": origin}) == 201
        except RegistryError:
            return False  # it is sent, then
        if not region.mounts:
            return False
        with self._lock:
            self.traffic.mounted += 1
        region.note_blob(self.seen.target, digest)
        return True


# So many blobs are under way at a time.
STREAMS = 8
