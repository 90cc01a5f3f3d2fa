# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filling the cache: programs unpacked from packages, and root file systems. Nothing is installed on the machine."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Sequence

from .apt import Apt
from .commands import run
from .paths import Cache
from .say import say
from .state import write_json


@dataclass(frozen=True)
class Packages:
    """What is unpacked into one folder of tools; `architecture` None: the machine's own."""

    suite: str
    names: Sequence[str]
    architecture: str | None = None


#: Programs that run directly on the machine; testing's with its C library beside it.
TOOLS = {
    "bookworm": Packages(
        "bookworm",
        ["docker.io", "containerd", "runc", "tini", "libdevmapper1.02.1", "libseccomp2"]
        + ["docker-registry", "busybox-static", "mmdebstrap"],
    ),
    "trixie": Packages("trixie", ["docker.io", "containerd", "docker-cli", "docker-buildx"]),
    "forky": Packages("forky", ["crane", "docker-buildx", "libc6"]),
    "emulators": Packages("bookworm", ["qemu-user-static"]),
    "arm64": Packages("bookworm", ["busybox-static"], "arm64"),
}

_HOST = ["openssh-server", "cron", "python3", "python3-docker", "systemd", "systemd-sysv", "docker.io", "iproute2"]
_HOST += ["procps", "busybox-static", "ca-certificates", "python3-apt", "logrotate"]

#: Root file systems: name -> (suite, packages).
ROOTFS = {
    "host-bookworm": ("bookworm", _HOST),
    "host-trixie": ("trixie", _HOST + ["docker-cli"]),
    "engine-forky": (
        "forky",
        ["docker.io", "containerd", "runc", "docker-cli", "docker-buildx", "tini", "busybox-static", "ca-certificates"],
    ),
}
_TESTING = "forky"
_RECORDING = threading.Lock()
_SLIM = ["path-exclude=/usr/share/%s/*" % folder for folder in ("doc", "man", "locale", "info")]


def recipe_hash(recipe: object) -> str:
    """Short fingerprint of a recipe: a changed recipe makes the cached result stale."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def locked(cache: Cache) -> Iterator[None]:
    """One process at a time fills the cache."""
    cache.root.mkdir(parents=True, exist_ok=True)
    with open(cache.root / "lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting: another lab is filling the cache")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def versions(cache: Cache) -> dict[str, Any]:
    """What the cache holds: {"tools": {suite: {recipe, packages}}, "rootfs": {name: {recipe, packages}}}."""
    if not cache.versions.exists():
        return {"tools": {}, "rootfs": {}}
    return dict(json.loads(cache.versions.read_text()))


def _record(cache: Cache, kind: str, name: str, recipe: str, packages: dict[str, str]) -> None:
    with _RECORDING:
        known = versions(cache)
        known[kind][name] = {"recipe": recipe, "packages": packages}
        write_json(cache.versions, known)


def _have(cache: Cache, kind: str, name: str, recipe: str, path: Path) -> bool:
    return path.exists() and versions(cache)[kind].get(name, {}).get("recipe") == recipe


def prepare(cache: Cache, with_rootfs: bool = True) -> None:
    """Make sure that everything in TOOLS (and ROOTFS) is in the cache; finished pieces survive an interruption."""
    with locked(cache):
        shutil.rmtree(cache.tmp, ignore_errors=True)
        cache.tmp.mkdir(parents=True)
        _tools(cache, "bookworm")  # first, since it holds mmdebstrap
        with ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(_tools, cache, name) for name in TOOLS if name != "bookworm"]
            if with_rootfs:
                jobs += [pool.submit(_rootfs, cache, name) for name in ROOTFS]
            for job in jobs:
                job.result()


def _tools(cache: Cache, name: str) -> None:
    wanted = TOOLS[name]
    recipe = recipe_hash(list(wanted.names) if wanted.architecture is None else [wanted.architecture, *wanted.names])
    target = cache.tools(name)
    if _have(cache, "tools", name, recipe, target):
        return
    say("fetching programs of Debian %s: %s" % (wanted.suite, ", ".join(wanted.names)))
    apt = Apt(wanted.suite, cache.root / "apt" / name, wanted.suite == _TESTING, wanted.architecture)
    apt.update()
    draft = cache.tmp / ("tools-" + name)
    packages = apt.download(wanted.names, draft)
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(draft, target)
    _record(cache, "tools", name, recipe, packages)


def _rootfs(cache: Cache, name: str) -> None:
    suite, packages = ROOTFS[name]
    recipe = recipe_hash([suite, packages, _SLIM])
    target = cache.rootfs(name)
    if _have(cache, "rootfs", name, recipe, target):
        return
    say("making the root file system %s (about a minute)" % name)
    apt = Apt(suite, cache.root / "apt" / ("rootfs-" + name), testing=suite == _TESTING)
    apt.update()
    draft = cache.tmp / (name + ".tar")
    options = ["--dpkgopt=" + option for option in _SLIM]
    run(
        [cache.tools("bookworm") / "usr/bin/mmdebstrap", "--mode=root", "--variant=minbase", "--format=tar"]
        + ["--include=" + ",".join(packages), "--aptopt=%s" % apt.settings]
        + options
        + [suite, draft, apt.sources_list],
        env={
            "TMPDIR": str(cache.tmp),
            "LC_ALL": "C.UTF-8",
            "PATH": "%s:%s" % (os.environ["PATH"], cache.tools("bookworm") / "usr/bin"),  # for its mmtarfilter
        },
        timeout=1800,
    )
    found = _installed(draft, packages)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(draft, target)
    _record(cache, "rootfs", name, recipe, found)
    say("root file system %s is ready" % name)


def _installed(archive: Path, packages: list[str]) -> dict[str, str]:
    """Versions of the named packages according to the dpkg status file inside the archive."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile("./var/lib/dpkg/status")
        text = member.read().decode() if member else ""
    known = dict(re.findall(r"(?m)^Package: (\S+)\n(?:(?!\n\n)[\s\S])*?^Version: (\S+)", text))
    return {name: known[name] for name in packages if name in known}
