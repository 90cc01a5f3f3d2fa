# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker Content Trust: tags signed with `docker trust` of a command line before version 29, kept by a notary server."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import NotSigned, PolicyError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_environment import look_at_host
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_push import check_push
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_repository import TrustRepository
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_signers import Signers
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_signing_key import SigningKey
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.enforcement import judge_environment
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Signature, Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import (
    DOCKER_TRUST,
    PULLED,
    SigningOrder,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_cli import ROOT_PASSPHRASE
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_inspect import SignedTag, TrustData
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import last_lines

#: Seconds that a push may take.
_PUSH = 1800


class DockerTrust:
    """Raises PolicyError for keys, names and a server that cannot be used. Programs are started by the first question."""

    name = DOCKER_TRUST
    can_verify = True

    def __init__(self, order: SigningOrder, tools: Tools) -> None:
        self._tools = tools
        self._repository = TrustRepository(order, tools)
        self._signing = SigningKey(order, self._repository)
        self._signers = Signers(order, self._repository, self._signing)
        self._wanted = order.trust.signer
        self._pulls = order.state == PULLED
        if self._wanted in self._signers.unwanted:
            raise PolicyError("signer: %s is absent in signers; say who else signs" % self._wanted)
        self._remove_after_signing = False

    # Looking --------------------------------------------------------------------------------------------------------

    def candidate(self, reference: Reference) -> Subject:
        """What the registry has under the tag; without a digest when it has none yet, as it is the engine's image that is pushed."""
        return Subject(reference, self._tools.digest(reference) or "")

    def resolve(self, reference: Reference) -> Subject:
        """The signed digest. Of a repository without a tag there is none."""
        if reference.tag is None:
            return Subject(reference, reference.digest or "")
        signed = self._must_signed(reference)
        # A digest that was asked for is meant also where the registry does not have it.
        now = reference.digest or self._tools.digest(reference)
        if now not in (None, signed.digest):
            raise _moved(reference, signed, str(now))
        return Subject(reference, signed.digest)

    def verify(self, subject: Subject) -> Tuple[Signature, ...]:
        found = self._counting(subject)
        if found:
            return found
        reference = subject.reference
        if reference.tag is not None:
            signed = self._must_signed(reference)
            if signed.digest != subject.digest:
                raise _moved(reference, signed, subject.digest)
            raise NotSigned(self._wrong_signers(reference, self._must_data(reference)))
        raise NotSigned(
            "%s: none of its %d signed tags in %s is of that, or by a signer who counts"
            % (reference.canonical, len(self._must_data(reference).tags), self._repository.server)
        )

    def unproven(self, subject: Subject) -> Tuple[Signature, ...]:
        counting = self._counting(subject)
        return tuple(one for one in self._of_name(subject.reference) if one not in counting)

    def signers(self, repository: Reference) -> Sequence[Mapping[str, object]]:
        data = self._repository.data()
        return [] if data is None else data.rows()

    def attestations(self, subject: Subject) -> Sequence[Mapping[str, object]]:
        """There are none in Docker Content Trust."""
        return []

    def environment(self) -> Dict[str, Any]:
        return judge_environment(look_at_host(self._repository))

    # Changing -------------------------------------------------------------------------------------------------------

    def settle_signers(self, repository: Reference, apply: bool) -> Sequence[Mapping[str, object]]:
        """Signers are added now, and removed after somebody else has signed: a tag is never without one in between."""
        data = self._repository.data()
        rows = self._signers.rows(data)
        if data is not None:
            self._signers.check_removal(data, repository.tag)
        if apply and rows:
            self._signers.add(self._signers.missing(data), data)
            self._remove_after_signing = bool(self._signers.surplus(self._repository.must_data()))
            if self._remove_after_signing and self._counting(self.candidate(repository)):
                self._remove_signers()
        return rows

    def sign(self, subject: Subject) -> None:
        """Raises PolicyError for a passphrase that is missing, ToolError for all that stands against it."""
        secrets = self._signing.secrets()
        data = self._repository.data()
        self._check_start(data, secrets)
        name = subject.reference.canonical
        signed = data.tags.get(str(subject.reference.tag)) if data is not None else None
        words: Tuple[str, ...] = ("trust", "sign", name)
        if signed is None or signed.digest != subject.digest:
            # Without --local the digest that is signed already would be signed once more, whatever the tag means now.
            check_push(self._repository.docker(), subject, self._tools)
            words = ("trust", "sign", "--local", name)
        self._signing.settle(data)
        docker = self._repository.docker(own_keys=self._signing.own)
        code, output, errors = docker.attempt(*words, timeout=max(_PUSH, docker.timeout), secrets=secrets)
        if code != 0:
            raise ToolError("%s was not signed: %s" % (name, _explained(last_lines(errors or output))))
        self._check_signed(subject)
        if self._remove_after_signing:
            self._remove_signers()

    def revocable(self, subject: Subject) -> Tuple[Signature, ...]:
        """All of the tag: what one signer takes back is released for nobody."""
        return self._of_name(subject.reference)

    def revoke(self, subject: Subject) -> Tuple[Signature, ...]:
        secrets = self._signing.secrets()
        data = self._repository.data()
        there = self.revocable(subject)
        self._signing.settle(data)
        name = subject.reference.canonical
        docker = self._repository.docker(own_keys=self._signing.own)
        code, output, errors = docker.attempt("trust", "revoke", "--yes", name, secrets=secrets)
        if code != 0:
            raise ToolError(
                "the signature of %s was not taken away: %s" % (name, _explained(last_lines(errors or output)))
            )
        self._repository.must_data()
        left = self._of_name(subject.reference)
        if left:
            raise ToolError(
                "docker trust revoke ended well, but %s is still signed by %s; it takes the key of one of them"
                % (name, ", ".join(str(one.signer) for one in left))
            )
        return there

    # Inside ---------------------------------------------------------------------------------------------------------

    def _must_data(self, reference: Reference) -> TrustData:
        data = self._repository.data()
        if data is None:
            raise NotSigned(
                "%s is not signed: the notary server %s has no trust data of %s"
                % (reference.canonical, self._repository.server, reference.repository)
            )
        return data

    def _must_signed(self, reference: Reference) -> SignedTag:
        data = self._must_data(reference)
        signed = data.tags.get(str(reference.tag))
        if signed is None:
            cause = "the keys that signed it belong to no signer any more; " if self._repository.lost_keys else ""
            raise NotSigned(
                "%s is not signed: %s%s has trust data of the repository, and in it %s"
                % (
                    reference.canonical,
                    cause,
                    self._repository.server,
                    "no signed tag" if not data.tags else "only the tags " + _few(sorted(data.tags)),
                )
            )
        return signed

    def _of_name(self, reference: Reference) -> Tuple[Signature, ...]:
        """The signatures of the tag, of all tags with the digest, or of all tags."""
        data = self._repository.data()
        if data is None:
            return ()
        tags = [
            one
            for _tag, one in sorted(data.tags.items())
            if reference.tag in (None, one.tag) and (reference.tag or reference.digest in (None, one.digest))
        ]
        return tuple(signature for one in tags for signature in data.signatures(one, reference))

    def _counting(self, subject: Subject) -> Tuple[Signature, ...]:
        """The signatures of the digest by those who count, of tags that the wanted signer has signed; of all tags for a repository."""
        data = self._repository.data()
        if data is None:
            return ()
        whole = subject.reference.tag is None and not subject.digest
        of_digest = [one for one in self._of_name(subject.reference) if whole or one.digest == subject.digest]
        counting = [one for one in of_digest if self._counts(str(one.signer), data)]
        tags = {one.tag for one in counting if self._wanted in (None, one.signer)}
        return tuple(one for one in counting if one.tag in tags)

    def _counts(self, name: str, data: TrustData) -> bool:
        """A signer whose key was given has to have that key; one who is to go does not count.

        Who of several keys signed is not told, so what is pulled needs a signer without a key that was not given.
        """
        if name in self._signers.unwanted:
            return False
        given, there = self._signers.pinned.get(name), set(data.signers.get(name, ()))
        if given is None:
            return True
        return bool(there) and there <= given if self._pulls else bool(there & given)

    def _wrong_signers(self, reference: Reference, data: TrustData) -> str:
        signers = data.tags[str(reference.tag)].signers
        wanted = self._wanted or " or ".join(sorted(self._signers.pinned)) or "somebody"
        return "%s is signed by %s, and a signature of %s%s is wanted%s" % (
            reference.canonical,
            ", ".join(signers) or "nobody",
            wanted,
            " with the given key" if wanted in self._signers.pinned else "",
            self._other_keys(signers, data),
        )

    def _other_keys(self, signers: Sequence[str], data: TrustData) -> str:
        """What to do about a signer with the given key and others."""
        for name in signers if self._pulls else ():
            given, there = self._signers.pinned.get(name, set()), set(data.signers.get(name, ()))
            if given & there:
                return (
                    ". %s has other keys there as well (%s), and which of them signed is not told: give every key that is to count in "
                    "signers, or have the others removed" % (name, ", ".join(sorted(there - given)))
                )
        return ""

    def _check_start(self, data: Optional[TrustData], secrets: Mapping[str, str]) -> None:
        """The first signature of a repository makes its own keys, which must not be lost with the run."""
        if data is not None:
            return
        if self._signing.own:
            raise ToolError(
                "%s has no trust data yet, and a signer's key cannot start it; add the signer first (signers, with root_passphrase), "
                "where the repository's own keys are to be kept (%s)"
                % (self._repository.image.repository, self._repository.folders.trust)
            )
        if ROOT_PASSPHRASE not in secrets:
            raise PolicyError(
                "root_passphrase: %s has no trust data yet; to start it, a root key is made in %s (or one that is there is used), and "
                "it needs this passphrase" % (self._repository.image.repository, self._repository.folders.trust)
            )

    def _check_signed(self, subject: Subject) -> None:
        """It also ends well when a passphrase was wrong and nothing was signed, and when something else was pushed."""
        signed = self._repository.must_data().tags.get(str(subject.reference.tag))
        name = subject.reference.canonical
        if signed is None:
            raise ToolError("docker trust sign ended well, but %s is not signed" % name)
        if subject.digest and signed.digest != subject.digest:
            raise ToolError(
                "%s was %s in its registry, but the engine pushed and signed %s. The registry's tag means that now; put it back "
                "with image_tag_convention, or keep what was signed" % (name, subject.digest, signed.digest)
            )
        who = self._signing.signer
        if who is not None and who not in signed.signers:
            raise ToolError(
                "docker trust sign ended well, but %s is not signed by %s, only by %s. Is the passphrase that of the key, and the "
                "key in %s that of the signer?"
                % (name, who, ", ".join(signed.signers) or "nobody", self._repository.folders.trust)
            )

    def _remove_signers(self) -> None:
        self._signing.settle(self._repository.data())
        self._signers.remove()
        self._remove_after_signing = False


def _moved(reference: Reference, signed: SignedTag, now: str) -> NotSigned:
    return NotSigned(
        "%s is not signed as it is now: signed is %s (by %s), and the registry has %s under that tag"
        % (reference.canonical, signed.digest, ", ".join(signed.signers) or "nobody", now or "nothing")
    )


def _explained(said: str) -> str:
    if "no valid signing keys for delegation roles" in said:
        return said + ". The key is that of no signer of the repository, or the passphrase does not open it"
    if "could not find necessary signing keys" in said:
        return (
            said
            + ". The repository's own key is not in the trust folder; sign with the key of a signer (private_key_path)"
        )
    return said


def _few(tags: List[str]) -> str:
    return ", ".join(tags[:10]) + (" and %d more" % (len(tags) - 10) if len(tags) > 10 else "")
