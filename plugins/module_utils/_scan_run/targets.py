# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images are to be scanned: named ones, those that the fleet runs, those that a registry keeps; each content once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.platforms import parse_platform
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    EngineError,
    PolicyError,
    RegistryError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.asking import ask_by_names
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.protection import in_use, ledger_problem
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.running import (
    RunningImage,
    names_problem,
    running_images,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import (
    Reference,
    is_digest,
    parse_reference,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.contents import Content, choose, normalised
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.drafts import Draft, join_drafts
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import (
    ARCHIVE,
    AUTO,
    ENGINE,
    REGISTRY,
    SBOM,
    Target,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.archive import identify_archive
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.engine_images import EngineImages
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.registry_images import Found, RegistryImages
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.target_request import (
    KeptRequest,
    TargetRequest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.ledger import must_load_ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.select import select_repositories, select_tags


@dataclass(frozen=True)
class Targets:
    """`targets` by name, each content once; `notes` what the user should know: a stale ledger, tags that are no images."""

    targets: Tuple[Target, ...]
    notes: Tuple[str, ...]


def find_targets(
    request: TargetRequest, engine: Callable[[], EngineApi], registries: RegistriesByHost, now: int
) -> Targets:
    """Raises StateError for a ledger that is missing or damaged. What concerns one image is that target's `problem`.

    `engine` is called only when an engine is to be asked. `now` is epoch seconds.
    """
    search = _Search(request, EngineImages(engine), RegistryImages(registries))
    if request.source in (ARCHIVE, SBOM):
        search.add_files()
    else:
        search.add_images()
    if request.ledger is not None:
        search.add_running(must_load_ledger(request.ledger), now)
    for kept in request.kept:
        search.add_kept(kept)
    return Targets(tuple(join_drafts(search.drafts)), tuple(dict.fromkeys(search.notes)))


class _Search:
    def __init__(self, request: TargetRequest, engine: EngineImages, registries: RegistryImages) -> None:
        self.drafts: List[Draft] = []
        self.notes: List[str] = []
        self._request = request
        self._engine = engine
        self._registries = registries
        self._platform = request.platform or parse_platform("platform", os.uname().machine)

    # Named images ----------------------------------------------------------------------------------------------------

    def add_files(self) -> None:
        for path in self._request.images:
            if self._request.source == ARCHIVE:
                self.drafts.append(identify_archive(path))
            else:
                problem = None if os.path.isfile(path) else "there is no file %s on this host" % path
                self.drafts.append(Draft(path, SBOM, keys={"sbom " + path}, problem=problem))

    def add_images(self) -> None:
        remote: Dict[Tuple[str, str], List[Tuple[str, Reference]]] = {}
        for name in self._request.images:
            local = self._in_engine(name) if self._request.source in (AUTO, ENGINE) else None
            if local is not None:
                local.references |= set() if is_digest(name) else {parse_reference(name).with_default_tag().canonical}
                self.drafts.append(local)
            elif self._request.source == ENGINE or is_digest(name):
                self.drafts.append(_missing(name, "the engine has no image %s%s" % (name, self._silence())))
            else:
                reference = parse_reference(name).with_default_tag()
                remote.setdefault((reference.domain, reference.path), []).append((name, reference))
        for (host, path), wanted in remote.items():
            tags = [str(one.tag) for _name, one in wanted if not one.digest]
            found = self._registries.look(host, path, tags, [one.digest for _name, one in wanted if one.digest])
            for name, reference in wanted:
                self._add_found(host, path, found, reference.digest or str(reference.tag), name, [reference.canonical])

    def _in_engine(self, name: str) -> Optional[Draft]:
        try:
            found = self._engine.find(name)
        except EngineError as error:
            if self._request.source == ENGINE:
                return _missing(name, str(error))
            self.notes.append("No engine was asked: %s" % error)
            return None
        wanted = self._request.platform
        if found is None or wanted is None or not found.platform or normalised(found.platform) == normalised(wanted):
            return found
        other = "the engine has %s for %s, not for %s" % (name, found.platform, wanted)
        if self._request.source == ENGINE:
            return _missing(name, "%s; pull it with --platform %s, or scan it with source registry" % (other, wanted))
        self.notes.append(other)
        return None

    def _silence(self) -> str:
        return ": %s" % self._engine.failure if self._engine.failure is not None else ""

    def _add_found(self, host: str, path: str, found: Found, asked: str, name: str, references: Sequence[str]) -> None:
        """One name of a registry; of an index the image of one platform."""
        digest = found.tags.get(asked, asked)
        if asked in found.problems:
            self.drafts.append(_missing(name, found.problems[asked], references))
            return
        contents = found.contents.get(digest, [])
        content = self._chosen(contents)
        if content is None:
            problem = "it is no image that can be scanned: an artifact, or an index of such"
            if contents:
                there = ", ".join(one.platform or "of an unknown platform" for one in contents)
                problem = "it has no image for %s; there are %s" % (self._platform, there)
            self.drafts.append(_missing(name, problem, references))
            return
        draft = _of_content(host, path, content, [*references, "%s/%s@%s" % (host, path, digest)])
        # An engine may know the image by nothing but its index.
        draft.keys.add(digest)
        self.drafts.append(draft)

    def _chosen(self, contents: Sequence[Content]) -> Optional[Content]:
        """That of the platform; without a wish for one, whatever there is."""
        found = choose(contents, self._platform)
        return contents[0] if found is None and contents and self._request.platform is None else found

    # What the fleet runs ---------------------------------------------------------------------------------------------

    def add_running(self, ledger: Ledger, now: int) -> None:
        path = self._request.ledger
        problem = ledger_problem(ledger, now)
        if problem is not None:
            self.notes.append("%s: %s. What hosts run that it does not know is not part of this scan" % (path, problem))
        unnamed = names_problem(ledger)
        if unnamed is not None:
            self.notes.append("%s: %s" % (path, unnamed))
        images = running_images(ledger)
        users = in_use(ledger)

        def ask(host: str, repository: str, some: Sequence[RunningImage]) -> Dict[str, str]:
            found = self._registries.look(host, repository, (), [image.digest for image in some])
            for image in some:
                if image.digest not in found.problems:
                    self._add_running(host, repository, found, image, users)
            return {image.digest: found.problems[image.digest] for image in some if image.digest in found.problems}

        ask_registries = self._request.source != ENGINE
        for image, why in ask_by_names(images, ask) if ask_registries else [(image, ()) for image in images]:
            self._add_local(image, "; ".join(why))

    def _add_running(
        self, host: str, path: str, found: Found, image: RunningImage, users: Mapping[str, Tuple[str, ...]]
    ) -> None:
        """The image of each platform that hosts run, told by configurations; the others run that of the platform."""
        contents = found.contents.get(image.digest, [])
        name = "%s/%s@%s" % (host, path, image.digest)
        references = [*image.tags, *image.pulled]
        rest: Set[str] = set(image.hosts)
        if self._request.platform is None:
            for content in contents:
                hosts = set(image.hosts) & set(users.get(content.config or "", ()))
                if hosts:
                    draft = _of_content(host, path, content, references)
                    draft.hosts |= hosts
                    if content is self._chosen(contents):
                        draft.keys.add(image.digest)
                    self.drafts.append(draft)
                    rest -= hosts
        if rest:
            before = len(self.drafts)
            self._add_found(host, path, found, image.digest, name, references)
            for draft in self.drafts[before:]:
                draft.hosts |= rest

    def _add_local(self, image: RunningImage, why: str) -> None:
        """No registry has it, or none is known; perhaps the engine of this host does."""
        source = self._request.source
        found = self._in_engine(image.digest) if source in (AUTO, ENGINE) else None
        if found is None or found.problem is not None:
            cause = "no registry has it (%s)" % why if why else image.why_nowhere
            problem = "it is in use on %s, and %s. Push it, or scan it on a host that runs it" % (
                ", ".join(image.hosts),
                cause,
            )
            found = _missing(image.name, problem)
        found.references |= {*image.tags, *image.pulled}
        found.hosts |= set(image.hosts)
        found.keys.add(image.digest)
        found.digest = image.digest
        self.drafts.append(found)

    # What a registry keeps -------------------------------------------------------------------------------------------

    def add_kept(self, kept: KeptRequest) -> None:
        host = kept.registry
        try:
            client = self._registries.surveyor(host).client
            paths = select_repositories(client, kept.repositories)
        except (RegistryError, PolicyError) as error:
            self.drafts.append(_missing(host, str(error)))
            return
        if not paths:
            self.drafts.append(_missing(host, "registry %s has no repository that repositories names" % host))
        for path in paths:
            self._add_repository(host, path, kept)

    def _add_repository(self, host: str, path: str, kept: KeptRequest) -> None:
        name = "%s/%s" % (host, path)
        try:
            listed = self._registries.surveyor(host).client.tags(path)
        except RegistryError as error:
            self.drafts.append(_missing(name, str(error)))
            return
        if listed is None:
            self.drafts.append(_missing(name, "registry %s has no repository %s" % (host, path)))
            return
        tags = [tag for tag in select_tags(listed, kept.tags) if attached_to(tag) is None]
        if not tags:
            self.notes.append("%s: none of its %d tags is to be scanned" % (name, len(listed)))
        found = self._registries.look(host, path, tags)
        others = [tag for tag in tags if tag not in found.problems and not found.contents.get(found.tags[tag])]
        if others:
            self.notes.append("%s: %d tags are no images and were not scanned: %s" % (name, len(others), _few(others)))
        for tag in tags:
            if tag not in others:
                tagged = "%s:%s" % (name, tag)
                self._add_found(host, path, found, tag, tagged, [tagged])


def _of_content(host: str, path: str, content: Content, references: Sequence[str]) -> Draft:
    name = "%s/%s@%s" % (host, path, content.manifest)
    config = [content.config] if content.config else []
    return Draft(
        name,
        REGISTRY,
        references={*references, name},
        keys={content.manifest, *config},
        configs=set(config),
        digest=content.manifest,
        platform=content.platform or None,
    )


def _missing(name: str, problem: str, references: Sequence[str] = ()) -> Draft:
    return Draft(name, REGISTRY, {*references}, {"missing " + name}, problem=problem)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" and %d more" % (len(names) - 5) if len(names) > 5 else "")
