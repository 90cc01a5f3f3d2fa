# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Emulators on a host that is a folder: looked at, registered, installed, refused."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.emulators import Emulators
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError, ToolError

SHOWN = """%s
interpreter /usr/bin/qemu-aarch64-static
flags: %s
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
"""
LINE = (
    r":qemu-aarch64:M:0:\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:"
    r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:%s"
)


class Host:
    """What a kernel and apt do, as far as it is asked of them."""

    def __init__(self, root, release='ID=debian\nVERSION_ID="12"\n', mounted=True):
        self.root = root
        self.calls = []
        self.fails = ""
        self.kernel = root / "proc/sys/fs/binfmt_misc"
        for folder in (self.kernel, root / "etc", root / "usr/lib/binfmt.d", root / "usr/bin"):
            folder.mkdir(parents=True)
        (root / "etc/os-release").write_text(release)
        if mounted:
            self.mount()

    def mount(self):
        (self.kernel / "register").write_text("")
        (self.kernel / "status").write_text("enabled\n")

    def handler(self, state="enabled", flags="POCF", name="qemu-aarch64"):
        (self.kernel / name).write_text(SHOWN % (state, flags))

    def package(self, flags="POCF", registers=False):
        (self.root / "usr/bin/qemu-aarch64-static").write_text("")
        (self.root / "usr/lib/binfmt.d/qemu-aarch64.conf").write_text(LINE % flags + "\n")
        if registers:
            self.handler()

    def run(self, argv, environment, text):
        self.calls.append(" ".join(argv))
        if argv[0] == "mount":
            if self.fails == "mount":
                return 32, "", "permission denied"
            self.mount()
        elif argv[0] == "umount":
            (self.kernel / "register").unlink()
        elif "install" in argv:
            assert environment["DEBIAN_FRONTEND"] == "noninteractive"
            if self.fails == "apt" or (self.fails == "lists" and not any("update" in call for call in self.calls)):
                return 100, "", "E: Unable to locate package"
            self.package(registers=self.fails != "container")
        return 0, "", ""

    def ensure(self, *architectures, apply=True, machine="x86_64"):
        found = Emulators(self.run, str(self.root), machine)
        rows = found.ensure(architectures, apply)
        return rows, found.changes


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def row(state, handler="qemu-aarch64", architecture="arm64"):
    return {"architecture": architecture, "handler": handler, "state": state}


def test_what_is_there_or_not_needed_changes_nothing(host):
    host.handler(name="emulate-arm")
    assert host.ensure("arm64", "amd64") == ([row("present", "emulate-arm"), row("native", "", "amd64")], [])
    assert host.calls == []


@pytest.mark.parametrize(
    "release", ['ID=debian\nVERSION_ID="12"', "ID=ubuntu", "ID=debian\nVERSION_ID=13", "ID=debian"]
)
def test_a_missing_one_is_installed_from_the_package_of_the_release(tmp_path, release):
    host = Host(tmp_path, release)
    package = "qemu-user-static" if "12" in release or "ubuntu" in release else "qemu-user-binfmt"
    assert host.ensure("arm64", apply=False) == ([row("planned", "")], ["install %s, which emulates arm64" % package])
    assert host.calls == []
    rows, changes = host.ensure("arm64")
    assert rows == [row("installed")] and package in changes[0]
    assert any(call.endswith("--no-install-recommends install " + package) for call in host.calls)
    assert host.ensure("arm64") == ([row("present")], [])


def test_lists_of_packages_are_fetched_when_they_are_missing(host):
    host.fails = "lists"
    assert host.ensure("arm64")[0] == [row("installed")]
    assert [call.split()[3:] for call in host.calls][1] == ["apt-get", "-q", "update"]


def test_one_that_is_installed_and_not_registered_is_registered(host):
    host.package()
    rows, changes = host.ensure("arm64", apply=False)
    assert changes == ["register the emulator of arm64 with the kernel"] and rows == [row("planned", "")]
    with pytest.raises(StateError, match="there is still no emulator of arm64 with flag F"):
        host.ensure("arm64")
    assert (host.kernel / "register").read_text() == LINE % "POCF"


def test_a_line_without_the_flag_does_not_count(host):
    host.package(flags="OC")
    assert host.ensure("arm64", apply=False)[1] == ["install qemu-user-static, which emulates arm64"]


def test_a_disabled_one_is_switched_on(host):
    host.handler("disabled")
    assert host.ensure("arm64", apply=False)[0] == [row("planned")]
    rows, changes = host.ensure("arm64")
    assert rows == [row("enabled")] and "switch on handler qemu-aarch64" in changes[0]
    assert (host.kernel / "qemu-aarch64").read_text() == "1"


def test_one_that_containers_cannot_use_is_named_and_left(host):
    host.handler(flags="OC")
    with pytest.raises(StateError, match="has flags OC without F.*echo -1 > /proc/sys/fs/binfmt_misc/qemu-aarch64"):
        host.ensure("arm64")


def test_binfmt_misc_is_mounted_where_it_is_not(tmp_path):
    host = Host(tmp_path, mounted=False)
    rows, changes = host.ensure("arm64", apply=False)
    assert rows == [row("planned", "")] and changes[0].startswith("mount binfmt_misc") and host.calls == []
    assert host.ensure("arm64")[0] == [row("installed")]
    # systemd does not see it while a package comes, or it would take out what others registered.
    assert [call.split()[0] for call in host.calls] == ["mount", "umount", "timeout", "mount"]


def test_what_cannot_be_mended_is_told(tmp_path):
    host = Host(tmp_path, "ID=alpine\nPRETTY_NAME='Alpine Linux'\n", mounted=False)
    host.fails = "mount"
    with pytest.raises(
        StateError, match="mounting it failed: permission denied. In a container that lies with its host"
    ):
        host.ensure("arm64")
    host.mount()
    with pytest.raises(StateError, match="which package of Alpine Linux brings it is not known"):
        host.ensure("arm64")
    (host.kernel / "status").write_text("disabled\n")
    with pytest.raises(StateError, match="switched off on this host"):
        host.ensure("arm64")


def test_a_failing_installation_is_told(host):
    host.fails = "apt"
    with pytest.raises(ToolError, match="apt-get install qemu-user-static failed .100.: E: Unable to locate package"):
        host.ensure("arm64")
