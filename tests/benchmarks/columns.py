# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table as text."""

from __future__ import annotations

from typing import Sequence, Tuple, Union

#: The name of a row with its cells, or with a text that goes across all columns.
Row = Tuple[str, Union[Sequence[str], str]]


def columns(first: str, heads: Sequence[str], rows: list[Row]) -> list[str]:
    """The lines of a table with right-aligned columns; `first` is the head of the names."""
    whole = [cells for _name, cells in rows if not isinstance(cells, str)]
    widths = [max(len(cells[column]) for cells in (heads, *whole)) for column in range(len(heads))]
    name_width = max(len(first), *(len(name) for name, _cells in rows))
    lines = ["  ".join([first.ljust(name_width), *(head.rjust(width) for head, width in zip(heads, widths))])]
    lines.append("-" * len(lines[0]))
    for name, cells in rows:
        text = cells if isinstance(cells, str) else "  ".join(cell.rjust(width) for cell, width in zip(cells, widths))
        lines.append("%s  %s" % (name.ljust(name_width), text))
    return lines
