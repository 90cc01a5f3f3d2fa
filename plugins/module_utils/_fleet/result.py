# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the ledger as the plain data that the module returns."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.content import content_lines
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.coverage import (
    ANSWERED,
    BLIND,
    FROM_LEDGER,
    Coverage,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.join import Joined
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import HostEntry, Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.protection import Protections, protections
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso


def build_result(earlier: Optional[Ledger], joined: Joined, now: int) -> Dict[str, Any]:
    """The result of a run; `diff` shows everything but moments."""
    ledger, coverage = joined.ledger, joined.coverage
    before, after = content_lines(earlier), content_lines(ledger)
    protected = protections(ledger, now)
    return {
        "changed": before != after,
        "complete": ledger.complete,
        "problems": list(ledger.problems),
        "notes": list(joined.notes),
        "coverage": {state: coverage.named(state) for state in (ANSWERED, FROM_LEDGER, BLIND)},
        "hosts": {host: _host(host, coverage, ledger.hosts.get(host)) for host in sorted(coverage.hosts)},
        "digests": _digests(ledger, protected),
        "references": {
            name: {"sources": list(who), "reason": protected.references[name]}
            for name, who in ledger.references.items()
        },
        "repositories": {
            name: {"sources": list(who), "reason": protected.repositories[name]}
            for name, who in ledger.repositories.items()
        },
        "unmapped": _unmapped(ledger),
        "sources": {
            path: {
                "entries": source.count,
                "size": source.size,
                "last_read": iso(source.read),
                "modified": iso(source.modified),
            }
            for path, source in sorted(ledger.sources.items())
        },
        "started": iso(ledger.started),
        "last_run": iso(ledger.last_run),
        "last_complete": iso(ledger.last_complete or None),
        "diff": {"before": _text(before), "after": _text(after)},
    }


def _host(host: str, coverage: Coverage, entry: Optional[HostEntry]) -> Dict[str, Any]:
    covered = coverage.hosts[host]
    return {
        "state": covered.state,
        "why": covered.why,
        "last_answered": iso(entry.answered or None) if entry else None,
        "engines": sorted(entry.engines) if entry else [],
        "images": entry.images if entry else 0,
    }


def _digests(ledger: Ledger, protected: Protections) -> Dict[str, Dict[str, Any]]:
    found: Dict[str, Dict[str, Any]] = {}
    for digest in sorted(protected.digests):
        used = ledger.digests.get(digest, {})
        found[digest] = {
            "hosts": sorted({*used, *ledger.released.get(digest, {})}),
            "last_used": iso(max(used.values())) if used else None,
            "reason": protected.digests[digest],
            "names": list(ledger.names.get(digest, ())),
        }
    return found


def _unmapped(ledger: Ledger) -> List[Dict[str, Any]]:
    return [
        {"host": host, "engine": engine, "image": image.image, "references": list(image.references)}
        for host in sorted(ledger.hosts)
        for engine, known in sorted(ledger.hosts[host].engines.items())
        for image in known.unmapped
    ]


def _text(lines: List[str]) -> str:
    return "".join(line + "\n" for line in lines)
