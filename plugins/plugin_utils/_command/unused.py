# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`imagefleet unused`: what nothing uses, with bytes."""

from __future__ import annotations

from typing import Any, List, Mapping

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable, table
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.text import size_range

NAME_COLUMNS = 70
ID_COLUMNS = len("sha256:") + 12


def unused_rows(result: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    """The rows of images that nothing uses, in the plan's order: bytes count after those above are gone."""
    return [row for row in result["plan"] if row["unused"]]


def unused_lines(result: Mapping[str, Any]) -> List[str]:
    """The rows as a table, then their sum."""
    rows = unused_rows(result)
    cells = [
        [
            printable(row["reference"] or "(no name)"),
            size_range(row["bytes"], row["bytes_max"]),
            row["arrived"] or "-",
            row["last_used"] or "-",
            printable(row["id"])[:ID_COLUMNS],
        ]
        for row in rows
    ]
    lines = (
        table(("IMAGE", "BYTES", "ARRIVED", "LAST USED", "ID"), cells, right=(1,), limits=(NAME_COLUMNS,))
        if rows
        else []
    )
    total = size_range(sum(row["bytes"] for row in rows), sum(row["bytes_max"] for row in rows))
    images = len({row["id"] for row in rows})
    lines.append(f"{images} unused images under {len(rows)} names, {total} together. Nothing was deleted.")
    return lines
