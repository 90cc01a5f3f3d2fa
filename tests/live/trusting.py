# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker Content Trust as tests see it: a notary server, a registry, docker command lines that are recorded, keys and images."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any, Mapping

import docker
from archive import Image, Layer, archive
from lab.notary import Notary
from lab.paths import cache
from lab.tools import program
from lab.unpacked import unpacked
from own_registry import OwnRegistry

from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.info import run_signature_info
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.request import parse_signature_options
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.run import run_signature
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch

PASSPHRASE, ROOT_PASSPHRASE = "signer-pass-of-the-test", "root-pass-of-the-test"
#: What CLI 29 answers to `docker trust` (docker/cli#6733); no such version is at hand.
NEWER = """#!/bin/sh
case "$1" in
  --version) echo "Docker version 29.0.0, build 3d4129b" ;;
  trust) echo "docker: unknown command: docker trust" >&2; echo >&2; echo "Run 'docker --help' for more information" >&2; exit 1 ;;
  *) echo "not asked for: $*" >&2; exit 1 ;;
esac
"""


def command_line(version: str) -> list[str]:
    """The beginning of a docker command line of that version."""
    if version == "28":
        return list(unpacked(cache(), "docker", "forky").words)
    return [str(program(cache(), {"20": "bookworm", "26": "trixie"}[version], "docker"))]


class TrustScene:
    """One configuration folder, one version of the command line, one signing engine; `names` of repositories are of this test."""

    def __init__(
        self, folder: Path, registry: OwnRegistry, notary: Notary, engine: Mapping[str, Any], version: str = "26"
    ) -> None:
        self.folder = folder
        self.registry = registry
        self.notary = notary
        self.engine = engine
        self.api = docker.APIClient(base_url=engine["docker_host"], version="auto", timeout=120)
        self.config = notary.trusted_by(folder / "config")
        self.keys = folder / "keys"
        self.keys.mkdir()
        self.argv = folder / "argv.log"
        self.argv.touch()
        self.printed: list[str] = []
        self._temporary = folder / "tmp"
        self._temporary.mkdir()
        self._programs = folder / "bin"
        self._programs.mkdir()
        self._loaded: list[tuple[docker.APIClient, str]] = []
        self.docker_cli = self.recorded("docker", command_line(version))
        self.recorded("notary", [str(unpacked(cache(), "notary", "bookworm").program("notary"))])

    def recorded(self, name: str, words: list[str]) -> str:
        """A program that writes its arguments down before it is the real one."""
        path = self._programs / name
        lines = ["#!/bin/sh", 'printf "%%s\\n" "$0" "$@" >>%s' % shlex.quote(str(self.argv))]
        lines.append('exec %s "$@"' % " ".join(map(shlex.quote, words)))
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o755)
        return str(path)

    def without_notary(self) -> None:
        (self._programs / "notary").unlink()

    # Keys and images -----------------------------------------------------------------------------------------------

    def key(self, name: str) -> Path:
        """A new key pair as openssl makes it; the path of the private one, NAME.pub beside it."""
        path = self.keys / (name + ".pem")
        self._openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", str(path))
        self._openssl("ec", "-in", str(path), "-pubout", "-out", str(self.public(name)))
        path.chmod(0o600)
        return path

    def public(self, name: str) -> Path:
        return self.keys / (name + ".pub")

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True)

    def name(self, text: str) -> str:
        return "%s/%s" % (self.registry.address, text)

    def load(self, name: str, note: str) -> None:
        """An image that no other note has, in the signing engine."""
        full = self.name(name)
        for _line in self.api.load_image(archive([Image([full], [Layer("of " + note)], note=note)])):
            pass
        self._loaded.append((self.api, full))

    def push(self, name: str, note: str) -> str:
        """The same, pushed without a signature; its digest."""
        self.load(name, note)
        self.docker("push", "--quiet", "--disable-content-trust", self.name(name))
        return self.registry.tags(name.partition(":")[0])[name.partition(":")[2]]

    # Runs ----------------------------------------------------------------------------------------------------------

    def options(self, name: str, **options: Any) -> dict[str, Any]:
        base = {
            "image": self.name(name),
            "method": "docker_trust",
            "registries": [
                {"registry": self.registry.address, "insecure": True, "retries": 0},
                {"registry": self.notary.address, "retries": 0},
            ],
            "docker_cli": self.docker_cli,
            "docker_host": self.engine["docker_host"],
            "config_dir": str(self.config),
            "trust_server": self.notary.url,
        }
        return {**base, **options}

    def admin(self, name: str, *signers: str, **options: Any) -> dict[str, Any]:
        """Options of who has all passphrases and wants these signers."""
        wanted = [{"name": who, "public_key_path": str(self.public(who))} for who in signers]
        secrets = {"passphrase": PASSPHRASE, "root_passphrase": ROOT_PASSPHRASE}
        return self.options(name, **{**secrets, "signers": wanted, **options})

    def signature(self, options: Mapping[str, Any], apply: bool = True) -> dict[str, Any]:
        with Scratch() as scratch:
            order, tools = parse_signature_options(options, scratch, self.run)
            return run_signature(order, tools, apply)

    def info(self, name: str, **options: Any) -> dict[str, Any]:
        with Scratch() as scratch:
            order, tools = parse_signature_options(self.options(name, **options), scratch, self.run, changes=False)
            return run_signature_info(order, tools)

    def sign(self, name: str, who: str, **options: Any) -> dict[str, Any]:
        """By a signer whose key this makes where there is none, and who is added first."""
        if not (self.keys / (who + ".pem")).exists():
            self.key(who)
        key = str(self.keys / (who + ".pem"))
        return self.signature(self.admin(name, who, signer=who, private_key_path=key, **options))

    def run(self, argv: Any, environment: Mapping[str, str], text: str | None) -> tuple[int, str, str]:
        told = {**os.environ, "PATH": "%s:%s" % (self._programs, os.environ["PATH"]), **environment}
        done = subprocess.run(list(argv), env=told, input=text or "", capture_output=True, text=True, check=False)
        self.printed += [done.stdout, done.stderr]
        return done.returncode, done.stdout, done.stderr

    def docker(self, *words: str, check: bool = True, **environment: str) -> str:
        """The command line as a person calls it, with this configuration."""
        told = {
            "DOCKER_CONFIG": str(self.config),
            "DOCKER_HOST": self.engine["docker_host"],
            "DOCKER_CONTENT_TRUST_SERVER": self.notary.url,
            **environment,
        }
        code, output, errors = self.run([self.docker_cli, *words], told, None)
        assert code == 0 or not check, errors
        return output.strip() if code == 0 else errors.strip()

    def sweep(self) -> None:
        for api, name in self._loaded:
            try:
                api.remove_image(name, force=True)
            except docker.errors.APIError as error:
                if error.status_code != 404:
                    raise
