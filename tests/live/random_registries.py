# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registries drawn at random: a seed tells what was pushed in which order, what is there then, and a policy for it."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Iterable, Sequence

import registry_content as content
import registry_pushing
from archive import Layer
from plain_http import digest
from registry_content import Manifest
from stand_in_content import Content

REPOSITORIES = ("app", "web/api", "tool", "team/deep/job")
VERSIONS = ("1.0.0", "1.0.1", "1.1.0", "1.2.0", "1.2.3", "1.2.10", "2.0.0-rc.1", "2.0.0", "2.1.0", "v3.0.0")
OTHER_TAGS = ("2024.03.1", "main", "nightly-20240102", "pr-17", "prod", "_odd.Tag", "9" * 40)
FLOATING = ("1", "1.2", "2", "latest", "stable")
VARIANTS = ("", "", "", "-alpine", "-slim")
#: Build dates, months away from all cuts; then those that are none, and one in the future.
DATES = tuple("202%d-0%d-11T07:00:00Z" % (year, month) for year in (1, 2, 3, 4) for month in (3, 9))
CUTS = (date(2022, 1, 1), date(2023, 1, 1), date(2024, 1, 1))
NO_DATES = (content.EPOCH, content.YEAR_1980, content.YEAR_ONE, None)
FUTURE = "2999-01-01T00:00:00Z"
TIERS = ("gold", "silver", "dev")
PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v7")


@dataclass(frozen=True)
class Step:
    """One push; without a tag, by digest alone."""

    repository: str
    manifest: Manifest
    tag: str = ""


@dataclass
class Holding:
    """What a repository holds when all is pushed: the tags, and every manifest by digest, tagged or not."""

    tags: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, Manifest] = field(default_factory=dict)

    def untagged(self) -> set[str]:
        """Digests that no tag points at, children of tagged indexes among them."""
        return set(self.manifests) - set(self.tags.values())

    def blobs(self, digests: Iterable[str]) -> set[str]:
        """Digests of the blobs that these manifests need themselves."""
        return {digest(blob) for one in digests for blob in self.manifests[one].blobs}

    def below(self, digests: Iterable[str]) -> set[str]:
        """These and all that is listed below them: what pulling them needs."""
        return {name for one in digests for name in self.manifests[one].everything()}

    def with_attached(self, digests: Iterable[str]) -> set[str]:
        """below(), with every referrer, signature and fallback list of any of it, of those of these too, and so on."""
        found = self.below(digests)
        while True:
            names = [content.fallback_tag(one) for one in found]
            names += [content.cosign_tag(one, kind) for one in found for kind in content.COSIGN]
            more = {self.tags[name] for name in names if name in self.tags}
            more |= {
                name for name, one in self.manifests.items() if one.subject is not None and one.subject.digest in found
            }
            more = self.below(more)
            if more <= found:
                return found
            found |= more


@dataclass
class DrawnRegistry:
    """`steps` in the order of pushing; `policy` has keep, delete and protect as modules take them.

    `created` and `tier` say what the configurations of images tell, by digest; an index is not in there.
    """

    seed: int
    prefix: str
    steps: list[Step] = field(default_factory=list)
    policy: dict[str, Any] = field(default_factory=dict)
    created: dict[str, str | None] = field(default_factory=dict)
    tier: dict[str, str] = field(default_factory=dict)

    def holdings(self) -> dict[str, Holding]:
        """By repository."""
        found: dict[str, Holding] = {}
        for step in self.steps:
            there = found.setdefault(step.repository, Holding())
            there.manifests.update(step.manifest.everything())
            if step.tag:
                there.tags[step.tag] = step.manifest.digest
        return found

    def push(self, address: str) -> None:
        """Into any registry, request by request; several repositories at a time, as they come from several sides."""

        def push(repository: str) -> None:
            known: set[str] = set()
            for step in self.steps:
                if step.repository == repository:
                    tags = [step.tag] if step.tag else []
                    registry_pushing.push(address, repository, step.manifest, *tags, known=known)

        with ThreadPoolExecutor(4) as pool:
            for _done in pool.map(push, {step.repository for step in self.steps}):
                pass

    def fill(self, held: Content) -> None:
        """Into a stand-in, without requests."""
        for step in self.steps:
            held.put(step.repository, step.manifest, *([step.tag] if step.tag else []))


