# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mappings that people wrote: only known fields, each of its kind."""

from __future__ import annotations

import difflib
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from typing import Any, Dict, List, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.rules import FALSE, TRUE


def fields_of(where: str, value: Any, known: Sequence[str]) -> Dict[str, Any]:
    """The fields that are given (not None, not empty text). Raises PolicyError for anything but a mapping, and for unknown fields."""
    if not isinstance(value, AnyMapping):
        raise PolicyError("%s: %r is not a mapping of %s" % (where, value, ", ".join(known)))
    for key in value:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, 1)
            hint = "did you mean %s? " % close[0] if close else ""
            raise PolicyError("%s.%s: no such field; %sknown are %s" % (where, key, hint, ", ".join(known)))
    return {key: one for key, one in value.items() if one is not None and one != ""}


def list_of(where: str, value: Any, what: str) -> List[Any]:
    """Raises PolicyError for anything but a list; None is an empty one."""
    if value is None:
        return []
    if isinstance(value, (str, bytes, AnyMapping)) or not isinstance(value, AnySequence):
        raise PolicyError("%s: %r is not a list of %s" % (where, value, what))
    return list(value)


def text_of(where: str, value: Any, example: str) -> str:
    """Stripped text that is not empty; raises PolicyError for anything else."""
    if not isinstance(value, str) or not value.strip():
        raise PolicyError("%s: %r is not text; write for example %s" % (where, value, example))
    return value.strip()


def flag_of(where: str, value: Any) -> bool:
    """True or False, also as words; raises PolicyError for anything else."""
    text = str(value).strip().lower()
    if text in TRUE or text in FALSE:
        return text in TRUE
    raise PolicyError("%s: %r is neither true nor false" % (where, value))
