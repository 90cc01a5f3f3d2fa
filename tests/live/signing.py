# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of image_signature with a real cosign, all whose calls are written down as the system saw them."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from cosign import PASSWORD, SUITES, Cosign
from lab.paths import cache
from lab.unpacked import unpacked

from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.info import run_signature_info
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.request import parse_signature_options
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.run import run_signature
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch

# What a call of a program looks like from outside: arguments, environment, and every file of the run's folder with its mode.
_RECORDER = """#!/bin/sh
{{
  printf 'argv\\t%s\\n' "$*"
  env | sed 's/^/env\\t/'
  [ ! -d "$DOCKER_CONFIG" ] || find "$DOCKER_CONFIG/.." -printf 'file\\t%m %p\\n'
}} >> {log}
exec {words} "$@"
"""


@dataclass(frozen=True)
class Calls:
    """`each`: the arguments of a call as one text, and its variables as NAME=value; `files` as (mode, path)."""

    each: list[tuple[str, set[str]]]
    files: set[tuple[str, str]]

    @property
    def argv(self) -> list[str]:
        return [line for line, _variables in self.each]

    @property
    def environment(self) -> set[str]:
        """The variables of all calls."""
        return {one for _line, variables in self.each for one in variables}


class Signer:
    """One key of one cosign, at work in one registry."""

    def __init__(self, version: str, folder: Path, address: str, **access: Any) -> None:
        self.version = version
        self.address = address
        self.cosign = Cosign(version, folder)
        self.folder = folder
        self.access = {"registry": address, "insecure": True, "retries": 1, **access}
        self.program = recorder(version, folder)

    def options(self, image: str, **more: Any) -> dict[str, Any]:
        """`image` is repository and tag or digest, without the registry."""
        base: dict[str, Any] = {
            "image": "%s/%s" % (self.address, image),
            "method": "cosign",
            "cosign": str(self.program),
            "registries": [self.access],
        }
        if more.get("state", "signed") in ("signed", "attested"):
            base.update(private_key_path=str(self.cosign.key), passphrase=PASSWORD)
        else:
            base["public_key_path"] = str(self.cosign.public)
        given = {**base, **more}
        return {key: value for key, value in given.items() if value is not None}

    def run(self, image: str, apply: bool = True, **more: Any) -> dict[str, Any]:
        with Scratch() as scratch:
            order, tools = parse_signature_options(self.options(image, **more), scratch, run_program)
            return run_signature(order, tools, apply)

    def info(self, image: str, **more: Any) -> dict[str, Any]:
        given = {"public_key_path": str(self.cosign.public), "private_key_path": None, "passphrase": None, **more}
        with Scratch() as scratch:
            order, tools = parse_signature_options(self.options(image, **given), scratch, run_program, changes=False)
            return run_signature_info(order, tools)

    def calls(self) -> Calls:
        lines = [line.partition("\t") for line in (self.folder / "calls.log").read_text().splitlines()]
        files = [text.partition(" ") for kind, _tab, text in lines if kind == "file"]
        each: list[tuple[str, set[str]]] = []
        for kind, _tab, text in lines:
            if kind == "argv":
                each.append((text, set()))
            elif kind == "env":
                each[-1][1].add(text)
        return Calls(each, {(mode, os.path.realpath(path)) for mode, _space, path in files})


def recorder(version: str, folder: Path) -> Path:
    """A program that writes down how it was called, and is that cosign."""
    words = " ".join(shlex.quote(word) for word in unpacked(cache(), "cosign", SUITES[version]).words)
    path = folder / "recorded-cosign"
    path.write_text(_RECORDER.format(log=shlex.quote(str(folder / "calls.log")), words=words))
    path.chmod(0o755)
    return path


def run_program(argv: Any, environment: Mapping[str, str], text: str | None) -> tuple[int, str, str]:
    done = subprocess.run(
        list(argv), env={**os.environ, **environment}, input=text, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr
