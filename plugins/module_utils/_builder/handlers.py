# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of other architectures: how the kernel is told who runs them (binfmt_misc), and which architecture a line is for."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.platforms import parse_platform
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

#: Architecture -> class (1: 32 bits, 2: 64), byte order (1: little end first, 2: big), e_machine; elf(5), elf.h.
_MACHINES: Mapping[str, Tuple[int, int, int]] = {
    "386": (1, 1, 3),
    "amd64": (2, 1, 62),
    "arm": (1, 1, 40),
    "arm64": (2, 1, 183),
    "loong64": (2, 1, 258),
    "mips64": (2, 2, 8),
    "mips64le": (2, 1, 8),
    "ppc64le": (2, 1, 21),
    "riscv64": (2, 1, 243),
    "s390x": (2, 2, 22),
}
#: What uname(2) calls a machine -> what it runs itself.
_NATIVE: Mapping[str, Tuple[str, ...]] = {
    "x86_64": ("amd64", "386"),
    "i686": ("386",),
    "aarch64": ("arm64",),
    "armv7l": ("arm",),
    "armv6l": ("arm",),
    "ppc64le": ("ppc64le",),
    "s390x": ("s390x",),
    "riscv64": ("riscv64",),
    "loongarch64": ("loong64",),
    "mips64": ("mips64", "mips64le"),
}
_EXECUTABLE = 2
_LINE = re.compile(r":([^:\n/]+):M:([0-9]*):([^:\n]*):([^:\n]*):([^:\n]+):([A-Z]*)")
_ESCAPE = re.compile(rb"\\x([0-9A-Fa-f]{2})")
FIXED = "F"


@dataclass(frozen=True)
class Handler:
    """One registration. `flags` with F: the interpreter was opened when it was registered, so containers need none."""

    name: str
    enabled: bool
    interpreter: str
    flags: str
    offset: int
    magic: bytes
    mask: bytes

    def runs(self, architecture: str) -> bool:
        header = elf_header(architecture)
        if self.offset or len(self.magic) > len(header) or len(self.magic) < len(header) - 1:
            return False
        mask = self.mask or b"\xff" * len(self.magic)
        return all((have & bits) == (want & bits) for have, want, bits in zip(header, self.magic, mask))


def parse_emulators(value: Sequence[str]) -> Tuple[str, ...]:
    """Architectures in the order given, each once. Raises PolicyError for one that no emulator is known for."""
    found: Dict[str, None] = {}
    for entry in value:
        platform = parse_platform("emulators", entry)
        system, architecture = platform.split("/")[:2]
        if system != "linux" or architecture not in _MACHINES:
            raise PolicyError(
                "emulators: no emulator is known for %s; these are: %s" % (platform, ", ".join(sorted(_MACHINES)))
            )
        found[architecture] = None
    return tuple(found)


def is_native(architecture: str, machine: str) -> bool:
    """`machine` as uname(2) tells it."""
    return architecture in _NATIVE.get(machine, ())


def elf_header(architecture: str) -> bytes:
    """The first 20 bytes of a program: identification, type, machine."""
    width, order, machine = _MACHINES[architecture]
    identification = b"\x7fELF" + bytes((width, order, 1, 0)) + bytes(8)
    layout = "<HH" if order == 1 else ">HH"
    return identification + struct.pack(layout, _EXECUTABLE, machine)


def parse_handler(name: str, text: str) -> Optional[Handler]:
    """From a file of binfmt_misc; None for what goes by a file's ending."""
    lines = text.splitlines()
    told = dict(line.partition(" ")[::2] for line in lines)
    if "magic" not in told:
        return None
    return Handler(
        name,
        lines[0].strip() == "enabled",
        told.get("interpreter", ""),
        told.get("flags:", "").strip(),
        int(told.get("offset", "0")),
        bytes.fromhex(told["magic"]),
        bytes.fromhex(told.get("mask", "")),
    )


def parse_registrations(text: str) -> List[Tuple[Handler, str]]:
    """From a file of binfmt.d(5): each handler with its line, which can be written to the kernel as it is."""
    found: List[Tuple[Handler, str]] = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is not None:
            name, offset, magic, mask, interpreter, flags = match.groups()
            handler = Handler(name, True, interpreter, flags, int(offset or 0), _bytes(magic), _bytes(mask))
            found.append((handler, line.strip()))
    return found


def find_handler(handlers: Sequence[Handler], architecture: str) -> Optional[Handler]:
    """By what it runs, whatever it is called. The kernel takes the newest first; one that serves is preferred."""
    fitting = [handler for handler in handlers if handler.runs(architecture)]
    fitting.sort(key=lambda handler: (not handler.enabled, FIXED not in handler.flags))
    return fitting[0] if fitting else None


def _bytes(text: str) -> bytes:
    return _ESCAPE.sub(lambda match: bytes((int(match.group(1), 16),)), text.encode("latin-1", "replace"))
