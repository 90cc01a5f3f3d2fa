# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate for an image with everything below it: an index may go on only when each image goes that would be brought with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.contents import Content, normalised
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.gate import (
    FAILED,
    NEVER_SCANNED,
    PASSED,
    Answer,
    Gate,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.remembered import WORST_FIRST, worst_verdict

#: Digest -> platform -> what is remembered, as remembered.py has it.
Verdicts = Mapping[str, Mapping[str, Mapping[str, Any]]]


def ask_all(gate: Gate, root: str, parts: Sequence[Content], alone: bool, verdicts: Verdicts, now: int) -> Answer:
    """`root` is the digest of what is brought, `parts` are the images below it that go with it; none for what is no index.
    `alone`: the index has no other image than one.

    What failed on any platform stays. Of the parts, those of `gate.platforms` must have passed, all of them when it names none: each by
    the verdict of its own digest, or of the index for its platform. `now` in epoch seconds.
    """
    whole = verdicts.get(root)
    answer = gate.ask(root, worst_verdict(whole) if whole else None, now)
    if not whole or not parts or answer.kind == FAILED:
        return answer
    found = {part: _about(part, whole, alone, verdicts) for part in parts}
    for part, told in found.items():
        for one in told:
            if one["status"] == FAILED:
                return _of(part, root, gate.ask(part.manifest, one, now))
    wanted = [part for part in parts if gate.wants(part.platform)]
    if not wanted:
        there = ", ".join(_name(part) for part in parts)
        words = "%s has no image for %s, of which scan_gate.platforms wants a scan; it has %s"
        return gate.lenient(Answer(False, NEVER_SCANNED, words % (root, " or ".join(gate.platforms), there)))
    for part in wanted:
        answer = _best(gate, part, found[part], now)
        if not answer.allowed:
            return _of(part, root, answer)
    return replace(answer, reason="%s: %s" % (", ".join(_name(part) for part in wanted), answer.reason))


def _about(part: Content, whole: Mapping[str, Any], alone: bool, verdicts: Verdicts) -> List[Mapping[str, Any]]:
    """What is remembered of one image. A verdict of the index that names no platform is about one of its images, nobody knows which."""
    platform = normalised(part.platform)
    of_index = [
        {**one, "platform": name or None}
        for name, one in whole.items()
        if (normalised(name) == platform if name else alone)
    ]
    own: Dict[str, Mapping[str, Any]] = {}
    for digest in (part.manifest, part.config):
        by_platform = verdicts.get(digest or "")
        if by_platform:
            own[str(digest)] = worst_verdict(by_platform)
    return [*of_index, *own.values()]


def _best(gate: Gate, part: Content, told: Sequence[Mapping[str, Any]], now: int) -> Answer:
    """The answer of the youngest that passed, else of the worst."""
    youngest = sorted(told, key=lambda one: (one["status"] == PASSED, one["at"]), reverse=True)
    if youngest and youngest[0]["status"] == PASSED:
        return gate.ask(part.manifest, youngest[0], now)
    worst = min(told, key=lambda one: WORST_FIRST.index(one["status"]), default=None)
    return gate.ask(part.manifest, worst, now)


def _of(part: Content, root: str, answer: Answer) -> Answer:
    words = "%s holds an image for %s: %s"
    if answer.kind == NEVER_SCANNED:
        words += ", with platform %s; or name in scan_gate.platforms those whose scan suffices" % (
            part.platform or "as the index tells it"
        )
    return replace(answer, reason=words % (root, _name(part), answer.reason))


def _name(part: Content) -> str:
    return part.platform or "a platform that the index does not tell (%s)" % part.manifest
