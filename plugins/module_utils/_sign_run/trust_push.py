# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether `docker trust sign` may push: it signs what the engine has under the name, and moves the registry's tag to that."""

from __future__ import annotations

import json
from typing import Any, List

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import DOCKER_MANIFEST
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, last_lines

_CONTAINERD = "io.containerd.snapshotter"
_ELSEWHERE = "or sign it with method: cosign, which needs no engine"


def check_push(docker: DockerCli, subject: Subject, tools: Tools) -> None:
    """Raises ToolError naming why the push would fail, or would sign something else, and what to do."""
    _check_store(docker)
    _check_image(docker, subject)
    if subject.digest:
        _check_kind(subject, tools)


def _check_store(docker: DockerCli) -> None:
    """Its containerd store does not tell the digest of what was pushed, so the command line ends after the push with `no hashes
    specified for target` (seen with 26.1 and 28.5)."""
    told = docker("info", "--format", "{{json .DriverStatus}}")
    if any(_CONTAINERD in str(pair) for pair in _json(told, "docker info") or ()):
        raise ToolError(
            "this engine keeps images in containerd's store, and docker trust sign cannot sign what such an engine pushes. Sign on an "
            "engine with a graph driver (docker_host), %s" % _ELSEWHERE
        )


def _check_image(docker: DockerCli, subject: Subject) -> None:
    name = subject.reference.canonical
    code, output, errors = docker.attempt("image", "inspect", "--format", "{{json .RepoDigests}}", name)
    if code != 0:
        raise ToolError(
            "the engine has no %s, and docker trust sign pushes what it signs; build or pull it there first, %s. %s"
            % (name, _ELSEWHERE, last_lines(errors))
        )
    if not subject.digest:
        return
    found = _digests(_json(output, "docker image inspect") or (), subject)
    if subject.digest not in found:
        raise ToolError(
            "%s is %s in its registry, and in the engine %s; docker trust sign would push the engine's image over the registry's. "
            "Pull it first if the registry's is the right one, or push the engine's, %s"
            % (name, subject.digest, " and ".join(found) or "an image that was never pushed", _ELSEWHERE)
        )


def _check_kind(subject: Subject, tools: Tools) -> None:
    """A graph driver pushes one platform as a Docker manifest, whatever was pulled."""
    reference = subject.reference
    head = tools.registries.client(reference.domain).head(reference.path, subject.digest)
    if head is not None and head.media_type != DOCKER_MANIFEST:
        raise ToolError(
            "%s is a %s in its registry, and docker trust sign would replace it by a manifest of one platform with another digest. "
            "Docker Content Trust cannot sign it this way; use method: cosign" % (reference.canonical, head.media_type)
        )


def _digests(names: Any, subject: Subject) -> List[str]:
    found = []
    for name in names:
        try:
            reference = parse_reference(name)
        except PolicyError:
            continue
        if reference.repository == subject.reference.repository and reference.digest:
            found.append(reference.digest)
    return found


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ToolError("%s printed no JSON: %s" % (what, text.strip()[:200])) from error
