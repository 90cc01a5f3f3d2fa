# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever happens to a document, it is read or refused by name and place, and no finding gets lost without a word."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES, Scanned, sort_key
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.grype_json import read_grype
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.scout_sarif import read_scout
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.trivy_json import read_trivy

SAMPLES = Path(__file__).resolve().parents[4] / "samples" / "scanners"
READERS: Dict[str, Callable[[str, str], Scanned]] = {"scout": read_scout, "trivy": read_trivy, "grype": read_grype}
DOCUMENTS = sorted(path for kind in READERS for path in (SAMPLES / kind).iterdir() if path.suffix != ".txt")
#: Places whose removal takes a finding away, as a scanner that did not find it would: nobody can tell.
HOLDERS = {
    "scout": re.compile(r"/runs(/\d+(/results(/\d+)?)?)?"),
    "trivy": re.compile(r"/Results(/\d+(/Vulnerabilities(/\d+)?)?)?"),
    "grype": re.compile(r"/matches(/\d+)?"),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
Path_ = Tuple[Any, ...]


def places(value: Any, path: Path_ = ()) -> List[Path_]:
    found = [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        found.extend(places(one, (*path, key)))
    return found


def changed(document: Any, path: Path_, value: Any = None, remove: bool = False) -> Any:
    """Another document: what holds the place is copied, the rest shared."""
    if not path:
        return value
    other = copy.copy(document)
    if len(path) > 1:
        other[path[0]] = changed(document[path[0]], path[1:], value, remove)
    elif remove:
        del other[path[0]]
    else:
        other[path[0]] = value
    return other


def read(path: Path, text: str) -> Any:
    """What the reader told, checked for what holds of everything that is read; None when it refused."""
    try:
        found = READERS[path.parent.name](text, path.name)
    except ToolError as error:
        assert str(error).startswith(path.name)
        str(error).encode("utf-8")
        return None
    assert [sort_key(one) for one in found.findings] == sorted(sort_key(one) for one in found.findings)
    for one in found.findings:
        assert one.id and one.package and one.severity in SEVERITIES
        assert one.score is None or 0 <= one.score <= 10
        assert one.epss is None or 0 <= one.epss <= 1
        assert one.fixed != ""
    repr(found).encode("utf-8")
    return found


def whole(path: Path) -> Tuple[Any, int]:
    """The document, and how many findings it has."""
    text = path.read_text()
    return json.loads(text), len(READERS[path.parent.name](text, path.name).findings)


@given(st.sampled_from(DOCUMENTS), st.data())
@settings(max_examples=300)
def test_another_value_in_any_place(path: Path, data: st.DataObject) -> None:
    document, findings = whole(path)
    place = data.draw(st.sampled_from(places(document)))
    value = data.draw(JSON)
    found = read(path, json.dumps(changed(document, place, value)))
    if found is not None and not (value == [] and HOLDERS[path.parent.name].fullmatch(spelled(place))):
        assert len(found.findings) >= findings, "a finding was lost"


def spelled(place: Path_) -> str:
    return "".join("/%s" % key for key in place)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_value_less(path: Path) -> None:
    """Not by chance: each member of each object, and what is left of the findings."""
    document, findings = whole(path)
    for place in places(document):
        absent = read(path, json.dumps(changed(document, place, remove=True)))
        empty = read(path, json.dumps(changed(document, place, None)))
        assert empty is None or len(empty.findings) >= findings, "with null in %s" % spelled(place)
        if absent is not None and not HOLDERS[path.parent.name].fullmatch(spelled(place)):
            assert len(absent.findings) >= findings, "without %s" % spelled(place)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_cut_off_anywhere(path: Path) -> None:
    text = path.read_text().strip()
    for end in range(0, len(text), 1 + len(text) // 400):
        with pytest.raises(ToolError, match="^%s" % re.escape(path.name)):
            READERS[path.parent.name](text[:end], path.name)


@given(st.sampled_from(DOCUMENTS), st.data())
@settings(max_examples=300)
def test_other_text_anywhere(path: Path, data: st.DataObject) -> None:
    """Even in a name: then its value is missing, or not known."""
    text = path.read_text()
    findings = whole(path)[1]
    start = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 30))
    found = read(path, text[:start] + data.draw(st.text(max_size=12)) + text[start + length :])
    if found is not None and found.packages:
        assert len(found.findings) >= findings, "a finding was lost"


@pytest.mark.parametrize("kind", sorted(READERS))
@given(JSON.map(json.dumps) | st.text(max_size=80))
def test_anything_else_is_refused(kind: str, text: str) -> None:
    with pytest.raises(ToolError, match="^a.json"):
        READERS[kind](text, "a.json")
