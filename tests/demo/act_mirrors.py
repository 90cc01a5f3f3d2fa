# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pull-through cache on one host, and the engines of all hosts pull through it."""

from __future__ import annotations

from access_log import AccessLog
from archive import BUSYBOX, Layer
from demo import CONTROL, PLAYBOOKS, Demo
from lab.paths import cache
from registry_content import image
from registry_pushing import push
from telling import insist, told

GREETING = "library/greeting"
UNIT = "imagefleet-mirror-hub.service"
#: Two layers and the configuration.
BLOBS = 3


def pull_through_a_cache(demo: Demo) -> None:
    for version in ("1", "2"):
        layers = [Layer("greeting-program", 100_000, BUSYBOX), Layer("greeting-" + version, 1_500_000)]
        push(demo.registry_address, GREETING, image(layers, note=version), version)
    # As the package of the distribution has it; the lab installs nothing.
    demo.bring(CONTROL, cache().tools("bookworm") / "usr/bin/docker-registry", "/usr/bin/docker-registry")
    told("The lab has no Docker Hub; the first registry stands in for it with %s:1 and :2.\n" % GREETING)
    demo.listen(PLAYBOOKS / "mirrors.yml")
    told("playbooks/mirrors.yml put a cache on %s, and told every engine, batch by batch, by a reload:\n" % CONTROL)
    log = AccessLog(demo.registry_log)
    names = [str(host["name"]) for host in demo.lab["hosts"]]
    for name in names:
        mirrors = demo.on(name, "docker info --format '{{.RegistryConfig.Mirrors}}'")
        demo.on(name, "docker pull --quiet greeting:2")
        told("  %s  %s  docker pull greeting:2  done" % (name, mirrors))
    served = demo.on(CONTROL, "journalctl --unit %s --output cat --no-pager" % UNIT)
    asked = served.count('"GET /v2/%s/manifests/' % GREETING)
    read = log.blobs_read(GREETING)
    told(
        "\nThe cache answered %d questions for manifests, and read %d pieces of content from the registry; without it %d"
        " would have been read." % (asked, read, BLOBS * len(names))
    )
    # Two engines may ask for the same piece while it is still on its way.
    insist(BLOBS <= read < BLOBS * len(names) / 2, "the engines did not pull through the cache")
    exposed = demo.on(CONTROL, "systemd-analyze security --no-pager %s | tail -1" % UNIT)
    told("systemd says of its service: %s" % exposed.strip().lstrip("→ "))
