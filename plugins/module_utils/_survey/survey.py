# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One repository: which manifest every tag means, and all that those manifests name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple, TypeVar

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError, FleetError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.config import ConfigFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import CONFIG_TYPES, Manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.reader import ContentReader

One = TypeVar("One")
Result = TypeVar("Result")


@dataclass
class Survey:
    """`tags` maps tag to digest; `manifests` holds what was read, by digest; `absent` are digests that something names and the
    repository does not serve; `foreign` tells of layers that may be elsewhere whether the repository serves them; `problems`
    tells for a tag or digest why it could not be read or understood."""

    name: str
    tags: Dict[str, str] = field(default_factory=dict)
    manifests: Dict[str, Manifest] = field(default_factory=dict)
    configs: Dict[str, ConfigFacts] = field(default_factory=dict)
    absent: Set[str] = field(default_factory=set)
    foreign: Dict[str, bool] = field(default_factory=dict)
    problems: Dict[str, str] = field(default_factory=dict)

    def created(self, digest: str) -> Optional[int]:
        """When an image was built, epoch seconds: of an index, its newest child; None when nothing tells."""
        moments = [self._own_created(one) for one in self.below(digest)]
        known = [moment for moment in moments if moment is not None]
        return max(known) if known else None

    def _own_created(self, digest: str) -> Optional[int]:
        manifest = self.manifests.get(digest)
        if manifest is None or manifest.config is None or manifest.config.digest not in self.configs:
            return None
        return self.configs[manifest.config.digest].created

    def below(self, digest: str) -> List[str]:
        """The digest and those of all its children that were read, each once."""
        found: Dict[str, None] = {}
        waiting = [digest]
        while waiting:
            one = waiting.pop()
            if one in found:
                continue
            found[one] = None
            manifest = self.manifests.get(one)
            # The last one goes first.
            waiting += [child.digest for child in reversed(manifest.children)] if manifest else []
        return list(found)


