# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that decides what a build makes, as digests that the image carries in a label; and what differs between two of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional

#: Label of images that this collection built.
LABEL = "io.imagefleet.build.inputs"
_SCHEMA = 1
_PLAIN = {"context": "the files of the context", "dockerfile": "the Dockerfile"}


@dataclass(frozen=True)
class Inputs:
    """`parts`: name -> digest or value (context, dockerfile, platforms, build_args...); `bases`: image as written -> its digest.

    No secret is in it, nor a digest of one (S12): it is published with the image.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(self.as_label().encode("utf-8")).hexdigest()

    def as_label(self) -> str:
        document = {"v": _SCHEMA, "parts": dict(self.parts), "bases": dict(self.bases)}
        return json.dumps(document, sort_keys=True, separators=(",", ":"))

    def as_dict(self) -> Dict[str, Dict[str, str]]:
        return {"parts": dict(self.parts), "bases": dict(self.bases)}


def parse_inputs(label: Optional[str]) -> Optional[Inputs]:
    """None when it is no label of ours, or of another version of this collection."""
    try:
        document = json.loads(label or "")
    except ValueError:
        return None
    if not isinstance(document, dict) or document.get("v") != _SCHEMA:
        return None
    parts, bases = document.get("parts"), document.get("bases")
    if not isinstance(parts, dict) or not isinstance(bases, dict):
        return None
    return Inputs({str(key): str(parts[key]) for key in parts}, {str(key): str(bases[key]) for key in bases})


def digest_of_value(value: Any) -> str:
    """Of plain data, whatever the order of its keys."""
    data = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return "sha256:" + hashlib.sha256(data.encode("utf-8")).hexdigest()


def differences(before: Inputs, after: Inputs) -> List[str]:
    """In plain words, bases first: they are what nobody here changed."""
    found = []
    for image in sorted(set(before.bases) | set(after.bases)):
        old, new = before.bases.get(image), after.bases.get(image)
        if old is None:
            found.append("base %s is new" % image)
        elif new is None:
            found.append("base %s is used no more" % image)
        elif old != new:
            found.append("base %s moved from %s to %s" % (image, old, new))
    for part in sorted(set(before.parts) | set(after.parts)):
        if before.parts.get(part) != after.parts.get(part):
            found.append("%s changed" % _PLAIN.get(part, part))
    return found
