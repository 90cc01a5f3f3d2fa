# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts: what the scheduled clean-up plans, deletes, leaves alone and leaves behind."""

from __future__ import annotations

from demo import BRAKED, HERE, PLAYBOOKS, Demo, start_lab
from telling import told


def start_the_lab(demo: Demo) -> None:
    start_lab()
    demo.play(HERE / "history.yml", quiet=True)
    told("The hosts were given the past of hosts that are watched for 60 days; everything else is real.")


def report_only(demo: Demo) -> None:
    _site(demo)


def clean_with_a_brake(demo: Demo) -> None:
    demo.on(BRAKED, "mkdir -p /etc/imagefleet && printf 'reason: release week\\n' > /etc/imagefleet/hold")
    before = _disk(demo)
    demo.play(PLAYBOOKS / "cleanup.yml")
    _freed(demo, before)


def clean_themselves(demo: Demo) -> None:
    demo.on(BRAKED, "rm /etc/imagefleet/hold")
    before = _disk(demo)
    _site(demo, "-e", "image_cleanup_mode=apply")
    _freed(demo, before)


def look_at_a_host(demo: Demo) -> None:
    told(demo.on(BRAKED, "systemctl list-timers --no-pager 'imagefleet*' | head -2"))
    demo.on(BRAKED, "systemctl start imagefleet-image_cleanup.service")
    told("The audit line of a scheduled run:")
    told(demo.on(BRAKED, "tail -1 /var/log/imagefleet.log"))
    told("\nThe same without Ansible: `imagefleet unused` on %s" % BRAKED)
    told(demo.on(BRAKED, "imagefleet unused | tail -8"))


def _site(demo: Demo, *options: str) -> None:
    demo.play(PLAYBOOKS / "site.yml", *options)


def _disk(demo: Demo) -> dict[str, int]:
    """Bytes in each host's image store, as du counts them."""
    stores = {"overlay2": "/var/lib/docker/overlay2", "containerd": "/var/lib/containerd"}
    return {
        host["name"]: int(demo.on(host["name"], "sync; du -sb %s | cut -f1" % stores[host["store"]]))
        for host in demo.lab["hosts"]
    }


def _freed(demo: Demo, before: dict[str, int]) -> None:
    """Next to the planned bytes above: what du says of the disks."""
    after = _disk(demo)
    words = ["%s %.2f MB" % (name, (size - after[name]) / 1e6) for name, size in before.items()]
    total = sum(before.values()) - sum(after.values())
    told("Freed on disk, counted by du, folders included: %.2f MB (%s)" % (total / 1e6, ", ".join(words)))
