# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tag that was deleted comes back, and is what it was."""

from __future__ import annotations

from demo import BRAKED, PLAYBOOKS, Demo
from registry_pushing import head_manifest
from telling import insist, told

API, TAG = "shop/api", "2.2.0"


def restore_and_pull(demo: Demo) -> None:
    name = "%s/%s:%s" % (demo.registry, API, TAG)
    before = demo.on(BRAKED, "docker image inspect --format '{{index .RepoDigests 0}}' %s" % name).partition("@")[2]
    demo.on(BRAKED, "docker rmi %s" % name)
    told("%s has lost its copy of %s:%s too, and now somebody wants to go back to that version." % (BRAKED, API, TAG))
    _shell("docker pull %s" % name)
    refused = demo.try_on(BRAKED, "docker pull %s" % name)
    insist(refused.returncode != 0, "%s could still be pulled" % name)
    told(refused.stderr.strip())

    demo.listen(PLAYBOOKS / "restore.yml", options=("-e", "image_fleet_registry_repositories=%s" % API))
    _status, after = head_manifest(demo.registry_address, API, TAG)
    insist(after == before, "%s is %s after it was restored, it was %s" % (name, after or "gone", before))
    told("\nplaybooks/restore.yml puts back what the last run deleted from %s, byte for byte.\n" % API)

    _shell("docker pull %s" % name)
    told(demo.on(BRAKED, "docker pull %s | tail -3" % name))
    command = "docker run -d --network=none --name api %s sleep 2000000000" % name
    _shell(command)
    demo.on(BRAKED, command)
    told(demo.on(BRAKED, "docker ps --filter name=^api$ --format '{{.Names}}  {{.Image}}  {{.Status}}'"))


def _shell(command: str) -> None:
    told("%s# %s" % (BRAKED, command))
