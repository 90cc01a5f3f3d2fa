# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""daemon.json: our entries in two lists that may hold others', which stay where they are and in their order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._config.json_text import ObjectText, parse_object
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError

MIRRORS, INSECURE = "registry-mirrors", "insecure-registries"
KEYS = (MIRRORS, INSECURE)


@dataclass(frozen=True)
class OurList:
    """What of one list is ours; `created`: the list itself is, too."""

    values: Tuple[str, ...] = ()
    created: bool = False


@dataclass(frozen=True)
class OurPart:
    """What of one daemon.json is ours. `found` is what was there before us: None for no file, else what it held if it was blank."""

    lists: Mapping[str, OurList] = field(default_factory=dict)
    made_file: bool = False
    blank: Optional[str] = None


@dataclass(frozen=True)
class Merged:
    """`data` None: no file. `values` are both lists as they are then, `mine` the entries of ours among them.

    `emptied` is the file for the time of a reload, None when `data` will do: an engine keeps what it has of a list that is not
    in the file any more, and lets go of it only for an empty one.
    """

    data: Optional[bytes]
    emptied: Optional[bytes]
    part: OurPart
    values: Mapping[str, Tuple[str, ...]]
    foreign: Mapping[str, Tuple[str, ...]]

    def mine(self, key: str) -> Tuple[str, ...]:
        return self.part.lists[key].values if key in self.part.lists else ()


def same(address: str) -> str:
    """By which an entry is compared: the engine adds a slash to the address of a mirror."""
    return address.rstrip("/").lower()


def merge(path: str, data: Optional[bytes], wanted: Mapping[str, Sequence[str]], before: OurPart) -> Merged:
    """The file with `wanted` in it, and without what was ours and is not wanted any more.

    `data` None: there is no file. Ours come first in a list, then others' as they stand. Entries that others wrote already
    are theirs, also when they are wanted. Raises StateError for a file that cannot be understood; nothing is guessed.
    """
    document = parse_object(path, data if data is not None else b"")
    emptied = document
    blank = document.text if document.blank and data is not None else before.blank if document.members else None
    lists: Dict[str, OurList] = {}
    values: Dict[str, Tuple[str, ...]] = {}
    foreign: Dict[str, Tuple[str, ...]] = {}
    for key in KEYS:
        own = before.lists.get(key, OurList())
        there = _strings(path, key, document)
        known = {same(value) for value in own.values}
        foreign[key] = tuple(value for value in there or () if same(value) not in known)
        theirs = {same(value) for value in foreign[key]}
        mine = tuple(value for value in wanted.get(key, ()) if same(value) not in theirs)
        values[key] = mine + foreign[key]
        created = bool(mine) if there is None else own.created
        emptied = _set(emptied, key, there, values[key], False)
        document = _set(document, key, there, values[key], created)
        if mine:
            lists[key] = OurList(mine, created)
    made_file = before.made_file if data is not None else bool(lists)
    part = OurPart(lists, made_file and bool(lists), blank if lists else None)
    empties = emptied.text != document.text
    after = _bytes(document, data, before, made_file)
    return Merged(after, emptied.text.encode("utf-8") if empties else None, part, values, foreign)


def both(one: OurPart, other: OurPart) -> OurPart:
    """What is ours while a file is on its way from the one to the other."""
    lists: Dict[str, OurList] = {}
    for key in KEYS:
        left, right = one.lists.get(key, OurList()), other.lists.get(key, OurList())
        known = {same(value) for value in left.values}
        values = left.values + tuple(value for value in right.values if same(value) not in known)
        if values:
            lists[key] = OurList(values, left.created or right.created)
    return OurPart(lists, one.made_file or other.made_file, one.blank if other.blank is None else other.blank)


def _bytes(document: ObjectText, data: Optional[bytes], before: OurPart, made_file: bool) -> Optional[bytes]:
    if document.members or data is None:
        return document.text.encode("utf-8") if document.members else None
    if made_file:
        return None
    if before.blank is not None and before.lists:
        return before.blank.encode("utf-8")
    return document.text.encode("utf-8")


def _set(
    document: ObjectText, key: str, there: Optional[Tuple[str, ...]], values: Tuple[str, ...], created: bool
) -> ObjectText:
    if there is None:
        return document.add(key, values) if values else document
    if values == there:
        return document.remove(key) if created and not values else document
    return document.remove(key) if created and not values else document.replace(key, values)


def _strings(path: str, key: str, document: ObjectText) -> Optional[Tuple[str, ...]]:
    """None when there is no such list."""
    member = document.get(key)
    if member is None:
        return None
    value: Any = member.value
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise StateError('%s: "%s" is not a list of texts. It was left as it is; mend it and run again' % (path, key))
    entries: List[str] = list(value)
    return tuple(entries)
