# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing with cosign and keys of one's own: no log, no identity provider, nothing but the registry is asked."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import NotSigned, PolicyError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.client_config import client_config_text
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.cosign_store import CosignStore
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_answers import (
    holds_none,
    is_no_proof,
    read_claims,
    read_statements,
    signatures_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_stored import Claim, Stored
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_words import (
    PRIVATE_KEY,
    PUBLIC_KEY,
    Reach,
    Words,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Signature, Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import (
    ATTESTED,
    COSIGN,
    SIGNED,
    Key,
    SigningOrder,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.public_key import fingerprint
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.cosign import Cosign

MAX_KEY = 64 * 1024
# Trust roots are for certificates and logs; with an empty one nothing is fetched from the internet.
_EMPTY_ROOT = b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


class CosignMethod:
    """One image. Raises ToolMissing when cosign is not there or too old, PolicyError when a key is none."""

    name = COSIGN

    def __init__(self, order: SigningOrder, tools: Tools) -> None:
        self._order = order
        self._tools = tools
        options = tools.registries.options(order.image.domain)
        scratch = tools.scratch
        config = scratch.folder("docker")
        scratch.write("docker/config.json", client_config_text(options, order.image, tools.run_program))
        environment = {
            "DOCKER_CONFIG": config,
            "TUF_ROOT": scratch.folder("tuf"),
            # Signatures of an image are looked for, and go, where the image is.
            "COSIGN_REPOSITORY": "",
        }
        # Without a passphrase, it would ask the terminal.
        self._secrets = {"COSIGN_PASSWORD": order.passphrase or ""}
        if order.private_key is not None and order.private_key.content is not None:
            self._secrets[PRIVATE_KEY] = order.private_key.content
        cosign = Cosign(tools.run, order.cosign, environment)
        reach = Reach(
            options.insecure, options.validate_certs, options.ca_path, options.client_cert, options.client_key
        )
        root = scratch.write("trusted-root.json", _EMPTY_ROOT)
        self._words = Words(cosign.dialect(), reach, os.path.join(scratch.root, "signing-config.json"), root)
        self._cosign = cosign
        self._store = CosignStore(TransferClient(options, run_program=tools.run_program), order.image.path)
        self._seen: Dict[str, List[Stored]] = {}
        self._public = self._public_key()
        self._cosign = replace(cosign, environment={**environment, PUBLIC_KEY: self._public or ""})
        self.key = fingerprint(self._public, "public key") if self._public else None
        self.can_verify = self._public is not None

    # Keys -------------------------------------------------------------------------------------------------------------

    def _public_key(self) -> Optional[str]:
        """The given one, or that of the private key. Raises PolicyError when both are given and differ."""
        order = self._order
        given = None if order.public_key is None else _pem(order.public_key)
        if given is not None:
            fingerprint(
                given, "public_key_path" if order.public_key and order.public_key.path else "public_key_content"
            )
        if order.private_key is None:
            return given
        if given is not None and order.state not in (SIGNED, ATTESTED):
            return given
        if order.private_key.path is not None and not os.path.exists(order.private_key.path):
            raise PolicyError("private_key_path: there is no %s on this host" % order.private_key.path)
        try:
            derived = self._cosign.must(*self._words.public_key(self._private_key), secrets=self._secrets)
        except ToolError as error:
            raise ToolError(
                "cosign cannot use %s: %s. Is the passphrase right, and is it a key of cosign (cosign generate-key-pair, "
                "cosign import-key-pair)?" % (order.private_key.shown, error)
            ) from error
        if given is not None and fingerprint(given, "") != fingerprint(derived, ""):
            raise PolicyError(
                "public_key_path: it is not the public key of the private key; what is signed would not verify"
            )
        return derived

    @property
    def _private_key(self) -> str:
        key = self._order.private_key or Key()
        return key.path or "env://" + PRIVATE_KEY

    # The method -------------------------------------------------------------------------------------------------------

    def candidate(self, reference: Reference) -> Subject:
        return Subject(reference, self._tools.must_digest(reference))

    def resolve(self, reference: Reference) -> Subject:
        return self.candidate(reference)

    def verify(self, subject: Subject) -> Tuple[Signature, ...]:
        claims = self._claims(subject)
        signed = signatures_of(claims, subject.digest, self._order.annotations)
        wanted = self._order.signed_as
        holding = [one for one in signed if wanted is None or one.repository == wanted]
        if not holding:
            raise NotSigned(self._why_not(subject, signed))
        return tuple(self._signature(subject.digest, one.repository, one.annotations) for one in holding)

    def sign(self, subject: Subject) -> None:
        self._prepare_signing()
        words = self._words.sign(_by_digest(subject), self._private_key, self._order.annotations)
        self._cosign.must(*words, secrets=self._secrets)
        self._seen.clear()

    def unproven(self, subject: Subject) -> Tuple[Signature, ...]:
        others = [one for one in self._stored(subject, signatures=True) if not self._counts(one, subject)]
        return tuple(_claimed(one) for one in others)

    def revocable(self, subject: Subject) -> Tuple[Signature, ...]:
        return tuple(self._revoked(one) for one in self._to_revoke(subject))

    def revoke(self, subject: Subject) -> Tuple[Signature, ...]:
        self._seen.clear()
        gone = self._to_revoke(subject)
        self._store.remove(subject.digest, gone)
        self._seen.clear()
        return tuple(self._revoked(one) for one in gone)

    def signers(self, _repository: Reference) -> Sequence[Mapping[str, object]]:
        return [{"name": None, "keys": [self.key]}] if self.key else []

    def settle_signers(self, _repository: Reference, _apply: bool) -> Sequence[Mapping[str, object]]:
        return ()

    def attestations(self, subject: Subject) -> Sequence[Mapping[str, object]]:
        found = []
        for one in self._stored(subject, signatures=False):
            ours = one.digest == subject.digest and self._is_ours(one)
            found.append({"type": one.predicate_type, "key": self.key if ours else one.hint, "verified": ours})
        return sorted(found, key=lambda row: json.dumps(row, sort_keys=True))

    def environment(self) -> Optional[Mapping[str, object]]:
        return None

    # Attestations -----------------------------------------------------------------------------------------------------

    def attested(self, subject: Subject, kind: str) -> List[Dict[str, Any]]:
        """The statements of that type about the image that hold for the key; none is an answer."""
        found: List[Dict[str, Any]] = []
        where = _by_digest(subject)
        for old_format in self._formats(subject):
            code, output, errors = self._cosign.attempt(*self._words.verify_attestation(where, kind, old_format))
            if code == 0:
                found += read_statements(output, where)
            else:
                holds_none(code, errors, where)
        return found

    def attest(self, subject: Subject, kind: str, predicate: str) -> None:
        """`predicate` is a file."""
        self._prepare_signing()
        words = self._words.attest(_by_digest(subject), self._private_key, kind, predicate)
        self._cosign.must(*words, secrets=self._secrets)
        self._seen.clear()

    # Inside -----------------------------------------------------------------------------------------------------------

    def _claims(self, subject: Subject) -> List[Claim]:
        found: List[Claim] = []
        where = _by_digest(subject)
        for old_format in self._formats(subject):
            code, output, errors = self._cosign.attempt(*self._words.verify(where, self._order.annotations, old_format))
            if code == 0:
                found += read_claims(output, where)
            else:
                holds_none(code, errors, where)
        return found

    def _formats(self, subject: Subject) -> Tuple[bool, ...]:
        """Version 3 overlooks what version 2 signed as soon as there is one bundle, whoever made it: then both are asked for."""
        if not self._words.dialect.bundles:
            return (False,)
        stored = self._look(subject)
        mixed = {one.in_bundle for one in stored} == {True, False}
        return (False, True) if mixed else (False,)

    def _why_not(self, subject: Subject, other_names: Sequence[Claim]) -> str:
        order = self._order
        said = ", ".join("%s=%s" % pair for pair in sorted(order.annotations.items()))
        looked_for = "a signature of key %s" % self.key + (" with %s" % said if said else "")
        named = subject.reference.canonical
        if subject.reference.digest is None:
            named += " (%s)" % subject.digest
        if other_names:
            names = sorted({one.repository or "no repository (bundles of cosign 3 name none)" for one in other_names})
            return "%s has %s, but for %s and not for %s (signed_as)" % (
                named,
                looked_for,
                ", ".join(names),
                order.signed_as,
            )
        stored = self._stored(subject, signatures=True)
        if not stored:
            return "%s is not signed: its repository has no signature of it at all; looked for %s" % (named, looked_for)
        bundles = sum(1 for one in stored if one.in_bundle)
        if bundles == len(stored) and not self._words.dialect.bundles:
            return (
                "%s: its %d signatures are bundles of cosign 3, which this cosign 2 does not read; looked for %s. Use cosign 3 here"
                % (named, bundles, looked_for)
            )
        return "%s: none of its %d signatures is %s" % (named, len(stored), looked_for)

    def _stored(self, subject: Subject, signatures: bool) -> List[Stored]:
        return [one for one in self._look(subject) if one.is_signature == signatures]

    def _look(self, subject: Subject) -> List[Stored]:
        """Once, until something is changed here: it takes some requests for each signature."""
        if subject.digest not in self._seen:
            self._seen[subject.digest] = self._store.look(subject.digest)
        return self._seen[subject.digest]

    def _to_revoke(self, subject: Subject) -> List[Stored]:
        # One of another image that lies here is a copy: its manifest is that image's own too, and would go there with it.
        stored = [one for one in self._stored(subject, signatures=True) if one.digest == subject.digest]
        return stored if self._order.all_signatures else [one for one in stored if self._is_ours(one)]

    def _counts(self, stored: Stored, subject: Subject) -> bool:
        """Whether `verify` has it among those that hold."""
        order = self._order
        return (
            stored.digest == subject.digest
            and order.annotations.items() <= stored.annotations.items()
            and order.signed_as in (None, stored.repository)
            and (self._words.dialect.bundles or not stored.in_bundle)
            and self._is_ours(stored)
        )

    def _is_ours(self, stored: Stored) -> bool:
        """Whether one signature or attestation is of the key, by cosign's own judgement of that one."""
        if not self.can_verify:
            return False
        scratch = self._tools.scratch
        payload = scratch.write("payload", stored.payload)
        document = scratch.write("proof", self._proof(stored).encode("utf-8"))
        code, _output, errors = self._cosign.attempt(*self._words.verify_alone(stored, document, payload))
        return code == 0 or not is_no_proof(code, errors, self._order.image.repository)

    def _proof(self, stored: Stored) -> str:
        """As version 3 reads it: a bundle, made here from what version 2 stored; version 2 reads each as it is stored."""
        if not self._words.dialect.bundles:
            return stored.envelope or stored.signature
        bundle: Dict[str, Any] = {"mediaType": _BUNDLE, "verificationMaterial": {"publicKey": {"hint": ""}}}
        if stored.envelope:
            return json.dumps({**bundle, "dsseEnvelope": json.loads(stored.envelope)})
        digest = base64.b64encode(hashlib.sha256(stored.payload).digest()).decode("ascii")
        message = {"messageDigest": {"algorithm": "SHA2_256", "digest": digest}, "signature": stored.signature}
        return json.dumps({**bundle, "messageSignature": message})

    def _prepare_signing(self) -> None:
        if self._words.dialect.bundles:
            self._cosign.must(*self._words.make_signing_config())

    def _signature(self, digest: str, repository: Optional[str], annotations: Mapping[str, str]) -> Signature:
        return Signature(COSIGN, digest, key=self.key, repository=repository, annotations=annotations)

    def _revoked(self, stored: Stored) -> Signature:
        if self._order.all_signatures:
            return _claimed(stored)
        return self._signature(stored.digest, stored.repository, stored.annotations)


def _claimed(stored: Stored) -> Signature:
    """`key` is what a bundle hints at."""
    return Signature(
        COSIGN, stored.digest, key=stored.hint, repository=stored.repository, annotations=stored.annotations
    )


def _by_digest(subject: Subject) -> str:
    return "%s@%s" % (subject.reference.repository, subject.digest)


def _pem(key: Key) -> str:
    """Raises PolicyError when there is no such file, StateError when it cannot be read."""
    if key.content is not None:
        return key.content
    data = read_capped(str(key.path), MAX_KEY)
    if data is None:
        raise PolicyError("public_key_path: there is no %s on this host" % key.path)
    return data.decode("utf-8", "replace")
