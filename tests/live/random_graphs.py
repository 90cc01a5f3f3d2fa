# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graphs of images drawn at random: a seed tells the images, what moves and runs, the policy, and the right result."""

from __future__ import annotations

import fnmatch
import random
from dataclasses import dataclass, field
from typing import Any, Iterator, Sequence

from archive import BUSYBOX, Image, Layer
from pushing import digest, manifest
from workbench import LABEL

#: The bottom of everything that can run, shared by all graphs.
PROGRAM = Layer("graphs-program", 0, BUSYBOX)
SIZES = (0, 1, 511, 4096, 4097, 12000, 40000)
REPOSITORIES = ("app", "web/api", "tool")
TAGS = ("1.0", "1.1", "2.0", "2.1.3", "latest", "edge", "test")
DATES = tuple("202%d-0%d-11T07:00:00Z" % (year, month) for year in (1, 2, 3, 4) for month in (2, 6))
#: A date that is none, so the arrival counts; and one in the future, which is no age at all.
NO_DATE, FUTURE = "1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
STATES = ("created", "running", "exited", "paused")
TIERS = ("gold", "silver", "dev")
KEEP, DELETE = "keep", "delete"


@dataclass
class Drawn:
    """One image: `loaded` are its names at first, `names` those that it has when all names have moved.

    `pin` is the digest name of an image that is pulled, not loaded; `states` are those of its containers.
    """

    key: str
    prefix: str
    layers: Sequence[Layer]
    created: str
    tier: str | None
    loaded: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    pin_repository: str | None = None

    @property
    def labels(self) -> dict[str, str]:
        tier = {self.prefix + ".tier": self.tier} if self.tier else {}
        return {LABEL: self.prefix, **tier}

    @property
    def image(self) -> Image:
        return Image(self.loaded, self.layers, self.labels, self.created, self.prefix + self.key)

    @property
    def runnable(self) -> bool:
        return PROGRAM in self.layers

    @property
    def pin(self) -> str | None:
        if self.pin_repository is None:
            return None
        return "%s@%s" % (self.pin_repository, digest(manifest(self.image)))


@dataclass
class Graph:
    """`moves` are (source, target): the name `target` moves to the image that `source` means."""

    seed: int
    prefix: str
    images: list[Drawn]
    moves: list[tuple[str, str]] = field(default_factory=list)
    policy: dict[str, Any] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[str, Drawn, str | None]]:
        """What a plan has rows for: (name or key of an image without a name, image, name)."""
        for one in self.images:
            for name in one.names:
                yield name, one, name
            if not one.names:
                yield one.key, one, None


# Drawing -----------------------------------------------------------------------------------------------------------


def draw(seed: int, registry: str) -> Graph:
    """The graph of a seed; digest names are in the registry at this address."""
    rng = random.Random("graph %d" % seed)
    prefix = "rg-%d" % seed
    graph = Graph(seed, prefix, _images(rng, prefix))
    _pin_one(rng, graph, registry)
    _run_some(rng, graph)
    _move_names(rng, graph)
    graph.policy = _policy(rng, graph)
    return graph


def _chains(rng: random.Random, prefix: str) -> list[list[Layer]]:
    """Every way from the bottom of a random tree up; some layers are other graphs' too, some are there twice."""
    chains = [[PROGRAM], [PROGRAM, Layer("graphs-common-%d" % rng.randrange(3), 7000)]]
    for number in range(rng.randint(2, 5)):
        below = rng.choice([*chains, []])
        again = len(below) > 1 and rng.random() < 0.15
        layer = below[-1] if again else Layer("%s-%d" % (prefix, number), rng.choice(SIZES))
        chains.append([*below, layer])
    return chains


def _images(rng: random.Random, prefix: str) -> list[Drawn]:
    chains = _chains(rng, prefix)
    names = ["%s/%s:%s" % (prefix, repository, tag) for repository in REPOSITORIES for tag in TAGS]
    rng.shuffle(names)
    images = []
    for number in range(rng.randint(3, 6)):
        date = FUTURE if rng.random() < 0.07 else rng.choice(DATES)
        one = Drawn("image-%d" % number, prefix, rng.choice(chains), date, rng.choice([*TIERS, None]))
        one.loaded = [names.pop() for _name in range(rng.choice((1, 1, 1, 2, 2, 3)))]
        one.names = list(one.loaded)
        images.append(one)
    if rng.random() < 0.15:  # at most one: when two arrived within one second, neither is newer
        images[0].created = NO_DATE
    return images


def _pin_one(rng: random.Random, graph: Graph, registry: str) -> None:
    """One image in some graphs comes by digest; a further name of it is in another repository."""
    if rng.random() < 0.3:
        one = graph.images[-1]
        one.pin_repository = "%s/%s/pin" % (registry, graph.prefix)
        more = one.loaded[:1] if rng.random() < 0.4 else []
        one.loaded = []
        one.names = [str(one.pin), *more]
        graph.moves += [(str(one.pin), name) for name in more]


def _run_some(rng: random.Random, graph: Graph) -> None:
    able = [one for one in graph.images if one.runnable]
    for one in rng.sample(able, min(len(able), rng.choice((0, 0, 0, 1, 1, 2)))):
        one.states.append(rng.choice(STATES))


