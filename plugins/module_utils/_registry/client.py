# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to one registry."""

from __future__ import annotations

import json
import re
import threading
import time
from typing import Any, Callable, Dict, Mapping, Optional
from urllib.parse import urlsplit

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import basic, find_credentials
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.http import Transport, read_body
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options

# A registry that is not told all types converts or denies what it has.
MANIFEST_TYPES = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RegistryClient:
    """One registry. May be used by several threads; each has its own connections."""

    def __init__(self, registry: str, options: Mapping[str, Any], sleep: Callable[[float], None] = time.sleep) -> None:
        self._options = make_registry_options(registry, options)
        self._sleep = sleep
        self._local = threading.local()
        self._tokens: Dict[str, str] = {}

    def has_manifest(self, path: str, digest: str) -> bool:
        """Whether repository `path` serves the manifest; one HEAD. Raises RegistryError when it cannot be known."""
        url = "%s/v2/%s/manifests/%s" % (self._options.base_url, path, digest)
        response = self._authorized("HEAD", url, "repository:%s:pull" % path)
        response.close()
        if response.status_code == 200:
            return True
        if response.status_code == 404:
            return False
        raise RegistryError(
            "Registry %s answered %d to HEAD of %s@%s%s"
            % (self._options.registry, response.status_code, path, digest, _advice(response.status_code))
        )

    @property
    def _transport(self) -> Transport:
        if not hasattr(self._local, "transport"):
            self._local.transport = Transport(self._options, self._sleep)
        transport: Transport = self._local.transport
        return transport

    def _authorized(self, method: str, url: str, scope: str) -> Any:
        headers = {"Accept": MANIFEST_TYPES}
        known = self._tokens.get(scope)
        if self._options.token:
            known = "Bearer " + self._options.token
        if known:
            headers["Authorization"] = known
        response = self._transport.send(method, url, headers)
        if response.status_code != 401 or self._options.token:
            return response
        challenge = response.headers.get("WWW-Authenticate", "")
        response.close()
        answer = self._answer(challenge, scope)
        if answer is None or answer == known:
            return response
        self._tokens[scope] = answer
        headers["Authorization"] = answer
        return self._transport.send(method, url, headers)

    def _answer(self, challenge: str, scope: str) -> Optional[str]:
        """The Authorization header that a challenge asks for: basic credentials, or a token from the realm it names."""
        kind, _space, rest = challenge.partition(" ")
        pair = find_credentials(self._options)
        if kind.lower() == "basic":
            return basic(pair) if pair else None
        if kind.lower() != "bearer":
            return None
        fields = dict(_CHALLENGE.findall(rest))
        realm = fields.get("realm", "")
        if urlsplit(realm).scheme not in ("https", "http") or (
            urlsplit(realm).scheme == "http" and not self._options.insecure
        ):
            raise RegistryError(
                "Registry %s sends us for a token to %r, which is not followed" % (self._options.registry, realm)
            )
        params = {"scope": fields.get("scope") or scope}
        if fields.get("service"):
            params["service"] = fields["service"]
        response = self._transport.send("GET", realm, {"Authorization": basic(pair)} if pair else {}, params)
        body = read_body(response)
        if response.status_code != 200:
            raise RegistryError(
                "The token server of registry %s answered %d%s"
                % (self._options.registry, response.status_code, _advice(response.status_code))
            )
        try:
            document = json.loads(body)
            return "Bearer %s" % (document.get("token") or document["access_token"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RegistryError("The token server of registry %s sent no token" % self._options.registry) from error


def _advice(status: int) -> str:
    return "; give username and password, or config_path" if status in (401, 403) else ""
