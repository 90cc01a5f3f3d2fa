# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing keys made, kept and refused by both real cosigns, docker trust and openssl; what they make signs."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
import registry_content as content
from cosign import SUITES
from own_registry import OwnRegistry
from registry_pushing import push
from signing import recorder, run_program
from trusting import NEWER, command_line

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    PolicyError,
    StateError,
    ToolError,
    ToolMissing,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.key_files import run_signing_key
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.request import parse_signature_options
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.run import run_signature
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.key_order import parse_key_order

NOW = 1_700_000_000
PASSPHRASE = "of-a-key-in-a-test"


class Keys:
    """One method with its program; keys are in `folder`."""

    def __init__(self, method: str, program: str, folder: Path) -> None:
        self.method = method
        self.folder = folder
        self.options = {"method": method, "name": "release", "path": str(folder / "signing" / "release.key")}
        self.options["cosign" if method == "cosign" else "docker_cli"] = program
        self.private = folder / "signing" / "release.key"
        self.public = folder / "signing" / "release.pub"

    def run(self, apply: bool = True, **more: Any) -> dict[str, Any]:
        given = {"passphrase": PASSPHRASE, **self.options, **more}
        with Scratch() as scratch:
            return run_signing_key(parse_key_order(given), run_program, scratch, NOW, apply)

    def mode(self, path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=["cosign-2", "cosign-3", "trust-20", "trust-26", "trust-28"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> Keys:
    kind, _dash, version = request.param.partition("-")
    if kind == "cosign":
        return Keys("cosign", str(recorder(version, tmp_path)), tmp_path)
    program = tmp_path / "docker"
    program.write_text('#!/bin/sh\nexec %s "$@"\n' % " ".join(command_line(version)))
    program.chmod(0o755)
    return Keys("docker_trust", str(program), tmp_path)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "calls.log"}


def test_it_is_made_once(keys: Keys) -> None:
    planned = keys.run(apply=False)
    assert planned["changed"] and planned["public_key"] is None and not keys.private.exists()
    made = keys.run()
    assert made["changes"] == planned["changes"] == ["generated", "public_key"]
    assert (keys.mode(keys.private), keys.mode(keys.private.parent), keys.mode(keys.public)) == (0o600, 0o700, 0o644)
    assert (
        made["public_key"] == keys.public.read_text() and "PRIVATE" not in repr(made) and PASSPHRASE not in repr(made)
    )
    before = everything(keys.folder)
    for apply in (False, True):
        again = keys.run(apply=apply)
        assert (again["changed"], again["fingerprint"], again["public_key"]) == (
            False,
            made["fingerprint"],
            made["public_key"],
        )
    assert not keys.run(passphrase=None)["changed"]
    assert everything(keys.folder) == before


def test_the_public_key_comes_back_and_others_can_read_no_more(keys: Keys) -> None:
    made = keys.run()
    keys.public.unlink()
    keys.private.chmod(0o644)
    planned = keys.run(apply=False)
    assert keys.mode(keys.private) == 0o644 and not keys.public.exists()
    back = keys.run()
    assert back["changes"] == planned["changes"] == ["protected", "public_key"]
    assert (back["fingerprint"], keys.mode(keys.private)) == (made["fingerprint"], 0o600)
    keys.public.unlink()
    with pytest.raises(ToolError, match="cannot open the private key for .*Is the passphrase right"):
        keys.run(passphrase="quite-another-one")


def test_a_given_key_takes_the_place_of_none(keys: Keys, tmp_path: Path) -> None:
    first = keys.run()
    text = keys.private.read_text()
    second = Keys(keys.method, "unused", tmp_path / "second")
    second.options = {**keys.options, "path": str(second.private)}
    other = second.run()
    with pytest.raises(PolicyError, match="holds another key than private_key_content"):
        keys.run(private_key_content=second.private.read_text())
    assert keys.private.read_text() == text
    assert not keys.run(private_key_content=text.replace("\n", "\r\n"))["changed"]
    planned = keys.run(apply=False, private_key_content=second.private.read_text(), replace=True)
    done = keys.run(private_key_content=second.private.read_text(), replace=True)
    assert planned == {**done, "diff": planned["diff"]}
    assert done["fingerprint"] == other["fingerprint"] != first["fingerprint"]
    backup = Path(done["backup_file"])
    assert backup.read_text() == text and keys.mode(backup) == 0o600
    assert not keys.run(private_key_content=second.private.read_text(), replace=True)["changed"]


def test_keys_that_do_not_belong_together(keys: Keys, tmp_path: Path) -> None:
    keys.run()
    other = Keys(keys.method, "unused", tmp_path / "other")
    other.options = {**keys.options, "path": str(other.private)}
    other.run()
    keys.public.write_text(other.public.read_text())
    with pytest.raises(StateError, match="is not the public key of"):
        keys.run()
    keys.private.unlink()
    with pytest.raises(PolicyError, match="public_key_path: .* is the public key of a key that is not in"):
        keys.run()
    assert keys.run(state="absent")["changes"] == ["removed"] and not keys.public.exists()
    assert not keys.run(state="absent")["changed"]


def test_what_cannot_be_meant(keys: Keys) -> None:
    for options, message in (
        ({"passphrase": None}, "passphrase: there is no key .* yet"),
        ({"private_key_content": "no key"}, "private_key_content: "),
        ({"replace": True}, "replace: it belongs to private_key_content"),
        ({"owner": "nobody-of-that-name"}, "owner: there is no user"),
        ({"group": "nobody-of-that-name"}, "group: there is no group"),
        ({"path": "release.key"}, "path: 'release.key' is no absolute path"),
        ({"name": "../release"}, "name: "),
    ):
        with pytest.raises(PolicyError, match=message):
            keys.run(**options)
    assert not keys.private.parent.exists()


def test_too_short_a_passphrase_would_leave_no_key(keys: Keys) -> None:
    if keys.method == "cosign":
        assert keys.run(passphrase="short")["changed"]
    else:
        with pytest.raises(PolicyError, match="keeps no key with less than 8"):
            keys.run(passphrase="short")


@pytest.mark.parametrize("version", sorted(SUITES))
def test_what_was_made_signs(version: str, own: OwnRegistry, tmp_path: Path) -> None:
    keys = Keys("cosign", str(recorder(version, tmp_path)), tmp_path)
    made = keys.run()
    push(own.address, "shop/web", content.multi_platform("web"), "1")
    given = {"image": own.address + "/shop/web:1", "method": "cosign", "private_key_path": str(keys.private)}
    given.update(passphrase=PASSPHRASE, cosign=keys.options["cosign"])
    given["registries"] = [{"registry": own.address, "insecure": True}]
    with Scratch() as scratch:
        order, tools = parse_signature_options(given, scratch, run_program)
        signed = run_signature(order, tools, True)
    assert [row["key"] for row in signed["signatures"]] == [made["fingerprint"]]


def test_a_command_line_without_trust_is_no_maker(tmp_path: Path) -> None:
    program = tmp_path / "docker"
    program.write_text(NEWER)
    program.chmod(0o755)
    with pytest.raises(ToolMissing, match="29.0.0 has no docker trust"):
        Keys("docker_trust", str(program), tmp_path).run()
    assert not os.path.exists(tmp_path / "signing")
