# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what runs is signed, as values fit to be shown and as lines to read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.scans import called, counted
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.scans_text import on_hosts, section
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.unwrap import unwrap
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.values import mapping, sequence, text, texts

TOP = 10
LONG = 1000
VERIFIED, UNSIGNED, UNKNOWN = "verified", "not signed", "not known"
WIDTHS = (60, 0, 40, 200)


@dataclass(frozen=True)
class Signed:
    """One image. Only a literal true is VERIFIED, only a literal false UNSIGNED."""

    image: str
    digest: str
    hosts: Tuple[str, ...]
    state: str
    reason: str
    signers: Tuple[str, ...]


@dataclass(frozen=True)
class Signatures:
    """One verification. `told` is false when there is no result; `problem` is what went wrong, `notes` why more may run."""

    name: str
    told: bool
    problem: str
    images: Tuple[Signed, ...]
    notes: Tuple[str, ...] = ()

    def being(self, state: str) -> List[Signed]:
        """Images of that state: those that run on most hosts first."""
        return sorted(
            (one for one in self.images if one.state == state), key=lambda one: (-len(one.hosts), one.image, one.digest)
        )

    @property
    def sentence(self) -> str:
        """The figures, without a full stop."""
        if not self.images:
            return "no image was verified, so nothing is known"
        hosts = len({host for one in self.images for host in one.hosts})
        where = " in use on %s" % counted(hosts, "host") if hosts else ""
        told = ", ".join("%d %s" % (len(self.being(state)), state) for state in (VERIFIED, UNSIGNED, UNKNOWN))
        return "%s%s: %s" % (counted(len(self.images), "image"), where, told)


def read_signatures(name: str, raw: Any) -> Signatures:
    """`raw` is a list of rows, a mapping with such a list in `images`, one row, a failed result with a message, or a report of the
    host command."""
    if "exit_code" in mapping(raw):
        result, _finished, problem = unwrap(raw, "images")
        return replace(read_signatures(name, result), problem=problem or ("" if result else "It gave no result."))
    told = mapping(raw)
    rows = _rows(raw, told)
    problem = text(told.get("msg"), LONG) if told.get("failed") or rows is None else ""
    return Signatures(
        name=printable(name),
        told=rows is not None,
        problem=problem or ("" if rows is not None else "It gave no result."),
        images=tuple(_signed(name, mapping(one)) for one in rows or ()),
        notes=texts(mapping(told.get("ledger")).get("problems"), LONG),
    )


def signature_lines(name: str, raw: Any, top: int = TOP) -> List[str]:
    """The figures, then what is not signed, then what nobody knows."""
    found = read_signatures(name, raw)
    lines = ["Signatures of %s: %s." % (found.name, found.sentence)]
    for state, title in ((UNSIGNED, "Not signed, and in use:"), (UNKNOWN, "Not known whether signed:")):
        rows = [[one.image, one.digest[:19] or "-", on_hosts(one.hosts), one.reason] for one in found.being(state)]
        lines += section(title, ("IMAGE", "DIGEST", "HOSTS", "WHY"), rows, top, limits=WIDTHS)
    lines += ["More may run than was verified: %s" % note for note in found.notes]
    return lines + (["It failed: %s" % found.problem] if found.problem else [])


def _rows(raw: Any, told: Mapping[str, Any]) -> Optional[Sequence[Any]]:
    if isinstance(raw, Sequence) and not isinstance(raw, (str, bytes)):
        return raw
    if "images" in told:
        return sequence(told["images"])
    return [told] if "verified" in told else None


def _signed(name: str, row: Mapping[str, Any]) -> Signed:
    verified = row.get("verified")
    state = VERIFIED if verified is True else UNSIGNED if verified is False else UNKNOWN
    asked = text(row.get("image")) or printable(name)
    return Signed(
        image=called(asked, texts(row.get("references"))),
        digest=text(row.get("digest")),
        hosts=texts(row.get("hosts")),
        state=state,
        reason=_reason(asked, text(row.get("reason"), LONG)) or ("-" if state == VERIFIED else "no reason was given"),
        signers=_signers(row),
    )


def _reason(asked: str, told: str) -> str:
    """Without the name at its beginning, which the row has anyway."""
    return told[len(asked) :].lstrip(" :") if told.startswith((asked + " ", asked + ": ")) else told


def _signers(row: Mapping[str, Any]) -> Tuple[str, ...]:
    """Names where they are told, else keys of the signatures."""
    named = [text(one) or text(mapping(one).get("name")) for one in sequence(row.get("signers"))]
    keys = [text(one.get("signer")) or text(one.get("key")) for one in map(mapping, sequence(row.get("signatures")))]
    return tuple(dict.fromkeys(one for one in ([*filter(None, named)] or keys) if one))
