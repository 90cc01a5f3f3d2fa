# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact bytes for a set of images: what nothing else holds when they are gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterable, List, Optional, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import CONTAINERD, HostFacts, ImageFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.usage import NameIndex, container_images


@dataclass(frozen=True)
class Interval:
    """At least `low`, at most `high` bytes."""

    low: int = 0
    high: int = 0

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)


NOTHING = Interval()
_BLOB = "blob "


def _nodes(image: ImageFacts, store: str) -> Tuple[Dict[str, Optional[int]], Interval]:
    """The image's shareable parts with their bytes, and the bytes that cannot be assigned to a part."""
    if image.layers is None:
        return {}, Interval(0, image.size)
    nodes: Dict[str, Optional[int]] = {layer.chain: layer.size for layer in image.layers}
    total = sum(size for size in nodes.values() if size is not None)
    open_chains = any(size is None for size in nodes.values())
    rest = max(image.size - total, 0)
    if store == CONTAINERD:
        if image.blobs is None:
            return nodes, Interval(0, rest)
        nodes.update({_BLOB + digest: size for digest, size in image.blobs.items()})
    return nodes, Interval(0, rest) if open_chains else NOTHING


def _doubtful(facts: HostFacts) -> Set[str]:
    """Images of a containerd store that may not hold the snapshots of their chain."""
    if facts.engine.store != CONTAINERD:
        return set()
    index = NameIndex(facts.images)
    used = {image for container in facts.containers for image in container_images(container, index)}
    within: Dict[str, int] = {}
    for image in facts.images:
        for layer in image.layers or ():
            within[layer.chain] = within.get(layer.chain, 0) + 1
    return {
        image.id
        for image in facts.images
        if image.layers and within[image.layers[-1].chain] > 1 and image.id not in used
    }


def _absent(facts: HostFacts) -> Set[str]:
    """Chains whose snapshots seem to be gone already: the engine's size of every image on them covers the content alone."""
    if facts.engine.store != CONTAINERD:
        return set()
    there: Set[str] = set()
    named: Set[str] = set()
    for image in facts.images:
        chains = [layer.chain for layer in image.layers or ()]
        named.update(chains)
        unpacked = sum(layer.size or 0 for layer in image.layers or ())
        content = sum(image.blobs.values()) if image.blobs is not None else 0
        if image.size - content >= unpacked // 2:
            there.update(chains)
    return named - there


class Holdings:
    """Which image holds which bytes.

    A part (a layer chain, a content blob) is freed when its last holder goes: overlay2 keeps one directory per chain,
    the containerd store one snapshot per chain and one blob per digest. Parts that the build cache or an orphaned
    container may hold count only for the upper bound.

    On the containerd store an image that was loaded when its snapshots were already there does not hold them: they go with
    the image that brought them. Nothing tells which one that was, so among images of which one's chain ends inside another's
    only those with a container are sure to hold; the others count as holders for the lower bound alone.
    """

    def __init__(self, facts: HostFacts) -> None:
        self._nodes: Dict[str, Dict[str, Optional[int]]] = {}
        self._loose: Dict[str, Interval] = {}
        self._holders: Dict[str, Set[str]] = {}
        for image in facts.images:
            self._nodes[image.id], self._loose[image.id] = _nodes(image, facts.engine.store)
            for node in self._nodes[image.id]:
                self._holders.setdefault(node, set()).add(image.id)
        self._doubtful = _doubtful(facts)
        self._sure = {
            node: sum(1 for image in holders if self._holds_surely(image, node))
            for node, holders in self._holders.items()
        }
        self._absent = _absent(facts)
        self._cache = facts.cache_held
        self._orphans = facts.orphan_held

    def _holds_surely(self, image: str, node: str) -> bool:
        return image not in self._doubtful or node.startswith(_BLOB)

    def _certain(self, node: str) -> bool:
        if self._cache is None or self._orphans is None:
            return False
        name = node[len(_BLOB) :] if node.startswith(_BLOB) else node
        return name not in self._cache and name not in self._orphans and node not in self._absent

    def _value(self, node: str, size: Optional[int]) -> Interval:
        amount = size or 0
        return Interval(amount if self._certain(node) else 0, amount)

    def marginal(self, images: Iterable[str]) -> List[Interval]:
        """Bytes freed by each image when they go one after the other; the sum is what the whole set frees."""
        order = list(images)
        going = set(order)
        left = {node: len(holders) for node, holders in self._holders.items()}
        sure = dict(self._sure)
        freed: List[Interval] = []
        for image in order:
            gain = self._loose[image]
            for node, size in self._nodes[image].items():
                left[node] -= 1
                sure[node] -= self._holds_surely(image, node)
                if left[node] == 0:
                    gain = gain + self._value(node, size)
                elif sure[node] == 0 and not self._holders[node] <= going:
                    gain = gain + Interval(0, size or 0)
                    # Once is enough.
                    sure[node] = -len(self._holders[node]) - 1
            freed.append(gain)
        return freed

    def total(self, images: Iterable[str]) -> Interval:
        """Bytes that the set frees together."""
        result = NOTHING
        for gain in self.marginal(images):
            result = result + gain
        return result

    def useful(self, images: List[str]) -> List[str]:
        """The set without the images that add nothing to what it frees (latest in the list are dropped first)."""
        outside = {node: len(holders) for node, holders in self._holders.items()}
        for image in images:
            for node in self._nodes[image]:
                outside[node] -= 1
        kept: List[str] = []
        for image in reversed(images):
            loses = self._loose[image].high > 0 or any(
                outside[node] == 0 and size for node, size in self._nodes[image].items()
            )
            if loses:
                kept.append(image)
            else:
                for node in self._nodes[image]:
                    outside[node] += 1
        return list(reversed(kept))

    def cache_bytes(self, images: Iterable[str]) -> int:
        """Bytes that the set would free if the build cache did not hold them too."""
        chosen = set(images)
        cache: FrozenSet[str] = self._cache or frozenset()
        return sum(
            size or 0
            for node, size in {
                node: size
                for image in chosen
                for node, size in self._nodes[image].items()
                if self._holders[node] <= chosen
            }.items()
            if (node[len(_BLOB) :] if node.startswith(_BLOB) else node) in cache
        )

    def everything(self) -> int:
        """Bytes of all images of the engine together."""
        return self.total(list(self._nodes)).high
