# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TOML 1.0 as text, written so that older readers take it too."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Iterable, List, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def quoted(text: str) -> str:
    """A basic string; JSON's escapes are among its own."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def quoted_list(texts: Iterable[str]) -> str:
    return "[%s]" % ", ".join(quoted(text) for text in texts)


def render(document: Mapping[str, Any]) -> str:
    """A document from plain data: strings, numbers, truth values, lists, tables, lists of tables.

    Raises PolicyError naming the key of what TOML has no word for.
    """
    lines: List[str] = []
    _table(lines, (), document)
    return "\n".join(lines).lstrip("\n") + "\n" if lines else ""


def _table(lines: List[str], path: Tuple[str, ...], table: Mapping[str, Any]) -> None:
    """Values first: what follows the head of a sub-table belongs to that."""
    later: List[Tuple[str, Any]] = []
    for key, value in table.items():
        if isinstance(value, Mapping) or _is_tables(value):
            later.append((str(key), value))
        else:
            lines.append("%s = %s" % (_key(str(key)), _value((*path, str(key)), value)))
    for key, value in later:
        inner = (*path, key)
        head = ".".join(_key(part) for part in inner)
        for one in [value] if isinstance(value, Mapping) else value:
            lines += ["", "[%s]" % head if isinstance(value, Mapping) else "[[%s]]" % head]
            _table(lines, inner, one)


def _is_tables(value: Any) -> bool:
    return _is_list(value) and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else quoted(key)


def _value(path: Tuple[str, ...], value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return "%d" % value
    if isinstance(value, float) and math.isfinite(value):
        text = repr(value)
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    if isinstance(value, str):
        return quoted(str(value))
    if _is_list(value):
        return "[%s]" % ", ".join(_value(path, entry) for entry in value)
    raise PolicyError(
        "%s: %r cannot be written as TOML; use texts, numbers, true or false, lists and tables"
        % (".".join(path), value)
    )
