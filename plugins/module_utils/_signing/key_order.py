# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signing key that is to be on a host, or not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import (
    ABSENT,
    COSIGN,
    DOCKER_TRUST,
    METHODS,
    PRESENT,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.public_key import fingerprint
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_keys import (
    check_signer,
    key_id,
    read_private_key,
)

FOLDER = "/etc/imagefleet/signing"
#: `docker trust` says that all went well with a shorter passphrase, and keeps no key (seen with 26.1).
SHORTEST_TRUST_PASSPHRASE = 8
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_COSIGN_KEY = re.compile(r"-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----\s.+-----END ENCRYPTED ", re.DOTALL)


@dataclass(frozen=True)
class KeyOrder:
    """`path` and `public_path` are files; `content` the private key that is given, None when one is to be generated."""

    method: str
    name: str
    path: str
    public_path: str
    state: str = PRESENT
    passphrase: Optional[str] = field(default=None, repr=False)
    content: Optional[str] = field(default=None, repr=False)
    replace: bool = False
    owner: Optional[str] = None
    group: Optional[str] = None
    cosign: str = "cosign"
    docker_cli: str = "docker"

    def identify(self, public: str) -> str:
        """The fingerprint (cosign) or ID (Docker Content Trust) by which results of signatures name the key."""
        if self.method == COSIGN:
            return fingerprint(public, self.public_path)
        return key_id(public, self.public_path)


def parse_key_order(options: Mapping[str, Any]) -> KeyOrder:
    """Raises PolicyError naming option, value, cause and what is accepted; never with a key or a passphrase in it."""
    method, name = str(options.get("method")), str(options.get("name") or "")
    if method not in METHODS:
        raise PolicyError("method: %r is none of %s" % (method, ", ".join(METHODS)))
    if method == DOCKER_TRUST:
        check_signer(name, "name")
    elif not _NAME.fullmatch(name):
        raise PolicyError("name: %r is no name; use letters, digits, _ . and -, starting with a letter or digit" % name)
    path = _absolute("path", options.get("path") or "%s/%s.key" % (FOLDER, name))
    order = KeyOrder(
        method=method,
        name=name,
        path=path,
        public_path=_absolute("public_key_path", options.get("public_key_path") or _beside(path)),
        state=options.get("state") or PRESENT,
        passphrase=options.get("passphrase") or None,
        content=_text(options.get("private_key_content")),
        replace=bool(options.get("replace")),
        owner=options.get("owner"),
        group=options.get("group"),
        cosign=options.get("cosign") or "cosign",
        docker_cli=options.get("docker_cli") or "docker",
    )
    _check(order)
    return order


def _check(order: KeyOrder) -> None:
    if order.state not in (PRESENT, ABSENT):
        raise PolicyError("state: %r is none of %s, %s" % (order.state, PRESENT, ABSENT))
    if order.path == order.public_path:
        raise PolicyError("public_key_path: %s is the path of the private key" % order.path)
    if order.replace and order.content is None:
        raise PolicyError(
            "replace: it belongs to private_key_content; a generated key is replaced by one of another name, so that both are trusted "
            "while images are signed anew"
        )
    if order.content is not None:
        check_private_key(order, order.content, "private_key_content")


def check_private_key(order: KeyOrder, text: str, where: str) -> None:
    """Raises PolicyError naming `where` for what the method cannot sign with."""
    if order.method == DOCKER_TRUST:
        read_private_key(text, where)
    elif not _COSIGN_KEY.search(text):
        raise PolicyError(
            "%s: it is no key as cosign keeps it (BEGIN ENCRYPTED SIGSTORE PRIVATE KEY); cosign import-key-pair makes one of a key in PEM"
            % where
        )


def check_passphrase(order: KeyOrder) -> str:
    """For a key that is to be generated. Raises PolicyError."""
    if not order.passphrase:
        raise PolicyError(
            "passphrase: there is no key %s yet, and the one that is to be generated needs a passphrase" % order.path
        )
    if order.method == DOCKER_TRUST and len(order.passphrase) < SHORTEST_TRUST_PASSPHRASE:
        raise PolicyError(
            "passphrase: docker trust keeps no key with less than %d characters" % SHORTEST_TRUST_PASSPHRASE
        )
    return order.passphrase


def same_key(first: str, second: str) -> bool:
    """Whether two texts are the same key file, but for line ends and space around it."""
    return _lines(first) == _lines(second)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _text(value: Any) -> Optional[str]:
    return _lines(str(value)) + "\n" if value else None


def _absolute(option: str, value: Any) -> str:
    if not str(value).startswith("/"):
        raise PolicyError("%s: %r is no absolute path" % (option, value))
    return str(value)


def _beside(path: str) -> str:
    """`NAME.pub` for `NAME.key` and `NAME.pem`."""
    return re.sub(r"\.(?:key|pem)$", "", path) + ".pub"
