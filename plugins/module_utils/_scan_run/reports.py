# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of reports in one folder: written when their bytes differ, and taken away when their image is gone, if they are ours."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.markdown import markdown
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.sarif import sarif
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped, write_atomic

#: Names the files that this module wrote into the folder.
MANIFEST = ".imagefleet-scan.json"
INDEX = "index.md"
_MODE = 0o644
_MAXIMUM = 512 * 1024 * 1024
_ODD = re.compile(r"[^A-Za-z0-9._-]+")
_COMPARED = ("change", "changes", "gone", "new")


@dataclass(frozen=True)
class Reports:
    """What differs in one folder. `changes` are (file name, what happens to it): new, changed, removed."""

    folder: str
    contents: Mapping[str, bytes]
    changes: Tuple[Tuple[str, str], ...]
    index_before: str

    @property
    def index_after(self) -> str:
        return self.contents[INDEX].decode("utf-8")

    def write(self) -> None:
        """Raises StateError."""
        if not self.changes:
            return
        for name, change in self.changes:
            path = os.path.join(self.folder, name)
            if change == "removed":
                _remove(path)
            else:
                write_atomic(path, self.contents[name], _MODE)
        # Last: a run that ends before finds its files by the older list, and what is not on it is written again.
        write_atomic(os.path.join(self.folder, MANIFEST), _manifest(self.contents), _MODE)


def plan_reports(
    folder: str, images: Sequence[Tuple[Mapping[str, Any], Mapping[str, Any]]], summary: Mapping[str, Any]
) -> Reports:
    """`images` are result and summary of each image alone. Raises StateError when the folder may not be read."""
    contents = _contents([(_lasting(row), own) for row, own in images], summary)
    before = {name: read_capped(os.path.join(folder, name), _MAXIMUM) for name in contents}
    changes = [
        (name, "new" if before[name] is None else "changed")
        for name, data in sorted(contents.items())
        if before[name] != data
    ]
    gone = [name for name in _ours(folder) if name not in contents and os.path.lexists(os.path.join(folder, name))]
    changes.extend((name, "removed") for name in gone)
    return Reports(folder, contents, tuple(changes), (before[INDEX] or b"").decode("utf-8", "replace"))


def _contents(
    images: Sequence[Tuple[Mapping[str, Any], Mapping[str, Any]]], summary: Mapping[str, Any]
) -> Dict[str, bytes]:
    rows = sorted(
        (row for row, _own in images), key=lambda row: (row["image"], row["digest"] or "", row["platform"] or "")
    )
    contents = {
        INDEX: markdown(rows, summary).encode("utf-8", "replace"),
        "scan.json": _json({"summary": _plain(summary), "results": [_plain(row) for row in rows]}),
        "scan.sarif": _json(sarif(rows)),
    }
    for row, own in images:
        stem = _stem(row)
        contents[stem + ".json"] = _json(_plain(row))
        contents[stem + ".sarif"] = _json(sarif([row]))
        contents[stem + ".md"] = markdown([row], own).encode("utf-8", "replace")
    return contents


def _stem(row: Mapping[str, Any]) -> str:
    """registry.example.com_shop_web_1.2-9a1c2f6b8a1f: its name, and what tells images of one name apart."""
    name, digest = str(row["image"]).partition("@")[0], row.get("digest")
    own = str(digest).rpartition(":")[2] if digest else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
    return "%s-%s" % (_ODD.sub("_", name).strip("_.")[:150] or "image", own[:12])


def _lasting(row: Mapping[str, Any]) -> Dict[str, Any]:
    """As if there had been no scan before to compare with."""
    return {**row, "changes": {**row["changes"], "since": None}, "gone": []}


def _plain(value: Any) -> Any:
    """Without what compares with the last scan, which would differ from run to run."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items() if key not in _COMPARED}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return value


def _json(document: Any) -> bytes:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _manifest(contents: Mapping[str, bytes]) -> bytes:
    return _json({"files": sorted(contents)})


def _ours(folder: str) -> List[str]:
    """Names in the manifest, none without a readable one. A name with a path in it is none that we wrote."""
    data = read_capped(os.path.join(folder, MANIFEST), _MAXIMUM)
    try:
        listed = json.loads((data or b"{}").decode("utf-8")).get("files") or []
    except (ValueError, AttributeError, RecursionError):
        return []
    names = listed if isinstance(listed, list) else []
    return sorted(
        name for name in names if isinstance(name, str) and name == os.path.basename(name) and name.strip(".")
    )


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StateError("cannot remove the report %s: %s" % (path, error.strerror or error)) from error
