# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of an image's signatures: the modules' options as values, checked before anything is asked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_stored import (
    CLAIM_TYPE,
    SIGNATURE_PREDICATE,
)

COSIGN, DOCKER_TRUST = "cosign", "docker_trust"
METHODS = (COSIGN, DOCKER_TRUST)
SIGNED, PULLED, REVOKED, ATTESTED = "signed", "pulled", "revoked", "attested"
STATES = (SIGNED, PULLED, REVOKED, ATTESTED)
PRESENT, ABSENT = "present", "absent"

#: Options that mean something for one method only, so that nothing given is silently without effect.
_ONLY_FOR: Mapping[str, Tuple[str, ...]] = {
    COSIGN: ("public_key_path", "public_key_content", "annotations", "signed_as", "attestation", "all_signatures"),
    DOCKER_TRUST: ("trust_server", "root_passphrase", "signer", "signers"),
}
# cosign reads `key=value`, refuses a second `=`, and cuts a list at commas.
_ANNOTATION_NAME, _ANNOTATION_TEXT = re.compile(r"[^=,\s]+"), re.compile(r"[^=,\r\n]*")


@dataclass(frozen=True)
class Key:
    """Where a key is: a file on the host, or its text. The text is shown by no repr."""

    path: Optional[str] = None
    content: Optional[str] = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """For messages: the path, never the text."""
        return self.path or "the key that was given as content"


@dataclass(frozen=True)
class AttestationOrder:
    """What is to be said about the image: `type` is a predicate type of cosign or a URI.

    The predicate is a JSON document: a file on the host or its text; None when any of that type will do.
    """

    type: str
    predicate_path: Optional[str] = None
    predicate: Optional[str] = None


@dataclass(frozen=True)
class SignerOrder:
    """One signer of a repository (Docker Content Trust): `state` present or absent; present needs the public key."""

    name: str
    public_key: Optional[Key]
    state: str = PRESENT


@dataclass(frozen=True)
class TrustOrder:
    """What only Docker Content Trust needs. `server` None: that of the registry itself."""

    docker_cli: str = "docker"
    config_dir: Optional[str] = None
    server: Optional[str] = None
    root_passphrase: Optional[str] = field(default=None, repr=False)
    signer: Optional[str] = None
    signers: Tuple[SignerOrder, ...] = ()


@dataclass(frozen=True)
class SigningOrder:
    """One image, one method, and what is wanted.

    `image` has a tag or a digest, except for a look at Docker Content Trust, which may be told a repository. `signed_as`: the
    repository that a signature must have been made for, None when any will do.
    """

    image: Reference
    method: str
    state: str = SIGNED
    private_key: Optional[Key] = None
    passphrase: Optional[str] = field(default=None, repr=False)
    public_key: Optional[Key] = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    signed_as: Optional[str] = None
    all_signatures: bool = False
    attestation: Optional[AttestationOrder] = None
    cosign: str = "cosign"
    trust: TrustOrder = TrustOrder()


def parse_signing_order(options: Mapping[str, Any], changes: bool = True) -> SigningOrder:
    """From a module's options; without `changes` for a module that only looks.

    Raises PolicyError naming option, value, cause and what is accepted.
    """
    method = _choice("method", options.get("method"), METHODS)
    image = _image(options.get("image"), repository_will_do=method == DOCKER_TRUST and not changes)
    state = _choice("state", options.get("state") or SIGNED, STATES) if changes else SIGNED
    order = order_for(image, options, state)
    if changes:
        _check_state(order)
    return order


def order_for(image: Reference, options: Mapping[str, Any], state: str = SIGNED) -> SigningOrder:
    """What the options say of an image that is named otherwise. Raises PolicyError."""
    method = _choice("method", options.get("method"), METHODS)
    _refuse_options_of_other_methods(method, options)
    return SigningOrder(
        image=image,
        method=method,
        state=state,
        private_key=_key("private_key", options),
        passphrase=options.get("passphrase"),
        public_key=_key("public_key", options),
        annotations=_annotations(options.get("annotations")),
        signed_as=_signed_as(options.get("signed_as")),
        all_signatures=bool(options.get("all_signatures")),
        attestation=_attestation(options.get("attestation")),
        cosign=options.get("cosign") or "cosign",
        trust=TrustOrder(
            docker_cli=options.get("docker_cli") or "docker",
            config_dir=options.get("config_dir"),
            server=options.get("trust_server"),
            root_passphrase=options.get("root_passphrase"),
            signer=options.get("signer"),
            signers=_signers(options.get("signers")),
        ),
    )


