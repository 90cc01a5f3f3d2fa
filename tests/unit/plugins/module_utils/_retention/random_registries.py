# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random registries and requests to clean them up.

Drawn from Python's own random numbers: forty times as fast as one choice at a time, and failures are as small as their `size`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

import hypothesis.strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import CONFIG_TYPES, Manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import Policy, parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.rules import REGISTRY
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import (
    FleetUse,
    RegistryFacts,
    RepositoryFacts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.make import make_plan
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import Plan
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.registries import (
    ALL,
    DAY,
    NAME,
    NOW,
    ago,
    attachment_tag,
    blob,
    digest,
    image,
    index,
)

TAGS = ("1", "1.0", "1.0.0", "1.0.1", "1.1.0", "1.1.0-rc1", "1.0.0-alpine", "latest", "prod", "dev-7", "2.0.0")
KINDS = ("image", "image", "index", "index", "referrer", "signature", "lister")
# Powers of two, so that different content never adds up to the same size.
LAYERS = tuple(("layer%d" % number, 2 ** (20 + number)) for number in range(5))
CACHES = tuple(("cache%d" % number, 2 ** (30 + number)) for number in range(2))
DELETE: Tuple[Any, ...] = (
    ALL,
    ALL,
    ALL,
    ALL,
    ALL,
    [{"older_than": "30d"}],
    [{"tags": "*"}],
    [{"tagged": False}],
    [{"tags": r"regex:\d.*"}, {"tagged": False}],
    [],
)
KEEP: Tuple[Any, ...] = (
    [],
    [],
    [],
    [],
    [],
    [{"tags": r"regex:\d.*", "newest": 1}],
    [{"newest": 1, "newest_per": "minor"}],
    [{"tags": "prod"}],
    [{"newest": 1, "order": "clock"}],
)


class Request(NamedTuple):
    """A registry and all that `make_plan` is asked for."""

    facts: RegistryFacts
    policy: Policy
    minimum_kept: int
    confirmed: Optional[FrozenSet[Tuple[str, str, str]]]
    max_deletions: Optional[int]

    def plan(self) -> Plan:
        return make_plan(self.facts, self.policy, self.minimum_kept, self.confirmed, self.max_deletions)

    def __repr__(self) -> str:
        """Short enough to read when a test fails."""
        lines = ["keep %d, cap %s, %s" % (self.minimum_kept, self.max_deletions, self.policy.protect)]
        lines += ["confirmed %s, tag_delete %s" % (self.confirmed, self.facts.tag_delete), repr(self.facts.use)]
        lines += ["rules %s %s" % (len(self.policy.keep), [rule.title for rule in self.policy.delete])]
        for one in self.facts.repositories:
            lines.append("%s: unknown %s, present %s, absent %s" % (one.name, one.unknown, one.present, one.absent))
            lines += ["  %s at %s" % (tag, at[7:15]) for tag, at in one.tags.items()]
            lines += ["  leftover %s" % at[7:15] for at in one.leftovers]
            lines += [
                "  %s attached to %s" % ([at[7:15] for at in those], to[7:15]) for to, those in one.referrers.items()
            ]
            for manifest in one.manifests.values():
                children = [child.digest[7:15] for child in manifest.children]
                subject = manifest.subject[7:15] if manifest.subject else None
                lines.append("  manifest %s: subject %s, children %s" % (manifest.digest[7:15], subject, children))
        return "\n".join(lines)


@dataclass(frozen=True)
class _Content:
    """A manifest of the common stock, and the attachment tags that belong to it in every repository that has it."""

    manifest: Manifest
    tags: Tuple[str, ...] = ()


def _few(random: Random, values: Sequence[Any], most: int) -> List[Any]:
    return random.sample(list(values), min(len(values), random.randint(0, most)))


def _stock(random: Random, size: int) -> List[_Content]:
    """Manifests that repositories share. Later ones name earlier ones, as hashes allow no other way."""
    stock: List[_Content] = []
    for number in range(size):
        kind = random.choice(KINDS) if stock else "image"
        stock.append(_content(random, stock, kind, "%s%d" % (kind, number), 2**number))
    return stock


def _content(random: Random, stock: List[_Content], kind: str, name: str, size: int) -> _Content:
    others = [one.manifest for one in stock]
    subjects = [one.digest for one in others] + [digest("gone")]
    if kind == "index":
        subject = random.choice([None, None, None, *subjects])
        return _Content(index(name, _few(random, others, 3), _few(random, CACHES, 1), subject, size))
    if kind == "lister":
        subject = random.choice(subjects)
        listed = [one for one in others if one.subject == subject]
        return _Content(index(name, listed, (), None, size), (attachment_tag(subject),))
    layers, config = _few(random, LAYERS, 2), blob("config%d" % random.randint(0, 3), 2**19, CONFIG_TYPES[0])
    if kind == "referrer":
        return _Content(image(name, layers, random.choice(subjects), size, config))
    if kind == "signature":
        signed = random.sample(subjects, random.choice([1, 1, 1, min(2, len(subjects))]))
        tags = tuple(attachment_tag(one, random.choice([".sig", ".att"])) for one in signed)
        return _Content(image(name, layers, random.choice([None, signed[0]]), size, config), tags)
    return _Content(image(name, layers, None, size, config))


def _repository(random: Random, name: str, stock: List[_Content]) -> RepositoryFacts:
    missing = _few(random, stock, 2) if random.random() < 0.25 else []
    own = [one for one in stock if one not in missing]
    tags: Dict[str, str] = {}
    leftovers: Dict[str, int] = {}
    free = random.sample(TAGS, len(TAGS))
    for one in own:
        for tag in one.tags:
            if random.random() < 0.8:
                tags[tag] = one.manifest.digest
        # What is attached to something mostly has no tag of its own, an index mostly has.
        least = -2 if one.tags or one.manifest.subject else 0 if one.manifest.is_index else -2
        count = max(0, random.randint(least, 2))
        for tag in free[:count]:
            tags[tag] = one.manifest.digest
        free = free[count:]
        if one.manifest.digest not in tags.values() and random.random() < 0.5:
            leftovers[one.manifest.digest] = NOW - random.choice([0, 40, 90]) * DAY
    own = _named_by(own, set(tags.values()) | set(leftovers))
    manifests = {one.manifest.digest: one.manifest for one in own}
    named = {child.digest for one in own for child in one.manifest.children}
    referrers: Dict[str, Tuple[str, ...]] = {}
    for one in own:
        if one.manifest.subject and random.random() < 0.5:
            referrers.setdefault(one.manifest.subject, ())
            referrers[one.manifest.subject] += (one.manifest.digest,)
    return RepositoryFacts(
        name,
        tags,
        manifests,
        leftovers,
        arrived={tag: ago(random.choice([0, 10, 40, 50, 90, None])) for tag in tags},
        created={one: Clock(NOW - random.choice([0, 60, 19000]) * DAY) for one in manifests},
        referrers=referrers,
        absent=frozenset(named - set(manifests)),
        present=frozenset(random.choice([(), (), (digest("gone"),)])),
        unknown="a manifest was not read" if random.random() < 0.06 else None,
    )


def _named_by(content: List[_Content], roots: Set[str]) -> List[_Content]:
    """What is read of a repository: what has a tag or had one, with all below it and attached to it."""
    found: Set[str] = set()
    more = set(roots)
    while more:
        found |= more
        more = {child.digest for one in content if one.manifest.digest in found for child in one.manifest.children}
        more |= {one.manifest.digest for one in content if one.manifest.subject in found}
        more -= found
    return [one for one in content if one.manifest.digest in found]


def _facts(random: Random, size: int) -> RegistryFacts:
    stock = _stock(random, size)
    repositories = tuple(_repository(random, name, stock) for name in ("team/app", "team/web")[: random.randint(1, 2)])
    names = ["%s:%s" % (one.name, tag) for one in repositories for tag in one.tags]
    use = FleetUse(
        dict.fromkeys(_some(random, _digests(repositories)), "host a"),
        dict.fromkeys(_some(random, names), "host b"),
        since=random.choice([None, NOW - 60 * DAY]),
    )
    return RegistryFacts(
        NAME,
        NOW,
        repositories,
        use,
        tag_delete=random.random() < 0.5,
        complete=True,
        clock_distrust="it jumped" if random.random() < 0.1 else None,
    )


def _digests(repositories: Sequence[RepositoryFacts]) -> List[str]:
    manifests = [manifest for one in repositories for manifest in one.manifests.values()]
    return sorted({one.digest for one in manifests} | {one.config.digest for one in manifests if one.config})


def _some(random: Random, values: List[str]) -> List[str]:
    """Mostly none."""
    return _few(random, values, 2) if random.random() < 0.15 else []


def random_request(size: int, seed: int) -> Request:
    random = Random(seed)
    facts = _facts(random, size)
    names = ["%s/%s:%s" % (NAME, one.name, tag) for one in facts.repositories for tag in one.tags]
    policy = parse_policy(
        keep=random.choice(KEEP),
        delete=random.choice(DELETE),
        protect=_some(random, _digests(facts.repositories)) + _some(random, names),
        minimum_age=random.choice(["0s", "0s", "0s", "15d"]),
        target=REGISTRY,
    )
    caps = random.choice([None, None, None, 1, 2, 3, 5])
    return Request(facts, policy, random.choice([0, 0, 0, 1, 2]), _confirmed(random, facts), caps)


def _confirmed(random: Random, facts: RegistryFacts) -> Optional[FrozenSet[Tuple[str, str, str]]]:
    if random.random() < 0.75:
        return None
    listed = [(one.name, tag, at) for one in facts.repositories for tag, at in one.tags.items()]
    listed += [(one.name, left, left) for one in facts.repositories for left in one.leftovers]
    return frozenset(one for one in listed if random.random() < 0.75)


requests = st.builds(random_request, st.integers(1, 10), st.integers(0, 2**64))


def shuffled(facts: RegistryFacts, random: Random) -> RegistryFacts:
    """The same registry, told in another order."""
    repositories = [
        replace(
            one,
            tags=_shuffle(one.tags, random),
            manifests=_shuffle(one.manifests, random),
            leftovers=_shuffle(one.leftovers, random),
            arrived=_shuffle(one.arrived, random),
            created=_shuffle(one.created, random),
            referrers=_shuffle(
                {of: tuple(random.sample(list(those), len(those))) for of, those in one.referrers.items()}, random
            ),
        )
        for one in facts.repositories
    ]
    random.shuffle(repositories)
    return replace(facts, repositories=tuple(repositories))


def _shuffle(values: Mapping[str, Any], random: Random) -> Dict[str, Any]:
    pairs = list(values.items())
    random.shuffle(pairs)
    return dict(pairs)
