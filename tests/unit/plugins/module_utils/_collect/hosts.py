# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that stands for a real one: a systemd that writes down what it is told, and a registry on a folder tree.

`log` is everything in order: orders to systemd by short names, and uploads with their answers. What a test wants to go wrong
is said in `wrong`: a short name -> what is called instead.
"""

from __future__ import annotations

import os
import time
from types import SimpleNamespace

from ansible_collections.imagefleet.docker.plugins.module_utils._collect import window
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.request import parse_collect_options
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.service import Service
from ansible_collections.imagefleet.docker.plugins.module_utils._collection import units
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.units import Names
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import Body
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.trees import Tree, read, write

UNIT = "docker-registry.service"
VERSION = "/usr/bin/docker-registry github.com/docker/distribution 2.8.2+ds1\n"
PID = "4711"


class Host:
    """`closed`: whether the registry refuses pushes; `states`: of units, as systemd names them.

    `answers`: whether it does, or when it will (`answers_from`, by `seconds`).
    """

    def __init__(self, folder, monkeypatch):
        monkeypatch.setattr(units, "RUN", str(folder / "run" / "units"))
        monkeypatch.setattr(units, "WORK", str(folder / "run" / "work"))
        # Time passes only when somebody waits.
        self.seconds = 1000.0
        monkeypatch.setattr(window, "time", SimpleNamespace(monotonic=lambda: self.seconds, sleep=self._sleep))
        self.folder = folder
        self.tree = Tree(folder / "storage")
        self.names = Names(UNIT)
        self.log = []
        self.calls = []
        self.wrong = {}
        self.states = {UNIT: "active"}
        self.closed = False
        self.answers = True
        self.answers_from = None
        self.remembered = set()
        self.requests = 0
        self.printed = VERSION
        self._drop_in_loaded = False
        self.configure()
        (folder / "proc" / PID).mkdir(parents=True)
        self.process()

    # What is there --------------------------------------------------------------------------------------------------

    def configure(self, text=None):
        self.config = str(self.folder / "config.yml")
        default = "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: %s\n" % self.tree.path
        write(self.config, (text or default).encode())

    def process(
        self,
        words=None,
        environment=(),
        exe="/usr/bin/docker-registry",
        status="Uid:\t0\t110\t0\t0\nGid:\t0\t115\t0\t0\n",
    ):
        place = self.folder / "proc" / PID
        for name, target in (("exe", exe), ("cwd", str(self.folder))):
            if os.path.lexists(place / name):
                os.unlink(place / name)
            os.symlink(target, place / name)
        argv = words or [exe, "serve", self.config]
        (place / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in argv))
        pairs = ["%s=%s" % pair for pair in dict(environment).items()]
        (place / "environ").write_bytes(b"".join(pair.encode("utf-8", "surrogateescape") + b"\0" for pair in pairs))
        (place / "status").write_text("Name:\tregistry\n" + status)

    def service(self, alone=True):
        return Service(UNIT, self.run, alone, str(self.folder / "proc"))

    def request(self, **options):
        folders = {name: str(self.folder / name) for name in ("undo_dir", "state_dir")}
        return parse_collect_options({"registry": "registry.example.com", **folders, **options})

    def client(self, _options=None, run_program=None):
        return Client(self, run_program)

    @property
    def left(self):
        """Files below /run."""
        return sorted(
            os.path.join(folder, name) for folder, _folders, files in os.walk(self.folder / "run") for name in files
        )

    def _sleep(self, seconds):
        self.seconds += seconds
        self.answers = self.answers or (self.answers_from is not None and self.seconds >= self.answers_from)

    # systemd --------------------------------------------------------------------------------------------------------

    def run(self, argv):
        """Return code, output, errors."""
        self.calls.append(list(argv))
        name = self._short(argv)
        self.log.append(name)
        if name in self.wrong:
            told = self.wrong[name](argv)
            if told is not None:
                return told
        return self._systemctl(argv) if argv[0] == "systemctl" else self._systemd_run(name, argv)

    def _short(self, argv):
        if argv[0] == "systemd-run":
            if "--unit=" + self.names.guard in argv:
                return "start guard"
            return "version" if "--version" in argv else "dry run" if "--dry-run" in argv else "sweep"
        unit = argv[2] if len(argv) > 2 else ""
        known = {self.names.guard: "guard", self.names.collector.unit: "collector", UNIT: "registry"}
        return " ".join([argv[1], known.get(unit, unit)]).strip()

    def _systemctl(self, argv):
        verb, unit = argv[1], argv[2] if len(argv) > 2 else ""
        if verb == "show":
            told = {"ActiveState": self.states.get(unit, "inactive"), "MainPID": PID if unit == UNIT else "0"}
            wanted = argv[3].partition("=")[2].split(",")
            return 0, "".join("%s=%s\n" % (key, told[key]) for key in wanted), ""
        if verb == "daemon-reload":
            self._drop_in_loaded = os.path.exists(self.names.drop_in)
        elif verb == "restart":
            assert unit == UNIT
            self.closed = self._drop_in_loaded
            self.remembered.clear()
        elif verb == "stop":
            self.states[unit] = "inactive"
        else:
            assert verb == "reset-failed", argv
        return 0, "", ""

    def _systemd_run(self, name, argv):
        if name == "start guard":
            self.states[self.names.guard] = "active"
            return 0, "", ""
        flag = "--property="
        properties = dict(word[len(flag) :].split("=", 1) for word in argv if word.startswith(flag))
        needed = properties.get("AssertPathExists")
        if needed is not None and not os.path.exists(needed):
            return 1, "", "Assertion failed on job for %s." % self.names.collector.unit
        if name == "sweep":
            assert self.closed, "the collector runs while the registry takes pushes"
        said = self.printed if name == "version" else self.tree.collect(dry_run=name == "dry run")
        self.prints(argv, said)
        return 0, "", ""

    def prints(self, argv, said, stream="StandardOutput"):
        """Write what the program says to where its unit has its output."""
        flag = "--property=%s=file:" % stream
        (path,) = [word[len(flag) :] for word in argv if word.startswith(flag)]
        with open(path, "r+b") as output:
            output.write(said.encode())


class Client:
    """The registry as a client meets it."""

    name = "registry.example.com"

    def __init__(self, host, run_program=None):
        self.host = host
        self.run_program = run_program

    @property
    def requests(self):
        return self.host.requests

    def _ask(self):
        self.host.requests += 1
        if not self.host.answers:
            raise RegistryError("No answer from registry %s: connection refused" % self.name)

    def _push(self):
        self._ask()
        if self.host.closed:
            raise RegistryRefusal("Registry %s answered 405" % self.name, 405)

    def has_blob(self, repository, digest):
        self._ask()
        if digest in self.host.remembered:
            return True
        linked = os.path.exists(self.host.tree.layer_link(repository, digest))
        return linked and os.path.exists(self.host.tree.blob_path(digest))

    def put_blob(self, repository, data):
        self._push()
        return self.host.tree.blob(repository, data)

    def put_manifest(self, repository, reference, _media_type, data):
        self._push()
        assert self.host.tree.manifest(repository, data) == reference

    def delete(self, repository, digest):
        self._push()
        self.host.tree.delete(repository, digest)
        return 202

    def manifest(self, repository, digest):
        self._ask()
        tree = self.host.tree
        if not os.path.exists(tree.manifest_link(repository, digest)) or not os.path.exists(tree.blob_path(digest)):
            return None
        data = read(tree.blob_path(digest))
        return Body(digest_of(data), "", data)

    def check_blob(self, repository, digest, size):
        self._ask()
        if not self.has_blob(repository, digest):
            raise RegistryError("Registry %s answered 404 to GET of %s/blobs/%s" % (self.name, repository, digest))
        found = read(self.host.tree.blob_path(digest))
        assert len(found) == size
        return size

    def open_upload(self, _repository, _query):
        self._ask()
        status = 405 if self.host.closed else 202
        self.host.log.append("upload %d" % status)
        return status


def old(host, days=30):
    """All that is stored, and all that was deleted, is so old."""
    host.tree.age(days * 86400)
    return int(time.time()) - days * 86400
