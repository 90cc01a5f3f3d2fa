# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every way of signing images can do, and what a signature is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Protocol, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference


@dataclass(frozen=True)
class Signature:
    """One signature that holds for one digest.

    `signer` is a name where the method knows one, `key` the fingerprint (or ID) of the public key. `repository` and `tag` are the
    names that were signed, which can differ from the name that the image is asked for by.
    """

    method: str
    digest: str
    signer: Optional[str] = None
    key: Optional[str] = None
    repository: Optional[str] = None
    tag: Optional[str] = None
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """The image in question: the name it was asked for by, and the digest of its manifest or index."""

    reference: Reference
    digest: str


class Method(Protocol):
    """One way of signing. Every call raises ToolError (of its program) or RegistryError when it cannot be told."""

    name: str
    #: Whether there is a key (or another root of trust) to verify with.
    can_verify: bool

    def candidate(self, reference: Reference) -> Subject:
        """What is to be signed: what the name means now, signed or not. For Docker Content Trust, which pushes what it signs, that
        may be the engine's image; `digest` is then empty where nobody knows it before the push."""

    def resolve(self, reference: Reference) -> Subject:
        """The digest that the name means now; for Docker Content Trust the signed one. Raises NotSigned when that needs a signature."""

    def verify(self, subject: Subject) -> Tuple[Signature, ...]:
        """The signatures that hold for the wanted keys, signers and annotations. Raises NotSigned with the reason when none does."""

    def sign(self, subject: Subject) -> None:
        """Sign it. Only called when `verify` found no equal signature."""

    def unproven(self, subject: Subject) -> Tuple[Signature, ...]:
        """Signatures that are there and were not verified, because of another key or none: what they claim, for reports only."""

    def revocable(self, subject: Subject) -> Tuple[Signature, ...]:
        """The signatures of the given key (or all of the tag's) that `revoke` would take away."""

    def revoke(self, subject: Subject) -> Tuple[Signature, ...]:
        """Take the signatures of the given key (or all of the tag's) away; returns those that were."""

    def signers(self, repository: Reference) -> Sequence[Mapping[str, object]]:
        """Who may sign in the repository, as far as the method knows: `name` and `keys`."""

    def settle_signers(self, repository: Reference, apply: bool) -> Sequence[Mapping[str, object]]:
        """Bring the signers of the repository to what was asked (Docker Content Trust): one row per change, `name` and `action`."""

    def attestations(self, subject: Subject) -> Sequence[Mapping[str, object]]:
        """Statements about the image: `type`, `key` and `verified`; empty where the method knows none."""

    def environment(self) -> Optional[Mapping[str, object]]:
        """What else on this host decides whether signatures are heeded at all; None when nothing does."""
