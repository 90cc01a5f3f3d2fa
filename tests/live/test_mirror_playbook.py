# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that has a fleet use mirrors, batch by batch, as a user runs it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from fleet_playbooks import Playbooks
from mirror_bench import MirrorHost, mirrors, serve
from own_registry import OwnRegistry

IMAGE = "t-mirror-batch:1"
NOWHERE = "t-mirror-nothing:1"


def test_hosts_without_mirrors_are_no_batch_and_the_first_that_goes_back_ends_the_roll_out(tmp_path: Path) -> None:
    with OwnRegistry(tmp_path / "mirror") as registry, ExitStack() as stack:
        repository, _colon, tag = IMAGE.partition(":")
        serve(registry, "library/" + repository, tag)
        use = {
            "registry_mirror_client_packages": [],
            "registry_mirror_mirrors": mirrors(registry.address, probe_image="library/" + IMAGE),
        }
        # The first host has no mirrors, as the host of a cache may have none; two others are told of an image that no mirror has.
        clients = {
            name: {**use, "registry_mirror_check_images": [image]}
            for name, image in (("host-2", IMAGE), ("host-3", NOWHERE), ("host-4", NOWHERE))
        }
        names = ["host-1", *clients]
        hosts = {}
        for name in names:
            (tmp_path / name).mkdir()
            hosts[name] = stack.enter_context(MirrorHost(name, tmp_path / name))
        books = Playbooks(tmp_path, mirror_clients={"hosts": clients})
        done = books.run("imagefleet.docker.mirrors", "--extra-vars", "image_fleet_hosts=" + ":".join(names))
        said = done.stdout + done.stderr
        assert done.returncode == 2 and "Pull it" in said, said

        assert [name for name, host in hosts.items() if host.mirrors()] == ["host-2"], said
        assert all(hosts[name].daemon_json() == hosts[name].original for name in names if name != "host-2")
        assert "fatal: [host-3]: FAILED!" in said
        # It would have come with host-3 if the first batch had been the host that has nothing to do.
        assert "fatal: [host-4]: FAILED!" not in said, said
