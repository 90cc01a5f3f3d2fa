# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images in registries: what names and digests mean, read with as many requests at a time as each registry's options allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Iterable, List, Mapping, Optional, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.cache import ContentCache
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.contents import Content, contents_of
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.reader import ContentReader
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor


@dataclass(frozen=True)
class Found:
    """What one repository has: `tags` maps tag to digest, `contents` digest to the images below it (none: no image, an artifact);
    `problems` tells for a tag or digest why nothing is known of it."""

    tags: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, List[Content]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


class RegistryImages:
    """All registries of a run."""

    def __init__(self, registries: RegistriesByHost) -> None:
        self._registries = registries
        self._surveyors: Dict[str, Surveyor] = {}
        self._silent: Dict[str, str] = {}

    def surveyor(self, host: str) -> Surveyor:
        if host not in self._surveyors:
            client = self._registries.client(host)
            self._surveyors[host] = Surveyor(client, ContentReader(client, ContentCache(client.options.cache_dir)))
        return self._surveyors[host]

    def look(self, host: str, path: str, tags: Iterable[str] = (), digests: Iterable[str] = ()) -> Found:
        """What these tags and digests mean now. A registry that gives no answer is asked once in a run."""
        wanted = [*tags, *digests]
        silent = self._silent.get(host) or (self._probe(host, path, wanted[0]) if wanted else None)
        if silent is not None:
            return Found(problems=dict.fromkeys(wanted, silent))
        surveyor = self.surveyor(host)
        survey = surveyor.digests(path, list(tags))
        asked = list(digests)
        roots = list(dict.fromkeys([*survey.tags.values(), *asked]))
        surveyor.read(survey, roots)
        surveyor.forget_absent(survey, asked)
        known = {root: contents_of(survey.manifests, root) for root in roots if root in survey.manifests}
        surveyor.read_configs(survey, labels=False, digests=_without_platform(known.values()))
        problems = dict(survey.problems)
        for one in wanted:
            if one not in problems and survey.tags.get(one, one) not in survey.manifests:
                problems[one] = problems.get(survey.tags.get(one, one)) or "%s/%s has no %s" % (host, path, one)
        contents = {
            root: [
                _with_platform(one, survey.configs[one.config].platform if one.config in survey.configs else "")
                for one in ones
            ]
            for root, ones in known.items()
        }
        return Found(survey.tags, contents, problems)

    def _probe(self, host: str, path: str, reference: str) -> Optional[str]:
        """Why a registry cannot be asked at all, None when it answers, be it with a refusal."""
        try:
            self.surveyor(host).client.head(path, reference)
        except RegistryRefusal:
            return None
        except RegistryError as error:
            self._silent[host] = str(error)
            return str(error)
        return None


def _without_platform(known: Iterable[List[Content]]) -> Set[str]:
    return {one.manifest for ones in known for one in ones if not one.platform}


def _with_platform(content: Content, told: str) -> Content:
    return content if content.platform or not told else Content(content.manifest, content.config, told)
