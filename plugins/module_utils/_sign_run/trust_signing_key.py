# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key that a tag is signed with: that of the options, put into a trust folder of the run, or those of the trust folder."""

from __future__ import annotations

import os
import re
import secrets
from typing import Dict, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_repository import TrustRepository
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import Key, SigningOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_cli import (
    REPOSITORY_PASSPHRASE,
    ROOT_PASSPHRASE,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_inspect import TrustData
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_keys import (
    PrivateKey,
    read_private_key,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import last_lines

_MAX_KEY = 64 * 1024
_ID = re.compile(r"[0-9a-f]{64}")
_LOADED_AS = "signer"


def read_key(key: Key, where: str) -> str:
    """The text of a key. Raises PolicyError when the file is not there, StateError when it cannot be read."""
    if key.content is not None:
        return key.content
    data = read_capped(str(key.path), _MAX_KEY)
    if data is None:
        raise PolicyError("%s: there is no %s on this host" % (where, key.path))
    return data.decode("utf-8", "replace")


class SigningKey:
    """`own`: a key was given, and signing happens in a folder of this run, with no other key.

    Raises PolicyError before anything is started for a key that cannot be used, and for a passphrase that is missing.
    """

    def __init__(self, order: SigningOrder, repository: TrustRepository) -> None:
        self._repository = repository
        self._given = order.private_key
        self._signer = order.trust.signer
        self._passphrase = order.passphrase
        self._root_passphrase = order.trust.root_passphrase
        self._key: Optional[PrivateKey] = None
        self._text = ""
        if order.private_key is not None:
            self._text = read_key(order.private_key, "private_key_path")
            self._key = read_private_key(self._text, order.private_key.shown)
            if self._key.encrypted and not order.passphrase:
                raise PolicyError("passphrase: %s is encrypted" % order.private_key.shown)

    @property
    def own(self) -> bool:
        return self._key is not None

    @property
    def signer(self) -> Optional[str]:
        """Who signs, where that is known."""
        return self._signer or (self._key.role if self._key is not None else "") or None

    def secrets(self) -> Dict[str, str]:
        """The variables for calls that sign. Raises PolicyError when a passphrase is missing.

        A key that was given without one is encrypted with a passphrase of this run: the command line keeps no other.
        """
        if not self._passphrase and self.own:
            self._passphrase = secrets.token_hex(16)
        if not self._passphrase:
            raise PolicyError(
                "passphrase: the keys in %s are encrypted; say their passphrase, or give the signer's key as private_key_path"
                % self._repository.folders.trust
            )
        found = {REPOSITORY_PASSPHRASE: self._passphrase}
        if self._root_passphrase:
            found[ROOT_PASSPHRASE] = self._root_passphrase
        return found

    def settle(self, data: Optional[TrustData]) -> None:
        """Put the given key where the command line finds it. Raises ToolError when that cannot be done."""
        if self._key is None:
            return
        folder = os.path.join(self._repository.folder(own_keys=True), "trust", "private")
        if os.listdir(folder):
            return
        if self._key.encrypted:
            self._copy(folder, self._ids(data))
        else:
            self._load(folder)

    def _load(self, folder: str) -> None:
        path = self._repository.tools.scratch.write("signer.pem", self._text.encode("utf-8"))
        try:
            docker = self._repository.docker(own_keys=True)
            name = self.signer or _LOADED_AS
            code, output, errors = docker.attempt("trust", "key", "load", "--name", name, path, secrets=self.secrets())
        finally:
            os.unlink(path)
        # It says that all went well also when it took nothing.
        if code != 0 or not os.listdir(folder):
            raise ToolError(
                "docker trust key load takes nothing from %s (ECDSA P-256 and RSA keys are taken, and a passphrase needs 8 characters): %s"
                % (self._shown, last_lines(errors or output))
            )

    def _copy(self, folder: str, ids: List[str]) -> None:
        """A key as `docker trust key generate` keeps it belongs under its ID, which cannot be computed while it is encrypted."""
        for name in ids:
            place = os.path.join(folder, name + ".key")
            try:
                handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as stream:
                    stream.write(self._text.encode("utf-8"))
            except OSError as error:
                raise StateError("cannot write %s: %s" % (place, error.strerror or error)) from error

    def _ids(self, data: Optional[TrustData]) -> List[str]:
        stem = os.path.splitext(os.path.basename((self._given.path if self._given else None) or ""))[0]
        if _ID.fullmatch(stem):
            return [stem]
        known = list((data.signers if data else {}).get(self.signer or "", ()))
        if not known:
            raise ToolError(
                "%s is the key of %s, who is no signer of %s; add the signer first (signers), with the public key"
                % (self._shown, self.signer, self._repository.image.repository)
            )
        return known

    @property
    def _shown(self) -> str:
        return self._given.shown if self._given is not None else "the key"
