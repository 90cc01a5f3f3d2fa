# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cosign leaves in a registry, read into values: nothing of it is believed before cosign has verified it.

Version 2 has a manifest under `sha256-<hex>.sig` with one layer a signature (a claim in JSON, the signature in an annotation),
and one under `.att` with one layer an attestation (a DSSE envelope). Version 3 has one manifest each, which refers to the image,
with a sigstore bundle as its layer: the envelope of an in-toto statement, for signatures of a predicate type of their own.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.public_key import hinted

SIGNED_LAYER = "application/vnd.dev.cosign.simplesigning.v1+json"
ENVELOPE_LAYER = "application/vnd.dsse.envelope.v1+json"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle"
SIGNATURE_NOTE = "dev.cosignproject.cosign/signature"
#: What the claims of signatures say they are; everything else that verifies is an attestation.
CLAIM_TYPE = "cosign container image signature"
SIGNATURE_PREDICATE = "https://sigstore.dev/cosign/sign/v1"
STATEMENT = "application/vnd.in-toto+json"
# A URI (in-toto Statement v1): without line breaks it cannot pass for other words of cosign where that repeats it.
_TYPE = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Stored:
    """One signature or attestation. `manifest` holds it; `place` is that of its layer there.

    Either `payload` was signed by `signature` (base64), or `envelope` (JSON) holds both. `digest`, `repository`, `annotations`,
    `predicate_type` and `predicate` are what it claims; `hint` is the fingerprint that it claims to be of.
    """

    is_signature: bool
    in_bundle: bool
    manifest: str
    place: int
    digest: str
    payload: bytes = b""
    signature: str = ""
    envelope: str = ""
    repository: Optional[str] = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    predicate_type: str = ""
    predicate: Any = None
    hint: Optional[str] = None


def read_signature(manifest: str, place: int, payload: bytes, signature: str) -> Optional[Stored]:
    """A layer of a `.sig` manifest; None when it is nothing that could verify."""
    document = _object(payload)
    claim = read_claim(document)
    if claim is None or claim.type != CLAIM_TYPE or not signature:
        return None
    return Stored(
        is_signature=True,
        in_bundle=False,
        manifest=manifest,
        place=place,
        digest=claim.digest,
        payload=payload,
        signature=signature,
        repository=claim.repository,
        annotations=claim.annotations,
    )


def read_envelope(manifest: str, place: int, data: bytes) -> Optional[Stored]:
    """A layer of an `.att` manifest; None when it is nothing that could verify."""
    envelope = _object(data)
    return None if envelope is None else _stored(manifest, place, envelope, None, in_bundle=False)


def read_bundle(manifest: str, data: bytes) -> Optional[Stored]:
    """A bundle that refers to an image; None when it is nothing that could verify."""
    document = _object(data) or {}
    envelope, material = document.get("dsseEnvelope"), document.get("verificationMaterial")
    if not isinstance(envelope, dict):
        return None
    key = material.get("publicKey") if isinstance(material, dict) else None
    hint = hinted(key.get("hint")) if isinstance(key, dict) else None
    return _stored(manifest, 0, envelope, hint, in_bundle=True)


@dataclass(frozen=True)
class Claim:
    """What a verified signature says: `type` of claim, the image, by which repository, with which annotations."""

    type: str
    digest: str
    repository: Optional[str]
    annotations: Mapping[str, str]


def read_claim(document: Any) -> Optional[Claim]:
    """From the claim format of cosign (`critical`, `optional`); None when it is another document."""
    critical = document.get("critical") if isinstance(document, dict) else None
    if not isinstance(critical, dict):
        return None
    image, identity = critical.get("image"), critical.get("identity")
    digest = image.get("docker-manifest-digest") if isinstance(image, dict) else None
    name = identity.get("docker-reference") if isinstance(identity, dict) else None
    if not is_digest(str(digest)):
        return None
    kind = str(critical.get("type"))
    # Bundles have no name: cosign shows the one that it was asked for.
    repository = _repository(name) if kind == CLAIM_TYPE else None
    return Claim(kind, str(digest), repository, _texts(document.get("optional")))


def read_statement(envelope: Any) -> Optional[Dict[str, Any]]:
    """The in-toto statement in a DSSE envelope; None when there is none."""
    if not isinstance(envelope, dict) or envelope.get("payloadType") != STATEMENT:
        return None
    try:
        return _object(base64.b64decode(str(envelope.get("payload")), validate=True))
    except (ValueError, binascii.Error):
        return None


def _stored(
    manifest: str, place: int, envelope: Dict[str, Any], hint: Optional[str], in_bundle: bool
) -> Optional[Stored]:
    statement = read_statement(envelope)
    if statement is None:
        return None
    subjects = statement.get("subject")
    subject = subjects[0] if isinstance(subjects, list) and subjects and isinstance(subjects[0], dict) else {}
    digests = subject.get("digest")
    digest = "sha256:%s" % digests.get("sha256") if isinstance(digests, dict) else ""
    kind = statement.get("predicateType")
    if not is_digest(digest) or not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        return None
    name = subject.get("name")
    return Stored(
        # Elsewhere cosign takes none for one, whatever it says of itself.
        is_signature=in_bundle and kind == SIGNATURE_PREDICATE,
        in_bundle=in_bundle,
        manifest=manifest,
        place=place,
        digest=digest,
        envelope=json.dumps(envelope),
        repository=str(name) if isinstance(name, str) and name else None,
        annotations=_texts(subject.get("annotations")),
        predicate_type=kind,
        predicate=statement.get("predicate"),
        hint=hint,
    )


def _object(data: bytes) -> Optional[Dict[str, Any]]:
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _repository(name: Any) -> Optional[str]:
    """As others here write it: cosign has index.docker.io for Docker Hub."""
    try:
        return parse_reference(name).repository
    except PolicyError:
        return None


def _texts(value: Any) -> Dict[str, str]:
    return {str(key): str(text) for key, text in value.items()} if isinstance(value, dict) else {}
