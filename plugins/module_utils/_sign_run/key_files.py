# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signing key on this host: there, its public key beside it, and nobody else can read it."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.key_makers import (
    KeyMaker,
    make_maker,
    read_text,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.key_order import (
    KeyOrder,
    check_passphrase,
    check_private_key,
    same_key,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import ABSENT
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import write_atomic
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run

_PRIVATE, _PUBLIC, _FOLDER = 0o600, 0o644, 0o700


def run_signing_key(order: KeyOrder, run: Run, scratch: Scratch, now: int, apply: bool) -> Dict[str, Any]:
    """Raises PolicyError for a key that is another one than is there, and for a passphrase that is missing; nothing is written then.

    `now` (epoch seconds) names a backup.
    """
    files = _Files(order, now, apply)
    if order.state == ABSENT:
        return files.remove()
    return _present(files, make_maker(order, run, scratch))


@dataclass(frozen=True)
class _Pair:
    """`public` None: not known before it is made."""

    private: Optional[str]
    public: Optional[str]


def _present(files: _Files, maker: KeyMaker) -> Dict[str, Any]:
    order = files.order
    owner = _owner(order)
    if files.private is None and order.content is None:
        passphrase = check_passphrase(order)
        files.check_free_public()
        pair = _Pair(*maker.generate(passphrase)) if files.apply else _Pair(None, None)
        return files.write(pair, owner, "generated")
    kept = files.private if files.private is not None and files.is_wanted() else None
    private = kept if kept is not None else str(order.content)
    check_private_key(order, private, order.path if kept is not None else "private_key_content")
    public = files.public
    if public is None or order.passphrase or kept is None:
        derived = maker.public(private)
        if kept is None or public is None:
            public = derived
        elif order.identify(public) != order.identify(derived):
            raise StateError(
                "%s is not the public key of %s. Whoever trusts it trusts another key: look where it comes from, and remove it to have "
                "the right one there" % (order.public_path, order.path)
            )
    return files.write(_Pair(private, public), owner, "written" if kept is None else "kept")


class _Files:
    """What is there; raises StateError when it cannot be read."""

    def __init__(self, order: KeyOrder, now: int, apply: bool) -> None:
        self.order = order
        self.apply = apply
        self.private = read_text(order.path)
        self.public = read_text(order.public_path)
        self._now = now

    def is_wanted(self) -> bool:
        """Whether the key that is there is to stay. Raises PolicyError where it is another one than is given."""
        order = self.order
        if order.content is None or same_key(order.content, str(self.private)):
            return True
        if not order.replace:
            raise PolicyError(
                "path: %s holds another key than private_key_content. Images that it signed would not be trusted any more by whoever "
                "forgets it; choose another name, or say replace: true, which keeps a copy of it" % order.path
            )
        return False

    def check_free_public(self) -> None:
        if self.public is not None:
            raise PolicyError(
                "public_key_path: %s is the public key of a key that is not in %s. Put that back from its copy, or choose another name"
                % (self.order.public_path, self.order.path)
            )

    def write(self, pair: _Pair, owner: Optional[Tuple[int, int]], how: str) -> Dict[str, Any]:
        order = self.order
        replaced = self.private is not None and how == "written"
        backup = "%s.%s" % (order.path, iso_time(self._now).replace(":", "")) if replaced else None
        changes: List[str] = [how] if how != "kept" else []
        if how == "kept" and not self._is_private(owner):
            changes.append("protected")
        if self.public is None or (pair.public is not None and not same_key(self.public, pair.public)):
            changes.append("public_key")
        if self.apply and changes:
            self._apply(pair, owner, backup, "public_key" in changes)
        return self._result(pair.public, changes, backup)

    def _apply(self, pair: _Pair, owner: Optional[Tuple[int, int]], backup: Optional[str], public: bool) -> None:
        order = self.order
        _make_folder(os.path.dirname(order.path))
        if backup is not None and self.private is not None:
            write_atomic(backup, self.private.encode("utf-8"), _PRIVATE, owner)
        # Also one that is kept: a new file was never readable for others, which changing its mode could not say.
        write_atomic(order.path, str(pair.private).encode("utf-8"), _PRIVATE, owner)
        if public:
            write_atomic(order.public_path, str(pair.public).encode("utf-8"), _PUBLIC, owner)

    def _is_private(self, owner: Optional[Tuple[int, int]]) -> bool:
        found = os.stat(self.order.path)
        return stat.S_IMODE(found.st_mode) == _PRIVATE and owner in (None, (found.st_uid, found.st_gid))

    def remove(self) -> Dict[str, Any]:
        paths = [(self.order.path, self.private), (self.order.public_path, self.public)]
        gone = [path for path, text in paths if text is not None]
        if self.apply:
            for path in gone:
                try:
                    os.unlink(path)
                except OSError as error:
                    raise StateError("cannot remove %s: %s" % (path, error.strerror or error)) from error
        return self._result(None, ["removed"] if gone else [], None)

    def _result(self, public: Optional[str], changes: List[str], backup: Optional[str]) -> Dict[str, Any]:
        order = self.order
        return {
            "changed": bool(changes),
            "changes": changes,
            "private_key_path": order.path,
            "public_key_path": order.public_path,
            "public_key": public,
            "fingerprint": order.identify(public) if public is not None else None,
            "backup_file": backup,
            "diff": {"before": _shown(order, self.private, self.public), "after": self._after(public)},
        }

    def _after(self, public: Optional[str]) -> str:
        return "" if self.order.state == ABSENT else _shown(self.order, "there", public or "(not made yet)\n")


def _shown(order: KeyOrder, private: Optional[str], public: Optional[str]) -> str:
    """For diff mode; of a private key only that it is there."""
    lines = ["%s: a private key\n" % order.path] if private is not None else []
    return "".join(lines + (["%s:\n%s" % (order.public_path, public)] if public is not None else []))


def _make_folder(folder: str) -> None:
    """Those above it may be for all, this one is not."""
    if os.path.isdir(folder):
        return
    try:
        os.makedirs(os.path.dirname(folder), mode=0o755, exist_ok=True)
        os.mkdir(folder, _FOLDER)
    except OSError as error:
        raise StateError("cannot make %s: %s" % (folder, error.strerror or error)) from error


def _owner(order: KeyOrder) -> Optional[Tuple[int, int]]:
    """User and group; None where neither is said. Raises PolicyError for one that this host does not have."""
    if order.owner is None and order.group is None:
        return None
    try:
        user = pwd.getpwnam(order.owner) if order.owner is not None else pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise PolicyError("owner: there is no user %s on this host" % order.owner) from error
    try:
        return user.pw_uid, user.pw_gid if order.group is None else grp.getgrnam(order.group).gr_gid
    except KeyError as error:
        raise PolicyError("group: there is no group %s on this host" % order.group) from error
