# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorization: what a registry's challenge asks for, kept per repository and action until it ends."""

from __future__ import annotations

import re
import threading
import time
from typing import Dict, Mapping, Optional, Tuple
from urllib.parse import urlencode

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import (
    CredentialBook,
    Credentials,
    RunProgram,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.http import (
    Answer,
    Request,
    Transport,
    check_target,
    explain,
    json_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions, is_token

# RFC 9110 11.2: a value is quoted or a token.
_FIELD = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
# By the token specification; tokens are renewed a little before they end.
DEFAULT_LIFE = 60
MARGIN = 10
CLIENT_ID = "imagefleet.docker"


class _NotUnderstood(RegistryError):
    """The token server does not understand the question (400)."""


class Authorizer:
    """The Authorization headers for one registry."""

    def __init__(self, options: RegistryOptions, transport: Transport, run_program: Optional[RunProgram]) -> None:
        self._options = options
        self._transport = transport
        self._book = CredentialBook(options, run_program)
        self._lock = threading.RLock()
        # The realm and service of the last challenge: later repositories need no refused request first.
        self._bearer: Optional[Mapping[str, str]] = None
        # Whether the registry wants user and password themselves.
        self._basic = False
        self._tokens: Dict[str, Tuple[str, float]] = {}

    def header(self, scope: str) -> Optional[str]:
        """What to send along for `scope` (`repository:NAME:ACTIONS`, several with a space between), None for nothing."""
        if self._options.token:
            return "Bearer " + self._options.token
        with self._lock:
            known = self._tokens.get(scope)
            if known is not None and time.monotonic() < known[1]:
                return known[0]
            if self._bearer is not None:
                return self._guess(self._bearer, scope)
            return self._pair(scope) if self._basic else None

    def answer(self, refused: Answer, scope: str, sent: Optional[str]) -> Optional[str]:
        """The header that the challenge of a 401 asks for; None when there is nothing better than what was sent."""
        if self._options.token:
            return None
        kind, _space, rest = refused.headers.get("www-authenticate", "").partition(" ")
        with self._lock:
            if kind.lower() == "basic":
                self._basic = True
                found = self._pair(scope)
                return found if found != sent else None
            if kind.lower() != "bearer":
                return None
            known = self._tokens.get(scope)
            if known is not None and known[0] != sent and time.monotonic() < known[1]:
                # Another thread was refused at the same time, and has already asked.
                return known[0]
            fields = parse_challenge(rest)
            check_target(
                self._options.base_url,
                fields.get("realm", ""),
                "Registry %s sends us for a token" % self._options.registry,
            )
            self._bearer = {key: fields[key] for key in ("realm", "service") if key in fields}
            return self._fetch(self._bearer, fields.get("scope") or scope, scope)

    def _find(self, scope: str) -> Optional[Credentials]:
        kind, _colon, rest = scope.partition(" ")[0].partition(":")
        return self._book.find(rest.rpartition(":")[0] if kind == "repository" else "")

    def _pair(self, scope: str) -> Optional[str]:
        found = self._find(scope)
        return found.basic if found is not None and found.username else None

    def _guess(self, challenge: Mapping[str, str], scope: str) -> Optional[str]:
        """A token without being challenged for it; None when the token server knows no such action, but the registry may."""
        try:
            return self._fetch(challenge, scope, scope)
        except _NotUnderstood:
            return None

    def _fetch(self, challenge: Mapping[str, str], wanted: str, scope: str) -> str:
        """Ask the token server for `wanted`; remembered for `scope`."""
        found = self._find(scope)
        query = {"scope": wanted}
        if "service" in challenge:
            query["service"] = challenge["service"]
        if found is not None and found.identity_token is not None:
            # OAuth2 of the token specification: an identity token is a refresh token.
            form = {
                **query,
                "grant_type": "refresh_token",
                "refresh_token": found.identity_token,
                "client_id": CLIENT_ID,
            }
            answer = self._transport.send(
                Request(
                    "POST",
                    challenge["realm"],
                    {"Content-Type": "application/x-www-form-urlencoded"},
                    data=urlencode(form).encode("ascii"),
                )
            )
        else:
            headers = {"Authorization": found.basic} if found is not None and found.username else {}
            # By the token specification, here each scope is a parameter of its own.
            params = {**query, "scope": wanted.split(" ")}
            answer = self._transport.send(Request("GET", challenge["realm"], headers, params))
        if answer.status != 200:
            message = "The token server of registry %s answered %d%s%s" % (
                self._options.registry,
                answer.status,
                explain(answer),
                advice(answer.status),
            )
            if answer.status in (401, 403):
                raise RegistryRefusal(message, answer.status)
            # Not a refusal of the registry: that would say something about the content.
            raise _NotUnderstood(message) if answer.status == 400 else RegistryError(message)
        try:
            document = json_of(answer)
            token = str(document.get("token") or document["access_token"])
            life = int(document.get("expires_in") or DEFAULT_LIFE)
        except (RegistryError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise RegistryError("The token server of registry %s sent no token" % self._options.registry) from error
        if not is_token(token):
            raise RegistryError("The token server of registry %s sent no token" % self._options.registry)
        header = "Bearer " + token
        self._tokens[scope] = (header, time.monotonic() + max(life - MARGIN, life / 2))
        return header


def parse_challenge(text: str) -> Dict[str, str]:
    """The parameters of a WWW-Authenticate header, what comes after its scheme."""
    return {key: quoted or plain for key, quoted, plain in _FIELD.findall(text)}


def advice(status: int) -> str:
    """The next step for an answer that concerns who we are."""
    if status == 401:
        return "; give username and password, or config_path"
    if status == 407:
        return "; the proxy of the environment wants user and password, as in http://user:password@host:port"
    return "; the user may not do that" if status == 403 else ""
