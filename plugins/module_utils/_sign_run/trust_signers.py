# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may sign in a repository: signers are added with the docker command line, and removed with that of notary.

`docker trust signer remove` of 26 to 28 ends well without having removed anybody, other than the last signer. And what signers have
released is signed by one of them as a whole: without that key all tags of the repository would be unsigned, so another signer signs
the release before the keys go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, ToolError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_repository import TrustRepository
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_signing_key import (
    SigningKey,
    read_key,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import (
    ABSENT,
    PRESENT,
    SigningOrder,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_cli import (
    REPOSITORY_PASSPHRASE,
    ROOT_PASSPHRASE,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_inspect import TrustData
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_keys import check_signer, key_id
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, last_lines

_RELEASES = "targets/releases"


@dataclass(frozen=True)
class Wanted:
    """A signer with the ID of the key that is wanted; `key` None: nobody of that name."""

    name: str
    key: Optional[str]
    text: str = ""


class Signers:
    """The signers of the order. Raises PolicyError for keys and names that cannot be used, before anything is started."""

    def __init__(self, order: SigningOrder, repository: TrustRepository, signing: SigningKey) -> None:
        self._repository = repository
        self._signing = signing
        self._passphrase = order.passphrase
        self._root_passphrase = order.trust.root_passphrase
        self.wanted: List[Wanted] = []
        for position, one in enumerate(order.trust.signers):
            where = "signers[%d]." % position
            name = check_signer(one.name, where + "name")
            if one.state == ABSENT or one.public_key is None:
                self.wanted.append(Wanted(name, None))
                continue
            text = read_key(one.public_key, where + "public_key_path")
            self.wanted.append(Wanted(name, key_id(text, where + "public_key_path"), text))

    @property
    def pinned(self) -> Mapping[str, Set[str]]:
        """Name -> IDs of the keys that were given for a signer."""
        found: Dict[str, Set[str]] = {}
        for one in self.wanted:
            if one.key is not None:
                found.setdefault(one.name, set()).add(one.key)
        return found

    @property
    def unwanted(self) -> Tuple[str, ...]:
        return tuple(one.name for one in self.wanted if one.key is None)

    def missing(self, data: Optional[TrustData]) -> List[Wanted]:
        """Who is to be added."""
        signers = data.signers if data is not None else {}
        return [one for one in self.wanted if one.key is not None and one.key not in signers.get(one.name, ())]

    def surplus(self, data: Optional[TrustData]) -> List[str]:
        """Who is to go."""
        return [name for name in self.unwanted if data is not None and name in data.signers]

    def rows(self, data: Optional[TrustData]) -> List[Dict[str, Any]]:
        """One row per change that is to be made."""
        added = [{"name": one.name, "action": "added", "key": one.key, "state": PRESENT} for one in self.missing(data)]
        return added + [
            {"name": name, "action": "removed", "key": None, "state": ABSENT} for name in self.surplus(data)
        ]

    def add(self, missing: Sequence[Wanted], data: Optional[TrustData]) -> None:
        """Raises ToolError; PolicyError for a passphrase that is missing. The first signer makes the repository's own keys."""
        if missing and data is None and not self._root_passphrase:
            raise PolicyError(
                "root_passphrase: %s has no trust data yet; to start it, a root key is made in %s (or one that is there is used), and "
                "it needs this passphrase. Keep a copy of that folder: without it nobody can ever be added"
                % (self._repository.image.repository, self._repository.folders.trust)
            )
        for one in missing:
            self._add(one)

    def _add(self, one: Wanted) -> None:
        path = self._repository.tools.scratch.write("signer.pub", one.text.encode("utf-8"))
        repository = self._repository.image.repository
        words = ("trust", "signer", "add", "--key", path, one.name, repository)
        code, output, errors = self._repository.docker().attempt(*words, secrets=self._secrets())
        if code != 0:
            raise ToolError(
                "cannot add signer %s to %s: the repository's own key has to be in %s, and passphrase has to open it: %s"
                % (one.name, repository, self._repository.folders.trust, last_lines(errors or output))
            )
        if one.key not in self._repository.must_data().signers.get(one.name, ()):
            raise ToolError("docker trust signer add ended well, but %s has no signer %s" % (repository, one.name))

    def check_removal(self, data: TrustData, tag: Optional[str]) -> None:
        """Raises ToolError where somebody who is to go is the only one who signed another tag: it would be nobody's."""
        for name in self.surplus(data):
            others = [one for one in data.only_of(name) if one != tag]
            if others:
                raise ToolError(
                    "signer %s is not removed from %s: nobody else has signed %s. Let another signer sign them (image_signature with "
                    "each tag), or revoke them" % (name, self._repository.image.repository, ", ".join(others))
                )

    def remove(self) -> None:
        """After another signer has signed. Raises ToolMissing without the command line of notary, and ToolError."""
        data = self._repository.must_data()
        gone = self.surplus(data)
        if not gone:
            return
        gun = self._repository.image.repository
        self._notary(
            self._signing.own, self._signing.secrets()[REPOSITORY_PASSPHRASE], "witness", gun, _RELEASES, "--publish"
        )
        for name in gone:
            passphrase = self._secrets()[REPOSITORY_PASSPHRASE]
            self._notary(False, passphrase, "delegation", "remove", gun, "targets/%s" % name, "--yes")
            words = ("delegation", "remove", gun, _RELEASES, *data.signers[name], "--yes")
            self._notary(False, passphrase, *words)
            self._notary(False, passphrase, "publish", gun)
        left = self.surplus(self._repository.must_data())
        if left:
            raise ToolError("notary ended well, but %s still has signer %s" % (gun, ", ".join(left)))

    def _notary(self, own_keys: bool, passphrase: str, *words: str) -> None:
        folder = self._repository.folder(own_keys)
        place: List[str] = ["--server", self._repository.server, "--trustDir", folder + "/trust"]
        authority = self._repository.folders.authority
        if authority is not None:
            place += ["--tlscacert", authority]
        names = ("TARGETS", "SNAPSHOT", "DELEGATION")
        told = {"NOTARY_%s_PASSPHRASE" % name: passphrase for name in names}
        told["NOTARY_ROOT_PASSPHRASE"] = self._root_passphrase or ""
        told["NOTARY_AUTH"] = self._login()
        notary = DockerCli(self._repository.tools.run, "notary", {}, self._repository.tools.engine.timeout)
        try:
            code, output, errors = notary.attempt(*words, *place, secrets=told)
        except ToolMissing as error:
            raise ToolMissing(
                "signer %s is still there: docker trust signer remove of current versions removes nobody and says it did, so this "
                "needs the command line of notary (package notary of Debian), and there is none on this host"
                % ", ".join(self.unwanted)
            ) from error
        if code != 0:
            raise ToolError("notary %s failed (%d): %s" % (" ".join(words[:2]), code, last_lines(errors or output)))

    def _login(self) -> str:
        """As notary reads it (user:password in base64); nothing for who has only an identity token."""
        login = self._repository.login()
        return login.basic.partition(" ")[2] if login is not None and login.username else ""

    def _secrets(self) -> Dict[str, str]:
        if not self._passphrase:
            raise PolicyError(
                "passphrase: changes of signers are signed with the repository's own key; say its passphrase"
            )
        return {REPOSITORY_PASSPHRASE: self._passphrase, ROOT_PASSPHRASE: self._root_passphrase or ""}