# Drawing -------------------------------------------------------------------------------------------------------------


def draw(seed: int, fallback: bool = True) -> DrawnRegistry:
    """The registry of a seed; without `fallback` referrers are not listed under tags, as where there is the API."""
    rng = random.Random("registry %d" % seed)
    drawn = DrawnRegistry(seed, "rr-%d" % seed)
    names = rng.sample(REPOSITORIES, rng.choice((1, 2, 2, 3)))
    for name in names:
        _fill(rng, drawn, "%s/%s" % (drawn.prefix, name), fallback)
    if len(names) > 1 and rng.random() < 0.6:
        _promote(rng, drawn)
    drawn.policy = _policy(rng, drawn)
    return drawn


def _fill(rng: random.Random, drawn: DrawnRegistry, repository: str, fallback: bool) -> None:
    builds: list[Manifest] = []
    versions = sorted(rng.sample(range(len(VERSIONS)), rng.randint(2, 5)))
    tags = [VERSIONS[number] + rng.choice(VARIANTS) for number in versions]
    tags += rng.sample(OTHER_TAGS, rng.randint(0, 2))
    for number, tag in enumerate(tags):
        build = rng.choice(builds) if builds and rng.random() < 0.15 else _build(rng, drawn, repository, number, builds)
        builds.append(build)
        drawn.steps.append(Step(repository, build, tag))
        # Floating tags move on from build to build, and leave the older ones behind.
        drawn.steps += [Step(repository, build, name) for name in FLOATING if rng.random() < 0.2]
    if rng.random() < 0.5:  # a tag moves, and its build has none any more
        drawn.steps.append(Step(repository, _build(rng, drawn, repository, 90, builds), rng.choice(tags)))
    if rng.random() < 0.4:  # pushed by digest only
        drawn.steps.append(Step(repository, _build(rng, drawn, repository, 91, builds)))
    _attach(rng, drawn, repository, builds, fallback)
    if rng.random() < 0.4:
        cache = rng.choice((content.build_cache, content.build_cache_image))
        drawn.steps.append(Step(repository, cache(repository), rng.choice(("buildcache", "cache-main"))))


def _build(
    rng: random.Random, drawn: DrawnRegistry, repository: str, number: int, before: Sequence[Manifest]
) -> Manifest:
    """An image, a multi-platform index, an index that shares children with earlier builds, or one of indexes."""
    docker, seed = rng.random() < 0.3, "%s-%d" % (repository, number)
    kind = rng.choice(("image", "image", "index", "index", "attested", "shared", "nested"))
    if kind == "image":
        return _image(rng, drawn, seed, docker, "linux/amd64")
    children = [
        _image(rng, drawn, seed + platform, docker, platform) for platform in rng.sample(PLATFORMS, rng.randint(1, 2))
    ]
    indexes = [one for one in before if one.children]
    if kind == "attested":
        return content.index([*children, *map(content.attestation, children)])
    if kind == "shared" and indexes:
        return content.index([*children, rng.choice(rng.choice(indexes).children)], annotations={"build": seed})
    if kind == "nested" and indexes:
        return content.index([*children, rng.choice(indexes)], annotations={"build": seed})
    return content.index(children, docker=docker)


def _image(rng: random.Random, drawn: DrawnRegistry, seed: str, docker: bool, platform: str) -> Manifest:
    created = rng.choice(DATES) if rng.random() < 0.85 else rng.choice((*NO_DATES, FUTURE))
    tier = rng.choice((*TIERS, ""))
    layers = [Layer("registries-common-%d" % rng.randrange(3), 3000), Layer(seed, rng.choice((1, 4096, 12000)))]
    labels = {"tier": tier} if tier else {}
    foreign = [content.foreign_layer(seed)] if docker and rng.random() < 0.1 else []
    made = content.image(
        layers, created=created, labels=labels, platform=platform, note=seed, docker=docker, foreign=foreign
    )
    drawn.created[made.digest], drawn.tier[made.digest] = created, tier
    return made


