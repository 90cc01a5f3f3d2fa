# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uses an image: containers in any state, image mounts, services, children."""

from __future__ import annotations

from typing import Dict, List, Mapping, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import (
    ContainerFacts,
    HostFacts,
    ImageFacts,
)


class NameIndex:
    """Finds the images that a typed reference, an id or a digest means on this engine."""

    def __init__(self, images: Tuple[ImageFacts, ...]) -> None:
        self._by_name: Dict[str, Set[str]] = {}
        for image in images:
            names = {image.id, *image.tags, *image.digests, *image.members}
            names.update(reference.partition("@")[2] for reference in image.digests)
            for name in names:
                self._by_name.setdefault(name, set()).add(image.id)
        self._ids = [image.id for image in images]

    def find(self, text: str) -> Set[str]:
        """Ids of the images that `text` means now; empty when none does."""
        if not text:
            return set()
        direct = self._by_name.get(text)
        if direct:
            return set(direct)
        found: Set[str] = set()
        try:
            reference = parse_reference(text)
        except PolicyError:
            reference = None
        if reference is not None:
            if reference.digest:
                found |= self._by_name.get("%s@%s" % (reference.repository, reference.digest), set())
                found |= self._by_name.get(reference.digest, set())
            if not found or reference.tag:
                found |= self._by_name.get("%s:%s" % (reference.repository, reference.tag or "latest"), set())
        bare = text[len("sha256:") :] if text.startswith("sha256:") else text
        if not found and len(bare) >= 12 and all(letter in "0123456789abcdef" for letter in bare):
            found = {image for image in self._ids if image.startswith("sha256:" + bare)}
        return found


def digests_of(image: ImageFacts) -> Tuple[str, ...]:
    """Every digest that means this image: its ID, the manifests and configurations below it, what it was pulled by."""
    names = (image.id, *image.members, *(name.partition("@")[2] for name in image.digests))
    return tuple(sorted({name for name in names if is_digest(name)}))


def container_images(container: ContainerFacts, index: NameIndex) -> Set[str]:
    """Ids of the image a container was made from and of the images it mounts."""
    used = index.find(container.image_id)
    if container.manifest:
        used |= index.find(container.manifest)
    for mounted in container.mounts:
        used |= index.find(mounted)
    return used


def find_users(facts: HostFacts) -> Mapping[str, Tuple[str, ...]]:
    """For every image in use: who uses it, in plain words. Children are not counted here (see `kept_children`)."""
    index = NameIndex(facts.images)
    users: Dict[str, List[str]] = {}
    for container in facts.containers:
        made_from = index.find(container.image_id) | (index.find(container.manifest) if container.manifest else set())
        for image in sorted(made_from):
            users.setdefault(image, []).append(
                "container %s (%s)" % (container.name, container.state or "unknown state")
            )
        for mounted in container.mounts:
            for image in sorted(index.find(mounted)):
                users.setdefault(image, []).append("mounted by container %s (%s)" % (container.name, container.state))
    for service in facts.services:
        for image in sorted(index.find(service.current)):
            users.setdefault(image, []).append("service %s" % service.name)
        for image in sorted(index.find(service.previous or "")):
            users.setdefault(image, []).append("service %s (previous image, needed for a rollback)" % service.name)
    return {image: tuple(who) for image, who in users.items()}


def children_of(images: Tuple[ImageFacts, ...]) -> Mapping[str, Tuple[str, ...]]:
    """Parent id -> ids of the images that were built on it by the classic builder."""
    children: Dict[str, List[str]] = {}
    for image in images:
        if image.parent:
            children.setdefault(image.parent, []).append(image.id)
    return {parent: tuple(sorted(ids)) for parent, ids in children.items()}


def ancestors_of(image: str, by_id: Mapping[str, ImageFacts]) -> List[str]:
    """Ids of the images below it in the build tree, nearest first."""
    found: List[str] = []
    parent = by_id[image].parent
    while parent and parent in by_id and parent not in found and parent != image:
        found.append(parent)
        parent = by_id[parent].parent
    return found


def depth_of(image: str, by_id: Mapping[str, ImageFacts]) -> int:
    """How many ancestors an image has; leaves of the build tree have the most and are deleted first."""
    return len(ancestors_of(image, by_id))


def root_of(image: str, by_id: Mapping[str, ImageFacts]) -> str:
    """The image at the bottom of its build tree; itself when it has no parent."""
    return ([image] + ancestors_of(image, by_id))[-1]
