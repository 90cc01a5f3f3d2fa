# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds with buildx: what is started, what it reports, and its failure in its own words without secrets."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._build.argv import build_words, secret_variables
from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import BuildOrder, Secret
from ansible_collections.imagefleet.docker.plugins.module_utils._build.progress import Steps, cause, count_steps
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.follow import followed
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.redact import MASK, redact
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli

# Takes a line that tells how far it is.
Say = Callable[[str], None]
_MAXIMUM = 64 * 1024 * 1024
_LEAST = 6
_PROVENANCE = "buildx.build.provenance"


class Building:
    """All builds of one run. `steps` sums up their steps; `metadata` is what buildx told of the last one."""

    def __init__(self, docker: DockerCli, order: BuildOrder, label: Mapping[str, str], say: Say) -> None:
        self._docker = docker
        self._order = order
        self._label = label
        self._say = say
        self.steps: Dict[str, int] = {"total": 0, "cached": 0}
        self.metadata: Dict[str, Any] = {}

    def build(self, order: BuildOrder, tags: Sequence[str], output: Optional[Mapping[str, str]]) -> Optional[str]:
        """The digest or ID of what was made, None when the output has none. Raises ToolError with the cause."""
        self._say("building for %s" % (", ".join(order.platforms) or "the platform of the builder"))
        folder = tempfile.mkdtemp(prefix="imagefleet-build-")
        try:
            path = os.path.join(folder, "metadata.json")
            code, text = self._attempt(build_words(order, self._label, tags, output, path), folder)
            if code != 0:
                raise ToolError("docker buildx build failed (%d): %s" % (code, self._hide(cause(text))))
            for name, count in count_steps(text).items():
                self.steps[name] += count
            self.metadata = _metadata(read_capped(path, _MAXIMUM) or b"{}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return self.metadata.get("containerimage.digest")

    def _attempt(self, words: Sequence[str], folder: str) -> Tuple[int, str]:
        """Exit code, and what it printed of its progress. Raises ToolError when its time is over."""
        try:
            code, printed, errors = self._telling(folder).attempt(
                *words, timeout=self._order.timeout, secrets=secret_variables(self._order)
            )
        except ToolError as error:
            raise type(error)(self._hide(str(error))) from None
        return code, errors or printed

    def _telling(self, folder: str) -> DockerCli:
        """The command line, its steps told while they run."""
        steps = Steps()

        def told(line: str) -> None:
            news = steps.tell(line)
            if news is not None:
                self._say(news)

        return replace(self._docker, run=followed(self._docker.run, os.path.join(folder, "progress"), told))

    def _hide(self, text: str) -> str:
        """Without the secrets of this build, whole or line by line, and without what looks like one."""
        hidden = {line for one in self._order.secrets for line in _lines(_value(one))}
        for secret in sorted(hidden, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return redact(text)


def _value(secret: Secret) -> str:
    if secret.src is not None:
        return (read_capped(secret.src, _MAXIMUM) or b"").decode("utf-8", "replace")
    return secret.value if secret.value is not None else os.environ.get(secret.env or "", "")


def _lines(secret: str) -> List[str]:
    """What a step may print of it. Lines of a few letters are in every text."""
    whole = secret.strip()
    return [whole] * bool(whole) + [line.strip() for line in secret.splitlines() if len(line.strip()) >= _LEAST]


def _metadata(data: bytes) -> Dict[str, Any]:
    """Without the provenance, which has all arguments; where it is wanted, it is in the image. Raises ToolError."""
    try:
        told = json.loads(data.decode("utf-8"))
        return {key: value for key, value in told.items() if not key.startswith(_PROVENANCE)}
    except (ValueError, AttributeError) as error:
        raise ToolError("docker buildx build wrote metadata that are not understood: %s" % error) from error
