# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_restore: puts back what a retention run deleted, as long as the content is still there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    ContentError,
    FleetError,
    PolicyError,
    RegistryRefusal,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import PatternList, compile_patterns
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import (
    RegistryOptions,
    make_registry_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import (
    DEFAULT_UNDO_DIR,
    UndoEntry,
    read_content,
    read_undo,
    undo_runs,
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class RestoreRequest:
    """The options of registry_restore, parsed. Without `run_id` the newest run is undone."""

    registry: RegistryOptions
    undo_dir: str
    run_id: Optional[str]
    repositories: Optional[PatternList]


def parse_restore_options(options: Mapping[str, Any]) -> RestoreRequest:
    """Raises PolicyError naming option, value, cause and what is accepted."""
    given = options.get("repositories")
    return RestoreRequest(
        registry=make_registry_options(options),
        undo_dir=options.get("undo_dir") or DEFAULT_UNDO_DIR,
        run_id=options.get("run_id") or None,
        repositories=compile_patterns("repositories", given) if given not in (None, "", []) else None,
    )


def run_restore(
    request: RestoreRequest, apply: bool, progress: Optional[Say] = None, run_program: Optional[RunProgram] = None
) -> Dict[str, Any]:
    """Put manifests and tags of one run back; returns the result as plain data.

    A tag that points elsewhere by now is left alone, and what garbage collection took cannot come back: both are told, with
    the reason. Without `apply` nothing is written; whether content is still there is then asked for the blobs of each manifest.
    """
    client = RegistryClient(request.registry, run_program=run_program)
    run_id = request.run_id or _newest(request, client.name)
    entries = [
        entry
        for entry in read_undo(request.undo_dir, client.name, run_id)
        if request.repositories is None
        or request.repositories.matches_repository("%s/%s" % (client.name, entry.repository))
    ]
    restoration = _Restoration(request, client, run_id, apply, progress or (lambda _line: None))
    for entry in _in_order(request, client.name, run_id, entries):
        restoration.entry(entry)
    return restoration.result()


def _newest(request: RestoreRequest, registry: str) -> str:
    runs = undo_runs(request.undo_dir, registry)
    if not runs:
        raise PolicyError(
            "undo_dir: %s holds no undo for registry %s; it is written by registry_retention, on the host where that runs"
            % (request.undo_dir, registry)
        )
    return runs[-1]


def _in_order(request: RestoreRequest, registry: str, run_id: str, entries: List[UndoEntry]) -> List[UndoEntry]:
    """What an index holds before the index, subjects before what is attached to them; whole manifests before mere tags."""
    by_key = {(entry.repository, entry.digest): entry for entry in entries if entry.whole}
    ordered: Dict[UndoEntry, None] = {}
    entered: Set[UndoEntry] = set()
    for first in list(by_key.values()):
        stack = [first]
        while stack:
            entry = stack[-1]
            entered.add(entry)
            waiting = [
                by_key[(entry.repository, digest)]
                for digest in _needs(request, registry, run_id, entry)
                if (entry.repository, digest) in by_key
            ]
            missing = [one for one in waiting if one not in ordered and one not in entered]
            if missing:
                stack += missing
            else:
                ordered.setdefault(stack.pop())
    return list(ordered) + [entry for entry in entries if not entry.whole]


def _needs(request: RestoreRequest, registry: str, run_id: str, entry: UndoEntry) -> List[str]:
    data = read_content(request.undo_dir, registry, run_id, entry.digest)
    try:
        manifest = parse_manifest(data, entry.media_type) if data is not None else None
    except ContentError:
        manifest = None
    subjects = [owner[0] for owner in map(attached_to, entry.tags) if owner is not None]
    if manifest is None:
        return subjects
    return [child.digest for child in manifest.children] + ([manifest.subject] if manifest.subject else []) + subjects


class _Restoration:
    def __init__(self, request: RestoreRequest, client: RegistryClient, run_id: str, apply: bool, say: Say) -> None:
        self._request = request
        self._client = client
        self._run_id = run_id
        self._apply = apply
        self._say = say
        self._restored: List[Dict[str, Any]] = []
        self._unchanged = 0
        self._not_restorable: List[Dict[str, Any]] = []
        # What will be there again when check mode comes to what needs it.
        self._coming: Set[str] = set()

    def entry(self, entry: UndoEntry) -> None:
        """One manifest with its tags."""
        try:
            there = self._client.has_manifest(entry.repository, entry.digest)
            if not there and entry.whole:
                why = self._put(entry, entry.digest)
                if why:
                    self._fail(entry, None, why)
                    return
                self._note(entry, None)
            elif not there:
                self._fail(entry, None, "the manifest that these tags pointed at is not there any more")
                return
            elif not entry.tags:
                self._unchanged += 1
            for tag in entry.tags:
                self._tag(entry, tag)
        except FleetError as error:
            self._fail(entry, None, str(error))

    def _tag(self, entry: UndoEntry, tag: str) -> None:
        head = self._client.head(entry.repository, tag)
        if head is not None and head.digest == entry.digest:
            self._unchanged += 1
        elif head is not None:
            self._fail(entry, tag, "the tag points at %s by now; it is left alone" % head.digest)
        else:
            why = self._put(entry, tag)
            if why:
                self._fail(entry, tag, why)
            else:
                self._note(entry, tag)

    def _put(self, entry: UndoEntry, reference: str) -> Optional[str]:
        """Put the bytes under a tag or digest; why that cannot be, None when it was done (or would be)."""
        data = read_content(self._request.undo_dir, self._client.name, self._run_id, entry.digest)
        if data is None:
            body = self._client.manifest(entry.repository, entry.digest)
            data = None if body is None else body.data
        if data is None:
            return "its bytes are missing or damaged in %s" % self._request.undo_dir
        if not self._apply:
            return self._missing_content(entry, data)
        try:
            self._client.put_manifest(entry.repository, reference, entry.media_type, data)
        except RegistryRefusal as error:
            if error.status in (400, 404):
                return "the registry does not have its content any more, garbage collection took it (%s)" % error
            raise
        return None

    def _missing_content(self, entry: UndoEntry, data: bytes) -> Optional[str]:
        manifest = parse_manifest(data, entry.media_type)
        for blob in manifest.blobs:
            # What is elsewhere, registries do not ask for.
            if not blob.elsewhere and not self._client.has_blob(entry.repository, blob.digest):
                return "the registry does not have its content %s any more, garbage collection took it" % blob.digest
        for child in manifest.children:
            if child.digest not in self._coming and not self._client.has_manifest(entry.repository, child.digest):
                return "the registry does not have its part %s any more" % child.digest
        self._coming.add(entry.digest)
        return None

    def _note(self, entry: UndoEntry, tag: Optional[str]) -> None:
        self._restored.append({"repository": entry.repository, "tag": tag, "digest": entry.digest})
        self._say("restored %s%s" % (entry.repository, ":" + tag if tag else "@" + entry.digest))

    def _fail(self, entry: UndoEntry, tag: Optional[str], why: str) -> None:
        for one in [tag] if tag is not None else list(entry.tags) or [None]:  # type: ignore[list-item]
            self._not_restorable.append(
                {"repository": entry.repository, "tag": one, "digest": entry.digest, "reason": why}
            )

    def result(self) -> Dict[str, Any]:
        lines = [
            "%s%s\n" % (row["repository"], ":" + row["tag"] if row["tag"] else "@" + row["digest"])
            for row in self._restored
        ]
        return {
            "changed": bool(self._restored),
            "run_id": self._run_id,
            "restored": self._restored,
            "not_restorable": self._not_restorable,
            "unchanged": self._unchanged,
            "requests": self._client.requests,
            "diff": {"before": "", "after": "".join(sorted(lines))},
        }
