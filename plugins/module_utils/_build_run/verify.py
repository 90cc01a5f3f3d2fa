# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running what was built, on every platform that it claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._build.expectation import (
    EMULATED,
    NOT_RUN,
    Expectation,
    cannot_run,
    how_it_runs,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.redact import redact
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, last_lines

SECONDS = 300
_SHOWN = 300


@dataclass(frozen=True)
class Verified:
    """One platform. `how`: native, emulated, or not_run with the `reason`."""

    platform: str
    how: str
    reason: Optional[str] = None

    def as_dict(self) -> Dict[str, Optional[str]]:
        return {"platform": self.platform, "how": self.how, "reason": self.reason}


def verify(images: Sequence[Tuple[str, str]], expectation: Expectation, docker: DockerCli) -> List[Verified]:
    """Run every (platform, image) in a container without network, removed afterwards like what was pulled for it.

    Raises ToolError for the first that ran and did not do what was expected.
    """
    architecture = docker("version", "--format", "{{.Server.Arch}}").strip()
    return [_one(platform, image, expectation, docker, architecture) for platform, image in images]


def _one(platform: str, image: str, expectation: Expectation, docker: DockerCli, architecture: str) -> Verified:
    pulled = False
    if docker.attempt("image", "inspect", image)[0] != 0:
        code, _output, errors = docker.attempt("pull", "--quiet", "--platform", platform, image, timeout=SECONDS * 4)
        if code != 0:
            raise ToolError("verify: the engine cannot pull %s for %s: %s" % (image, platform, last_lines(errors)))
        pulled = True
    try:
        words = ["run", "--rm", "--network", "none", "--pull", "never", "--platform", platform, image]
        code, output, errors = docker.attempt(*words, *(expectation.command or ()), timeout=SECONDS)
    finally:
        if pulled:
            docker.attempt("image", "rm", image)
    how = how_it_runs(platform, architecture)
    if code != 0 and how == EMULATED and cannot_run(errors + output):
        return Verified(platform, NOT_RUN, "no handler runs its programs here: %s" % last_lines(errors or output))
    told = redact(last_lines(output)[-_SHOWN:])
    if code != 0:
        raise ToolError(
            "verify: %s on %s ended with %d: %s"
            % (image, platform, code, redact(last_lines(errors or output)[-_SHOWN:]))
        )
    if not expectation.fits(output):
        raise ToolError(
            "verify: %s on %s printed %r, and %r was expected" % (image, platform, told, expectation.expect)
        )
    return Verified(platform, how)
