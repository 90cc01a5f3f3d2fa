# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What registry_info is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import PatternList, compile_patterns
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import (
    RegistryOptions,
    make_registry_options,
)

NAMES, DIGESTS, ALL = "names", "digests", "all"
DETAILS = (NAMES, DIGESTS, ALL)


@dataclass(frozen=True)
class Selection:
    """Repositories by pattern; `exact` are their names when no pattern needs the registry's own list."""

    patterns: Optional[PatternList]
    exact: Optional[Tuple[str, ...]]


@dataclass(frozen=True)
class SurveyRequest:
    """The options of registry_info, parsed."""

    registry: RegistryOptions
    repositories: Selection
    tags: Optional[PatternList]
    details: str
    probe: bool


def parse_survey_options(options: Mapping[str, Any]) -> SurveyRequest:
    """Raises PolicyError naming option, value, cause and what is accepted."""
    registry = make_registry_options(options)
    return SurveyRequest(
        registry=registry,
        repositories=parse_repositories(registry.registry, options.get("repositories")),
        tags=compile_patterns("tags", options["tags"]) if options.get("tags") not in (None, "", []) else None,
        details=_details(options.get("details")),
        probe=bool(options.get("probe")),
    )


def parse_repositories(registry: str, value: Any) -> Selection:
    """Patterns as in rules. Names without `*`, `regex:` and `!` need no list of all repositories."""
    if value in (None, "", []):
        return Selection(None, None)
    patterns = compile_patterns("repositories", value)
    plain = not patterns.excluded and all(not one.is_regex and "*" not in one.text for one in patterns.positive)
    if not plain:
        return Selection(patterns, None)
    return Selection(patterns, tuple(_names(registry, patterns)))


def _names(registry: str, patterns: PatternList) -> List[str]:
    names = []
    for one in patterns.positive:
        try:
            reference = parse_reference(one.text, registry)
        except PolicyError as error:
            raise PolicyError("repositories: %s" % error) from error
        if reference.tag or reference.digest:
            raise PolicyError(
                "repositories: %r names a tag or digest; write the repository alone, and tags into tags" % one.text
            )
        if reference.domain != registry:
            raise PolicyError("repositories: %r is of another registry than %s" % (one.text, registry))
        names.append(reference.path)
    return list(dict.fromkeys(names))


def _details(value: Any) -> str:
    if value in (None, ""):
        return ALL
    if isinstance(value, bool):
        return ALL if value else NAMES
    if str(value) not in DETAILS:
        raise PolicyError("details: %r is none of %s" % (value, ", ".join(DETAILS)))
    return str(value)
