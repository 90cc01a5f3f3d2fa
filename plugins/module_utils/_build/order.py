# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What buildx_build is asked for."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._build.expectation import (
    Expectation,
    parse_expectation,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._build.fields import (
    cache_source,
    cache_target,
    parse_fields,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._build.inputs import LABEL
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.platform import parse_platforms
from ansible_collections.imagefleet.docker.plugins.module_utils._image.redact import SECRET_KEY
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._image.values import plain_text

WHEN_CHANGED, ALWAYS = "when_changed", "always"
#: Values of build_contexts that are no folders.
IMAGE_CONTEXT = "docker-image://"
_ELSEWHERE = re.compile(r"(?:https?|git|ssh|oci-layout|target)(?:://|:)|git@")
_SECRET_ID = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Secret:
    """One secret of a build: the file `src`, the variable `env` of the task's environment, or `value`, which is never shown."""

    id: str
    env: Optional[str] = None
    src: Optional[str] = None
    value: Optional[str] = None


@dataclass(frozen=True)
class BuildOrder:
    """One image to build. `dockerfile` and `context` are paths on the target; `timeout` in seconds."""

    context: str
    dockerfile: str
    repository: Optional[Reference]
    tags: Tuple[str, ...]
    target: Optional[str]
    platforms: Tuple[str, ...]
    builder: Optional[str]
    build_contexts: Mapping[str, str]
    cache_from: Tuple[Mapping[str, str], ...]
    cache_to: Tuple[Mapping[str, str], ...]
    build_args: Mapping[str, str]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    secrets: Tuple[Secret, ...]
    ssh: Tuple[str, ...]
    provenance: Optional[str]
    sbom: Optional[str]
    push: bool
    outputs: Tuple[Mapping[str, str], ...]
    no_cache: bool
    pull: bool
    network: Optional[str]
    rebuild: str
    expectation: Optional[Expectation]
    timeout: int

    @property
    def published_args(self) -> Dict[str, str]:
        """Build arguments but those that are named like secrets: no digest of theirs may be published (S12)."""
        return {key: value for key, value in self.build_args.items() if not SECRET_KEY.search(key)}

    @property
    def path(self) -> str:
        """The repository within its registry; empty without a name."""
        return self.repository.path if self.repository is not None else ""

    def reference(self, tag: str) -> str:
        return "%s:%s" % (self.repository.familiar if self.repository is not None else "", tag)


def parse_order(options: Mapping[str, Any]) -> BuildOrder:
    """Raises PolicyError naming option, value, cause and what is accepted, before anything is started."""
    repository, tags = _names(options)
    push, outputs = bool(options.get("push")), _list(options, "outputs")
    rebuild = options.get("rebuild") or WHEN_CHANGED
    if push and repository is None:
        raise PolicyError("push: it needs a name; say in name where the image goes")
    if push and outputs:
        raise PolicyError("outputs: with push the image goes to the registry; give one of both")
    if repository is None and rebuild == WHEN_CHANGED:
        raise PolicyError(
            "rebuild: without name there is no image that tells what was built before; say rebuild: always, or give a name"
        )
    if outputs and rebuild == WHEN_CHANGED:
        raise PolicyError(
            "rebuild: with outputs nothing stays that tells what was built before; say rebuild: always, or leave outputs out"
        )
    expectation = parse_expectation(options.get("verify"))
    if expectation is not None and outputs:
        raise PolicyError("verify: with outputs there is no image in the engine or a registry to run")
    context = str(options.get("context") or "")
    if not context:
        raise PolicyError("context: it is missing; write the folder that is built")
    if _ELSEWHERE.match(context):
        raise PolicyError("context: %r is no folder on this host; check it out first (ansible.builtin.git)" % context)
    dockerfile = str(options.get("dockerfile") or "Dockerfile")
    labels = _texts(options, "labels")
    if LABEL in labels:
        raise PolicyError("labels: %s is the label in which this module keeps its record; leave it out" % LABEL)
    return BuildOrder(
        context=context,
        dockerfile=os.path.join(context, dockerfile),
        repository=repository,
        tags=tags,
        target=options.get("target"),
        platforms=tuple(parse_platforms("platforms", options.get("platforms"))),
        builder=options.get("builder"),
        build_contexts=_texts(options, "build_contexts"),
        cache_from=tuple(cache_source("cache_from[%d]" % n, one) for n, one in enumerate(_list(options, "cache_from"))),
        cache_to=tuple(cache_target("cache_to[%d]" % n, one) for n, one in enumerate(_list(options, "cache_to"))),
        build_args=_texts(options, "build_args"),
        labels=labels,
        annotations=_texts(options, "annotations"),
        secrets=_secrets(options),
        ssh=tuple(str(one) for one in _list(options, "ssh")),
        provenance=_attestation(options, "provenance"),
        sbom=_attestation(options, "sbom"),
        push=push,
        outputs=tuple(parse_fields("outputs[%d]" % n, one) for n, one in enumerate(outputs)),
        no_cache=bool(options.get("no_cache")),
        pull=options.get("pull") is not False,
        network=options.get("network"),
        rebuild=rebuild,
        expectation=expectation,
        timeout=int(options.get("timeout") or 3600),
    )


def _names(options: Mapping[str, Any]) -> Tuple[Optional[Reference], Tuple[str, ...]]:
    name, tags = options.get("name"), [_tag(number, tag) for number, tag in enumerate(_list(options, "tags"))]
    if not name:
        if tags:
            raise PolicyError("tags: they need a name; say in name of which repository they are")
        return None, ()
    try:
        reference = parse_reference(name)
        for tag in tags:
            parse_reference("x:%s" % tag)
    except PolicyError as error:
        raise PolicyError("name, tags: %s" % error) from error
    if reference.digest:
        raise PolicyError("name: %r has a digest; what is built gets one of its own" % (name,))
    if reference.tag and tags:
        raise PolicyError("name: %r has a tag, and there are tags; give tags in one place" % (name,))
    own = tuple(dict.fromkeys(tags)) or (reference.tag or "latest",)
    return Reference(reference.domain, reference.path), own


def _tag(number: int, tag: Any) -> str:
    if not isinstance(tag, str):
        raise PolicyError("tags[%d]: %r is not text; quote it" % (number, tag))
    return tag


def _list(options: Mapping[str, Any], name: str) -> List[Any]:
    value = options.get(name)
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _texts(options: Mapping[str, Any], name: str) -> Dict[str, str]:
    value = options.get(name) or {}
    if not isinstance(value, Mapping):
        raise PolicyError("%s: %r is no mapping of names to texts" % (name, value))
    found = {}
    for key, text in value.items():
        if isinstance(text, float):
            raise PolicyError("%s.%s: %r is a number, and 1.10 would become 1.1; quote it" % (name, key, text))
        if isinstance(text, (dict, list)) or text is None:
            raise PolicyError("%s.%s: %r is not text" % (name, key, text))
        found[str(key)] = plain_text(text)
    return found


def _attestation(options: Mapping[str, Any], name: str) -> Optional[str]:
    value = options.get(name)
    if value is None or value == "":
        return None
    return plain_text(value)


def _secrets(options: Mapping[str, Any]) -> Tuple[Secret, ...]:
    found: List[Secret] = []
    for number, entry in enumerate(_list(options, "secrets")):
        where = "secrets[%d]" % number
        if not isinstance(entry, Mapping) or not _SECRET_ID.fullmatch(str(entry.get("id") or "")):
            raise PolicyError("%s: it has no id of letters, digits, _ . -" % where)
        given = {key: str(entry[key]) for key in ("env", "src", "value") if entry.get(key) is not None}
        if len(given) != 1:
            raise PolicyError("%s (%s): give one of env, src, value" % (where, entry["id"]))
        if any(one.id == entry["id"] for one in found):
            raise PolicyError("%s: there are two secrets %s" % (where, entry["id"]))
        found.append(Secret(str(entry["id"]), **given))
    return tuple(found)
