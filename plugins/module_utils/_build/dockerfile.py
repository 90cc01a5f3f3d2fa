# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images a Dockerfile builds on (Dockerfile reference: FROM, COPY --from, RUN --mount=from, ARG before the first FROM)."""

from __future__ import annotations

import re
from typing import Dict, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

SCRATCH = "scratch"
_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(\S.*?)\s*")
_HEREDOC = re.compile(r"(?<![\w<])<<(-?)([\"']?)([A-Za-z_]\w*)\2")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^{}]*))?\})")
_FROM_OPTION = re.compile(r"--from=(\S+)")
_MOUNT_FROM = re.compile(r"--mount=\S*?\bfrom=([^\s,]+)")


def base_images(
    name: str, text: str, arguments: Mapping[str, str], platforms: Sequence[str], contexts: Mapping[str, str]
) -> Tuple[str, ...]:
    """Every image that some stage is built on or takes files from, as it is written, each once and sorted.

    `arguments` are build arguments; names of `contexts` (build contexts) and stages are no images. Variables that hold a platform take
    all of `platforms`. Raises PolicyError naming the line for a name that cannot be known before the build.
    """
    found: Set[str] = set()
    for values in _worlds(arguments, platforms):
        found |= _bases(name, text, values, contexts)
    return tuple(sorted(found))


def _worlds(arguments: Mapping[str, str], platforms: Sequence[str]) -> List[Dict[str, str]]:
    """The variables that are known before any ARG, for each platform."""
    worlds = []
    for platform in platforms or ("",):
        values: Dict[str, str] = {}
        if platform:
            system, architecture, variant = (platform.split("/") + ["", ""])[:3]
            values = {
                "TARGETPLATFORM": platform,
                "TARGETOS": system,
                "TARGETARCH": architecture,
                "TARGETVARIANT": variant,
            }
        worlds.append({**values, **arguments})
    return worlds


def _bases(name: str, text: str, given: Mapping[str, str], contexts: Mapping[str, str]) -> Set[str]:
    values = {key: value for key, value in given.items() if key.startswith("TARGET")}
    stages: Set[str] = set()
    count = 0
    found: Set[str] = set()

    def add(number: int, word: str) -> None:
        image = _expand(name, number, word, values)
        known = (
            image.lower() in stages or image in contexts or image == SCRATCH or (image.isdigit() and int(image) < count)
        )
        if not known:
            found.add(image)

    for number, line in _instructions(text):
        word, _space, rest = line.partition(" ")
        instruction = word.upper()
        if instruction == "ARG" and not count:
            for key, default in _declared(rest):
                value = given.get(key, default)
                if value is not None:
                    values[key] = _expand(name, number, value, values)
        elif instruction == "FROM":
            words = [part for part in rest.split() if not part.startswith("--")]
            if not words:
                raise PolicyError("%s, line %d: FROM names no image" % (name, number))
            add(number, words[0])
            count += 1
            if len(words) == 3 and words[1].upper() == "AS":
                stages.add(words[2].lower())
        elif instruction in ("COPY", "ADD"):
            for option in _FROM_OPTION.findall(rest):
                add(number, option)
        elif instruction == "RUN":
            for option in _MOUNT_FROM.findall(rest):
                add(number, option)
    if not count:
        raise PolicyError("%s: it has no FROM" % name)
    return found


def _declared(rest: str) -> List[Tuple[str, Optional[str]]]:
    """`A=1 B` of an ARG."""
    pairs: List[Tuple[str, Optional[str]]] = []
    for word in rest.split():
        key, sign, value = word.partition("=")
        pairs.append((key, value.strip("\"'") if sign else None))
    return pairs


def _expand(name: str, number: int, word: str, values: Mapping[str, str]) -> str:
    def value_of(found: "re.Match[str]") -> str:
        key = found.group(1) or found.group(2)
        how, other = found.group(3) or "", found.group(4) or ""
        has = key in values and (bool(values[key]) or not how.startswith(":"))
        if how.endswith("+"):
            return other if has else ""
        if has:
            return values[key]
        if how.endswith("-"):
            return other
        raise PolicyError(
            "%s, line %d: what %s means is not known before the build, so nobody can tell whether that image changed. Give the "
            "argument in build_args, or say rebuild: always" % (name, number, found.group(0))
        )

    return _VARIABLE.sub(value_of, word).strip("\"'")


def _instructions(text: str) -> List[Tuple[int, str]]:
    """Line number and text of every instruction, its continuation lines joined; comments and here-documents are left out."""
    escape = _escape(text)
    found: List[Tuple[int, str]] = []
    lines = text.lstrip("\ufeff").splitlines()
    place = 0
    while place < len(lines):
        start, joined = place + 1, ""
        while place < len(lines):
            line = lines[place].strip()
            place += 1
            if line.startswith("#") or (joined and not line):
                continue
            if not line.endswith(escape):
                joined += line
                break
            joined += line[: -len(escape)] + " "
        if joined.strip():
            found.append((start, " ".join(joined.split())))
            place = _after_documents(lines, place, joined)
    return found


def _after_documents(lines: Sequence[str], place: int, instruction: str) -> int:
    """Where it goes on behind the here-documents of an instruction."""
    if instruction.lstrip().partition(" ")[0].upper() not in ("RUN", "COPY", "ADD"):
        return place
    for dash, _quote, word in _HEREDOC.findall(instruction):
        ends = (
            number
            for number, line in enumerate(lines[place:], place + 1)
            if (line.lstrip("\t") if dash else line) == word
        )
        # One that never ends is none, but a sign inside of quotes.
        place = next(ends, place)
    return place


def _escape(text: str) -> str:
    for line in text.lstrip("\ufeff").splitlines():
        found = _DIRECTIVE.fullmatch(line.strip())
        if found is None:
            break
        if found.group(1).lower() == "escape":
            return found.group(2)
    return "\\"
