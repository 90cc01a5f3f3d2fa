# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service is built for two platforms, run on both, and tagged by the convention; the second run finds nothing to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from demo import HERE, REPORT, Demo
from lab.paths import cache
from lab.tools import program
from registry_pushing import head_manifest, list_tags
from telling import insist, told

REPOSITORY, VERSION, ENGINE = "shop/greeter", "1.4.0", "engine-26"
PLATFORMS = ["linux/amd64", "linux/arm64"]
_DOCKERFILE = """FROM scratch
ARG TARGETARCH VERSION
COPY busybox-${TARGETARCH} /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox echo $VERSION > /version"]
"""


def build_and_tag(demo: Demo) -> None:
    folder = _context(REPORT.with_name("greeter"))
    first = _play(demo, folder)
    insist(first["built"]["changed"] and first["built"]["image"]["platforms"] == PLATFORMS, "it was not built for both")
    told("%s %s was built for %s: %s." % (REPOSITORY, VERSION, " and ".join(PLATFORMS), first["built"]["reason"]))
    for one in first["built"]["verified"]:
        told("  ran on %s: %s" % (one["platform"], one["how"]))
    home = demo.registry_address
    digests = {tag: head_manifest(home, REPOSITORY, tag)[1] for tag in list_tags(home, REPOSITORY)}
    insist(set(digests.values()) == {first["built"]["image"]["digest"]}, "its tags mean different images")
    told("Its tags, all at %s: %s" % (first["built"]["image"]["digest"][:19], ", ".join(sorted(digests))))
    again = _play(demo, folder)
    insist(not again["built"]["changed"] and not again["tagged"]["changed"], "the second run changed something")
    told("The second run built and tagged nothing: %s." % again["built"]["reason"])


def _context(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for architecture, suite in (("amd64", "bookworm"), ("arm64", "arm64")):
        shutil.copy(program(cache(), suite, "busybox"), folder / ("busybox-" + architecture))
    (folder / "Dockerfile").write_text(_DOCKERFILE)
    return folder


def _play(demo: Demo, folder: Path) -> dict[str, Any]:
    (engine,) = [engine for engine in demo.lab["engines"] if engine["name"] == ENGINE]
    result = REPORT.with_name("greeter.json")
    what = {
        "context": str(folder),
        "registry": demo.registry_address,
        "repository": REPOSITORY,
        "version": VERSION,
        "docker_cli": demo.lab["docker_cli"],
        "docker_host": engine["docker_host"],
        "config_dir": demo.lab["docker_config"],
        "result": str(result),
    }
    demo.listen(HERE / "build.yml", options=("-e", json.dumps({"demo_build": what})))
    found: dict[str, Any] = json.loads(result.read_text())
    return found
