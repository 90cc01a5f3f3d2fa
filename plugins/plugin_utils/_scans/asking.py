# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A result of scout_scan, asked host by host or image by image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.gate import (
    FAILED,
    NOT_SCANNED,
    PASSED,
    Gate,
    parse_gate,
)

# The worst first: what is known to be bad comes before what is not known.
ORDER = (FAILED, NOT_SCANNED, PASSED)


def by_host(told: Any) -> dict[str, dict[str, Any]]:
    """Host -> `status`, the worst of what it runs, and `images`, the rows of these. Raises PolicyError for what is no result."""
    found: dict[str, dict[str, Any]] = {}
    for row in _rows(told, "scan_hosts")[0]:
        for host in row.get("hosts") or ():
            entry = found.setdefault(str(host), {"status": PASSED, "images": []})
            entry["status"] = min(entry["status"], _status(row), key=ORDER.index)
            entry["images"].append(row)
    return {host: found[host] for host in sorted(found)}


def has_passed(image: Any, told: Any, max_age: Any, now: int) -> bool:
    """Whether the image, by name or digest, is there and passed, on every platform that was scanned; with `max_age` also not longer
    ago than that. `now` in epoch seconds. Raises PolicyError for what is no image, no result or no duration."""
    rows, finished = _rows(told, "scan_passed")
    found = _matching(rows, image)
    if max_age is None:
        return bool(found) and all(_status(row) == PASSED for row in found)
    gate = _gate(max_age)
    return bool(found) and all(_passes(row, finished, gate, now) for row in found)


def _gate(max_age: Any) -> Gate:
    try:
        return parse_gate("scan_passed", {"max_age": max_age})
    except PolicyError as error:
        raise PolicyError(str(error).replace("scan_passed.", "scan_passed: ", 1)) from error


def _passes(row: Mapping[str, Any], finished: Any, gate: Gate, now: int) -> bool:
    when = row.get("scanned") or finished
    if not when:
        raise PolicyError(
            "scan_passed: max_age: the result does not tell when it was made; give the report of a scheduled scan, or leave max_age out"
        )
    return gate.ask(str(row.get("digest")), {"status": _status(row), "scanned": when}, now).allowed


def _matching(rows: Sequence[Mapping[str, Any]], image: Any) -> list[Mapping[str, Any]]:
    """Rows of what the image's name or digest means. A digest decides where there is one, since names move."""
    named = [row for row in rows if image in _names(row)] if isinstance(image, str) else []
    if named:
        return named
    if isinstance(image, str) and is_digest(image):
        return [row for row in rows if row.get("digest") == image]
    try:
        wanted = parse_reference(image).with_default_tag()
    except PolicyError as error:
        raise PolicyError("scan_passed: %s" % error) from error
    if wanted.digest is not None:
        return [row for row in rows if row.get("digest") == wanted.digest]
    return [row for row in rows if wanted.canonical in map(_canonical, _names(row))]


def _names(row: Mapping[str, Any]) -> set[str]:
    return {str(name) for name in (row.get("image"), *(row.get("references") or ())) if name}


def _canonical(name: str) -> str:
    """The path of an archive stays as it is."""
    try:
        return parse_reference(name).with_default_tag().canonical
    except PolicyError:
        return name


def _status(row: Mapping[str, Any]) -> str:
    """What has no verdict that is known was not scanned."""
    status = row.get("status")
    return status if status in ORDER else NOT_SCANNED


def _rows(told: Any, who: str) -> tuple[list[Mapping[str, Any]], Any]:
    """The rows, and when they were made where that is told: of a result, or of the report of a scheduled scan."""
    given = told if isinstance(told, Mapping) else {}
    # A run that could tell nothing brings the one before along.
    last = given if given.get("result") or "exit_code" not in given else given.get("last_with_result") or {}
    result = last.get("result") if "exit_code" in given else given
    rows = result.get("results") if isinstance(result, Mapping) else None
    if not _is_list(rows):
        message = given.get("msg") or given.get("message")
        raise PolicyError(
            "%s: this is no result of scout_scan, nor the report of a scheduled scan: it has no results%s"
            % (who, " (%s)" % message if message else "")
        )
    for row in rows:
        if not isinstance(row, Mapping) or not all(_is_list(row.get(key) or []) for key in ("hosts", "references")):
            raise PolicyError("%s: %r of results is no mapping with image, status and hosts" % (who, row))
    return list(rows), last.get("finished")


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