def _check_state(order: SigningOrder) -> None:
    """What each state cannot do without."""
    if order.method == DOCKER_TRUST:
        if order.state == ATTESTED:
            raise PolicyError("state: Docker Content Trust knows no attestations; use method: cosign")
        if order.state != PULLED and order.image.digest:
            raise PolicyError("image: Docker Content Trust signs tags; name %s by its tag" % order.image.repository)
        return
    if order.state in (SIGNED, ATTESTED) and order.private_key is None:
        raise PolicyError("private_key_path: state: %s needs the key to sign with, as path or content" % order.state)
    if order.state == PULLED and order.public_key is None and order.private_key is None:
        raise PolicyError("public_key_path: state: pulled needs the key that the signature must be of")
    if (order.state == ATTESTED) != (order.attestation is not None):
        raise PolicyError("attestation: it belongs to state: attested, which needs it")
    if order.state == ATTESTED and order.attestation is not None and not _says_something(order.attestation):
        raise PolicyError("attestation: give predicate_path or predicate, the JSON document that is attested")
    if order.state == ATTESTED and order.annotations:
        raise PolicyError("annotations: an attestation has none; say it in the document")
    if order.signed_as and order.state != PULLED:
        raise PolicyError(
            "signed_as: it belongs to state: pulled and to image_signature_info; what is signed here is signed as %s"
            % order.image.repository
        )
    if order.all_signatures and order.state != REVOKED:
        raise PolicyError("all_signatures: it belongs to state: revoked")
    if order.state == REVOKED:
        _check_revocation(order)


def _check_revocation(order: SigningOrder) -> None:
    keyed = order.public_key is not None or order.private_key is not None
    if keyed == order.all_signatures:
        raise PolicyError(
            "public_key_path: state: revoked takes away the signatures of one key, or with all_signatures: true those of "
            "every key; give one of the two"
        )
    if order.annotations:
        raise PolicyError("annotations: state: revoked takes away whatever the key signed; leave them out")


def _says_something(attestation: AttestationOrder) -> bool:
    return attestation.predicate_path is not None or attestation.predicate is not None


def _choice(name: str, value: Any, accepted: Tuple[str, ...]) -> str:
    if value not in accepted:
        raise PolicyError("%s: %r is none of %s" % (name, value, ", ".join(accepted)))
    return str(value)


def _refuse_options_of_other_methods(method: str, options: Mapping[str, Any]) -> None:
    for other, names in _ONLY_FOR.items():
        for name in names:
            if other != method and options.get(name):
                raise PolicyError("%s: it is for method: %s and has no effect with %s" % (name, other, method))


def _image(value: Any, repository_will_do: bool) -> Reference:
    try:
        reference = parse_reference(value)
    except PolicyError as error:
        raise PolicyError("image: %s" % error) from error
    return reference if repository_will_do else reference.with_default_tag()


def _key(name: str, options: Mapping[str, Any], where: str = "") -> Optional[Key]:
    path, content = options.get(name + "_path"), options.get(name + "_content")
    if path and content:
        raise PolicyError("%s%s_path: give the key as path or as content, not both" % (where, name))
    if content:
        return Key(content=str(content))
    return Key(path=str(path)) if path else None


def _annotations(value: Any) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for key, text in (value or {}).items():
        if not isinstance(text, str):
            raise PolicyError("annotations: %s is no text: %r; quote it" % (key, text))
        if not _ANNOTATION_NAME.fullmatch(str(key)) or not _ANNOTATION_TEXT.fullmatch(text):
            raise PolicyError(
                "annotations: %s=%s cannot be told to cosign: no = or comma in either, no space in a name, no line break in a text"
                % (key, text)
            )
        found[str(key)] = str(text)
    return found


def _signed_as(value: Any) -> Optional[str]:
    if not value:
        return None
    try:
        reference = parse_reference(value)
    except PolicyError as error:
        raise PolicyError("signed_as: %s" % error) from error
    if reference.tag or reference.digest:
        raise PolicyError("signed_as: %r names a tag or digest; write the repository alone" % (value,))
    return reference.repository


def _attestation(value: Any) -> Optional[AttestationOrder]:
    if not value:
        return None
    path, document = value.get("predicate_path"), value.get("predicate")
    if path and document is not None:
        raise PolicyError("attestation.predicate_path: give the document as path or as predicate, not both")
    if not value.get("type"):
        raise PolicyError("attestation.type: say what kind of statement it is, for example cyclonedx or a URI")
    if value["type"] in (CLAIM_TYPE, SIGNATURE_PREDICATE):
        raise PolicyError(
            "attestation.type: %s is what cosign calls a signature, and would count as one; use state: signed to sign the image"
            % value["type"]
        )
    text = None if document is None else json.dumps(document, sort_keys=True)
    return AttestationOrder(str(value["type"]), path or None, text)


def _signers(value: Any) -> Tuple[SignerOrder, ...]:
    found = []
    for position, entry in enumerate(value or ()):
        where = "signers[%d]." % position
        name, state = str(entry.get("name") or "").strip(), entry.get("state") or PRESENT
        if not name:
            raise PolicyError("%sname: say who the signer is" % where)
        state = _choice(where + "state", state, (PRESENT, ABSENT))
        key = _key("public_key", entry, where)
        if state == PRESENT and key is None:
            raise PolicyError("%spublic_key_path: a signer that is to be present needs a public key" % where)
        found.append(SignerOrder(name, key, state))
    return tuple(found)
