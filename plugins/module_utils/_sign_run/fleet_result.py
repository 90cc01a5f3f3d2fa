# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of the verification of a fleet, as result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.running import RunningImage
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.result import rows
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Signature


@dataclass(frozen=True)
class Verified:
    """One image. `verified` None: nobody knows; `reason` why not, None when it is."""

    image: RunningImage
    name: str
    verified: Optional[bool]
    reason: Optional[str]
    signatures: Tuple[Signature, ...] = ()

    def row(self) -> Dict[str, Any]:
        signers = {one.signer or one.key for one in self.signatures}
        return {
            "image": self.name,
            "references": [*self.image.tags, *self.image.pulled],
            "digest": self.image.digest,
            "hosts": list(self.image.hosts),
            "verified": self.verified,
            "reason": self.reason,
            "signers": sorted(one for one in signers if one),
            "signatures": rows(self.signatures),
        }


def fleet_rows(found: Sequence[Verified]) -> List[Dict[str, Any]]:
    """In an order that depends on nothing but names."""
    return [one.row() for one in sorted(found, key=lambda one: (one.name, one.image.digest))]


def fleet_summary(found: Sequence[Verified], others: int) -> Dict[str, int]:
    """`others`: images that the fleet runs and that were not asked for."""
    states = [one.verified for one in found]
    return {
        "images": len(states),
        "verified": sum(1 for one in states if one is True),
        "unsigned": sum(1 for one in states if one is False),
        "unknown": sum(1 for one in states if one is None),
        "others": others,
    }
