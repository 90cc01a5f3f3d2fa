# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is never deleted: exact references, digests, whole repositories."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, FrozenSet, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import (
    is_digest,
    parse_in,
    parse_reference,
)

_BARE_ID = re.compile(r"[0-9a-f]{12}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Protection:
    """The parsed list; canonical names."""

    references: FrozenSet[str] = frozenset()
    repositories: FrozenSet[str] = frozenset()
    digests: FrozenSet[str] = frozenset()

    def why(self, repository: Optional[str], tag: Optional[str], digests: Sequence[str]) -> Optional[str]:
        """Why an item is protected, in plain words; None when it is not."""
        for digest in digests:
            if digest in self.digests:
                return "protected: digest %s" % digest
        if repository is None:
            return None
        if repository in self.repositories:
            return "protected: repository %s" % repository
        if tag is not None and "%s:%s" % (repository, tag) in self.references:
            return "protected: %s:%s" % (repository, tag)
        return None


def parse_list(name: str, value: Any) -> List[Any]:
    """The entries of an option that takes a list; nothing given is an empty one. Raises PolicyError."""
    if value is None or value == "":
        return []
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise PolicyError("%s: %r is not a list" % (name, value))
    return list(value)


def parse_protect(entries: Iterable[Any], where: str = "protect", home: Optional[str] = None) -> Protection:
    """Raises PolicyError naming the entry's position, its value and what is accepted.

    With `home`, a registry, names without a host are of it; what can mean two things there protects both.
    """
    references: Set[str] = set()
    repositories: Set[str] = set()
    digests: Set[str] = set()
    for position, entry in enumerate(entries):
        field = "%s[%d]" % (where, position)
        if not isinstance(entry, str) or not entry.strip():
            raise PolicyError(
                "%s: %r is not text; write a reference, a digest or a repository, in quotes" % (field, entry)
            )
        text = entry.strip()
        if is_digest(text):
            digests.add(text)
            continue
        if _BARE_ID.fullmatch(text) or text.startswith("sha256:"):
            raise PolicyError("%s: %r looks like an image ID; write it whole: sha256: and 64 digits" % (field, text))
        if "*" in text:
            raise PolicyError(
                "%s: %r is a pattern; protect takes exact names, patterns belong into a keep rule" % (field, text)
            )
        try:
            meant = parse_in(text, home) if home else (parse_reference(text),)
        except PolicyError as error:
            raise PolicyError("%s: %s" % (field, error)) from error
        for reference in meant:
            if reference.digest:
                digests.add(reference.digest)
            if reference.tag:
                references.add("%s:%s" % (reference.repository, reference.tag))
            if not reference.tag and not reference.digest:
                repositories.add(reference.repository)
    return Protection(frozenset(references), frozenset(repositories), frozenset(digests))


def parse_protect_lines(text: str) -> Tuple[str, ...]:
    """The entries of a file: one a line, `#` starts a comment."""
    entries: List[str] = []
    for line in text.splitlines():
        entry = line.partition("#")[0].strip()
        if entry:
            entries.append(entry)
    return tuple(entries)
