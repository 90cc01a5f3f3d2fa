# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trap 10: a clean-up in the middle of a pull or of a build, which no container shows."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Iterator

from archive import BUSYBOX, Image, Layer
from gate import Gate
from lab import TESTED
from lab.commands import wait_until
from lab.paths import cache, instance
from lab.tools import Docker
from pushing import REGISTRY, digest, push, remove
from workbench import LABEL, Workbench

BASE = Layer("races-base", 20000, BUSYBOX)


def runs(bench: Workbench, image: str) -> bool:
    """Whether a container of an image starts and runs its program."""
    container = bench.container(image, "running")
    try:
        return bool(bench.api.inspect_container(container)["State"]["Running"])
    finally:
        bench.api.remove_container(container, force=True)


def test_a_pull_survives(bench: Workbench) -> None:
    """The base, whose layers the pull counts on, goes while a layer of the pulled image is still on its way."""
    labels = {LABEL: bench.prefix}
    late = Layer("races-late-%d" % random.SystemRandom().randrange(10**9), 50000)
    base, app = (Image([], layers, labels) for layers in ([BASE], [BASE, late]))
    folder = "%s/%s" % (REGISTRY, bench.prefix)
    pins = [push(folder + "/base", base), push(folder + "/app", app)]
    failed: list[Exception] = []
    with Gate(REGISTRY, held=digest(late.tar())) as gate:
        bench.prefix = "%s/%s" % (gate.address, bench.prefix)

        def pull(number: int) -> None:
            path, _at, found = pins[number].partition("@")
            try:
                bench.api.pull(gate.address + path[len(REGISTRY) :], tag=found)
            except Exception as error:
                failed.append(getattr(error, "explanation", error))

        pulling = threading.Thread(target=pull, args=(1,))
        try:
            pull(0)
            pulling.start()
            assert gate.reached.wait(60), failed
            result = bench.clean(delete=[{"labels": LABEL + "=" + labels[LABEL]}])
            assert result["summary"]["deleted"] == 1 and result["summary"]["failed"] == 0
            gate.open()
            pulling.join(60)
            assert not failed and not pulling.is_alive()
            assert runs(bench, "app@" + pins[1].partition("@")[2])
        finally:
            gate.open()
            pulling.join(60)
            clear(bench, labels[LABEL])
            for pin in pins:
                remove(pin)


def clear(bench: Workbench, label: str) -> None:
    bench.prefix = label
    bench.sweep()


def sleepers(seconds: str) -> Iterator[int]:
    """Processes that sleep for exactly so long."""
    for name in os.listdir("/proc"):
        with suppress(OSError):
            if name.isdigit() and Path("/proc", name, "cmdline").read_bytes().split(b"\0")[-2:-1] == [seconds.encode()]:
                yield int(name)


def test_a_build_survives(bench: Workbench) -> None:
    """BuildKit: its base goes in the middle of a step, and the image that comes of it runs."""
    bench.load(Image(["base:1"], [BASE]), Image(["other:1"], [Layer("races-other")]))
    docker = Docker(cache(), instance(TESTED), bench.docker_host)
    seconds = str(random.SystemRandom().randrange(10**8, 10**9))
    command = "/bin/busybox sleep %s || /bin/busybox touch /built" % seconds
    dockerfile = 'FROM %s\nLABEL %s=%s\nRUN ["/bin/busybox", "sh", "-c", "%s"]\n' % (
        bench.name("base:1"),
        LABEL,
        bench.prefix,
        command,
    )
    build = subprocess.Popen(
        docker.argv("build", "--progress=plain", "--no-cache", "--network=none", "-t", bench.name("built:1"), "-"),
        env={**os.environ, **docker.env, "DOCKER_BUILDKIT": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        assert build.stdin
        build.stdin.write(dockerfile.encode())
        build.stdin.close()
        wait_until("the step of the build", lambda: build.poll() is not None or any(sleepers(seconds)), 60)
        assert build.poll() is None, build.stdout and build.stdout.read().decode()
        result = bench.clean()
        assert result["summary"]["failed"] == 0
        assert build.poll() is None
        for pid in sleepers(seconds):
            os.kill(pid, signal.SIGKILL)
        output = build.stdout.read().decode() if build.stdout else ""
        assert build.wait(120) == 0, output
    finally:
        for pid in sleepers(seconds):
            os.kill(pid, signal.SIGKILL)
        build.kill()
        build.wait()
    assert "built:1" in bench.names() and "other:1" not in bench.names()
    assert runs(bench, "built:1")
