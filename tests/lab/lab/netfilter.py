# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables, chains and rules of nf_tables, asked from the kernel itself: works where no nft program is installed."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path
from typing import Iterator

_NETLINK_NETFILTER = 12
_SUBSYSTEM = 10 << 8
_GET = {"table": 1, "chain": 4, "rule": 7}
_DUMP = 0x301  # a request for all there is
_ERROR, _DONE = 2, 3
#: Attributes that name an object: of a table its name; of a chain its table and name; of a rule table, chain, number.
_NAMES = {"table": (1,), "chain": (1, 3), "rule": (1, 2, 3)}


def present() -> bool:
    """Whether nf_tables is in the kernel now: a question to one that could load it would make it load it."""
    modules = Path("/proc/modules")
    if not modules.exists():
        return True  # this kernel loads nothing
    builtin = Path("/lib/modules") / os.uname().release / "modules.builtin"
    names = [line.split()[0] for path in (modules, builtin) if path.exists() for line in path.read_text().splitlines()]
    return any(name == "nf_tables" or name.endswith("/nf_tables.ko") for name in names)


def netlink_entries() -> list[str]:
    """One line per table, chain and rule; empty when the kernel has no nf_tables."""
    if not present():
        return []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as kernel:
        kernel.settimeout(10)
        return [line for what in _GET for line in _dump(kernel, what)]


def _dump(kernel: socket.socket, what: str) -> Iterator[str]:
    # message header (length, type, flags, sequence, port), then family "any", version 0, resource 0
    kernel.send(struct.pack("=IHHIIBBH", 20, _SUBSYSTEM | _GET[what], _DUMP, 1, 0, 0, 0, 0))
    while True:
        data = kernel.recv(1 << 17)
        while data:
            length, kind = struct.unpack_from("=IH", data)
            if kind in (_ERROR, _DONE):
                return
            found = _attributes(data[20:length])
            names = [found.get(number, b"") for number in _NAMES[what]]
            yield "nf_tables %s of family %d: %s" % (what, data[16], " ".join(_text(name) for name in names))
            data = data[(length + 3) & ~3 :]


def _attributes(data: bytes) -> dict[int, bytes]:
    found = {}
    while len(data) >= 4:
        length, number = struct.unpack_from("=HH", data)
        found[number & 0x3FFF] = data[4:length]
        data = data[(max(length, 4) + 3) & ~3 :]
    return found


def _text(value: bytes) -> str:
    """Names end with a zero byte; numbers are eight bytes in network order."""
    if value.endswith(b"\0") and value[:-1].isascii() and value[:1] != b"\0":
        return value[:-1].decode()
    return str(int.from_bytes(value, "big"))
