# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Emulators on this host: handlers of the kernel are looked at, and installed from the distribution's packages where missing."""

from __future__ import annotations

import os
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.handlers import (
    FIXED,
    Handler,
    find_handler,
    is_native,
    parse_handler,
    parse_registrations,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run, last_lines

KERNEL = "/proc/sys/fs/binfmt_misc"
#: binfmt.d(5), the first of a name counts.
REGISTRATIONS = ("/etc/binfmt.d", "/run/binfmt.d", "/usr/lib/binfmt.d")
NATIVE, PRESENT, PLANNED, INSTALLED, REGISTERED, ENABLED = (
    "native",
    "present",
    "planned",
    "installed",
    "registered",
    "enabled",
)
_MAXIMUM_BYTES = 64 * 1024
_APT_SECONDS = "900"
_OLD_DEBIAN = 12


class Emulators:
    """`root` stands before every path, for tests; `machine` is what uname(2) tells."""

    def __init__(self, run: Run, root: str = "", machine: Optional[str] = None) -> None:
        self._run = run
        self._root = root
        self._machine = machine or os.uname().machine
        self._mounted_here = False
        #: What was or would be done, in plain words.
        self.changes: List[str] = []

    def ensure(self, architectures: Sequence[str], apply: bool) -> List[Dict[str, str]]:
        """One row for each. Raises StateError for what must be mended by hand, ToolError when a program fails."""
        foreign = [one for one in architectures if not is_native(one, self._machine)]
        mounted = not foreign or self._mounted(apply)
        rows: List[Dict[str, str]] = []
        for architecture in architectures:
            if architecture not in foreign:
                rows.append(_row(architecture, None, NATIVE))
            elif not mounted:
                rows.append(_row(architecture, None, PLANNED))
                self.changes.append("look for an emulator of %s when binfmt_misc is mounted" % architecture)
            else:
                rows.append(self._one(architecture, apply))
        return rows

    # One architecture ---------------------------------------------------------------------------------------------------

    def _one(self, architecture: str, apply: bool) -> Dict[str, str]:
        handler = find_handler(self._handlers(), architecture)
        if handler is not None:
            return self._existing(architecture, handler, apply)
        line = self._registration(architecture)
        package = None if line is not None else self._package(architecture)
        if package is not None:
            self.changes.append("install %s, which emulates %s" % (package, architecture))
        else:
            self.changes.append("register the emulator of %s with the kernel" % architecture)
        if not apply:
            return _row(architecture, None, PLANNED)
        if package is not None:
            self._install_unseen(package)
            # systemd registers on installation, in containers nobody does.
            if find_handler(self._handlers(), architecture) is None:
                line = self._registration(architecture)
        if line is not None:
            self._write("register", line)
        handler = find_handler(self._handlers(), architecture)
        if handler is None or FIXED not in handler.flags:
            raise StateError(
                "there is still no emulator of %s with flag F: %s registered none in %s. Register one, or build on a node of that "
                "architecture" % (architecture, package or "its line in binfmt.d", KERNEL)
            )
        return _row(architecture, handler, INSTALLED if package is not None else REGISTERED)

    def _existing(self, architecture: str, handler: Handler, apply: bool) -> Dict[str, str]:
        path = "%s/%s" % (KERNEL, handler.name)
        if FIXED not in handler.flags:
            raise StateError(
                "the emulator of %s, %s (%s), has flags %s without F, so containers cannot use it: the interpreter is looked for "
                "inside of them. Take it out (echo -1 > %s), and this module registers one with F"
                % (architecture, handler.name, handler.interpreter, handler.flags or "none", path)
            )
        if handler.enabled:
            return _row(architecture, handler, PRESENT)
        self.changes.append("switch on handler %s, which emulates %s and is disabled" % (handler.name, architecture))
        if not apply:
            return _row(architecture, handler, PLANNED)
        self._write(handler.name, "1")
        return _row(architecture, handler, ENABLED)

    # The kernel ---------------------------------------------------------------------------------------------------------

    def _mounted(self, apply: bool) -> bool:
        """Mounted where it is not; False when that is only planned. Raises StateError."""
        if not os.path.exists(self._root + KERNEL + "/register"):
            self.changes.append("mount binfmt_misc on %s" % KERNEL)
            if not apply:
                return False
            self._mount()
        if self._read(KERNEL + "/status").strip() == "disabled":
            raise StateError(
                "binfmt_misc is switched off on this host, so no emulator works. Switch it on: echo 1 > %s/status"
                % KERNEL
            )
        return True

    def _mount(self) -> None:
        """Raises StateError."""
        code, output, errors = self._run(["mount", "-t", "binfmt_misc", "binfmt_misc", self._root + KERNEL], {}, None)
        if code != 0:
            raise StateError(
                "binfmt_misc, through which the kernel learns of emulators, is not mounted on %s, and mounting it failed: %s. In a "
                "container that lies with its host: mount it there, and register emulators there"
                % (KERNEL, last_lines(errors or output))
            )
        self._mounted_here = True

    def _handlers(self) -> List[Handler]:
        found: List[Handler] = []
        for name in self._names(KERNEL):
            if name not in ("register", "status"):
                handler = parse_handler(name, self._read("%s/%s" % (KERNEL, name)))
                found += [handler] if handler is not None else []
        return found

    def _registration(self, architecture: str) -> Optional[str]:
        """The line of binfmt.d that stands for it and has flag F."""
        seen: Dict[str, str] = {}
        for folder in REGISTRATIONS:
            for name in self._names(folder):
                if name.endswith(".conf"):
                    seen.setdefault(name, self._read("%s/%s" % (folder, name)))
        for name in sorted(seen):
            for handler, line in parse_registrations(seen[name]):
                if handler.runs(architecture) and FIXED in handler.flags and self._exists(handler.interpreter):
                    return line
        return None

    def _exists(self, path: str) -> bool:
        return os.path.exists(self._root + path)

    # Packages -----------------------------------------------------------------------------------------------------------

    def _package(self, architecture: str) -> str:
        """Raises StateError on distributions whose package is not known."""
        release = _release(self._read("/etc/os-release"))
        system, version = release.get("ID", ""), release.get("VERSION_ID", "")
        if system == "debian":
            number = version.split(".")[0]
            return "qemu-user-static" if number.isdigit() and int(number) <= _OLD_DEBIAN else "qemu-user-binfmt"
        if system == "ubuntu":
            return "qemu-user-static"
        raise StateError(
            "emulators: there is none for %s, and which package of %s brings it is not known here. Install its static QEMU user "
            "emulation with registration of binfmt (on Fedora and others qemu-user-static), and run again"
            % (architecture, release.get("PRETTY_NAME") or system or "this system")
        )

    def _install_unseen(self, package: str) -> None:
        """Where nobody had mounted binfmt_misc, systemd does not see it either: when it registers what a package brings, it takes out
        all else that it does not know, and in a container that would be what others have in the same kernel.
        """
        hide = self._mounted_here
        if hide:
            self._run(["umount", self._root + KERNEL], {}, None)
        self._install(package)
        if hide:
            self._mount()

    def _install(self, package: str) -> None:
        options = ["-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends"]
        words = ["apt-get", "-q", "-y", *options, "install", package]
        code, output, errors = self._apt(words)
        if code != 0:
            # Its lists may be missing or old.
            self._apt(["apt-get", "-q", "update"])
            code, output, errors = self._apt(words)
        if code != 0:
            raise ToolError(
                "emulators: apt-get install %s failed (%d): %s. Install it by hand, or leave emulators out"
                % (package, code, last_lines(errors or output))
            )

    def _apt(self, words: Sequence[str]) -> Tuple[int, str, str]:
        try:
            # In the foreground: from the background, what touches a terminal is stopped.
            return self._run(
                ["timeout", "--foreground", _APT_SECONDS, *words],
                {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
                None,
            )
        except OSError as error:
            raise ToolError("emulators: apt-get cannot be run: %s" % error) from error

    # Files --------------------------------------------------------------------------------------------------------------

    def _names(self, folder: str) -> List[str]:
        try:
            return sorted(os.listdir(self._root + folder))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _read(self, path: str) -> str:
        return (read_capped(self._root + path, _MAXIMUM_BYTES) or b"").decode("utf-8", "replace")

    def _write(self, name: str, text: str) -> None:
        path = "%s%s/%s" % (self._root, KERNEL, name)
        try:
            # One write(2), as the kernel wants it.
            with open(path, "wb", buffering=0) as stream:
                stream.write(text.encode("utf-8"))
        except OSError as error:
            raise StateError(
                "cannot write to %s: %s; run as root (become: true)" % (path, error.strerror or error)
            ) from error


def _row(architecture: str, handler: Optional[Handler], state: str) -> Dict[str, str]:
    return {"architecture": architecture, "handler": handler.name if handler is not None else "", "state": state}


def _release(text: str) -> Mapping[str, str]:
    """os-release(5)."""
    pairs = (line.partition("=")[::2] for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}
