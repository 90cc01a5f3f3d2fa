# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fingerprint of a public key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----(.*?)-----END PUBLIC KEY-----", re.DOTALL)


def fingerprint(pem: str, where: str) -> str:
    """`sha256:` and the digest of the key as DER (SubjectPublicKeyInfo). Raises PolicyError naming `where` it comes from."""
    found = _PEM.search(pem)
    if "PRIVATE KEY" in pem:
        raise PolicyError("%s: it holds a private key; a public key is needed here" % where)
    if found is None:
        raise PolicyError("%s: it holds no public key in PEM (BEGIN PUBLIC KEY)" % where)
    try:
        data = base64.b64decode("".join(found.group(1).split()), validate=True)
    except (ValueError, binascii.Error) as error:
        raise PolicyError("%s: what is between the lines of its public key is not base64" % where) from error
    return "sha256:" + hashlib.sha256(data).hexdigest()


def hinted(hint: object) -> Optional[str]:
    """The fingerprint that a bundle hints at (base64 of the same digest); None for any other hint. It proves nothing."""
    try:
        data = base64.b64decode(str(hint), validate=True)
    except (ValueError, binascii.Error):
        return None
    return "sha256:" + data.hex() if len(data) == hashlib.sha256().digest_size else None
