# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repository in which retention runs while others push all through it."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import registry_content as content
from janitor import restore, tidy
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from promises import Judge
from pushers import Pushers, Scene
from registry_content import Manifest
from registry_disk import lay
from whole import pulls_whole
from witness import Witness

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure

#: Beginnings of the tags that the rules keep, of those that are there at first and of those that are pushed.
KEPT = ("2.", "stable", "edge", "new-")
RULES: dict[str, Any] = {"keep": [{"tags": [start + "*" for start in KEPT]}]}


@dataclass(frozen=True)
class Raced:
    """After the run; `address` leads to the registry on the same way."""

    folder: Path
    address: str
    repository: str
    pushers: Pushers
    witness: Witness
    judge: Judge

    def bring_back(self) -> None:
        """What nobody could know of is in the undo."""
        if self.judge.excused:
            restore(self.folder, self.address)
        for promise in self.judge.excused:
            assert pulls_whole(self.address, self.repository, promise.digest) == []

    def run(self) -> dict[str, Any]:
        """Once more, while nobody pushes."""
        return _run(self.folder, self.address, self.repository)


@contextmanager
def raced(registry: OwnRegistry, folder: Path, seed: int) -> Iterator[Raced]:
    """Drawn: what is pushed, and at which requests; what is under way beside that is left to chance."""
    repository = "rounds/number-%d" % seed
    made = _releases(seed)
    everything = {**made, **_attachments(made)}
    first = {tag: lay(registry, repository, manifest, tag) for tag, manifest in everything.items()}
    scene = Scene(made, [tag for tag in made if not tag.startswith(KEPT)])
    pushers = Pushers(registry.address, repository, scene, seed)
    with MeddlingProxy(registry.address) as proxy:
        witness = Witness(proxy, pushers.turn)
        pushers.moment = witness.moment
        with pushers:
            done = _run(folder, proxy.address, repository, concurrency=random.Random(seed).choice((1, 2, 4)))
        proxy.before = proxy.after = None
        assert pushers.errors == []
        judge = Judge(registry.address, repository, first, pushers.promises, witness, done)
        yield Raced(folder, proxy.address, repository, pushers, witness, judge)


def _releases(seed: int) -> dict[str, Manifest]:
    """Six releases that go, of which some share a platform, and three that stay."""
    made = {tag: content.multi_platform("%d %s" % (seed, tag)) for tag in ("1.0.0", "1.1.0", "1.2.0", "1.3.0")}
    made["1.4.0"] = content.index([made["1.3.0"].children[0], content.simple("%d rebuilt" % seed)])
    made["1.5.0"] = content.index([made["1.2.0"].children[1], content.simple("%d other" % seed)])
    made.update({tag: content.multi_platform("%d %s" % (seed, tag)) for tag in ("2.0.0", "edge", "stable")})
    return made


def _attachments(made: dict[str, Manifest]) -> dict[str, Manifest]:
    """Signatures and lists of referrers, of what goes and of what stays."""
    found: dict[str, Manifest] = {}
    for tag in ("1.0.0", "1.4.0", "2.0.0"):
        found[content.cosign_tag(made[tag].digest)] = content.cosign(made[tag])
    for tag in ("1.1.0", "1.4.0", "stable"):
        found[content.fallback_tag(made[tag].digest)] = content.fallback_index([content.referrer(made[tag])])
    return found


def _run(folder: Path, address: str, repository: str, **more: Any) -> dict[str, Any]:
    """While somebody writes a manifest, this registry may answer its deletion with 400: then that stays, and it is told."""
    try:
        return tidy(folder, address, repositories=[repository], **RULES, **more)
    except PartialFailure as error:
        failed = {row["error"] for row in error.result["plan"] if row["outcome"] == "failed"}
        assert failed - {"what is attached to it could not be deleted"} == {"the registry refuses to delete it (400)"}
        return dict(error.result)
