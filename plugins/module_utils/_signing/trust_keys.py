# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of Docker Content Trust: the ID of a public key, and what kind of private key a text is (pure)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Dict, List, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

# Object identifiers of the algorithms that `docker trust` takes, as DER has them (RFC 3279 2.3.1, RFC 5480 2.1.1).
_ALGORITHMS = (
    (bytes.fromhex("06072a8648ce3d0201"), "ecdsa"),
    (bytes.fromhex("06092a864886f70d010101"), "rsa"),
)
_BLOCK = re.compile(r"-----BEGIN (?P<kind>[A-Z0-9 ]+)-----\s*?\n(?P<body>.*?)-----END (?P=kind)-----", re.DOTALL)
_HEADER = re.compile(r"([A-Za-z-]+):\s*(.*)")
_SIGNER = re.compile(r"[a-z0-9][a-z0-9_.-]*")
# PKCS 8, SEC 1 and PKCS 1; keys of cosign call themselves private too.
_PRIVATE = ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY")
#: Roles of TUF that are no signers.
_ROLES = ("root", "targets", "snapshot", "timestamp")
RESERVED = "releases"


@dataclass(frozen=True)
class PrivateKey:
    """A private key as a PEM block. `encrypted`: it opens with a passphrase; `role`: whose it is, where its header tells.

    Only what `docker trust key generate` made says its role: it is the form of files in a trust folder.
    """

    encrypted: bool
    role: str = ""
    text: str = field(default="", repr=False)


def key_id(text: str, where: str) -> str:
    """The ID that `docker trust inspect` shows for a public key (PEM, SubjectPublicKeyInfo).

    It is the SHA-256 of the key's canonical JSON in the TUF specification 1.0, section 4.2. Raises PolicyError naming `where`.
    """
    kind, _headers, data = _block(text, where)
    if kind != "PUBLIC KEY":
        raise PolicyError(
            "%s: it is a PEM block of the kind %s, and a public key is wanted (BEGIN PUBLIC KEY, as docker trust key generate writes "
            "it into NAME.pub)" % (where, kind)
        )
    for identifier, name in _ALGORITHMS:
        if identifier in data[:40]:
            public = base64.b64encode(data).decode("ascii")
            value = {"keytype": name, "keyval": {"private": None, "public": public}}
            canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
            return hashlib.sha256(canonical.encode("ascii")).hexdigest()
    raise PolicyError("%s: docker trust takes keys of ECDSA (P-256) and RSA only, and this is neither" % where)


def read_private_key(text: str, where: str) -> PrivateKey:
    """Raises PolicyError naming `where` for what `docker trust` would load without an error and without a key."""
    kind, headers, _data = _block(text, where)
    role = headers.get("role", "")
    if kind not in _PRIVATE:
        raise PolicyError("%s: it is a PEM block of the kind %s, and a private key is wanted" % (where, kind))
    if role in _ROLES:
        raise PolicyError(
            "%s: it is the key of the role %s, which administers a repository; a signer's is wanted. Such keys belong below "
            "trust/private in config_dir, and in a backup" % (where, role)
        )
    if kind == "ENCRYPTED PRIVATE KEY" and role:
        return PrivateKey(True, role, text)
    if kind == "ENCRYPTED PRIVATE KEY" or "DEK-Info" in headers:
        raise PolicyError(
            "%s: it is encrypted, but not as docker trust key generate does it, and docker trust would take nothing from it. Decrypt "
            "it (openssl pkey), and give the result as private_key_content from a vault" % where
        )
    return PrivateKey(False, role, text)


def check_signer(name: str, where: str) -> str:
    """Raises PolicyError for what `docker trust signer add` refuses."""
    if not _SIGNER.fullmatch(name) or name == RESERVED:
        raise PolicyError(
            "%s: %r is no name of a signer; use lower case letters, digits, _ . and -, starting with a letter or digit, other than %s"
            % (where, name, RESERVED)
        )
    return name


def _block(text: str, where: str) -> Tuple[str, Dict[str, str], bytes]:
    """Kind, headers (RFC 1421 4.6) and content of the first PEM block; nothing of its content is ever shown."""
    found = _BLOCK.search(text.replace("\r\n", "\n"))
    if found is None:
        raise PolicyError("%s: it holds no PEM block (-----BEGIN ...)" % where)
    headers: Dict[str, str] = {}
    lines: List[str] = []
    for line in found.group("body").splitlines():
        header = _HEADER.fullmatch(line.strip())
        if header is not None:
            headers[header.group(1)] = header.group(2)
        else:
            lines.append(line.strip())
    try:
        data = base64.b64decode("".join(lines), validate=True)
    except (binascii.Error, ValueError):
        raise PolicyError("%s: its PEM block is not base64" % where) from None
    return found.group("kind"), headers, data
