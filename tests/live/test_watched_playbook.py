# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one sees in a playbook while an image is built, and while a registry is read: how far it is, and no secret."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from building import Kitchen, engine_of
from lab.paths import cache
from lab.tools import program
from own_registry import OwnRegistry

SECRET = "hunter2-of-the-playbook"
DOCKERFILE = """FROM scratch AS web
ARG BUILD_TOKEN
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN --mount=type=secret,id=key cat /run/secrets/key; echo "$BUILD_TOKEN"; %s
"""


def play(folder: Path, *tasks: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    book = [{"hosts": "here", "gather_facts": False, "vars": here, "tasks": list(tasks)}]
    (folder / "play.yml").write_text(json.dumps(book))
    return subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "--inventory", "here,", "play.yml"],
        env={**os.environ, "ANSIBLE_NOCOLOR": "true", "HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_builds_and_retention_tell_how_far_they_are(lab: Any, tmp_path: Path) -> None:
    with OwnRegistry(tmp_path / "own") as registry:
        kitchen = Kitchen(engine_of(lab, "engine-26"), tmp_path, registry, "0.29")
        (kitchen.context / "busybox").write_bytes(program(cache(), "bookworm", "busybox").read_bytes())
        (kitchen.context / "busybox").chmod(0o755)
        options = kitchen.options(
            name="%s/shop/web" % registry.address,
            push=True,
            secrets=[{"id": "key", "value": SECRET}],
            build_args={"BUILD_TOKEN": SECRET + "-argument"},
        )
        build = {"name": "Build", "imagefleet.docker.buildx_build": options}
        access = {"registry": registry.address, "insecure": True}
        state = {"state_dir": str(tmp_path / "state"), "undo_dir": str(tmp_path / "undo")}
        read = {"name": "Read", "imagefleet.docker.registry_retention": {**access, **state}}
        kitchen.write("Dockerfile", DOCKERFILE % "true")
        try:
            done = play(tmp_path, build, read)
            kitchen.write("Dockerfile", DOCKERFILE % "exit 3")
            failed = play(tmp_path, build)
        finally:
            kitchen.sweep()
    assert done.returncode == 0, done.stdout + done.stderr
    lines = re.findall(r"^here \| (.*)$", re.sub(r"[\d.]+ s$", "N s", done.stdout, flags=re.MULTILINE), re.MULTILINE)
    assert lines == [
        "building for the platform of the builder",
        *(one for step in ("web 1/3] COPY", "web 2/3] RUN", "web 3/3] RUN") for one in ("[" + step, "[%s: N s" % step)),
        "exporting the image",
        "pushing latest",
        "shop/web: read (1 of 1 repositories), 1 tags",
    ]
    assert failed.returncode == 2 and "here | [web 3/3] RUN: failed" in failed.stdout
    assert SECRET not in done.stdout + done.stderr + failed.stdout + failed.stderr
    assert list((tmp_path / ".ansible_async").iterdir()) == []
