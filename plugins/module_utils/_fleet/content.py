# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ledger as lines to compare and to show: everything but moments, which every run renews."""

from __future__ import annotations

from typing import Iterable, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import EngineEntry, HostEntry, Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration


def content_lines(ledger: Optional[Ledger]) -> List[str]:
    """Two ledgers with the same lines say the same; none has no lines."""
    if ledger is None:
        return []
    lines = [
        "complete: %s" % ("yes" if ledger.complete else "no"),
        "host_grace: %s" % format_duration(ledger.host_grace),
        "in_use_grace: %s" % format_duration(ledger.in_use_grace),
        "expected at the last complete run: %s" % _list(ledger.expected),
    ]
    for host in sorted(ledger.hosts):
        lines += _host_lines(host, ledger.hosts[host])
    lines += ["source %s: %d images" % (path, ledger.sources[path].count) for path in sorted(ledger.sources)]
    lines += ["reference %s: %s" % (name, _list(who)) for name, who in ledger.references.items()]
    lines += ["repository %s: %s" % (name, _list(who)) for name, who in ledger.repositories.items()]
    named = {digest for source in ledger.sources.values() for digest in source.digests}
    lines += ["named digest %s" % digest for digest in sorted(named)]
    lines += ["digest %s: %s" % (digest, _list(ledger.digests[digest])) for digest in sorted(ledger.digests)]
    lines += ["names of %s: %s" % (digest, _list(ledger.names[digest])) for digest in sorted(ledger.names)]
    lines += ["released %s: %s" % (digest, _list(ledger.released[digest])) for digest in sorted(ledger.released)]
    return lines


def _host_lines(host: str, entry: HostEntry) -> Iterable[str]:
    yield "host %s: %s" % (host, "answered" if entry.current else "by the ledger" if entry.answered else "not known")
    for engine in sorted(entry.engines):
        yield from _engine_lines("host %s engine %s" % (host, engine), entry.engines[engine])


def _engine_lines(start: str, engine: EngineEntry) -> Iterable[str]:
    yield "%s: %d images" % (start, engine.images)
    for image in engine.unmapped:
        yield "%s unmapped %s: %s" % (start, image.image, _list(image.references))


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
