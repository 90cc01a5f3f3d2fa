# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on the machine, kind by kind, so that two moments can be compared: {kind: {name of the thing: how it is}}.

Other work goes on beside the lab. Its traces are kept out: other instances, places where only caches and
build results lie, and what lies inside folders of others in /tmp. Listening sockets, control groups and entries of
/tmp that appear while an unrelated process uses them are that process' own (`used_by_others`).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Callable, Collection, Iterator

from . import emulation, netfilter
from .census_files import RESTLESS, TEMPORARY, Files, has_others, matcher
from .commands import output
from .kernel import hierarchies, mount_points
from .paths import CGROUP_ROOT, Instance
from .process import Identity, all_pids

Things = dict[str, str]
Census = dict[str, Things]

#: Settings that count, change by themselves, or do something when read.
_VOLATILE = (
    "kernel/random/*", "kernel/ns_last_pid", "kernel/pty/nr", "kernel/perf_event_max_sample_rate", "fs/*-state",
    "fs/*-nr", "fs/binfmt_misc/*", "net/netfilter/nf_conntrack_count", "vm/stat_refresh", "fs/quota/*",
    "kernel/hung_task_detect_count",
)  # fmt: skip
_ACCOUNTS = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid")
_PACKAGES = ("/var/lib/dpkg/status", "/var/lib/dpkg/diversions", "/var/lib/dpkg/statoverride")
_RULE_PROGRAMS = (
    ("iptables-save",),
    ("ip6tables-save",),
    ("iptables-legacy-save",),
    ("ip6tables-legacy-save",),
    ("nft", "--stateless", "list", "ruleset"),
)


def take(instance: Instance, ours: Collection[Identity], ignore: Collection[str] = ()) -> Census:
    """The census; `ours` are the instance's processes, `ignore` are patterns of paths to leave out."""
    collectors: dict[str, Callable[[], Things]] = {
        "processes": lambda: {_process(process): "" for process in ours},
        "mounts": lambda: _mounts(instance),
        "network interfaces": _interfaces,
        "netfilter": _netfilter,
        "sysctls": _sysctls,
        "binfmt_misc": emulation.handlers,
        "control groups": lambda: _cgroups(instance),
        "kernel modules": _modules,
        "listening sockets": _sockets,
        "users and groups": lambda: _digests(_ACCOUNTS),
        "installed packages": lambda: _digests(_PACKAGES),
        "files": lambda: Files(instance, ignore).collect(),
    }
    return {kind: collect() for kind, collect in collectors.items()}


def compare(kind: str, before: Things, after: Things) -> Things:
    """What differs: {name: sentence}. Of what comes and goes by itself only the new is a difference."""
    found = {}
    for name in sorted(set(before) | set(after)):
        if name not in before:
            found[name] = "new: %s" % name
        elif name not in after:
            if not _may_vanish(kind, name):
                found[name] = "missing: %s" % name
        elif before[name] != after[name]:
            if kind != "files" or not name.startswith(TEMPORARY):
                found[name] = "changed: %s (was %s, is %s)" % (name, before[name], after[name])
    return found


def _may_vanish(kind: str, name: str) -> bool:
    if kind == "files":
        return name.startswith(RESTLESS)
    return kind in ("processes", "control groups", "listening sockets")


# -- processes and what they use -------------------------------------------------------------------------------------


def _process(process: Identity) -> str:
    words = _read(Path("/proc/%d/cmdline" % process.pid)).replace("\0", " ").strip()
    return "%d started at tick %d: %s" % (process.pid, process.start, words[:120] or "(no command line)")


def used_by_others(kind: str, names: Collection[str], ours: Collection[Identity]) -> set[str]:
    """Those of the new things that a living process outside the instance uses right now."""
    others = set(all_pids()) - {process.pid for process in ours} - {os.getpid()}
    if kind == "listening sockets":
        held = {link for pid in others for link in _links(pid)}
        return {name for name in names if "socket:[%s]" % name.rsplit(" inode ", 1)[-1] in held}
    if kind == "control groups":
        groups = {line.split(":", 2)[2] for pid in others for line in _read(Path("/proc/%d/cgroup" % pid)).splitlines()}
        return {name for name in names if any((path + "/").startswith(_cgroup_path(name) + "/") for path in groups)}
    if kind == "files":
        names = [name for name in names if name.startswith(TEMPORARY)]
        here = _mount_namespace("self")
        near = [pid for pid in others if _mount_namespace(str(pid)) == here] if names else []
        held = {text for pid in near for text in (*_links(pid), *_words(pid))}
        return {name for name in names if any(_names_path(text, name) for text in held)}
    return set()


def _links(pid: int) -> Iterator[str]:
    """Everything that a process has open, and its working directory."""
    folder = "/proc/%d" % pid
    try:
        paths = [folder + "/cwd"] + ["%s/fd/%s" % (folder, name) for name in os.listdir(folder + "/fd")]
    except OSError:
        return
    for path in paths:
        try:
            yield os.readlink(path)
        except OSError:
            continue


def _names_path(text: str, path: str) -> bool:
    return re.search(re.escape(path) + r"(?![\w.-])", text) is not None


