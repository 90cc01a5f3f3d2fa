# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an image is built, only gets tags, or is left as it is, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._build.inputs import Inputs, differences

BUILD, TAG, KEEP = "build", "tag", "keep"


@dataclass(frozen=True)
class Decision:
    """`digest` is the image that already is what was asked for, None with BUILD; `tags` are those that do not mean it yet."""

    action: str
    reason: str
    digest: Optional[str] = None
    tags: Tuple[str, ...] = ()


def decide(wanted: Inputs, there: Mapping[str, Optional[Tuple[str, Optional[Inputs]]]], always: bool) -> Decision:
    """`there`: tag -> digest and record of the image that it means now, None when there is none."""
    if always:
        return Decision(BUILD, "rebuild: always")
    images: Dict[str, Optional[Inputs]] = {found[0]: found[1] for found in there.values() if found is not None}
    if not images:
        return Decision(BUILD, "there is no such image yet")
    for digest, inputs in images.items():
        if inputs == wanted:
            missing = tuple(tag for tag, found in there.items() if found is None or found[0] != digest)
            if not missing:
                return Decision(KEEP, "nothing that it is built from has changed", digest)
            told = "%s %s not mean it yet" % (", ".join(missing), "does" if len(missing) == 1 else "do")
            return Decision(TAG, "nothing that it is built from has changed, but %s" % told, digest, missing)
    recorded = [inputs for inputs in images.values() if inputs is not None]
    if not recorded:
        return Decision(BUILD, "the image there has no record of what it was built from")
    return Decision(BUILD, "; ".join(differences(recorded[0], wanted)))
