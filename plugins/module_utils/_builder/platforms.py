# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Platforms in one spelling: `arm64` and `linux/arm64/v8` are `linux/arm64` (containerd/platforms, Normalize)."""

from __future__ import annotations

import re
from typing import Any, List, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

_PART = re.compile(r"[A-Za-z0-9_.-]+")
#: Other names of architectures, with the variant that the name stands for.
_ALIASES = {
    "i386": ("386", ""),
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
_ARCHITECTURES = {"386", "amd64", "arm", "arm64", "loong64", "mips64", "mips64le", "ppc64le", "riscv64", "s390x"}
#: Variants that are what one means without saying so.
_IMPLIED = {("arm64", "v8"), ("arm64", "8"), ("amd64", "v1")}


def parse_platform(where: str, value: Any) -> str:
    """`os/architecture[/variant]`. Raises PolicyError naming the value and what is accepted."""
    text = str(value).strip().lower()
    parts = text.split("/")
    if not all(_PART.fullmatch(part) for part in parts) or len(parts) > 3:
        raise PolicyError("%s: %r is not a platform, such as linux/arm64, linux/arm/v7 or arm64" % (where, value))
    if len(parts) == 1:
        if text not in _ARCHITECTURES and text not in _ALIASES:
            raise PolicyError(
                "%s: %r is neither a platform, such as linux/arm64, nor an architecture that is known: %s"
                % (where, value, ", ".join(sorted(_ARCHITECTURES)))
            )
        parts = ["linux", text]
    elif len(parts) == 2 and parts[0] in _ARCHITECTURES:
        parts = ["linux", *parts]
    return _join(parts[0], parts[1], parts[2] if len(parts) == 3 else "")


def parse_platforms(where: str, value: Any) -> Tuple[str, ...]:
    """Sorted, each once."""
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise PolicyError("%s: %r is not a list of platforms" % (where, value))
    return tuple(sorted({parse_platform(where, entry) for entry in value}))


def stored_platforms(value: Any) -> Tuple[str, ...]:
    """From the objects that buildx keeps: `{"architecture": "arm", "os": "linux", "variant": "v7"}`."""
    found: List[str] = []
    for entry in value or ():
        one: Mapping[str, Any] = entry
        found.append(_join(str(one["os"]), str(one["architecture"]), str(one.get("variant") or "")))
    return tuple(sorted(set(found)))


def _join(system: str, architecture: str, variant: str) -> str:
    architecture, other = _ALIASES.get(architecture, (architecture, ""))
    variant = variant or other
    if (architecture, variant) in _IMPLIED:
        variant = ""
    if architecture == "arm":
        variant = "v7" if not variant else variant if variant.startswith("v") else "v" + variant
    return "/".join(part for part in (system, architecture, variant) if part)
