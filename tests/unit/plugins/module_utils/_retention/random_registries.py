# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random registries and requests to clean them up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Tuple

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
    [{"older_than": "30d"}],
    [{"tags": "*"}],
    [{"tagged": False}],
    [{"tags": r"regex:\d.*"}, {"tagged": False}],
    [],
)
KEEP: Tuple[Any, ...] = (
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


@st.composite
def _stock(draw: Any) -> List[_Content]:
    """Manifests that repositories share. Later ones name earlier ones, as hashes allow no other way."""
    stock: List[_Content] = []
    for number in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from(KINDS)) if stock else "image"
        name, size = "%s%d" % (kind, number), 2**number
        others = [one.manifest for one in stock]
        subjects = [one.digest for one in others] + [digest("gone")]
        if kind == "index":
            children = draw(st.lists(st.sampled_from(others), max_size=3, unique_by=lambda one: one.digest))
            caches = draw(st.lists(st.sampled_from(CACHES), max_size=1))
            subject = draw(st.sampled_from([None, None, None, *subjects]))
            stock.append(_Content(index(name, children, caches, subject, size)))
            continue
        layers = draw(st.lists(st.sampled_from(LAYERS), max_size=2, unique=True))
        config = blob("config%d" % draw(st.integers(0, 3)), 2**19, CONFIG_TYPES[0])
        if kind == "referrer":
            stock.append(_Content(image(name, layers, draw(st.sampled_from(subjects)), size, config)))
        elif kind == "signature":
            signed = draw(st.lists(st.sampled_from(subjects), min_size=1, max_size=2, unique=True))
            subject = draw(st.sampled_from([None, signed[0]]))
            tags = tuple(attachment_tag(one, draw(st.sampled_from([".sig", ".att"]))) for one in signed)
            stock.append(_Content(image(name, layers, subject, size, config), tags))
        elif kind == "lister":
            subject = draw(st.sampled_from(subjects))
            listed = [one for one in others if one.subject == subject]
            stock.append(_Content(index(name, listed, (), None, size), (attachment_tag(subject),)))
        else:
            stock.append(_Content(image(name, layers, None, size, config)))
    return stock


@st.composite
def _repository(draw: Any, name: str, stock: List[_Content]) -> RepositoryFacts:
    missing = draw(st.sets(st.integers(0, len(stock) - 1), max_size=2)) if draw(st.integers(0, 3)) == 0 else set()
    own = [one for number, one in enumerate(stock) if number not in missing]
    tags: Dict[str, str] = {}
    leftovers: Dict[str, int] = {}
    free = list(draw(st.permutations(TAGS)))
    for one in own:
        for tag in one.tags:
            if draw(st.integers(0, 5)):
                tags[tag] = one.manifest.digest
        # What something else attaches or lists mostly has no tag of its own.
        least = -2 if one.tags or one.manifest.subject else -1
        count = max(0, draw(st.integers(least, 2)))
        for tag in free[:count]:
            tags[tag] = one.manifest.digest
        free = free[count:]
        if one.manifest.digest not in tags.values() and draw(st.booleans()):
            leftovers[one.manifest.digest] = NOW - draw(st.sampled_from([0, 40, 90])) * DAY
    manifests = {one.manifest.digest: one.manifest for one in own}
    named = {child.digest for one in own for child in one.manifest.children}
    referrers: Dict[str, Tuple[str, ...]] = {}
    for one in own:
        if one.manifest.subject and draw(st.booleans()):
            referrers.setdefault(one.manifest.subject, ())
            referrers[one.manifest.subject] += (one.manifest.digest,)
    return RepositoryFacts(
        name,
        tags,
        manifests,
        leftovers,
        arrived={tag: ago(draw(st.sampled_from([0, 10, 40, 50, 90, None]))) for tag in tags},
        created={one: Clock(NOW - draw(st.sampled_from([0, 60, 19000])) * DAY) for one in manifests},
        referrers=referrers,
        absent=frozenset(named - set(manifests)),
        present=frozenset(draw(st.sampled_from([(), (), (digest("gone"),)]))),
        unknown="a manifest was not read" if draw(st.integers(0, 15)) == 15 else None,
    )


@st.composite
def registries(draw: Any) -> RegistryFacts:
    stock = draw(_stock())
    names = ("team/app", "team/web")[: draw(st.integers(1, 2))]
    return RegistryFacts(NAME, NOW, tuple(draw(_repository(name, stock)) for name in names), complete=True)


def _names(facts: RegistryFacts) -> List[str]:
    return ["%s:%s" % (one.name, tag) for one in facts.repositories for tag in one.tags]


def _digests(facts: RegistryFacts) -> List[str]:
    manifests = [manifest for one in facts.repositories for manifest in one.manifests.values()]
    return sorted({one.digest for one in manifests} | {one.config.digest for one in manifests if one.config})


def _few(draw: Any, values: List[str]) -> List[str]:
    """Mostly none."""
    if not values or draw(st.integers(0, 3)):
        return []
    return draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))


@st.composite
def requests(draw: Any) -> Request:
    facts = draw(registries())
    names, digests = _names(facts), _digests(facts)
    use = FleetUse(
        dict.fromkeys(_few(draw, digests), "host a"),
        dict.fromkeys(_few(draw, names), "host b"),
        since=draw(st.sampled_from([None, NOW - 60 * DAY])),
    )
    protect = _few(draw, digests) + [NAME + "/" + name for name in _few(draw, names)]
    distrust = "it jumped" if draw(st.integers(0, 15)) == 15 else None
    facts = replace(facts, use=use, tag_delete=draw(st.booleans()), clock_distrust=distrust)
    policy = parse_policy(
        keep=draw(st.sampled_from(KEEP)),
        delete=draw(st.sampled_from(DELETE)),
        protect=protect,
        minimum_age=draw(st.sampled_from(["0s", "0s", "15d"])),
        target=REGISTRY,
    )
    return Request(facts, policy, draw(st.sampled_from([0, 0, 1, 2])), draw(_confirmations(facts)), draw(_caps))


_caps = st.sampled_from([None, None, 1, 2, 3, 5])


@st.composite
def _confirmations(draw: Any, facts: RegistryFacts) -> Optional[FrozenSet[Tuple[str, str, str]]]:
    if draw(st.integers(0, 3)):
        return None
    listed = [(one.name, tag, at) for one in facts.repositories for tag, at in one.tags.items()]
    listed += [(one.name, left, left) for one in facts.repositories for left in one.leftovers]
    return frozenset(one for one in listed if draw(st.integers(0, 3)))


def shuffled(facts: RegistryFacts, random: Any) -> RegistryFacts:
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


def _shuffle(values: Mapping[str, Any], random: Any) -> Dict[str, Any]:
    pairs = list(values.items())
    random.shuffle(pairs)
    return dict(pairs)
