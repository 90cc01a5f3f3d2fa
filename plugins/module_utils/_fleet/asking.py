# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registries are asked for what hosts run: repository by repository, and for every image under one of its names after the other."""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.running import RunningImage
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference

#: Host, path and images of one repository -> why not, by digest, for those that are not settled with it.
Ask = Callable[[str, str, Sequence[RunningImage]], Mapping[str, str]]


def ask_by_names(images: Sequence[RunningImage], ask: Ask) -> List[Tuple[RunningImage, Tuple[str, ...]]]:
    """Those that no repository settled, each with why not: one text for each of its names, none where no name is known."""
    left: List[Tuple[RunningImage, Tuple[str, ...]]] = []
    waiting: List[Tuple[RunningImage, Tuple[str, ...], Tuple[str, ...]]] = [(one, one.pulled, ()) for one in images]
    while waiting:
        asked: Dict[Tuple[str, str], List[Tuple[RunningImage, Tuple[str, ...], Tuple[str, ...]]]] = {}
        for image, names, why in waiting:
            if not names:
                left.append((image, why))
                continue
            reference = parse_reference(names[0])
            asked.setdefault((reference.domain, reference.path), []).append((image, names[1:], why))
        waiting = []
        for (host, path), some in asked.items():
            problems = ask(host, path, [image for image, _names, _why in some])
            waiting += [
                (image, names, (*why, problems[image.digest])) for image, names, why in some if image.digest in problems
            ]
    return left