def _attach(
    rng: random.Random, drawn: DrawnRegistry, repository: str, builds: Sequence[Manifest], fallback: bool
) -> None:
    """Referrers and signatures of builds, of their children, of other referrers, and of something that is not there."""
    targets = [one for build in builds for one in build.everything().values()]
    if rng.random() < 0.2:
        targets.append(content.simple(repository + "-gone"))
    listed: dict[str, list[Manifest]] = {}
    for number in range(rng.randint(0, 4)):
        subject = rng.choice(targets)
        referrer = content.referrer(subject, rng.choice((content.SBOM, content.IN_TOTO)), "%d" % number)
        targets.append(referrer)
        drawn.steps.append(Step(repository, referrer))
        known = listed.setdefault(subject.digest, [])
        known.append(referrer)
        if fallback:
            drawn.steps.append(
                Step(repository, content.fallback_index(tuple(known)), content.fallback_tag(subject.digest))
            )
    for subject in rng.sample(targets, min(len(targets), rng.randint(0, 2))):
        for kind in rng.sample(sorted(content.COSIGN), rng.choice((1, 1, 2))):
            tag = content.cosign_tag(subject.digest, kind)
            drawn.steps.append(Step(repository, content.cosign(subject, kind), tag))


def _promote(rng: random.Random, drawn: DrawnRegistry) -> None:
    """A build of one repository goes to another, digest and all."""
    step = rng.choice([one for one in drawn.steps if one.tag and not one.tag.startswith("sha256-")])
    others = sorted({one.repository for one in drawn.steps} - {step.repository})
    drawn.steps.append(Step(rng.choice(others), step.manifest, "promoted"))


# Policies ------------------------------------------------------------------------------------------------------------


def _policy(rng: random.Random, drawn: DrawnRegistry) -> dict[str, Any]:
    """Rules whose outcome does not depend on the day, as long as it is after the dates of the builds.

    Few that keep, and one that deletes much: of many together nothing would go.
    """
    everything = drawn.prefix + "/**"
    age = "%dd" % (date.today() - rng.choice(CUTS)).days
    keep: list[dict[str, Any]] = [
        {"newest": rng.randint(1, 3)},
        {"newest": rng.randint(1, 2), "newest_per": "minor", "order": "version"},
        {"newest": 1, "newest_per": "major", "newest_groups": 2, "order": "version", "prerelease": False},
        {"newest": rng.randint(1, 3), "order": "clock", "clock": "created"},
        {"tags": ["latest", "stable", "prod"]},
        {"tags": "regex:v?2\\..*"},
        {"repositories": drawn.prefix + "/*", "tags": ["1.*", "!*-alpine"]},
        {"labels": "tier=gold"},
        {"younger_than": age, "clock": "created"},
        {"tagged": False},
    ]
    much: list[dict[str, Any]] = [
        {"repositories": everything},
        {"repositories": everything, "tagged": True},
        {"repositories": everything, "older_than": age, "clock": "created"},
        {"repositories": [everything, "!%s/tool" % drawn.prefix], "tags": ["*", "!latest"]},
    ]
    little: list[dict[str, Any]] = [
        {"repositories": everything, "tagged": False},
        {"repositories": everything, "tags": ["pr-*", "nightly-*", "*-rc.*"]},
        {"repositories": everything, "labels": "tier=dev"},
    ]
    return {
        "keep": _named("keep", rng.sample(keep, rng.choice((0, 1, 1, 2)))),
        "delete": _named("delete", [rng.choice(much), *rng.sample(little, rng.choice((0, 1, 2)))]),
        "protect": _protect(rng, drawn),
    }


def _named(prefix: str, rules: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": "%s-%d" % (prefix, number), **rule} for number, rule in enumerate(rules)]


def _protect(rng: random.Random, drawn: DrawnRegistry) -> list[str]:
    """Repositories, tags (`repository:tag`) and digests, children among them."""
    holdings = drawn.holdings()
    tags = sorted("%s:%s" % (name, tag) for name, one in holdings.items() for tag in one.tags)
    digests = sorted({found for one in holdings.values() for found in one.manifests})
    chosen = rng.sample(tags, rng.choice((0, 0, 1))) + rng.sample(digests, rng.choice((0, 0, 1, 2)))
    return chosen + ([rng.choice(sorted(holdings))] if rng.random() < 0.1 else [])
