# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real cosign of two Debian releases, offline and with keys: it signs, attests and verifies."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from lab.paths import cache
from lab.unpacked import COSIGN_SUITES, unpacked

SUITES = COSIGN_SUITES
#: Of every key.
PASSWORD = "of the test"


class Cosign:
    """One major version, with a key of its own in `folder`."""

    def __init__(self, version: str, folder: Path) -> None:
        self.version = version
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._words = list(unpacked(cache(), "cosign", SUITES[version]).words)
        self._must("generate-key-pair")
        self.key, self.public = folder / "cosign.key", folder / "cosign.pub"
        if version == "3":
            self._must("signing-config", "create", "--out", "signing.json")
        (folder / "statement.json").write_text(json.dumps({"built": "here"}))

    def sign(self, name: str) -> None:
        self._must("sign", "--key", self.key, *self._offline(), "--yes", "--allow-http-registry", name)

    def attest(self, name: str) -> None:
        words = ("--predicate", "statement.json", "--type", "custom", "--yes", "--allow-http-registry")
        self._must("attest", "--key", self.key, *self._offline(), *words, name)

    def verifies(self, name: str, public: Path | None = None, attestation: bool = False) -> bool:
        """Whether it finds a signature, or attestation, of this key."""
        words = ["verify-attestation", "--type", "custom"] if attestation else ["verify"]
        words += ["--key", str(public or self.public), "--insecure-ignore-tlog=true", "--allow-http-registry", name]
        return self._run(*words).returncode == 0

    def _offline(self) -> tuple[str, ...]:
        return ("--signing-config", "signing.json") if self.version == "3" else ("--tlog-upload=false",)

    def _must(self, *words: object) -> None:
        done = self._run(*words)
        assert done.returncode == 0, "%s: %s" % (words, done.stderr)

    def _run(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._words, *map(str, words)],
            cwd=self.folder,
            env={"HOME": str(self.folder), "COSIGN_PASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
