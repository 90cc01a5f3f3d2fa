# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data for debsecan, in the form of Debian's and as small as one likes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence


@dataclass(frozen=True)
class Row:
    """One vulnerability of one package, as Debian's data has it.

    `package` is a source package, or a binary one; `urgency` is L, M, H or a blank; `fixed` the version of unstable, empty for none;
    `others` the versions of other branches that are not affected; `fixable` whether the suite has the fix.
    """

    name: str
    package: str
    urgency: str = " "
    fixed: str = ""
    others: Sequence[str] = ()
    fixable: bool = False
    binary: bool = False
    description: str = "described"

    def text(self, number: int) -> str:
        flags = "%s%s %s" % ("B" if self.binary else "S", self.urgency, "F" if self.fixable else " ")
        return "%s,%d,%s,%s,%s" % (self.package, number, flags, self.fixed, " ".join(self.others))


def write_feed(folder: Path, suite: str, rows: Sequence[Row], binaries: Mapping[str, Sequence[str]]) -> str:
    """The data of a suite as debsecan fetches it; returns the URL of the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["%s,,%s" % (row.name, row.description) for row in rows]
    sources = ["%s,%s" % (source, " ".join(built)) for source, built in binaries.items()]
    sections = [["VERSION 1", *names], [row.text(number) for number, row in enumerate(rows)], sources]
    text = "".join("".join(line + "\n" for line in section) + "\n" for section in sections)
    (folder / suite).write_bytes(zlib.compress(text.encode()))
    return "file://%s" % folder
