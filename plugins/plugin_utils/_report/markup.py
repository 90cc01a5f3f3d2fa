# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML that is escaped by construction: only what this file builds is markup, every other text is text."""

from __future__ import annotations

from html import escape
from typing import Iterable, Optional, Sequence, Union

EMPTY_ELEMENTS = ("meta", "rect", "br")


class Html(str):
    """Markup that may stand in a page as it is."""


Child = Union[str, Html, None]


def text(value: Child) -> Html:
    """Anything as markup: Html as it is, None as nothing, the rest escaped."""
    if value is None:
        return Html("")
    return value if isinstance(value, Html) else Html(escape(str(value), quote=True))


def join(children: Iterable[Child]) -> Html:
    """Several pieces one after the other."""
    return Html("".join(text(child) for child in children))


def tag(element: str, *children: Child, **attributes: Optional[str]) -> Html:
    """An element. Attribute names lose a trailing underscore and turn others into dashes; None leaves one out."""
    told = "".join(
        ' %s="%s"' % (key.rstrip("_").replace("_", "-"), escape(value, quote=True))
        for key, value in attributes.items()
        if value is not None
    )
    if element in EMPTY_ELEMENTS:
        return Html("<%s%s>" % (element, told)) if element in ("meta", "br") else Html("<%s%s/>" % (element, told))
    return Html("<%s%s>%s</%s>" % (element, told, join(children), element))


def data_table(
    caption: str,
    header: Sequence[str],
    rows: Sequence[Sequence[Child]],
    class_: Optional[str] = None,
    numbers: Sequence[int] = (),
) -> Html:
    """A table that narrow screens show as cards: every cell repeats its column's name, the first cell names the row.

    The roles are written out because cards change `display`, which takes the table's meaning from screen readers.
    """
    head = [
        tag("th", name, scope="col", role="columnheader", class_="number" if at in numbers else None)
        for at, name in enumerate(header)
    ]
    body = []
    for row in rows:
        cells = []
        for at, cell in enumerate(row):
            class_name = "number" if at in numbers else None
            if at == 0:
                cells.append(tag("th", cell, scope="row", role="rowheader", class_=class_name))
            else:
                cells.append(
                    tag("td", tag("span", cell, class_="cell"), role="cell", data_label=header[at], class_=class_name)
                )
        body.append(tag("tr", *cells, role="row"))
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *head, role="row"), role="rowgroup"),
        tag("tbody", *body, role="rowgroup"),
        role="table",
        class_=class_,
    )
