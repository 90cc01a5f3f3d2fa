# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs, in a few lines."""

from __future__ import annotations

import json

from .paths import Instance, cache
from .prepare import versions
from .process import members


def status(instance: Instance) -> int:
    """Print the instance's engines, registries and hosts; returns 0 when it is up, 3 when not."""
    if not instance.lab_file.exists():
        processes = len(members(instance))
        rest = " (an interrupted `up` left %d processes; `down` removes them)" % processes if processes else ""
        print("lab %s is not up%s" % (instance.name, rest))
        return 3
    lab = json.loads(instance.lab_file.read_text())
    print("lab %s in %s, addresses 127.%d.0.0/16" % (lab["name"], lab["root"], lab["block"]["number"]))
    for engine in lab["engines"]:
        where = "container %s" % engine["container"] if engine.get("container") else "pid %s" % engine["pid"]
        print(
            "  engine    %-10s %-16s API %s  %-10s %s"
            % (engine["name"], engine["version"], engine["api_version"], engine["kind"], where)
        )
    for registry in lab["registries"]:
        print("  registry  %-10s http://%s  pid %s" % (registry["name"], registry["address"], registry["pid"]))
    if lab["notary"]:
        print("  notary    %s  pid %s" % (lab["notary"]["url"], lab["notary"]["pid"]))
    for host in lab["hosts"]:
        print(
            "  host      %-10s ssh %s:%s  Docker %s, %s"
            % (host["name"], host["address"], host["port"], host["engine_version"], host["store"])
        )
    print("inventory: %s" % lab["inventory"])
    for kind, entries in sorted(versions(cache()).items()):
        for name, entry in sorted(entries.items()):
            packages = ", ".join("%s %s" % pair for pair in sorted(entry["packages"].items()))
            print("cached %s %s: %s" % (kind, name, packages))
    return 0
