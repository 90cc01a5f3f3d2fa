# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which TOML files and CA files shall be where, and which of ours are left over."""

from __future__ import annotations

import os
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror import buildkitd_toml, hosts_toml
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import Mirror
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.toml import is_ours
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import (
    Change,
    existing_folder,
    folders_in,
    read_file,
)

CA_FILE = "ca.crt"
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


class FilePlan:
    """Files of all clients. `known`: CA files that earlier runs wrote, path -> digest."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self._changes: Dict[str, Change] = {}
        #: CA files that are ours after this plan.
        self.authorities: Dict[str, str] = dict(known)

    @property
    def changes(self) -> List[Change]:
        """CA files before what names them, removals last."""
        made = [change for change in self._changes.values() if change.after is not None]
        made.sort(key=lambda change: os.path.basename(change.path) != CA_FILE)
        return made + [change for change in self._changes.values() if change.after is None]

    def hosts(self, client: str, root: str, mirrors: Sequence[Mirror], dial_timeout: Optional[int]) -> None:
        """hosts.toml for each registry below a folder; what is ours there and not wanted goes. Raises StateError."""
        authorities = self.certificates(client, root, mirrors)
        for mirror in mirrors:
            folder = existing_folder(root, hosts_toml.folder_names(mirror.registry))
            path = os.path.join(folder, hosts_toml.FILE)
            text = hosts_toml.render(mirror, authorities, dial_timeout, self._server_files(folder))
            self._ours(client, path, text, "mirrors of %s" % mirror.registry)
        self._sweep(client, root)

    def buildkitd(self, client: str, path: str, mirrors: Sequence[Mirror]) -> None:
        """buildkitd.toml; without mirrors it goes. Raises StateError."""
        root = os.path.join(os.path.dirname(path), "certs.d")
        authorities = self.certificates(client, root, mirrors)
        if mirrors:
            self._ours(client, path, buildkitd_toml.render(mirrors, authorities), "mirrors for buildkit")
        else:
            data = read_file(path)
            if data is not None and is_ours(data):
                self._put(Change(path, client, data, None))
        self._sweep(client, root)

    def certificates(self, client: str, root: str, mirrors: Sequence[Mirror]) -> Dict[str, str]:
        """Copy the CA of each endpoint to where clients look for it; host -> path. Raises StateError, PolicyError."""
        found: Dict[str, str] = {}
        for endpoint in (one for mirror in mirrors for one in mirror.endpoints):
            if endpoint.ca_file is None:
                continue
            path = os.path.join(existing_folder(root, hosts_toml.folder_names(endpoint.host)), CA_FILE)
            wanted = _certificate(endpoint.ca_file)
            data = read_file(path)
            found[endpoint.host] = path
            if data is not None and data != wanted and self._known.get(path) != digest_of(data):
                raise StateError(
                    "%s holds other certificates than %s (ca_file of %s), and this module did not write them. Nothing was changed; "
                    "add yours to it, or move it away" % (path, endpoint.ca_file, endpoint.url)
                )
            if data is None or data != wanted:
                self.authorities[path] = digest_of(wanted)
            self._put(Change(path, client, data, wanted))
        return found

    def sweep(self, client: str, root: str) -> None:
        """Remove what is ours below a folder. Raises StateError."""
        self._sweep(client, root)

    def _ours(self, client: str, path: str, text: str, what: str) -> None:
        data = read_file(path)
        if data is not None and not is_ours(data):
            raise StateError(
                "%s is there and was not written by this module, so it is left alone, and %s were not configured. Move it away, or "
                "leave them out" % (path, what)
            )
        self._put(Change(path, client, data, text.encode("utf-8")))

    def _put(self, change: Change) -> None:
        other = self._changes.get(change.path)
        if other is not None and other.after != change.after:
            raise PolicyError(
                "%s would be written for %s and for %s with different content; give them folders of their own"
                % (change.path, other.client, change.client)
            )
        self._changes[change.path] = other or change

    def _sweep(self, client: str, root: str) -> None:
        for folder in (os.path.join(root, name) for name in folders_in(root)):
            hosts, authority = os.path.join(folder, hosts_toml.FILE), os.path.join(folder, CA_FILE)
            self._drop(client, hosts, is_ours)
            if authority in self._known:
                self._drop(client, authority, self._is_known(authority))
                if authority not in self._changes or self._changes[authority].after is None:
                    self.authorities.pop(authority, None)

    def _is_known(self, path: str) -> Callable[[bytes], bool]:
        return lambda data: digest_of(data) == self._known.get(path)

    def _server_files(self, folder: str) -> hosts_toml.ServerFiles:
        """Certificates in the layout of Docker, which readers take only where there is no hosts.toml. Raises StateError.

        A CA file of ours counts when it is planned, not when it is still there.
        """
        own = os.path.join(folder, CA_FILE)
        names = set(_names(folder))
        if own in self._changes:
            names.add(CA_FILE)
        elif own in self._known:
            names.discard(CA_FILE)
        pairs: List[Tuple[str, str]] = []
        for name in sorted(names):
            if name.endswith(".cert"):
                key = name[: -len(".cert")] + ".key"
                if key not in names:
                    raise StateError("%s has no key beside it (%s)" % (os.path.join(folder, name), key))
                pairs.append((os.path.join(folder, name), os.path.join(folder, key)))
        authorities = tuple(os.path.join(folder, name) for name in sorted(names) if name.endswith(".crt"))
        return hosts_toml.ServerFiles(authorities, tuple(pairs))

    def _drop(self, client: str, path: str, ours: Callable[[bytes], bool]) -> None:
        if path in self._changes:
            return
        data = read_file(path)
        if data is not None and ours(data):
            self._changes[path] = Change(path, client, data, None)


def _certificate(path: str) -> bytes:
    data = read_file(path)
    if data is None:
        raise PolicyError("ca_file: there is no %s on this host; copy it there first" % path)
    if _CERTIFICATE not in data:
        raise PolicyError("ca_file: %s holds no certificate in PEM format (%s)" % (path, _CERTIFICATE.decode("ascii")))
    return data


def _names(folder: str) -> List[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StateError(
            "cannot look into %s: %s; run as root (become: true)" % (folder, error.strerror or error)
        ) from error
