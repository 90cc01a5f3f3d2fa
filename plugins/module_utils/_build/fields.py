# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comma-separated options of buildx (`type=registry,ref=...`): read, completed with what makes caches harmless, written."""

from __future__ import annotations

import csv
import io
from typing import Any, Dict, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.values import plain_text

CACHE_TYPES = ("registry", "local", "inline", "gha", "s3", "azblob")
_ENVIRONMENT = "set %s in the task's environment, buildx reads it there"
#: Type -> what may not stand in an argument, since every user of the host sees those, and where it belongs instead.
SECRET_FIELDS: Mapping[str, Mapping[str, str]] = {
    "s3": {
        "access_key_id": _ENVIRONMENT % "AWS_ACCESS_KEY_ID",
        "secret_access_key": _ENVIRONMENT % "AWS_SECRET_ACCESS_KEY",
        "session_token": _ENVIRONMENT % "AWS_SESSION_TOKEN",
    },
    "gha": {"token": _ENVIRONMENT % "ACTIONS_RUNTIME_TOKEN"},
    "azblob": {"secret_access_key": "leave it out, BuildKit then asks Azure's own chain of credentials where it runs"},
}


def parse_fields(where: str, value: Any) -> Dict[str, str]:
    """From a mapping or from text; a text without `=` is the reference of a registry's cache. Raises PolicyError."""
    if isinstance(value, Mapping):
        fields = {str(key): plain_text(part) for key, part in value.items()}
    elif isinstance(value, str) and value.strip():
        words = next(csv.reader([value.strip()]))
        if len(words) == 1 and "=" not in words[0]:
            return {"type": "registry", "ref": words[0]}
        fields = dict(word.partition("=")[::2] for word in words)
    else:
        raise PolicyError(
            "%s: %r is neither a mapping nor text such as type=registry,ref=registry.example.com/app:cache"
            % (where, value)
        )
    if not fields.get("type"):
        raise PolicyError("%s: it has no type, such as %s" % (where, ", ".join(CACHE_TYPES)))
    return fields


def write_fields(fields: Mapping[str, str]) -> str:
    """The type first; what holds a comma or a quote is quoted as in CSV."""
    line = io.StringIO()
    ordered = sorted(fields, key=lambda key: (key != "type", key))
    csv.writer(line, lineterminator="").writerow(["%s=%s" % (key, fields[key]) for key in ordered])
    return line.getvalue()


def cache_source(where: str, value: Any) -> Dict[str, str]:
    """Raises PolicyError."""
    return _cache(where, parse_fields(where, value))


def cache_target(where: str, value: Any) -> Dict[str, str]:
    """With what many registries need (a manifest of an image), and so that a cache which cannot be written fails no build.

    Raises PolicyError.
    """
    fields = _cache(where, parse_fields(where, value))
    kind = fields["type"]
    if kind == "registry":
        fields.setdefault("image-manifest", "true")
        fields.setdefault("oci-mediatypes", "true")
    if kind != "inline":
        fields.setdefault("ignore-error", "true")
    elif fields.get("mode") == "max":
        raise PolicyError("%s: an inline cache has mode min only; for mode max use type registry" % where)
    return fields


def is_optional(target: Mapping[str, str]) -> bool:
    """Whether the build goes on without this cache."""
    return target.get("ignore-error") == "true"


def _cache(where: str, fields: Dict[str, str]) -> Dict[str, str]:
    if fields["type"] not in CACHE_TYPES:
        raise PolicyError("%s: %r is no kind of cache; there are %s" % (where, fields["type"], ", ".join(CACHE_TYPES)))
    for name, instead in SECRET_FIELDS.get(fields["type"], {}).items():
        if name in fields:
            raise PolicyError(
                "%s: %s would stand on a command line that every user of the host sees; %s" % (where, name, instead)
            )
    needed = {"registry": "ref", "s3": "bucket"}.get(fields["type"])
    if needed is not None and not fields.get(needed):
        raise PolicyError("%s: a cache of type %s needs %s" % (where, fields["type"], needed))
    return fields
