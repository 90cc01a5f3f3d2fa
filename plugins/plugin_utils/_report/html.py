# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One self-contained page about a fleet: no script, no other file, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.fleet import read_fleet
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_collections import collection_sections
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_distributions import distribution_sections
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_hosts import host_sections
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_overview import (
    alerts,
    glance,
    headline,
    host_overview,
    near_misses,
    space_held,
    tiles,
    top_images,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_registries import registry_sections
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_scans import (
    scan_alerts,
    scan_sections,
    scan_tiles,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_signatures import (
    signature_alerts,
    signature_sections,
    signature_tiles,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_tags import tag_sections
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.markup import Html, tag
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.moments import show_moment
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.style import STYLE
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.text import coverage_line

TITLE = "Docker images of the fleet"


def fleet_page(
    results: Mapping[str, Any],
    expected_hosts: Optional[Sequence[str]] = None,
    generated: str = "",
    title: str = TITLE,
    registries: Optional[Mapping[str, Any]] = None,
    collections: Optional[Mapping[str, Any]] = None,
    distributions: Optional[Mapping[str, Any]] = None,
    tags: Optional[Mapping[str, Any]] = None,
    scans: Optional[Mapping[str, Any]] = None,
    signatures: Optional[Mapping[str, Any]] = None,
) -> str:
    """The page as text.

    `results` maps host names to results, `expected_hosts` names who has to answer, `generated` is now (ISO 8601); `registries`
    maps names of registries to results of their retention, `collections` to those of their garbage collection, `distributions` names
    to what is known of their regions, `tags` names of registries to what they hold, with a convention, `scans` names to results of
    scans, `signatures` names to those of verifications. A page about other things alone says nothing about hosts.
    """
    fleet = read_fleet(results, expected_hosts)
    shown_title = printable(title)
    parts = {
        "scan": scans,
        "signatures": signatures,
        "registry": registries,
        "collection": collections,
        "distribution": distributions,
        "tags": tags,
    }
    others = [name for results_of in parts.values() for name in results_of or {}]
    more = [*scan_tiles(scans or {}), *signature_tiles(signatures or {})]
    if fleet.hosts or not others:
        subject, sentence, first = coverage_line(fleet), headline(fleet, shown_title), "#glance"
        about_hosts = [
            tiles(fleet, generated, more),
            top_images(fleet),
            host_overview(fleet),
            near_misses(fleet),
            space_held(fleet),
        ]
    else:
        subject, about_hosts = ", ".join(map(printable, dict.fromkeys(others))), [glance(more)] if more else []
        first = "#glance" if more else "#%s-0" % next(name for name, results_of in parts.items() if results_of)
        sentence = "%s: %s" % (shown_title, subject)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_content_policy()),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", "%s: %s" % (shown_title, subject)),
        tag("style", Html(STYLE)),
    )
    body = tag(
        "body",
        tag("a", "Skip to the figures", href=first, class_="skip"),
        tag(
            "header",
            tag("p", _brand(generated), class_="brand"),
            tag("h1", sentence),
            alerts(fleet),
            scan_alerts(scans or {}),
            signature_alerts(signatures or {}),
        ),
        tag(
            "main",
            *about_hosts,
            scan_sections(scans or {}),
            signature_sections(signatures or {}),
            registry_sections(registries or {}),
            collection_sections(collections or {}),
            distribution_sections(distributions or {}),
            tag_sections(tags or {}),
            host_sections(fleet),
        ),
        tag("footer", _footer()),
    )
    return "<!DOCTYPE html>\n" + tag("html", head, body, lang="en") + "\n"


def _content_policy() -> str:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'" % digest


def _brand(generated: str) -> str:
    return "imagefleet.docker" + (" · made %s" % show_moment(printable(generated)) if generated else "")


def _footer() -> str:
    return (
        "Bytes are what the engine frees when exactly these images go, shared layers counted once; "
        "an interval where the engine does not tell more. "
        "Keep beats delete, and what is in use stays. Times are the engines' own clocks."
    )
