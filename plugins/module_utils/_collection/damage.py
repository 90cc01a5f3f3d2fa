# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images in a registry's storage of which it is not known what they need: then nothing may be collected.

The collector passes over a manifest whose content is lost, says nothing, and deletes the layers with which the image could be
repaired; where a link was torn by a power failure, it stops.
"""

from __future__ import annotations

from typing import Iterable, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import Storage, StoredRepository
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.program import Collection

_LINK = "repositories/%s/_manifests/revisions/%s/link"
_TAG = "repositories/%s/_manifests/tags/%s"


def damage(storage: Storage) -> Optional[str]:
    """The first manifest that is served and not whole, what is wrong with it, and what to do."""
    return _told(
        "%s@%s %s" % (repository.name, digest, problem)
        for repository in storage.repositories
        for digest in sorted(repository.linked)
        for problem in _problems(storage, repository, digest)
    )


def not_served(storage: Storage, collection: Collection) -> Optional[str]:
    """The first tag of a manifest that its repository does not link any more, and that the collector would delete.

    It answers 404, and can be put back as long as its content is there. What was linked after the storage was read is no
    such tag: the collector, which looks later, keeps it.
    """
    return _told(
        "%s:%s is %s, which is there and is not served any more. Push it again; to give it up, remove %s in the storage. If "
        "it was deleted just now, run again" % (repository.name, tag, digest, _TAG % (repository.name, tag))
        for repository in storage.repositories
        for tag, digest in sorted(repository.tags.items())
        if digest not in repository.linked and digest in collection.blobs
    )


def _told(problems: Iterable[str]) -> Optional[str]:
    found: List[str] = list(problems)
    if not found:
        return None
    more = " (and %d more like this)" % (len(found) - 1) if len(found) > 1 else ""
    return found[0] + more + ". Nothing was changed"


def _problems(storage: Storage, repository: StoredRepository, digest: str) -> List[str]:
    link = _LINK % (repository.name, digest.replace(":", "/"))
    if digest in repository.broken:
        return ["is damaged: its link %s says something else; write its digest there" % link]
    manifest = storage.manifests.get(digest)
    if manifest is None:
        return [
            "is lost: its content is not there, so what it needs is not known, and the collector would take that. Push it again "
            "or put it back with registry_restore; to give it up, remove %s in the storage" % link
        ]
    if manifest.digest != digest:
        return [
            "is damaged: what lies there is %s, so what it needs is not known. Put its content back from a backup; to give it "
            "up, delete it" % manifest.digest
        ]
    if not manifest.known:
        return [
            "is a manifest of a type that is not known (%s), so what it needs is not known either; delete it, or push the image "
            "again in a current format" % (manifest.media_type or "none told")
        ]
    return []
