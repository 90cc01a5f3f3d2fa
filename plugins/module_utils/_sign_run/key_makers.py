# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that make signing keys, and public keys of them: cosign; docker trust and openssl."""

from __future__ import annotations

import os
import re
from typing import Callable, Mapping, Optional, Protocol, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_words import PRIVATE_KEY
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.key_order import KeyOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import COSIGN, DOCKER_TRUST
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_cli import (
    REPOSITORY_PASSPHRASE,
    environment,
    has_no_trust,
    no_trust,
    read_version,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.cosign import Cosign
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, Run, last_lines

MAX_KEY = 64 * 1024
_PASSPHRASE = "IMAGEFLEET_PASSPHRASE"
# What `docker trust` writes into PEM blocks beside the key, and openssl does not read.
_HEADERS = re.compile(r"(-----BEGIN [A-Z ]+-----\s*?\n)(?:[A-Za-z-]+:[^\n]*\n)+\s*\n")


class KeyMaker(Protocol):
    """Raises ToolMissing without its program, ToolError when that fails."""

    def generate(self, passphrase: str) -> Tuple[str, str]:
        """A new private key, encrypted, and its public key."""

    def public(self, private: str) -> str:
        """The public key of a private one."""


class CosignKeys:
    """Keys as `cosign generate-key-pair` makes them."""

    def __init__(self, order: KeyOrder, run: Run, scratch: Scratch) -> None:
        self._order = order
        self._scratch = scratch
        told = {"COSIGN_PASSWORD": order.passphrase or "", "TUF_ROOT": scratch.folder("tuf")}
        self._cosign = Cosign(run, order.cosign, told)

    def generate(self, passphrase: str) -> Tuple[str, str]:
        """`passphrase` is the order's."""
        prefix = os.path.join(self._scratch.folder("new"), "new")
        self._cosign.must("generate-key-pair", "--output-key-prefix", prefix, secrets={"COSIGN_PASSWORD": passphrase})
        return _must_read(prefix + ".key"), _must_read(prefix + ".pub")

    def public(self, private: str) -> str:
        try:
            return self._cosign.must("public-key", "--key", "env://" + PRIVATE_KEY, secrets={PRIVATE_KEY: private})
        except ToolMissing:
            raise
        except ToolError as error:
            raise ToolError(
                "cosign cannot open the private key for %s: %s. Is the passphrase right?" % (self._order.path, error)
            ) from error


class TrustKeys:
    """Keys of signers as `docker trust key generate` makes them."""

    def __init__(self, order: KeyOrder, run: Run, scratch: Scratch) -> None:
        self._order = order
        self._run = run
        self._scratch = scratch

    def generate(self, passphrase: str) -> Tuple[str, str]:
        config, out = self._scratch.folder("config"), self._scratch.folder("new")
        docker = DockerCli(self._run, self._order.docker_cli, environment("", config, "", {}))
        words = ("trust", "key", "generate", self._order.name, "--dir", out)
        code, output, errors = docker.attempt(*words, secrets={REPOSITORY_PASSPHRASE: passphrase})
        if has_no_trust(errors):
            raise no_trust(self._order.docker_cli, read_version(docker("--version"), self._order.docker_cli))
        private = os.path.join(config, "trust", "private")
        made = sorted(os.listdir(private)) if code == 0 and os.path.isdir(private) else []
        if len(made) != 1:
            raise ToolError("docker trust key generate made no key (%d): %s" % (code, last_lines(errors or output)))
        return _must_read(os.path.join(private, made[0])), _must_read(os.path.join(out, self._order.name + ".pub"))

    def public(self, private: str) -> str:
        path = self._scratch.write("private.pem", _HEADERS.sub(r"\1", private).encode("utf-8"))
        openssl = DockerCli(self._run, "openssl")
        secrets = {_PASSPHRASE: self._order.passphrase or ""}
        try:
            words = ("pkey", "-in", path, "-passin", "env:" + _PASSPHRASE, "-pubout")
            code, output, errors = openssl.attempt(*words, secrets=secrets)
        except ToolMissing as error:
            raise ToolMissing(
                "the public key of %s is made with openssl, and there is none on this host (package openssl); or put the public key "
                "into %s" % (self._order.path, self._order.public_path)
            ) from error
        finally:
            os.unlink(path)
        if code != 0:
            raise ToolError(
                "openssl cannot open the private key for %s (%s). Is the passphrase right?"
                % (self._order.path, errors.strip().rpartition(":")[2] or "exit code %d" % code)
            )
        return output


_MAKERS: Mapping[str, Callable[[KeyOrder, Run, Scratch], KeyMaker]] = {COSIGN: CosignKeys, DOCKER_TRUST: TrustKeys}


def make_maker(order: KeyOrder, run: Run, scratch: Scratch) -> KeyMaker:
    """Nothing is started before the first question."""
    return _MAKERS[order.method](order, run, scratch)


def read_text(path: str) -> Optional[str]:
    """A key file; None when there is none. Raises StateError."""
    data = read_capped(path, MAX_KEY)
    return None if data is None else data.decode("utf-8", "replace")


def _must_read(path: str) -> str:
    text = read_text(path)
    if text is None:
        raise ToolError("a key was made, but there is no %s" % os.path.basename(path))
    return text
