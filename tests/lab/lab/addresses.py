# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loopback addresses and ports: every instance has a block 127.B.0.0/16 that nobody else listens in."""

from __future__ import annotations

import socket
import zlib
from dataclasses import dataclass
from typing import Callable, Collection, Mapping

from .errors import LabError

#: Third number of an address says what it is for.
HOSTS, REGISTRIES, ENGINES, NOTARIES = 1, 2, 3, 4
_FIRST, _LAST = 64, 250
_SSH_PORTS = (2222, 2322, 2422)
_REGISTRY_PORTS = (5000, 5100, 5200)


@dataclass(frozen=True)
class Block:
    """The addresses of one instance."""

    number: int
    ssh_port: int
    registry_port: int

    def host(self, index: int) -> str:
        return "127.%d.%d.%d" % (self.number, HOSTS, index)

    def registry(self, index: int) -> str:
        return "127.%d.%d.%d" % (self.number, REGISTRIES, index)

    def engine(self, index: int) -> str:
        return "127.%d.%d.%d" % (self.number, ENGINES, index)

    def notary(self) -> str:
        return "127.%d.%d.1" % (self.number, NOTARIES)

    def as_dict(self) -> dict[str, int]:
        return {"number": self.number, "ssh_port": self.ssh_port, "registry_port": self.registry_port}


def block_from(record: Mapping[str, int]) -> Block:
    return Block(record["number"], record["ssh_port"], record["registry_port"])


def candidates(name: str) -> list[int]:
    """Block numbers in the order of preference: the same name always starts at the same number."""
    span = _LAST - _FIRST + 1
    start = zlib.crc32(name.encode()) % span
    return [_FIRST + (start + step) % span for step in range(span)]


def choose(
    name: str,
    taken: Collection[int],
    hosts: int,
    registries: int,
    is_free: Callable[[str, int], bool],
) -> Block:
    """The first block that no other instance has and whose addresses and ports are all free."""
    for ssh_port, registry_port in zip(_SSH_PORTS, _REGISTRY_PORTS):
        for number in candidates(name):
            block = Block(number, ssh_port, registry_port)
            wanted = [(block.host(n + 1), ssh_port) for n in range(hosts)]
            wanted += [(block.registry(n + 1), registry_port) for n in range(registries)]
            if number not in taken and all(is_free(*pair) for pair in wanted):
                return block
    raise LabError("no free block of loopback addresses between 127.%d.0.0 and 127.%d.0.0" % (_FIRST, _LAST))


def can_bind(address: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port(address: str) -> int:
    """A port of that address that is free at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