def _mount_namespace(pid: str) -> str:
    try:
        return os.readlink("/proc/%s/ns/mnt" % pid)
    except OSError:
        return ""


def _words(pid: int) -> Iterator[str]:
    """Arguments and environment: they name temporary folders that nothing is open in at the moment."""
    for name in ("cmdline", "environ"):
        yield _read(Path("/proc/%d" % pid) / name)


# -- the kernel ------------------------------------------------------------------------------------------------------


def _mounts(instance: Instance) -> Things:
    """Mounts by place; two at the same place, one over the other, are told apart by a number."""
    found: Things = {}
    text = _read(Path("/proc/self/mountinfo"))
    files = Files(instance)
    for point, line in zip(mount_points(text), text.splitlines()):
        if files.of_another_instance(point):
            continue
        number = 1
        while "%s (%d)" % (point, number) in found:
            number += 1
        words = line.split(" ")
        found["%s (%d)" % (point, number)] = " ".join(words[3:4] + words[5:])
    return found


def _interfaces() -> Things:
    """Interfaces with flags and size, their addresses, and routes."""
    found = {}
    for line in _read(Path("/proc/net/dev")).splitlines()[2:]:
        name = line.split(":")[0].strip()
        details = tuple(_read(Path("/sys/class/net") / name / detail).strip() for detail in ("flags", "mtu"))
        found["interface %s" % name] = "flags %s, mtu %s" % details
    local = re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", _read(Path("/proc/net/fib_trie")))
    found.update(("address %s" % address, "") for address in local)
    for line in _read(Path("/proc/net/if_inet6")).splitlines():
        found["address %s" % " ".join(line.split())] = ""
    for line in _read(Path("/proc/net/route")).splitlines()[1:]:
        words = line.split()
        found["route %s" % " ".join(words[:4] + words[6:8])] = ""
    return found


def _netfilter() -> Things:
    """Rules as the programs print them, without counters; and tables, chains and rules as the kernel lists them."""
    found = dict.fromkeys(netfilter.netlink_entries(), "")
    for name in ("ip_tables_names", "ip6_tables_names", "arp_tables_names"):
        found.update(("%s: %s" % (name, table), "") for table in _read(Path("/proc/net") / name).split())
    askable = netfilter.present() or Path("/proc/net/ip_tables_names").exists()
    for words in _RULE_PROGRAMS:
        if askable and shutil.which(words[0]):
            text = re.sub(r"\[\d+:\d+\]", "", output(words))
            found.update(("%s: %s" % (words[0], line), "") for line in text.splitlines() if not line.startswith("#"))
    return found


def _sysctls() -> Things:
    top = "/proc/sys/"
    volatile = matcher([top + pattern for pattern in _VOLATILE])
    paths = (os.path.join(folder, name) for folder, _folders, names in os.walk(top) for name in names)
    return _contents(Path(path) for path in paths if not volatile(path))


def _cgroups(instance: Instance) -> Things:
    """Paths of all control groups, as "hierarchy: path"."""
    common = "/" + CGROUP_ROOT
    found = {}
    for hierarchy in hierarchies():
        for folder, _folders, _names in os.walk(hierarchy):
            path = folder[len(str(hierarchy)) :] or "/"
            if path.startswith(common + "/") and not (path + "/").startswith(instance.cgroup + "/"):
                continue
            if path == common and has_others(folder, instance):
                continue
            found["%s: %s" % (hierarchy, path)] = ""
    return found


def _cgroup_path(name: str) -> str:
    return name.split(": ", 1)[1]


def _modules() -> Things:
    return {line.split()[0]: "" for line in _read(Path("/proc/modules")).splitlines()}


def _sockets() -> Things:
    """Listening TCP, UDP and unix sockets; the inode leads to the process that holds one."""
    found = {}
    for name, states in (("tcp", ("0A",)), ("tcp6", ("0A",)), ("udp", ("07",)), ("udp6", ("07",))):
        for line in _read(Path("/proc/net") / name).splitlines()[1:]:
            words = line.split()
            if words[3] in states:
                found["%s %s inode %s" % (name, _address(words[1]), words[9])] = ""
    for line in _read(Path("/proc/net/unix")).splitlines()[1:]:
        words = line.split(None, 7)
        if int(words[3], 16) & 0x10000:  # the flag of a socket that accepts connections
            found["unix %s inode %s" % (words[7] if len(words) > 7 else "(no name)", words[6])] = ""
    return found


def _address(text: str) -> str:
    """127.64.1.1:2222 from 0101407F:08AE; other than IPv4 stays as it is."""
    host, port = text.split(":")
    if len(host) == 8:
        host = ".".join(str(number) for number in reversed(bytes.fromhex(host)))
    return "%s:%d" % (host, int(port, 16))


# -- shared ----------------------------------------------------------------------------------------------------------


def _digests(paths: Collection[str]) -> Things:
    return {path: hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16] for path in paths if Path(path).exists()}


def _contents(paths: Iterator[Path]) -> Things:
    found = {}
    for path in paths:
        try:
            found[str(path)] = path.read_text(errors="replace").strip()
        except OSError:
            continue  # some settings can only be written
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
