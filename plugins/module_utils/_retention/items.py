# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The things of a repository that rules judge: ordinary tags, manifests without a tag, and orphaned attachments."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.verdicts import Item
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import (
    FleetUse,
    RegistryFacts,
    RepositoryFacts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.graph import Graph


def subject_of(tag: str) -> Optional[str]:
    """The digest that a tag is attached to; None for an ordinary tag."""
    owner = attached_to(tag)
    return owner[0] if owner else None


def items_of(registry: RegistryFacts, facts: RepositoryFacts, graph: Graph) -> List[Item]:
    """Keys are tags, and digests for what has no tag of its own. What follows a subject that is there is no item."""
    items: List[Item] = []
    roots: List[str] = []
    for tag, digest in facts.tags.items():
        subject = subject_of(tag)
        if subject is not None and graph.knows(subject):
            continue
        roots.append(digest)
        if subject is None or subject not in facts.present:
            items.append(_item(registry, facts, graph, digest, tag, tagged=subject is None))
    # What is attached to a leftover by a tag does not make it less of a leftover.
    reached = set(graph.dependents(*roots))
    for digest in facts.leftovers:
        if digest not in reached and digest in facts.manifests:
            items.append(_item(registry, facts, graph, digest, None, tagged=False))
    return items


def _item(
    registry: RegistryFacts, facts: RepositoryFacts, graph: Graph, digest: str, tag: Optional[str], tagged: bool
) -> Item:
    below = graph.below(digest)
    # What is attached would go with it, so its use counts too; and that of what it is attached to.
    together = below + sorted(graph.needed([digest]) - set(below))
    together += [subject for one in below for subject in graph.subjects.get(one, ())]
    # A part that the registry lost may be what a host runs: then its index is still what people call it by.
    together += [child.digest for one in below if one in facts.manifests for child in facts.manifests[one].children]
    meanings = tuple(dict.fromkeys(together + _configs(facts, together)))
    arrived = (
        facts.arrived.get(tag, Clock()) if tag is not None else Clock(facts.leftovers.get(digest), True, "untagged")
    )
    return Item(
        key=tag if tag is not None else digest,
        repository="%s/%s" % (registry.name, facts.name),
        tag=tag if tagged else None,
        tagged=tagged,
        digest=digest,
        digests=meanings,
        labels=_labels(facts, below),
        arrived=arrived,
        created=facts.created.get(digest, Clock()),
        last_used=_last_used(registry.use, meanings, arrived),
        used_by=_users(registry.use, facts.name, tag, meanings),
        forced_keep=_forced(facts, tag),
    )


def _configs(facts: RepositoryFacts, digests: List[str]) -> List[str]:
    found = []
    for digest in digests:
        manifest = facts.manifests.get(digest)
        if manifest is not None and manifest.config is not None:
            found.append(manifest.config.digest)
    return found


def _labels(facts: RepositoryFacts, digests: List[str]) -> Mapping[str, str]:
    """Of an index, those of all its images; where they differ the first one's count."""
    labels: Dict[str, str] = {}
    for digest in reversed(digests):
        labels.update(facts.labels.get(digest, {}))
    return labels


def _users(use: FleetUse, repository: str, tag: Optional[str], digests: Tuple[str, ...]) -> Tuple[str, ...]:
    users = [use.digests[digest] for digest in digests if digest in use.digests]
    names = ["%s:%s" % (repository, tag)] if tag else []
    names += ["%s@%s" % (repository, digest) for digest in digests]
    users += [use.references[name] for name in names if name in use.references]
    if repository in use.repositories:
        users.append(use.repositories[repository])
    return tuple(dict.fromkeys(users))


def _last_used(use: FleetUse, digests: Tuple[str, ...], arrived: Clock) -> Clock:
    """When the fleet last used it; without a sighting only that it did not since it is watched, or since it arrived."""
    seen = [use.last_used[digest] for digest in digests if digest in use.last_used]
    if seen:
        return Clock(max(seen), True, "seen in use")
    if use.since is None:
        return Clock(None, False, "no ledger tells")
    return Clock(max(use.since, arrived.at or use.since), False, "watched since")


def _forced(facts: RepositoryFacts, tag: Optional[str]) -> Optional[str]:
    if facts.unknown is not None:
        return "not everything about this repository could be read: %s" % facts.unknown
    return None
