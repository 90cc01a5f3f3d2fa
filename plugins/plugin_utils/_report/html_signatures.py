# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the page that shows which images in use are not signed, or of which nobody knows."""

from __future__ import annotations

from typing import Any, List, Mapping

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_overview import alert, tile
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_registries import bounded_table
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.markup import Child, Html, tag
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.scans_text import on_hosts
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.signatures import (
    UNKNOWN,
    UNSIGNED,
    VERIFIED,
    Signatures,
    Signed,
    read_signatures,
)

CHIPS = {VERIFIED: "good", UNSIGNED: "bad", UNKNOWN: "warn"}


def signature_tiles(results: Mapping[str, Any]) -> List[Html]:
    """One for all verifications."""
    found = _read(results)
    if not found:
        return []
    verified, unsigned, unknown = (sum(len(one.being(state)) for one in found) for state in CHIPS)
    silent = [one.name for one in found if not one.images]
    figure = (
        "%d not signed" % unsigned if unsigned else "%d not known" % unknown if unknown else "%d verified" % verified
    )
    rest = ["%d verified" % verified] if unsigned or unknown else []
    rest += ["%d not known" % unknown] if unsigned and unknown else []
    good = not (unsigned or unknown or silent or any(one.problem or one.notes for one in found))
    return [
        tile(
            "good" if good else "bad",
            "Signatures",
            "no result" if len(silent) == len(found) else figure,
            ", ".join(rest),
            "nothing is known of %s" % ", ".join(silent) if silent else "",
            tag("a", "image by image", href="#signatures-0"),
        )
    ]


def signature_alerts(results: Mapping[str, Any]) -> Html:
    """What runs without a signature."""
    unsigned = [one for each in _read(results) for one in each.being(UNSIGNED)]
    lines = ["%s on %s: %s" % (one.image, on_hosts(one.hosts), one.reason) for one in unsigned]
    return alert("bad", "Unsigned images are in use", lines)


def signature_sections(results: Mapping[str, Any]) -> Html:
    """A section per verification; see read_signatures."""
    sections = [_section(at, one) for at, one in enumerate(_read(results))]
    return tag("section", tag("h2", "Signatures"), *sections) if sections else Html("")


def _read(results: Mapping[str, Any]) -> List[Signatures]:
    return [read_signatures(name, results[name]) for name in results]


def _section(at: int, found: Signatures) -> Html:
    anchor = "signatures-%d" % at
    good = found.being(VERIFIED)
    return tag(
        "section",
        tag("h3", found.name, id=anchor + "-title", class_="title"),
        tag("p", found.problem, class_="alert bad") if found.problem else None,
        *(tag("p", "More may run than was verified: %s" % note, class_="alert bad") for note in found.notes),
        tag("p", found.sentence + ".", class_="soft"),
        _table("Not signed, and in use", found.being(UNSIGNED)),
        _table("Not known whether signed", found.being(UNKNOWN)),
        tag("details", tag("summary", "Verified (%d)" % len(good)), _table("Verified", good)) if good else None,
        class_="card host",
        id=anchor,
        aria_labelledby=anchor + "-title",
    )


def _table(title: str, images: List[Signed]) -> Html:
    def cells(one: Signed) -> List[Child]:
        return [
            tag("span", one.image, class_="name"),
            tag("span", one.state, class_="chip " + CHIPS[one.state]),
            on_hosts(one.hosts),
            tag("span", one.digest[:19] or "-", class_="name"),
            ", ".join(one.signers) or "-",
            tag("span", one.reason, class_="reason"),
        ]

    return bounded_table(title, ["Image", "State", "Hosts", "Digest", "Signers", "Why"], images, cells, ())
