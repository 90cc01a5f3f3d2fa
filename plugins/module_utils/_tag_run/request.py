# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What image_tag_convention is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import (
    EngineOptions,
    parse_engine_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import (
    Reference,
    is_digest,
    parse_reference,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import PatternList, compile_patterns
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.protect import parse_list
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.engine_tags import ENGINE
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.registry_tags import REGISTRY
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.judge import convention_and_tags
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.labels import labels_of, parse_labels
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.wanted import Convention, Wanted

PRESENT, ABSENT = "present", "absent"


@dataclass(frozen=True)
class TagRequest:
    """`source` is a tag or digest in the registry, or a name or ID in the engine; `repository` gets the tags."""

    where: str
    source: str
    repository: Reference
    convention: Convention
    wanted: Tuple[Wanted, ...]
    labels: Mapping[str, str]
    immutable: Optional[PatternList]
    push: bool
    state: str
    engine: EngineOptions
    registry: Optional[RegistryOptions]


def parse_tag_options(options: Mapping[str, Any], now: int) -> TagRequest:
    """Raises PolicyError naming option, value, cause and what is accepted, before anything is asked or touched."""
    where = options.get("where") or REGISTRY
    if where not in (ENGINE, REGISTRY):
        raise PolicyError("where: %r is none of engine, registry" % (where,))
    push = bool(options.get("push"))
    if push and where == REGISTRY:
        raise PolicyError("push: it is for where: engine; in a registry tags are set without pushing")
    state = options.get("state") or PRESENT
    if state not in (PRESENT, ABSENT):
        raise PolicyError("state: %r is none of present, absent" % (state,))
    if push and state == ABSENT:
        raise PolicyError(
            "push: nothing is pushed with state: absent; take tags of the registry away with where: registry"
        )
    source, repository = _image(where, options.get("image"), options.get("repository"))
    convention, wanted = convention_and_tags(options, now)
    labels = labels_of(convention, wanted, parse_labels(options.get("labels")))
    immutable = compile_patterns("immutable", options["immutable"]) if options.get("immutable") else None
    registries = RegistriesByHost(parse_list("registries", options.get("registries")), options.get("config_path"))
    return TagRequest(
        where=where,
        source=source,
        repository=repository,
        convention=convention,
        wanted=wanted,
        labels=labels,
        immutable=immutable,
        push=push,
        state=state,
        engine=parse_engine_options(options),
        registry=registries.options(repository.domain) if push or where == REGISTRY else None,
    )


def _image(where: str, image: Any, repository: Any) -> Tuple[str, Reference]:
    text = str(image or "").strip()
    named = _repository(repository) if repository else None
    if is_digest(text):
        if named is None:
            raise PolicyError("repository: %s alone does not say where; give the repository that gets the tags" % text)
        return text, named
    try:
        reference = parse_reference(text)
    except PolicyError as error:
        raise PolicyError("image: %s" % error) from error
    if where == ENGINE:
        return text, named or Reference(reference.domain, reference.path)
    if not reference.tag and not reference.digest:
        raise PolicyError("image: %r has neither tag nor digest; say which image gets the tags" % text)
    own = Reference(reference.domain, reference.path)
    if named is not None and named != own:
        raise PolicyError(
            "repository: %s is another repository than that of the image, %s; registry_sync brings images elsewhere"
            % (named.repository, own.repository)
        )
    return str(reference.digest or reference.tag), own


def _repository(value: Any) -> Reference:
    try:
        reference = parse_reference(value)
    except PolicyError as error:
        raise PolicyError("repository: %s" % error) from error
    if reference.tag or reference.digest:
        raise PolicyError("repository: %r names a tag or digest; write the repository alone" % (value,))
    return reference
