# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say what is to be scanned."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.platforms import parse_platform
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import PatternList, compile_patterns
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.protect import parse_list
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import ARCHIVE, AUTO, SBOM, SOURCES
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.request import Selection, parse_repositories

_FIELDS = ("registry", "names", "tags")


@dataclass(frozen=True)
class KeptRequest:
    """Which repositories and tags of a registry."""

    registry: str
    repositories: Selection
    tags: Optional[PatternList]


@dataclass(frozen=True)
class TargetRequest:
    """`images` are references, or paths when `source` is archive or sbom; `ledger` a path; `platform` that of indexes, of which
    only one image is scanned, None for this machine's."""

    images: Tuple[str, ...] = ()
    source: str = AUTO
    platform: Optional[str] = None
    ledger: Optional[str] = None
    kept: Tuple[KeptRequest, ...] = ()


def parse_target_options(options: Mapping[str, Any]) -> TargetRequest:
    """`images` (list of names; of paths when `source` is archive or sbom), `source`, `platform`, `ledger` (path),
    `repositories` (list of {registry, names, tags}). Raises PolicyError before anything is contacted."""
    source = options.get("source") or AUTO
    if source not in SOURCES:
        raise PolicyError("source: %r is none of %s" % (source, ", ".join(SOURCES)))
    platform = options.get("platform")
    ledger = options.get("ledger")
    if ledger and not os.path.isabs(str(ledger)):
        raise PolicyError("ledger: %r is no absolute path" % (ledger,))
    request = TargetRequest(
        images=tuple(_images(options.get("images"), source)),
        source=source,
        platform=parse_platform("platform", platform) if platform else None,
        ledger=str(ledger) if ledger else None,
        kept=tuple(_kept(options.get("repositories"))),
    )
    if not request.images and not request.ledger and not request.kept:
        raise PolicyError(
            "images: nothing is to be scanned; name images, or give the path of the fleet's ledger, or the repositories of a registry"
        )
    return request


def _images(value: Any, source: str) -> List[str]:
    found = []
    for position, entry in enumerate(parse_list("images", value)):
        where = "images[%d]" % position
        if not isinstance(entry, str) or not entry.strip():
            raise PolicyError("%s: %r is not the name of an image" % (where, entry))
        found.append(_image(where, entry.strip(), source))
    return list(dict.fromkeys(found))


def _image(where: str, text: str, source: str) -> str:
    if source in (ARCHIVE, SBOM):
        if not os.path.isabs(text):
            raise PolicyError(
                "%s: with source %s it is the absolute path of a file, which %r is not" % (where, source, text)
            )
        return text
    if text.startswith("/"):
        raise PolicyError("%s: %s is a path; say with source whether it is an archive or an sbom" % (where, text))
    if not is_digest(text):
        try:
            parse_reference(text)
        except PolicyError as error:
            raise PolicyError("%s: %s" % (where, error)) from error
    return text


def _kept(value: Any) -> List[KeptRequest]:
    found = []
    for position, entry in enumerate(parse_list("repositories", value)):
        where = "repositories[%d]" % position
        if not isinstance(entry, Mapping):
            raise PolicyError("%s: %r is no mapping with a registry" % (where, entry))
        for field in entry:
            if field not in _FIELDS:
                raise PolicyError("%s.%s: no such field; there are %s" % (where, field, ", ".join(_FIELDS)))
        registry = make_registry_options({"registry": entry.get("registry")}, where + ".").registry
        tags = entry.get("tags")
        try:
            names = parse_repositories(registry, entry.get("names"))
            patterns = compile_patterns("tags", tags) if tags not in (None, "", []) else None
        except PolicyError as error:
            raise PolicyError("%s: %s" % (where, str(error).replace("repositories", "names", 1))) from error
        found.append(KeptRequest(registry, names, patterns))
    return found
