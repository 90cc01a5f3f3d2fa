# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what an image printed is what was expected, and on whose processor it ran."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

NATIVE, EMULATED, NOT_RUN = "native", "emulated", "not_run"
_REGEX = "regex:"
# What the kernel and runc say of a program for another processor that no handler runs.
_OTHER_PROCESSOR = re.compile(
    r"exec format error|no matching manifest|does not match the (?:specified|detected) .*platform", re.IGNORECASE
)
# As uname and the engine name them -> as platforms do.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm", "i686": "386", "i386": "386"}


@dataclass(frozen=True)
class Expectation:
    """`command` is run in the image, None: what it runs by itself. `expect` None: it must end with 0, whatever it prints."""

    command: Optional[Tuple[str, ...]]
    expect: Optional[str]

    def fits(self, printed: str) -> bool:
        """`regex:` is found anywhere in what it printed; other text is all that it printed, but for space around."""
        if self.expect is None:
            return True
        if self.expect.startswith(_REGEX):
            return re.search(self.expect[len(_REGEX) :], printed) is not None
        return printed.strip() == self.expect.strip()


def parse_expectation(value: Any) -> Optional[Expectation]:
    """Raises PolicyError."""
    if not value:
        return None
    if not isinstance(value, Mapping) or set(value) - {"command", "expect"}:
        raise PolicyError("verify: %r is no mapping with command and expect" % (value,))
    command, expect = value.get("command"), value.get("expect")
    if isinstance(command, str):
        raise PolicyError("verify.command: %r is text; write a list, one entry for each word" % command)
    if expect is not None and str(expect).startswith(_REGEX):
        try:
            re.compile(str(expect)[len(_REGEX) :])
        except re.error as error:
            raise PolicyError("verify.expect: %r is not a regular expression: %s" % (expect, error)) from error
    return Expectation(
        tuple(str(word) for word in command) if command else None, None if expect is None else str(expect)
    )


def how_it_runs(platform: str, architecture: str) -> str:
    """`platform` such as linux/arm64/v8; `architecture` of the engine's machine as `docker version` or uname tells it."""
    own = _ARCHITECTURES.get(architecture, architecture)
    return NATIVE if platform.split("/")[1] == own else EMULATED


def cannot_run(errors: str) -> bool:
    """Whether it did not start at all, since nothing here runs programs of that processor."""
    return _OTHER_PROCESSOR.search(errors) is not None
