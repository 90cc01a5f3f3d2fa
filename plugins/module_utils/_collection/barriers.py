# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What forbids a garbage collection for now: an undo that is still promised, and pushes that may be under way (S7)."""

from __future__ import annotations

from typing import FrozenSet, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import Storage, StoredBlob
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time

_CLOCK = (
    "%s lies in the future, so this host's clock, or the one that wrote it, is wrong; set it right. Nothing was changed"
)


def young_deletion(storage: Storage, window: int, own: FrozenSet[str]) -> Optional[str]:
    """Why what was deleted must still be restorable. The storage itself remembers every deletion, whoever made it.

    `window` in seconds; `own` are the digests of our canary.
    """
    deleted = [
        (when, repository.name, digest)
        for repository in storage.repositories
        for digest, when in repository.deleted.items()
        if digest not in own and (when > storage.now or storage.now - when < window)
    ]
    if not deleted:
        return None
    when, name, digest = max(deleted)
    if when > storage.now:
        return _CLOCK % ("the deletion of %s@%s (%s)" % (name, digest, iso_time(when)))
    return (
        "%d manifests were deleted less than %s ago, the last %s@%s at %s; until %s they can be restored. Nothing was changed. "
        "Collect before a retention run, not after it, or shorten undo_window"
        % (len(deleted), format_duration(window), name, digest, iso_time(when), iso_time(when + window))
    )


def young_undo(newest: Optional[int], window: int, now: int) -> Optional[str]:
    """The same by the undo that lies on this host; `newest` is when the last run that deleted began."""
    if newest is None or 0 <= now - newest >= window:
        return None
    if newest > now:
        return _CLOCK % ("the newest undo (%s)" % iso_time(newest))
    return (
        "the undo of the retention run of %s is younger than %s (undo_window); it ends at %s. Nothing was changed. "
        "Collect before a retention run, not after it"
        % (iso_time(newest), format_duration(window), iso_time(newest + window))
    )


def push_under_way(storage: Storage, blobs: Mapping[str, StoredBlob], quiet: int, own: FrozenSet[str]) -> Optional[str]:
    """Why somebody may be pushing: parts of an upload, or content that no manifest needs yet, from the last `quiet` seconds.

    `blobs` are those that the collection would delete. A manifest comes last in a push, so its content looks like garbage
    until then.
    """
    since = storage.now - quiet
    for repository in storage.repositories:
        if repository.uploads is not None and repository.uploads > since:
            return _pushing("an upload into %s was going on" % repository.name, repository.uploads, quiet)
    fresh = [(blob.arrived, digest) for digest, blob in blobs.items() if digest not in own and blob.arrived > since]
    if fresh:
        when, digest = max(fresh)
        return _pushing("%s was pushed, which no manifest needs yet," % digest, when, quiet)
    return None


def _pushing(what: str, when: int, quiet: int) -> str:
    return (
        "%s at %s: a push may be under way. Nothing was changed; run again when nothing was pushed for %s (quiet_period)"
        % (what, iso_time(when), format_duration(quiet))
    )
