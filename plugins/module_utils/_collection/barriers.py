# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a garbage collection waits for: an undo that is still promised, and pushes that may be under way (S7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, Iterator, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import Storage, StoredBlob
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import told_time


@dataclass(frozen=True)
class Wait:
    """Why not now, and until when at least (epoch seconds)."""

    reason: str
    until: int


def from_the_future(storage: Storage, newest_undo: Optional[int], own: FrozenSet[str]) -> Optional[str]:
    """What happened later than now: then a clock is wrong, and no age can be trusted (S11)."""
    moments = [(when, "the deletion of %s@%s" % (name, digest)) for when, name, digest in _deletions(storage, own)]
    if newest_undo is not None:
        moments.append((newest_undo, "the newest undo"))
    when, what = max(moments, default=(0, ""))
    if when <= storage.now:
        return None
    return (
        "%s (%s) lies in the future, so this host's clock, or the one that wrote it, is wrong. Nothing was changed; set it right"
        % (what, told_time(when))
    )


def young_deletion(storage: Storage, window: int, own: FrozenSet[str]) -> Optional[Wait]:
    """What was deleted must still be restorable. The storage itself remembers every deletion, whoever made it.

    `window` in seconds; `own` are the digests of our canary.
    """
    young = [one for one in _deletions(storage, own) if storage.now - one[0] < window]
    if not young:
        return None
    when, name, digest = max(young)
    return Wait(
        "%d manifests were deleted less than %s ago (undo_window), the last %s@%s at %s, and can be restored until they are "
        "collected. Collect before a retention run, not after it"
        % (len(young), format_duration(window), name, digest, told_time(when)),
        when + window,
    )


def young_undo(newest: Optional[int], window: int, now: int) -> Optional[Wait]:
    """The same by the undo that lies on this host; `newest` is when the last run that deleted began."""
    if newest is None or now - newest >= window:
        return None
    return Wait(
        "the undo of the retention run of %s is younger than %s (undo_window). Collect before a retention run, not after it"
        % (told_time(newest), format_duration(window)),
        newest + window,
    )


def push_under_way(
    storage: Storage, blobs: Mapping[str, StoredBlob], quiet: int, own: FrozenSet[str]
) -> Optional[Wait]:
    """Somebody may be pushing: parts of an upload, or content that no manifest needs yet, came in the last `quiet` seconds.

    `blobs` are those that the collection would delete. A manifest comes last in a push, so its content looks like garbage
    until then.
    """
    signs = [
        (repository.uploads, "an upload into %s was going on" % repository.name)
        for repository in storage.repositories
        if repository.uploads is not None
    ]
    signs += [
        (blob.arrived, "%s came, which no manifest needs," % digest)
        for digest, blob in blobs.items()
        if digest not in own
    ]
    when, what = max(signs, default=(0, ""))
    if not quiet or when <= storage.now - quiet:
        return None
    return Wait("%s at %s: a push may be under way (quiet_period)" % (what, told_time(when)), when + quiet)


def _deletions(storage: Storage, own: FrozenSet[str]) -> Iterator[Tuple[int, str, str]]:
    """Moment, repository and digest of every manifest that was deleted."""
    for repository in storage.repositories:
        for digest, when in repository.deleted.items():
            if digest not in own:
                yield when, repository.name, digest
