# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the page that shows which tags of registries do not keep to their convention."""

from __future__ import annotations

from typing import Any, List, Mapping

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_registries import bounded_table, notes_list
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.markup import Child, Html, tag
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.tags import Finding, check_tags


def tag_sections(results: Mapping[str, Any]) -> Html:
    """A section per registry; see check_tags."""
    sections = [_registry(at, name, results[name]) for at, name in enumerate(results)]
    return tag("section", tag("h2", "Tags"), *sections) if sections else Html("")


def _registry(at: int, name: str, raw: Any) -> Html:
    check = check_tags(raw)
    anchor = "tags-%d" % at
    children: List[Child] = [tag("h3", printable(name), id=anchor + "-title", class_="title")]
    if check.failed is not None:
        children.append(tag("p", check.failed, class_="alert bad"))
    else:
        children.append(tag("p", check.sentence + ".", class_="soft"))
        header = ["Repository", "Tag", "Digest", "Finding"]
        children += [bounded_table("Not by the convention", header, check.findings, _cells, ())]
        children += [notes_list(check.problems)]
    return tag("section", *children, class_="card host", id=anchor, aria_labelledby=anchor + "-title")


def _cells(one: Finding) -> List[Child]:
    return [
        tag("span", one.repository, class_="name"),
        tag("span", one.tag, class_="name"),
        tag("span", one.digest, class_="name"),
        tag("span", one.words, class_="reason"),
    ]
