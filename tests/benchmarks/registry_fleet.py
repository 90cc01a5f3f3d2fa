# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three hosts with real engines that use old images by digest, and the ledger that is made of what they tell."""

from __future__ import annotations

import platform
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import docker
from registry_content import Manifest
from registry_images import REPOSITORY
from throwaway import throwaway

from ansible_collections.imagefleet.docker.plugins.module_utils._usage.bookkeeping import keep_ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.observe import observe

#: One engine for each host: 20.10 with its own store twice, 26.1 with containerd's.
KINDS = ("overlay2", "containerd", "overlay2")


def observed(folder: Path, address: str, used: list[Manifest]) -> tuple[Path, list[str]]:
    """The ledger, and the versions of the engines. Each host pulls one image by digest and makes a container of it."""
    if platform.machine() != "x86_64":
        raise RuntimeError("the images are made for x86_64, this machine is %s" % platform.machine())
    told: dict[str, Any] = {}
    versions = []
    for number, (kind, manifest) in enumerate(zip(KINDS, used, strict=True), 1):
        with ExitStack() as leave:
            engine = leave.enter_context(throwaway(kind))
            client = docker.APIClient(base_url=engine.docker_host, version="auto", timeout=120)
            leave.callback(client.close)
            versions.append(client.version()["Version"])
            pinned = "%s/%s@%s" % (address, REPOSITORY, manifest.digest)
            client.pull(pinned)
            client.create_container(pinned, host_config=client.create_host_config(network_mode="none"))
            options = {"docker_host": engine.docker_host, "state_file": str(folder / ("state-%d.json" % number))}
            told["host-%d" % number] = {"usage": observe(options)["usage"]}
    ledger = folder / "ledger.json"
    options = {"ledger": str(ledger), "expected_hosts": sorted(told), "observations": told, "first_run": True}
    result = keep_ledger(options, True)
    if not result["complete"]:
        raise RuntimeError("the ledger is not complete: %s" % result["problems"])
    return ledger, versions
