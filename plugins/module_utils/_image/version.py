# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions in tags: semantic, calendar and natural, each with its variant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional, Tuple, Union

_VERSION = re.compile(
    r"v?(\d+(?:\.\d+){0,5})"
    r"(?:[-_.]?((?:(?i:alpha|beta|rc|pre|preview|dev|snapshot|nightly|canary|ea|m))[.-]?\d*(?:\.\d+)*)(?![A-Za-z]))?((?:[-_+][0-9A-Za-z.]+)*)",
)
_COMMIT = re.compile(r"g?(?=[a-f]*[0-9])[0-9a-f]{7,40}")
_PIECES = re.compile(r"\d+|[a-z]+", re.IGNORECASE)

Piece = Tuple[int, Union[int, str]]


@dataclass(frozen=True)
class Version:
    """A tag read as a version; compare `key` only within one `variant`."""

    numbers: Tuple[int, ...]
    prerelease: Optional[str] = None
    variant: str = ""
    build: Tuple[int, ...] = ()

    @property
    def major(self) -> int:
        return self.numbers[0]

    @property
    def minor(self) -> int:
        return self.numbers[1] if len(self.numbers) > 1 else 0

    @property
    def key(self) -> Tuple[Tuple[int, ...], int, Tuple[Piece, ...], Tuple[int, ...]]:
        """Order of semantic versioning 2.0.0 item 11: a prerelease is before its release; shorter versions are padded with zeros."""
        padded = self.numbers + (0,) * (6 - len(self.numbers))
        pieces = tuple(
            (0, int(piece)) if piece.isdigit() else (1, piece.lower())
            for piece in _PIECES.findall(self.prerelease or "")
        )
        return padded, 0 if self.prerelease else 1, pieces, self.build


def parse_version(tag: str) -> Optional[Version]:
    """The version in a tag, None when the tag does not begin with one.

    What follows the version is a prerelease (`-rc1`), a build number or commit (`-42`, `-g1a2b3c4`), or else the variant
    (`-alpine3.20`, `-bookworm-slim`), which makes a line of its own.
    """
    match = _VERSION.fullmatch(tag)
    if not match or len(tag) > 128:
        return None
    numbers = tuple(int(number) for number in match.group(1).split("."))
    variant, build = [], []
    for part in re.split(r"[-_+]", match.group(3).lstrip("-_+")) if match.group(3) else []:
        if part.isdigit():
            build.append(int(part))
        elif not _COMMIT.fullmatch(part):
            variant.append(part)
    return Version(numbers, match.group(2) or None, "-".join(variant), tuple(build))
