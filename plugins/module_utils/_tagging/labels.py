# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels and annotations of the image specification that go with the tags, for the build."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.wanted import Convention, Wanted

SPACE = "org.opencontainers.image."
KEYS = [
    "authors",
    "base.digest",
    "base.name",
    "created",
    "description",
    "documentation",
    "licenses",
    "ref.name",
    "revision",
    "source",
    "title",
    "url",
    "vendor",
    "version",
]


def parse_labels(value: Any) -> Dict[str, str]:
    """Short names (`title`) become those of the specification; names with a dot of others stay. Raises PolicyError."""
    if value in (None, "", {}):
        return {}
    if not isinstance(value, Mapping):
        raise PolicyError("labels: %r is not a mapping of names to texts" % (value,))
    found = {}
    for key, text in value.items():
        if not isinstance(text, str):
            raise PolicyError("labels.%s: %r is not text; quote it" % (key, text))
        name = SPACE + key if key in KEYS else str(key)
        if "." not in name or (name.startswith(SPACE) and name[len(SPACE) :] not in KEYS):
            raise PolicyError("labels: %r is no label of the specification; known are %s" % (key, ", ".join(KEYS)))
        found[name] = str(text)
    return found


def labels_of(convention: Convention, wanted: Sequence[Wanted], given: Mapping[str, str]) -> Dict[str, str]:
    """What is known of the image; what was given goes first."""
    found = {SPACE + "version": convention.version or wanted[0].name, SPACE + "ref.name": wanted[0].name}
    if convention.commit:
        found[SPACE + "revision"] = convention.commit
    return dict(sorted({**found, **given}.items()))