class Surveyor:
    """Reads repositories with as many requests at a time as the registry's options allow."""

    def __init__(self, client: RegistryClient, reader: ContentReader) -> None:
        self.client = client
        self.reader = reader
        self._threads = client.options.concurrency

    def digests(self, repository: str, tags: Sequence[str]) -> Survey:
        """One HEAD per tag."""
        survey = Survey(repository)
        for tag, head in self.each(tags, lambda tag: self.client.head(repository, tag), survey.problems):
            if head is not None:
                self.reader.note_served(repository, head.digest)
                survey.tags[tag] = head.digest
        return survey

    def graph(
        self,
        repository: str,
        tags: Sequence[str],
        known: Mapping[str, str],
        more: Iterable[str] = (),
        deep: bool = True,
    ) -> Survey:
        """Tags and the manifests below them: one request per tag, and one per manifest that is not in the cache.

        `known` maps tags to digests as they were once: such a tag is asked for its digest only. `more` are digests to read
        beside the tags. Without `deep` children are read only where they are indexes themselves.
        """
        survey = Survey(repository)
        for tag, manifest in self.each(tags, lambda tag: self._of_tag(repository, tag, known), survey.problems):
            if manifest is not None:
                survey.tags[tag] = manifest.digest
                survey.manifests[manifest.digest] = manifest
        self.read(survey, more, deep)
        return survey

    def graph_of(self, survey: Survey) -> Survey:
        """The same survey with the manifests of its tags and all below them."""
        self.read(survey, survey.tags.values())
        survey.tags = {tag: digest for tag, digest in survey.tags.items() if digest in survey.manifests}
        return survey

    def read(self, survey: Survey, more: Iterable[str], deep: bool = True) -> None:
        """Add these digests to a survey, and all below what it has."""
        waiting = self._next(survey, list(survey.manifests), deep)
        waiting += [one for one in dict.fromkeys(more) if one not in survey.manifests and one not in waiting]
        while waiting:
            found = []
            for digest, manifest in self.each(
                waiting, lambda digest: self.reader.by_digest(survey.name, digest), survey.problems
            ):
                if manifest is None:
                    survey.absent.add(digest)
                else:
                    survey.manifests[digest] = manifest
                    found.append(digest)
            waiting = self._next(survey, found, deep)

    def read_configs(self, survey: Survey, labels: bool, digests: Optional[Iterable[str]] = None) -> None:
        """Configs of all images that were read, or of `digests` only."""
        wanted: Dict[str, None] = {}
        for digest in survey.manifests if digests is None else digests:
            manifest = survey.manifests.get(digest)
            if manifest is not None and manifest.config is not None and manifest.config.media_type in CONFIG_TYPES:
                wanted[manifest.config.digest] = None
        for digest, facts in self.each(
            list(wanted), lambda digest: self.reader.config(survey.name, digest, labels), survey.problems
        ):
            survey.configs[digest] = facts

    def has(self, survey: Survey, digests: Sequence[str]) -> Dict[str, bool]:
        """Whether the repository serves these manifests: one HEAD for each that it has not told of in this run."""
        fresh = [digest for digest in digests if not self.reader.is_served(survey.name, digest)]
        found = {digest: True for digest in digests if digest not in fresh}
        for digest, there in self.each(
            fresh, lambda digest: self.client.has_manifest(survey.name, digest), survey.problems
        ):
            found[digest] = there
            if there:
                self.reader.note_served(survey.name, digest)
        return found

    def forget_absent(self, survey: Survey, digests: Iterable[str]) -> bool:
        """Ask for those manifests that only memory tells of, and take out what the repository lost; whether there was any."""
        asked = self.has(survey, [digest for digest in digests if digest in survey.manifests])
        lost = [digest for digest, there in asked.items() if not there]
        for digest in lost:
            del survey.manifests[digest]
        survey.absent.update(lost)
        return bool(lost)

    def ask_foreign(self, survey: Survey, digests: Iterable[str]) -> None:
        """Which foreign layers of these manifests were pushed all the same: one HEAD for each. No answer is as good as none."""
        named: Dict[str, None] = {}
        for digest in digests:
            manifest = survey.manifests.get(digest)
            for blob in manifest.blobs if manifest is not None else ():
                if blob.is_foreign and blob.digest not in survey.foreign:
                    named[blob.digest] = None
        unanswered: Dict[str, str] = {}
        survey.foreign.update(
            self.each(list(named), lambda digest: self.client.has_blob(survey.name, digest), unanswered)
        )

    def each(
        self, items: Sequence[One], ask: Callable[[One], Result], problems: Dict[One, str]
    ) -> List[Tuple[One, Result]]:
        """(item, answer) in the order of the items; what could not be asked or understood goes to `problems`."""

        def careful(item: One) -> Tuple[One, Optional[Result], Optional[str]]:
            try:
                return item, ask(item), None
            except (ContentError, FleetError) as error:
                return item, None, str(error)

        answers: List[Tuple[One, Result]] = []
        with ThreadPoolExecutor(max_workers=self._threads) as pool:
            for item, result, problem in pool.map(careful, items):
                if problem is not None:
                    problems[item] = problem
                else:
                    answers.append((item, result))  # type: ignore[arg-type]
        return answers

    def _of_tag(self, repository: str, tag: str, known: Mapping[str, str]) -> Optional[Manifest]:
        digest = known.get(tag)
        if digest is not None and self.reader.has(digest):
            head = self.client.head(repository, tag)
            if head is None:
                return None
            self.reader.note_served(repository, head.digest)
            found = self.reader.by_digest(repository, head.digest)
            if found is not None:
                return found
            # A digest that the registry does not have: moved and deleted meanwhile, or told wrongly. A tag is there all the same.
        return self.reader.by_tag(repository, tag)

    @staticmethod
    def _next(survey: Survey, found: Sequence[str], deep: bool) -> List[str]:
        """What the manifests found last name and nobody has read yet."""
        wanted: Dict[str, None] = {}
        for digest in found:
            for child in survey.manifests[digest].children:
                if child.digest in survey.manifests or child.digest in survey.absent or child.digest in survey.problems:
                    continue
                if deep or child.media_type.endswith(("index.v1+json", "list.v2+json")):
                    wanted[child.digest] = None
        return list(wanted)
