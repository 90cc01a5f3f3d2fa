# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger as JSON types, and back; what cannot be understood is an error, never an empty ledger."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Dict, Mapping, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import (
    EngineEntry,
    HostEntry,
    Ledger,
    Sightings,
    SourceEntry,
    Unmapped,
)

SCHEMA = 1


def to_document(ledger: Ledger) -> Dict[str, Any]:
    """JSON types."""
    plain = {name: value for name, value in vars(ledger).items() if name not in ("hosts", "sources")}
    return {
        "schema": SCHEMA,
        **plain,
        "hosts": {host: asdict(entry) for host, entry in ledger.hosts.items()},
        "sources": {path: asdict(source) for path, source in ledger.sources.items()},
    }


def from_document(document: Any) -> Ledger:
    """Raises ValueError, TypeError or KeyError with what is wrong."""
    raw = _mapping(document)
    if raw.get("schema") != SCHEMA:
        raise ValueError("its schema is %r, this version reads %d" % (raw.get("schema"), SCHEMA))
    return Ledger(
        started=_moment(raw["started"]),
        last_run=_moment(raw["last_run"]),
        last_complete=_moment(raw["last_complete"]),
        complete=_truth(raw["complete"]),
        problems=_texts(raw["problems"]),
        host_grace=_moment(raw["host_grace"]),
        in_use_grace=_moment(raw["in_use_grace"]),
        expected=_texts(raw["expected"]),
        hosts={host: _host(entry) for host, entry in _mapping(raw["hosts"]).items()},
        digests=_sightings(raw["digests"]),
        released=_sightings(raw["released"]),
        # Ledgers that were written before names were remembered have none.
        names={digest: _texts(names) for digest, names in _mapping(raw.get("names", {})).items()},
        sources={path: _source(entry) for path, entry in _mapping(raw["sources"]).items()},
    )


def _host(value: Any) -> HostEntry:
    raw = _mapping(value)
    engines = {engine: _engine(entry) for engine, entry in _mapping(raw["engines"]).items()}
    return HostEntry(_moment(raw["answered"]), _truth(raw["current"]), engines)


def _engine(value: Any) -> EngineEntry:
    raw = _mapping(value)
    return EngineEntry(
        answered=_moment(raw["answered"]),
        name=_text(raw["name"]),
        images=_moment(raw["images"]),
        references=_texts(raw["references"]),
        unmapped=tuple(_unmapped(entry) for entry in _list(raw["unmapped"])),
    )


def _unmapped(value: Any) -> Unmapped:
    raw = _mapping(value)
    return Unmapped(_text(raw["image"]), _texts(raw["references"]))


def _source(value: Any) -> SourceEntry:
    raw = _mapping(value)
    return SourceEntry(
        read=_moment(raw["read"]),
        modified=_moment(raw["modified"]),
        size=_moment(raw["size"]),
        count=_moment(raw["count"]),
        references=_texts(raw["references"]),
        repositories=_texts(raw["repositories"]),
        digests=_texts(raw["digests"]),
    )


def _sightings(value: Any) -> Sightings:
    return {
        digest: {host: _moment(moment) for host, moment in _mapping(hosts).items()}
        for digest, hosts in _mapping(value).items()
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("a mapping was expected, not %s" % type(value).__name__)
    return value


def _list(value: Any) -> Tuple[Any, ...]:
    if not isinstance(value, list):
        raise TypeError("a list was expected, not %s" % type(value).__name__)
    return tuple(value)


def _texts(value: Any) -> Tuple[str, ...]:
    return tuple(_text(entry) for entry in _list(value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected, not %s" % type(value).__name__)
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false was expected, not %s" % type(value).__name__)
    return value


def _moment(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("a whole number was expected, not %r" % (value,))
    return value
