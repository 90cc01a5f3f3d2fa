# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `docker trust inspect` prints, as values (pure)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Signature
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import DOCKER_TRUST

#: How the command line calls the repository's own key where it signed a tag.
REPOSITORY_KEY = "Repo Admin"
_HEX = re.compile(r"[0-9a-f]{64}")
# What the library prints when it goes on without the server (notary client 0.7: "Error while downloading remote metadata, using
# cached timestamp - this might not be the latest version available remotely").
_STALE = re.compile(r"using cached|Error while downloading remote metadata", re.IGNORECASE)
_THRESHOLD = "did not meet threshold"


@dataclass(frozen=True)
class SignedTag:
    """A tag, the digest that was signed for it, and who signed."""

    tag: str
    digest: str
    signers: Tuple[str, ...]


@dataclass(frozen=True)
class TrustData:
    """What holds in one repository. `signers` and `administrators` map names to the IDs of their keys."""

    tags: Mapping[str, SignedTag] = field(default_factory=dict)
    signers: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)
    administrators: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)

    def signatures(self, signed: SignedTag, repository: Reference) -> Tuple[Signature, ...]:
        """One for each signer. A key is named where the signer has only one: which of several was used is not told."""
        return tuple(
            Signature(
                DOCKER_TRUST,
                signed.digest,
                name,
                self._only_key(name),
                repository=repository.repository,
                tag=signed.tag,
            )
            for name in signed.signers
        )

    def rows(self) -> List[Dict[str, Any]]:
        """Who may sign, then who administers, as results show it."""
        return [
            {"name": name, "keys": list(keys), "role": role}
            for role, people in (("signer", self.signers), ("administrator", self.administrators))
            for name, keys in sorted(people.items())
        ]

    def only_of(self, name: str) -> List[str]:
        """Tags that nobody else has signed."""
        return sorted(signed.tag for signed in self.tags.values() if set(signed.signers) == {name})

    def _only_key(self, name: str) -> Any:
        keys = self.administrators.get("Repository", ()) if name == REPOSITORY_KEY else self.signers.get(name, ())
        return keys[0] if len(keys) == 1 else None


def read_inspection(output: str) -> TrustData:
    """Raises ToolError for what is not the documented shape, so that nothing unread counts as signed."""
    try:
        (entry,) = json.loads(output)
        return TrustData(
            {tag.tag: tag for tag in map(_signed_tag, entry["SignedTags"] or ())},
            _people(entry["Signers"] or ()),
            _people(entry["AdministrativeKeys"] or ()),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ToolError(
            "docker trust inspect printed what is not understood (%s: %s): %s"
            % (type(error).__name__, error, output.strip()[:200] or "nothing")
        ) from error


def is_stale(errors: str) -> bool:
    """Whether the command line went on with what it remembered, because the server gave no answer."""
    return _STALE.search(errors) is not None


def lost_keys(errors: str) -> bool:
    """Whether what was signed is there, but by keys that are no longer those of a signer."""
    return _THRESHOLD in errors


def _signed_tag(entry: Mapping[str, Any]) -> SignedTag:
    digest = str(entry["Digest"])
    if not _HEX.fullmatch(digest):
        raise ValueError("%r is no digest" % digest[:80])
    return SignedTag(
        _text(entry["SignedTag"]), "sha256:" + digest, tuple(_text(name) for name in entry["Signers"] or ())
    )


def _people(entries: Sequence[Mapping[str, Any]]) -> Dict[str, Tuple[str, ...]]:
    return {_text(entry["Name"]): tuple(_text(key["ID"]) for key in entry["Keys"] or ()) for entry in entries}


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("%r is no name" % (value,))
    return value
