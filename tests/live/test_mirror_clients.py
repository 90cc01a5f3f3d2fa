# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of a host that has the containerd store: containerd itself, and mirrors with a path or a certificate of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from lab.certificates import make_certificates
from mirror_bench import HOST_NAME, PREFIX, MirrorHost, mirrors, pulled, serve
from own_registry import ADDRESS, OwnRegistry

TAG = "t-mirror"
NAME = "busybox:" + TAG
CTR = "ctr --namespace %s " % PREFIX


@pytest.fixture
def host(tmp_path: Path) -> Iterator[MirrorHost]:
    with MirrorHost("host-3", tmp_path) as found:
        yield found


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[OwnRegistry]:
    with OwnRegistry(tmp_path / "mirror") as registry:
        yield registry


def test_containerd_pulls_docker_hub_through_it(host: MirrorHost, mirror: OwnRegistry) -> None:
    digest = serve(mirror, "library/busybox", TAG)
    wanted = {"clients": ["containerd"], "mirrors": mirrors(mirror.address, fallback=False)}
    done = host.configure(probe_image="library/" + NAME, **wanted)
    assert done["changed"] and done["applied"] == "none" and not done["restart_required"]
    assert any("config_path" in note for note in done["notes"])
    mirror.mark()
    name = "docker.io/library/" + NAME
    try:
        host.run(CTR + "images pull --hosts-dir /etc/containerd/certs.d " + name)
        assert digest in host.run(CTR + "images list")
    finally:
        host.run(CTR + "images remove --sync %s; ctr namespaces remove %s || true" % (name, PREFIX))
    assert pulled(mirror)
    assert not host.configure(probe_image="library/" + NAME, **wanted)["changed"]
    host.configure(clients=["containerd"], state="absent")
    assert host.run("find /etc/containerd/certs.d -type f 2>/dev/null || true") == ""


def test_the_engine_finds_a_repository_behind_a_path(host: MirrorHost, mirror: OwnRegistry) -> None:
    """/v2/hub/library/busybox answers for busybox."""
    digest = serve(mirror, "hub/library/busybox", TAG)
    host.configure(mirrors=mirrors(mirror.address + "/v2/hub", probe_image="library/" + NAME))
    mirror.mark()
    assert host.pull(NAME) == digest
    assert pulled(mirror)


@pytest.mark.parametrize("name", ["host-1", "host-3"])
def test_the_certificate_of_a_mirror_is_put_where_the_engine_looks(
    name: str, mirror: OwnRegistry, tmp_path: Path
) -> None:
    make_certificates(tmp_path / "tls", ADDRESS, HOST_NAME)
    address = "%s:%s" % (HOST_NAME, mirror.address.partition(":")[2])
    digest = serve(mirror, "library/busybox", TAG)
    mirror.stop()
    mirror.server.tls = {
        "certificate": str(tmp_path / "tls" / "server-cert.pem"),
        "key": str(tmp_path / "tls" / "server-key.pem"),
    }
    mirror.server.start()
    authority = (tmp_path / "tls" / "ca.pem").read_bytes()
    entry = [{"registry": "docker.io", "endpoints": [{"url": "https://" + address, "ca_file": "/run/t-mirror.pem"}]}]
    with MirrorHost(name, tmp_path) as host:
        host.run("cat > /run/t-mirror.pem", authority)
        host.run("echo %s %s >> /etc/hosts" % (ADDRESS, HOST_NAME))
        done = host.configure(mirrors=entry, probe_image="library/" + NAME)
        copy = "/etc/docker/certs.d/%s/ca.crt" % address
        assert {row["path"]: row["action"] for row in done["files"]}[copy] == "created"
        assert host.read(copy) == authority
        assert host.pull(NAME) == digest
        assert not host.configure(mirrors=entry, probe_image="library/" + NAME)["changed"]
        host.configure(state="absent")
        assert host.run("find /etc/docker/certs.d -mindepth 1 2>/dev/null || true") == ""
