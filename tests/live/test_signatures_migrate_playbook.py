# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that brings signatures from Docker Content Trust to cosign, as a user runs it, with everything real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
from building import engine_of
from cosign import PASSWORD
from lab import TESTED
from lab.notary import Notary
from lab.paths import cache, instance
from own_registry import ADDRESS, OwnRegistry
from signing import Signer
from trusting import TrustScene

WEB, API = "shop/web", "shop/api"


@pytest.fixture
def scene(lab: Any, tmp_path: Path, own: OwnRegistry) -> Iterator[TrustScene]:
    notary = Notary(tmp_path / "notary", ADDRESS, cache(), instance(TESTED).root).start()
    found = TrustScene(tmp_path, own, notary, engine_of(lab, "engine-20"))
    yield found
    found.sweep()
    notary.stop()


def test_the_same_digests_are_signed_once(scene: TrustScene, tmp_path: Path) -> None:
    signed = {}
    for name in (WEB + ":1.0.0", WEB + ":1.1.0", API + ":1.0.0"):
        scene.push(name, name)
        signed[name] = scene.sign(name, "release")["digest"]
    scene.push(WEB + ":unsigned", "unsigned")
    scene.push(WEB + ":of-others", "of others")
    scene.sign(WEB + ":of-others", "somebody")
    signer = Signer("3", tmp_path / "cosign", scene.registry.address)
    variables = {
        "image_fleet_signatures_repositories": [scene.name(WEB), scene.name(API)],
        "image_fleet_signatures_trust_server": scene.notary.url,
        "image_fleet_signatures_signer": "release",
        "image_fleet_signatures_docker_cli": scene.docker_cli,
        "image_fleet_signatures_config_dir": str(scene.config),
        "image_fleet_signatures_cosign": str(signer.program),
        "image_fleet_signatures_private_key_content": signer.cosign.key.read_text(),
        "image_fleet_signatures_passphrase": PASSWORD,
        "image_fleet_signatures_annotations": {"from": "content trust"},
        "image_fleet_signatures_registries": scene.options(WEB)["registries"],
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
    }
    (tmp_path / "variables.json").write_text(json.dumps(variables))

    def run(*words: str) -> str:
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("ansible-playbook")), "imagefleet.docker.signatures_migrate"),
                *("--inventory", "localhost,", "--extra-vars", "@variables.json", *words),
            ],
            env={**os.environ, "ANSIBLE_NOCOLOR": "true"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert PASSWORD not in done.stdout + done.stderr and "PRIVATE KEY" not in done.stdout + done.stderr
        return done.stdout

    assert "changed=1" in run("--check") and not signer.info(WEB + ":1.0.0")["verified"]
    assert "changed=1" in run()
    for name, digest in signed.items():
        told = signer.info(name, annotations={"from": "content trust"})
        assert told["verified"] and told["digest"] == digest
    for name in (WEB + ":unsigned", WEB + ":of-others"):
        assert not signer.info(name)["verified"]
    again = run()
    assert "changed=0" in again and "failed=0" in again

    scene.notary.stop()
    assert "failed=1" in run()