def _move_names(rng: random.Random, graph: Graph) -> None:
    """In some graphs one image loses names, mostly all, to another."""
    able = [one for one in graph.images if one.loaded]
    if len(able) < 2 or rng.random() < 0.5:
        return
    loser, winner = rng.sample(able, 2)
    lost = list(loser.names) if rng.random() < 0.8 else loser.names[:1]
    graph.moves += [(winner.loaded[0], name) for name in lost]
    winner.names += lost
    loser.names = [name for name in loser.names if name not in lost]


def _policy(rng: random.Random, graph: Graph) -> dict[str, Any]:
    """Every rule is bound to this graph, by its label or its repositories."""
    prefix, scope = graph.prefix, LABEL + "=" + graph.prefix
    keep: list[dict[str, Any]] = [
        {"repositories": prefix + "/**", "newest": rng.randint(1, 3), "clock": "created"},
        {"labels": prefix + ".tier=gold"},
        {"repositories": prefix + "/*", "tags": ["latest", "edge"]},
    ]
    delete: list[dict[str, Any]] = [
        {"labels": scope},
        {"repositories": prefix + "/**", "older_than": "1h", "clock": "created"},
        {"repositories": [prefix + "/**", "!%s/tool" % prefix]},
        {"tagged": False, "labels": scope},
        {"tagged": True, "labels": scope},
        {"repositories": [prefix + "/app", prefix + "/web/*"], "tags": ["1.*", "!*.1"]},
        {"labels": prefix + ".tier=dev"},
    ]
    return {
        "keep": [rule for rule in keep if rng.random() < 0.3],
        "delete": rng.sample(delete, rng.randint(1, 3)),
        "protect": _protect(rng, graph),
    }


def _protect(rng: random.Random, graph: Graph) -> list[str]:
    names = [name for _key, _one, name in graph.rows() if name]
    chosen = rng.sample(names, min(len(names), rng.choice((0, 0, 1, 2))))
    found = [name.partition("@")[2] if "@" in name else name for name in chosen]
    return found + (["%s/tool" % graph.prefix] if rng.random() < 0.15 else [])


# What must come of it ----------------------------------------------------------------------------------------------


def expected(graph: Graph) -> dict[str, str]:
    """Name (key of an image without one) -> keep or delete, from the words of the policy language alone."""
    policy = graph.policy
    ranked = {name for rule in policy["keep"] if "newest" in rule for name in _newest(graph, rule)}
    return {
        key: KEEP
        if one.states
        or name in ranked
        or _protected(one, name, policy["protect"])
        or any(_selects(rule, one, name) for rule in policy["keep"] if "newest" not in rule)
        or not any(_selects(rule, one, name) for rule in policy["delete"])
        else DELETE
        for key, one, name in graph.rows()
    }


def _protected(one: Drawn, name: str | None, protect: Sequence[str]) -> bool:
    digests = {str(one.pin).partition("@")[2]} if one.pin else set()
    return bool(digests & set(protect)) or (name is not None and bool({name, repository_of(name)} & set(protect)))


def _newest(graph: Graph, rule: dict[str, Any]) -> set[str]:
    """Of each repository the names of the newest images; images as new as the last of these, and undated ones, too."""
    groups: dict[str, list[tuple[str, Drawn]]] = {}
    for _key, one, name in graph.rows():
        if name:
            groups.setdefault(repository_of(name), []).append((name, one))
    kept = set()
    for group in groups.values():
        dated = {one.key: _moment(one) for _name, one in group if one.created != FUTURE}
        last = sorted(dated.values(), reverse=True)[: rule["newest"]]
        kept |= {name for name, one in group if one.created == FUTURE or dated[one.key] >= last[-1]}
    return kept


def _moment(one: Drawn) -> str:
    """Sorts by build date; what has none counts from its arrival, after all others."""
    return "now" if one.created == NO_DATE else one.created


def _selects(rule: dict[str, Any], one: Drawn, name: str | None) -> bool:
    answers = [rule.get("tagged") in (None, name is not None)]
    if "repositories" in rule:
        answers.append(name is not None and _matches(rule["repositories"], _path(name)))
    if "tags" in rule:
        answers.append(name is not None and "@" not in name and _matches(rule["tags"], name.rpartition(":")[2]))
    if "labels" in rule:
        label, _equals, value = rule["labels"].partition("=")
        answers.append(one.labels.get(label) == value)
    if "older_than" in rule:
        answers.append(one.created not in (NO_DATE, FUTURE))
    return all(answers)


def _matches(patterns: str | Sequence[str], subject: str) -> bool:
    """fnmatch's star crosses slashes, so the depth of a pattern without ** is compared as well."""
    every = [patterns] if isinstance(patterns, str) else patterns

    def hit(pattern: str) -> bool:
        deep = "**" in pattern or pattern.count("/") == subject.count("/")
        return deep and fnmatch.fnmatchcase(subject, pattern)

    return any(hit(one) for one in every if one[0] != "!") and not any(hit(one[1:]) for one in every if one[0] == "!")


def repository_of(name: str) -> str:
    return name.partition("@")[0] if "@" in name else name.rpartition(":")[0]


def _path(name: str) -> str:
    """The repository without a registry's address."""
    host, _slash, path = repository_of(name).partition("/")
    return path if ":" in host else repository_of(name)
