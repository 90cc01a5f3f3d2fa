# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry of which the lab's fleet uses some images, cleaned by the playbooks of this collection."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import registry_content as content
import yaml
from archive import BUSYBOX, Layer
from fleet_host import FleetHost
from fleet_playbooks import Playbooks
from ledger_file import LedgerFile
from own_registry import OwnRegistry
from registry_disk import lay

APP = "shop/app"
#: Tag -> the host that uses it, and the state of the container that does.
USED = {
    "1.0.0": ("host-1", "running"),
    "1.1.0": ("host-2", "exited"),
    "1.2.0": ("host-3", "running"),
    "1.3.0": ("host-4", "created"),
}
UNUSED = {"1.4.0", "1.5.0"}
#: What a file of protect_from names, and what the policy keeps.
NAMED, NEWEST = "1.6.0", "2.0.0"
TAGS = {*USED, *UNUSED, NAMED, NEWEST}
EVERYTHING = [{"name": "everything else", "repositories": "**"}]


@dataclass(frozen=True)
class Outcome:
    """How a run of the playbook ended.

    `result` is that of registry_retention, empty when it did not come to it; `message` what the play says when it stops.
    """

    code: int
    output: str
    result: Mapping[str, Any]
    message: str

    def reasons(self) -> dict[str, str]:
        """Tag -> why it stays."""
        return {row["tag"]: row["reason"] for row in self.result["plan"] if row["action"] == "keep"}


class Estate:
    """Everything is made in `folder`; the hosts use their images from then on, and the ledger knows it. Use fresh() before each test."""

    def __init__(self, folder: Path, registry: OwnRegistry) -> None:
        self.folder = folder
        self.registry = registry
        self.hosts = {name: FleetHost(name, "t-coverage") for name, _state in USED.values()}
        self.ledger = LedgerFile(folder / "ledger.json")
        self.source = folder / "cluster.json"
        self._known = b""

    def open(self) -> None:
        self._lay()
        self.write_source()
        for tag, (host, state) in USED.items():
            self.hosts[host].sweep()
            self.hosts[host].make("%s/%s:%s" % (self.registry.address, APP, tag), state)
        begun = self.run("ledger", image_fleet_first_run=True)
        assert begun.code == 0 and self.ledger.read()["complete"], begun.output
        self._known = self.ledger.path.read_bytes()

    def close(self) -> None:
        for host in self.hosts.values():
            host.sweep("%s/*/*" % self.registry.address)

    def fresh(self) -> None:
        """The registry is full again, and the ledger as it was after the first run."""
        self._lay()
        self.ledger.path.write_bytes(self._known)
        self.write_source()
        for name in ("state", "undo"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _lay(self) -> None:
        for tag in TAGS:
            lay(self.registry, APP, self.image(tag), tag)

    def image(self, tag: str) -> content.Manifest:
        """An index or an image, that no other run of the tests has."""
        seed = "%s %s" % (self.registry.address, tag)
        layers = [Layer("coverage", program=BUSYBOX), Layer(seed)]
        one = content.image(layers, note=seed)
        return content.index([one, content.image(layers, note=seed, platform="linux/arm64")]) if tag[2] in "02" else one

    def write_source(self, *tags: str, others: int = 3) -> None:
        """The file of protect_from: these tags, by default the one, and other images."""
        names = ["%s/%s:%s" % (self.registry.address, APP, tag) for tag in tags or (NAMED,)]
        names += ["elsewhere.example.com/cluster/part-%d:1" % number for number in range(others)]
        self.source.write_text(json.dumps({"items": [{"image": name} for name in names]}))

    # What is there --------------------------------------------------------------------------------------------------

    def tags(self) -> set[str]:
        return set(self.registry.tags(APP))

    def holdings(self) -> tuple[dict[str, str], set[str]]:
        """Tags with their digests, and all manifests."""
        return self.registry.tags(APP), self.registry.manifests(APP)

    def all_of_it(self) -> tuple[dict[str, str], set[str]]:
        """The same when nothing was deleted."""
        images = {tag: self.image(tag) for tag in TAGS}
        tags = {tag: image.digest for tag, image in images.items()}
        return tags, {digest for image in images.values() for digest in image.everything()}

    # Runs -----------------------------------------------------------------------------------------------------------

    def retention(self, *words: str, groups: Mapping[str, Any] | None = None, **variables: Any) -> Outcome:
        """Run playbooks/retention.yml, which asks the hosts and keeps the ledger first; `groups` are more of the inventory."""
        return self.run("retention", *words, groups=groups, **variables)

    def run(self, book: str, *words: str, groups: Mapping[str, Any] | None = None, **variables: Any) -> Outcome:
        path = self.folder / "variables.json"
        path.write_text(json.dumps({**self._variables(), **variables}))
        control = {"hosts": {"control": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}}
        books = Playbooks(self.folder, control_hosts=control, **(groups or {}))
        done = books.run("imagefleet.docker." + book, "--extra-vars", "@%s" % path, "-v", *words)
        result, stop = _told(done.stdout, "Plan, and delete"), _told(done.stdout, "Stop when it was refused, or failed")
        return Outcome(done.returncode, done.stdout + done.stderr, result, str(stop.get("msg")))

    def policy(self) -> dict[str, Any]:
        """Options of registry_retention by which all may go that the fleet does not need, but the newest."""
        return {
            "insecure": True,
            "keep": [{"name": "newest", "newest": 1}],
            "delete": EVERYTHING,
            "minimum_age": "0",
            "minimum_kept": 0,
            "confirm_after": "0",
            "refuse_above": [],
        }

    def _variables(self) -> dict[str, Any]:
        mine = {
            **{"registry_" + name: value for name, value in self.policy().items()},
            **{"registry_%s_dir" % name: str(self.folder / name) for name in ("cache", "state", "undo")},
            "registry": self.registry.address,
            "hosts": "image_hosts",
            "control": "control",
            "ledger": str(self.ledger.path),
            "protect_from": [str(self.source)],
        }
        return {"image_fleet_" + name: value for name, value in mine.items()}


def _told(output: str, task: str) -> dict[str, Any]:
    """The result of a task on the control host, out of what Ansible printed."""
    _before, _task, after = output.partition("TASK [%s]" % task)
    found = re.search(r"^\w+: \[control\](?:: FAILED!)? => (\{.*\})$", after, re.MULTILINE)
    return dict(json.loads(found[1])) if found else {}


def line_to_add(message: str) -> dict[str, Any]:
    """The line that a message tells to add, read as YAML, by the name that it has as a variable of the playbooks."""
    found = re.findall(r"add:  (\w+: \[[^]]*\])", message)
    assert found, message
    return {"image_fleet_" + name: value for name, value in yaml.safe_load(found[0]).items()}
