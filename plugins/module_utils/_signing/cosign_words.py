# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How both kinds of cosign are told what to do: argument vectors, in which no secret ever is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_stored import Stored
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.cosign import Dialect

#: Variables that hold keys; cosign reads a key named `env://NAME` from there.
PRIVATE_KEY, PUBLIC_KEY = "IMAGEFLEET_PRIVATE_KEY", "IMAGEFLEET_PUBLIC_KEY"
#: No transparency log has keys of sites; the trust is in the public key.
_NO_LOG = "--insecure-ignore-tlog=true"


@dataclass(frozen=True)
class Reach:
    """How a registry is reached."""

    insecure: bool = False
    validate_certs: bool = True
    ca_path: Optional[str] = None
    client_cert: Optional[str] = None
    client_key: Optional[str] = None

    @property
    def words(self) -> List[str]:
        found: List[str] = []
        if self.insecure:
            # Version 2 verifies over plain HTTP only with both.
            found += ["--allow-http-registry", "--allow-insecure-registry"]
        elif not self.validate_certs:
            found.append("--allow-insecure-registry")
        if self.ca_path:
            found += ["--registry-cacert", self.ca_path]
        if self.client_cert and self.client_key:
            found += ["--registry-client-cert", self.client_cert, "--registry-client-key", self.client_key]
        return found


@dataclass(frozen=True)
class Words:
    """`signing_config` and `trusted_root` are files, which only version 3 needs: it fetches its own from the internet without them."""

    dialect: Dialect
    reach: Reach
    signing_config: str = ""
    trusted_root: str = ""

    def make_signing_config(self) -> List[str]:
        """One without a transparency log and time stamps."""
        return ["signing-config", "create", "--out", self.signing_config]

    def public_key(self, private_key: str) -> List[str]:
        return ["public-key", "--key", private_key]

    def sign(self, name: str, private_key: str, annotations: Mapping[str, str]) -> List[str]:
        return ["sign", "--key", private_key, *self._signing(), *_annotations(annotations), *self.reach.words, name]

    def attest(self, name: str, private_key: str, kind: str, predicate: str) -> List[str]:
        """`predicate` is a file."""
        words = ["attest", "--key", private_key, "--type", kind, "--predicate", predicate]
        return [*words, *self._signing(), *self.reach.words, name]

    def verify(self, name: str, annotations: Mapping[str, str], old_format: bool = False) -> List[str]:
        """`old_format`: version 3 is to look at what version 2 made, which it leaves aside when there are bundles."""
        words = ["verify", *self._verifying(old_format), "--output", "json", *_annotations(annotations)]
        return [*words, *self.reach.words, name]

    def verify_attestation(self, name: str, kind: str, old_format: bool = False) -> List[str]:
        words = ["verify-attestation", *self._verifying(old_format), "--type", kind, "--output", "json"]
        return [*words, *self.reach.words, name]

    def verify_alone(self, stored: Stored, document: str, payload: str) -> List[str]:
        """One signature or attestation out of the registry: is it of the key? `document` and `payload` are files.

        The document of an envelope is the envelope, that of a signature its text; for version 3 both are bundles. Nothing of what
        a registry holds is an argument that names something: cosign opens a signature that reads as a path or URL.
        """
        root = ["--trusted-root", self.trusted_root] if self.dialect.bundles else []
        words = ["--key", "env://" + PUBLIC_KEY, _NO_LOG, *root]
        if stored.envelope:
            flag = "--bundle" if self.dialect.bundles else "--signature"
            kind = ["--type", stored.predicate_type, "--check-claims=false"]
            return ["verify-blob-attestation", *words, flag, document, *kind]
        return ["verify-blob", *words, "--bundle" if self.dialect.bundles else "--signature", document, payload]

    def _signing(self) -> Tuple[str, ...]:
        if self.dialect.bundles:
            return ("--signing-config", self.signing_config, "--trusted-root", self.trusted_root, "--yes")
        return ("--tlog-upload=false", "--yes")

    def _verifying(self, old_format: bool) -> List[str]:
        words = ["--key", "env://" + PUBLIC_KEY, _NO_LOG]
        if self.dialect.bundles:
            words += ["--new-bundle-format=false"] if old_format else ["--trusted-root", self.trusted_root]
        return words


def _annotations(annotations: Mapping[str, str]) -> List[str]:
    return [word for key in sorted(annotations) for word in ("--annotations", "%s=%s" % (key, annotations[key]))]
