# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a registry, joined with what earlier runs remember, as facts for the plan."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Callable, Dict, FrozenSet, Iterable, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock, usable
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import distrust
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.capabilities import (
    CapabilityMemory,
    probe_referrers,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RegistryFacts, RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.fleet import FleetView, read_fleet
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.request import RetentionRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._store.clock import read_clock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.retention_memory import (
    RegistryMemory,
    RepositoryMemory,
    load_memory,
    memory_path,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.attachments import ask_attachments
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.describe import created_of
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.select import select_repositories
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Survey, Surveyor

Progress = Callable[[str], None]


@dataclass
class Look:
    """The facts, the surveys they were made of, what earlier runs remember, and the fleet's ledger."""

    facts: RegistryFacts
    surveys: Dict[str, Survey]
    memory: RegistryMemory
    memory_damaged: bool
    fleet: FleetView
    notes: List[str] = field(default_factory=list)


def look(request: RetentionRequest, surveyor: Surveyor, capabilities: CapabilityMemory, say: Progress) -> Look:
    """Read every repository that is meant. Raises RegistryError when the registry does not answer at all."""
    client = surveyor.client
    memory, damage = load_memory(memory_path(request.state_dir, client.name))
    names = select_repositories(client, request.repositories)
    surveys: Dict[str, Survey] = {}
    found: List[RepositoryFacts] = []
    notes = [damage] if damage else []
    for place, name in enumerate(names, 1):
        tags = client.tags(name)
        if tags is None:
            notes.append("there is no repository %s" % name)
            continue
        own = memory.repositories.get(name, RepositoryMemory())
        survey = _survey(request, surveyor, name, tags, own)
        surveys[name] = survey
        repository = _facts(survey, own, _leftovers(survey, own, _now(surveyor)), _now(surveyor))
        present = _present(repository, survey, surveyor)
        found.append(replace(repository, present=present, unknown=_unknown(survey)))
        say("%s: read (%d of %d repositories), %d tags" % (name, place, len(names), len(tags)))
    now = _now(surveyor)
    if client.server_time is None:
        notes.append("the registry does not say what time it is, so this machine's clock counts")
    fleet = read_fleet(request.ledger, int(time.time()))
    if request.ledger is None:
        notes.append("no ledger is given, so what the fleet uses is not known and not protected")
    facts = RegistryFacts(
        name=client.name,
        now=now,
        repositories=tuple(found),
        use=fleet.use,
        tag_delete=bool(capabilities.known.tag_delete),
        complete=request.repositories.exact is None and request.repositories.patterns is None,
        clock_distrust=distrust(
            read_clock(now), memory.last_run, memory.boot_id, memory.boot_seconds, "the registry %s" % client.name
        ),
    )
    return Look(facts, surveys, memory, damage is not None, fleet, notes)


def add_referrers(
    seen: Look, surveyor: Surveyor, capabilities: CapabilityMemory, digests: Iterable[Tuple[str, str]]
) -> None:
    """Ask the referrers API, where there is one, what is attached to (repository, digest), and read that."""
    wanted = _by_repository(digests)
    if wanted and capabilities.known.referrers is None:
        capabilities.learn(referrers=probe_referrers(surveyor.client, next(iter(wanted))))
    if not capabilities.known.referrers:
        return
    repositories = []
    for facts in seen.facts.repositories:
        if facts.name in wanted:
            facts = _with_referrers(facts, seen.surveys[facts.name], surveyor, wanted[facts.name])
        repositories.append(facts)
    seen.facts = replace(seen.facts, repositories=tuple(repositories))


def drop_absent(seen: Look, surveyor: Surveyor, digests: Iterable[Tuple[str, str]]) -> bool:
    """Ask whether these (repository, digest) are there, as far as only memory says so; whether that changed the facts.

    A manifest is read once and then known by its digest, so that somebody deleted it since is not seen when it is read again. What
    stays is not asked for each time; but what goes is shown, counted and written into undo.
    """
    wanted = _by_repository(digests)
    before = seen.facts
    repositories = []
    for facts in before.repositories:
        survey = seen.surveys[facts.name]
        if surveyor.forget_absent(survey, wanted.get(facts.name, ())):
            facts = replace(facts, manifests=dict(survey.manifests), absent=frozenset(survey.absent))
        repositories.append(replace(facts, unknown=_unknown(survey)))
    seen.facts = replace(before, repositories=tuple(repositories))
    return seen.facts != before


def add_foreign(seen: Look, surveyor: Surveyor, digests: Iterable[Tuple[str, str]]) -> bool:
    """Ask which foreign layers of these (repository, digest) are there; whether any is."""
    before = seen.facts
    wanted = _by_repository(digests)
    repositories = []
    for facts in before.repositories:
        survey = seen.surveys[facts.name]
        surveyor.ask_foreign(survey, wanted.get(facts.name, ()))
        held = frozenset(digest for digest, there in survey.foreign.items() if there)
        repositories.append(replace(facts, held=held))
    seen.facts = replace(before, repositories=tuple(repositories))
    return seen.facts != before


def _by_repository(digests: Iterable[Tuple[str, str]]) -> Dict[str, List[str]]:
    found: Dict[str, List[str]] = {}
    for name, digest in digests:
        found.setdefault(name, []).append(digest)
    return found


def _with_referrers(facts: RepositoryFacts, survey: Survey, surveyor: Surveyor, digests: List[str]) -> RepositoryFacts:
    asked = surveyor.each(digests, lambda digest: ask_attachments(surveyor.client, facts.name, digest), survey.problems)
    told = {digest: tuple(one.digest for one in several) for digest, several in asked}
    surveyor.read(survey, [one for several in told.values() for one in several])
    return replace(
        facts,
        manifests=dict(survey.manifests),
        referrers={
            **facts.referrers,
            **{subject: facts.referrers.get(subject, ()) + several for subject, several in told.items()},
        },
        absent=frozenset(survey.absent),
        unknown=_unknown(survey),
    )


def _now(surveyor: Surveyor) -> int:
    return surveyor.client.server_time or int(time.time())


def _survey(request: RetentionRequest, surveyor: Surveyor, name: str, tags: List[str], own: RepositoryMemory) -> Survey:
    known = {tag: digest for tag, (digest, _since) in own.tags.items()}
    survey = surveyor.graph(name, tags, known, deep=request.needs_children)
    lost = [digest for digest in _lost(survey, own) if digest not in survey.manifests]
    heads = surveyor.has(survey, lost)
    surveyor.read(survey, [digest for digest, there in heads.items() if there], request.needs_children)
    survey.absent.update(digest for digest, there in heads.items() if not there)
    if request.needs_dates or request.needs_labels:
        surveyor.read_configs(survey, request.needs_labels)
    return survey


def _lost(survey: Survey, own: RepositoryMemory) -> List[str]:
    """Digests that had a tag, or were known without one, and that no tag points at now."""
    current = set(survey.tags.values())
    once = list(own.leftovers) + [digest for digest, _since in own.tags.values()]
    return [digest for digest in dict.fromkeys(once) if digest not in current]


def _leftovers(survey: Survey, own: RepositoryMemory, now: int) -> Dict[str, int]:
    """Those of them that are still there, and since when they have no tag."""
    return {digest: own.leftovers.get(digest, now) for digest in _lost(survey, own) if digest in survey.manifests}


def _facts(survey: Survey, own: RepositoryMemory, leftovers: Dict[str, int], now: int) -> RepositoryFacts:
    created = {digest: Clock(created_of(survey, digest), True, "built") for digest in survey.manifests}
    return RepositoryFacts(
        name=survey.name,
        tags=dict(survey.tags),
        manifests=dict(survey.manifests),
        leftovers=leftovers,
        arrived={tag: _arrived(tag, digest, own, created[digest], now) for tag, digest in survey.tags.items()},
        created=created,
        labels={
            digest: survey.configs[manifest.config.digest].labels
            for digest, manifest in survey.manifests.items()
            if manifest.config is not None and manifest.config.digest in survey.configs
        },
        referrers=_outdated_lists(survey, leftovers),
        absent=frozenset(survey.absent),
    )


def _outdated_lists(survey: Survey, leftovers: Iterable[str]) -> Dict[str, Tuple[str, ...]]:
    """Subject -> lists of its referrers that lost their tag to a newer one: they go with the subject, and must not hold it."""
    found: Dict[str, Tuple[str, ...]] = {}
    for digest in leftovers:
        listed = [survey.manifests.get(child.digest) for child in survey.manifests[digest].children]
        subjects = {one.subject for one in listed if one is not None}
        if len(subjects) == 1:
            subject = subjects.pop()
            if subject is not None:
                found[subject] = found.get(subject, ()) + (digest,)
    return found


def _arrived(tag: str, digest: str, own: RepositoryMemory, created: Clock, now: int) -> Clock:
    """Since when this tag is at this digest: as an earlier run saw it, else now; in the first run, since it was built."""
    known = own.tags.get(tag)
    if known is not None and known[0] == digest:
        return Clock(known[1], True, "first seen")
    if own.listed:
        return Clock(now, True, "first seen by this run")
    return created if usable(created, now) else Clock()


def _unknown(survey: Survey) -> Optional[str]:
    if survey.problems:
        item, why = next(iter(sorted(survey.problems.items())))
        more = len(survey.problems) - 1
        return "%s: %s%s" % (item, why, " (and %d more)" % more if more else "")
    strange = [digest for digest, manifest in survey.manifests.items() if not manifest.known]
    if strange:
        return "%s is of a type that is not known: %s" % (strange[0], survey.manifests[strange[0]].media_type or "none")
    return None


def _present(facts: RepositoryFacts, survey: Survey, surveyor: Surveyor) -> FrozenSet[str]:
    """Subjects of attachment tags that are there although nothing that was read names them."""
    known = set(facts.manifests)
    for manifest in facts.manifests.values():
        known.update(child.digest for child in manifest.children)
    owners = [owner[0] for owner in map(attached_to, facts.tags) if owner is not None]
    unknown = [digest for digest in dict.fromkeys(owners) if digest not in known]
    heads = surveyor.has(survey, unknown)
    return frozenset(digest for digest, there in heads.items() if there)
