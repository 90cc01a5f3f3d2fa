# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storages of registries made by hand and at random, and a collector that works as that of docker-registry 2.8 does."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import (
    Storage,
    StoredBlob,
    StoredRepository,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.program import Collection
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    Manifest,
)

NOW = 1_800_000_000
DAY = 86400


def digest(text, algorithm="sha256"):
    return "%s:%s" % (algorithm, hashlib.new(algorithm, str(text).encode()).hexdigest())


def image(name, *layers):
    """A manifest; its layers by name, or by digest."""
    parts = tuple(Descriptor(part if ":" in part else digest(part), 100) for part in ("config " + name, *layers))
    return Manifest(digest(name), OCI_MANIFEST, 10, config=parts[0], blobs=parts)


def index(name, *children):
    return Manifest(digest(name), OCI_INDEX, 20, children=tuple(Descriptor(child.digest, 10) for child in children))


def repository(name, *manifests, tags=None, **more):
    """It links these; `tags` by tag: a manifest."""
    tagged = {tag: manifest.digest for tag, manifest in (tags or {}).items()}
    linked = frozenset(manifest.digest for manifest in [*manifests, *(tags or {}).values()])
    return StoredRepository(name, tagged, **{"linked": linked, **more})


def storage(*repositories, manifests=()):
    return Storage(tuple(repositories), {manifest.digest: manifest for manifest in manifests}, NOW)


def named(manifest):
    """What a manifest names."""
    return {part.digest for part in (*manifest.blobs, *manifest.children)}


def content(*manifests):
    """What is stored when these were pushed whole."""
    found = set()
    for manifest in manifests:
        found |= {manifest.digest} | {part.digest for part in manifest.blobs}
    return found


def collector(found, stored):
    """Every manifest that is linked and there, with all that it names, stays (seen with 2.8.2)."""
    marked = set()
    for one in found.repositories:
        for linked in one.linked & set(stored):
            marked |= {linked} | named(found.manifests[linked])
    return Collection(frozenset(marked), frozenset(set(stored) - marked))


def blobs(stored, arrived=NOW - 30 * DAY):
    return {one: StoredBlob(100, arrived) for one in stored}


@st.composite
def random_storages(draw):
    """A whole storage, and the digests of all that is stored: images that share layers, indexes of them, indexes of indexes."""
    images = [
        image("image %d" % number, *("layer %d" % layer for layer in draw(st.lists(st.integers(0, 5), max_size=3))))
        for number in range(draw(st.integers(1, 5)))
    ]
    indexes = []
    for number in range(draw(st.integers(0, 3))):
        children = draw(st.lists(st.sampled_from(images + indexes), max_size=3))
        indexes.append(index("index %d" % number, *children))
    everything = images + indexes
    repositories = []
    for number in range(draw(st.integers(1, 3))):
        served = draw(st.lists(st.sampled_from(everything), unique_by=lambda one: one.digest))
        tags = {"t%d" % at: one for at, one in enumerate(served) if draw(st.booleans())}
        gone = [one.digest for one in everything if one not in served and draw(st.booleans())]
        made = repository("repo-%d" % number, *served, tags=tags)
        repositories.append(replace(made, deleted={one: NOW - draw(st.integers(0, 90)) * DAY for one in gone}))
    stored = content(*everything) | {digest("orphan %d" % number) for number in range(draw(st.integers(0, 3)))}
    return storage(*repositories, manifests=everything), frozenset(stored)
