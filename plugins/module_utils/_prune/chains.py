# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layer chains: their identity, and which history entry is which layer."""

from __future__ import annotations

import hashlib
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import Layer


def chain_ids(diff_ids: Sequence[str]) -> List[str]:
    """The chain id of every layer, base first: OCI image specification, "Layer ChainID"."""
    chains: List[str] = []
    for diff_id in diff_ids:
        if chains:
            text = "%s %s" % (chains[-1], diff_id)
            chains.append("sha256:" + hashlib.sha256(text.encode()).hexdigest())
        else:
            chains.append(diff_id)
    return chains


def align(count: int, history: Sequence[int]) -> List[Optional[int]]:
    """The size of each of `count` layers from `history` sizes (base first), None where the history leaves it open.

    The engine reports one entry per build step and does not say which steps made no layer, so an entry of size 0 is
    either such a step or an empty layer. The layers are certain when the entries that have a size are as many as the
    layers, or when there are as many entries as layers.
    """
    filled = [size for size in history if size > 0]
    if len(filled) == count:
        return list(filled)
    if len(history) == count:
        return list(history)
    return [None] * count


def settle(images: Dict[str, Tuple[Layer, ...]], totals: Dict[str, int]) -> Dict[str, Tuple[Layer, ...]]:
    """Fill open sizes from images that share the chain and are certain, then from what the image's total leaves over.

    `totals` are the bytes of all layers of an image together. What stays None is really open.
    """
    known: Dict[str, int] = {
        layer.chain: layer.size for layers in images.values() for layer in layers if layer.size is not None
    }
    changed = True
    while changed:
        changed = False
        for image, layers in images.items():
            chains = {layer.chain for layer in layers}
            missing = [chain for chain in chains if chain not in known]
            if not missing or image not in totals:
                continue
            rest = totals[image] - sum(known.get(chain, 0) for chain in chains)
            if rest == 0 or len(missing) == 1:
                for chain in missing:
                    known[chain] = max(rest, 0)
                changed = True
    return {
        image: tuple(Layer(layer.chain, known.get(layer.chain)) for layer in layers) for image, layers in images.items()
    }


def chains_of(layers: Optional[Iterable[Layer]]) -> List[str]:
    return [layer.chain for layer in layers or ()]
