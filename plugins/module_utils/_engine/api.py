# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP request to one Docker Engine: version negotiation, limits, typed errors."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple
from urllib.parse import quote

from ansible_collections.imagefleet.docker.plugins.module_utils._engine import sdk
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import (
    OLDEST_API,
    EngineOptions,
    parse_api_version,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    EngineConflict,
    EngineError,
    EngineNotFound,
    EngineUnreachable,
)

# 1.51 is Engine 28.5, the newest that we prove. Newer engines still speak it.
NEWEST_API = (1, 51)
MAX_BODY = 512 * 1024 * 1024


class EngineApi:
    """Requests to one engine. Not for use by several threads at a time: take a `twin` per thread."""

    def __init__(self, options: EngineOptions, version: Optional[Tuple[int, int]] = None) -> None:
        self._options = options
        self._client = sdk.make_client(options)
        self._version = version

    @property
    def version(self) -> Tuple[int, int]:
        """The API version in use, known after `info`."""
        if self._version is None:
            raise EngineError("The API version is not negotiated yet: ask for info first.")
        return self._version

    @property
    def timeout(self) -> int:
        """Seconds that one request may take."""
        return self._options.timeout

    @property
    def is_local(self) -> bool:
        """True when the engine is reached over a unix socket of this machine."""
        return self._options.socket_path is not None

    @property
    def version_text(self) -> str:
        return "%d.%d" % self.version

    def twin(self) -> "EngineApi":
        """A second connection to the same engine, already negotiated."""
        return EngineApi(self._options, self.version)

    def info(self) -> Dict[str, Any]:
        """`GET /info` without a version in its path, whose answer also carries the engine's API version (one call for both)."""
        response = self._send("GET", "/info", {}, self._options.timeout)
        body = self._body("GET /info", response)
        self._version = self._options.api_version
        if self._version is None:
            told = parse_api_version(response.headers.get("Api-Version", ""))
            if told is None:
                raise EngineError(
                    "What answers at %s is no Docker Engine: it tells no API version." % self._options.docker_host
                )
            self._version = min(told, NEWEST_API)
        if self._version < OLDEST_API:
            raise EngineError(
                "The Docker Engine at %s speaks API %s; this collection needs %d.%d (Engine 20.10) or newer: update the engine."
                % ((self._options.docker_host, self.version_text) + OLDEST_API)
            )
        return dict(body)

    def request(
        self, method: str, path: str, params: Optional[Mapping[str, Any]] = None, timeout: Optional[int] = None
    ) -> Any:
        """The decoded JSON answer of `method path`; dicts and lists in `params` are sent as JSON.

        Raises EngineUnreachable without an answer, EngineNotFound (404), EngineConflict (409), EngineError otherwise.
        """
        encoded = {
            key: json.dumps(value) if isinstance(value, (dict, list)) else str(value)
            for key, value in (params or {}).items()
        }
        response = self._send(method, "/v%s%s" % (self.version_text, path), encoded, timeout or self._options.timeout)
        return self._body("%s %s" % (method, path), response)

    def lines(
        self, path: str, params: Mapping[str, Any], method: str = "GET", headers: Optional[Mapping[str, str]] = None
    ) -> List[Dict[str, Any]]:
        """The answer of a streaming endpoint that ends by itself, one JSON object a line."""
        encoded = {
            key: json.dumps(value) if isinstance(value, (dict, list)) else str(value) for key, value in params.items()
        }
        target = "/v%s%s" % (self.version_text, path)
        response = self._send(method, target, encoded, self._options.timeout, headers)
        what = "%s %s" % (method, path)
        return [self._decoded(what, line) for line in self._text(what, response).splitlines() if line.strip()]

    def chunks(self, path: str, size: int = 262144) -> Iterator[bytes]:
        """The body of `GET path` piece by piece, of any length; `timeout` holds for each piece."""
        what = "GET %s" % path
        response = self._send("GET", "/v%s%s" % (self.version_text, path), {}, self._options.timeout)
        if response.status_code >= 300:
            # Raises what the engine says.
            self._text(what, response)
        try:
            for chunk in response.iter_content(size):
                yield chunk
        except Exception as error:  # the connection broke while the body was read
            raise EngineUnreachable(sdk.describe_failure(self._options, error)) from error
        finally:
            response.close()

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        timeout: int,
        headers: Optional[Mapping[str, str]] = None,
    ) -> Any:
        try:
            return self._client.request(
                method,
                self._client.base_url + path,
                params=params,
                headers=headers,
                timeout=timeout,
                stream=True,
                allow_redirects=False,
                # Said again: variables such as REQUESTS_CA_BUNDLE would replace what the session has.
                verify=self._client.verify,
            )
        except Exception as error:  # requests, urllib3, http.client, paramiko and OSError all surface here
            raise EngineUnreachable(sdk.describe_failure(self._options, error)) from error

    def _text(self, what: str, response: Any) -> str:
        chunks: List[bytes] = []
        size = 0
        try:
            for chunk in response.iter_content(65536):
                size += len(chunk)
                if size > MAX_BODY:
                    raise EngineError(
                        "%s on %s answered more than %d bytes" % (what, self._options.docker_host, MAX_BODY)
                    )
                chunks.append(chunk)
        except EngineError:
            raise
        except Exception as error:  # the connection broke while the body was read
            raise EngineUnreachable(sdk.describe_failure(self._options, error)) from error
        finally:
            response.close()
        text = b"".join(chunks).decode("utf-8", "replace")
        status = response.status_code
        if status >= 300:
            raise _error_class(status)(
                "%s on %s answered %d: %s" % (what, self._options.docker_host, status, _message(text))
            )
        return text

    def _body(self, what: str, response: Any) -> Any:
        text = self._text(what, response)
        return self._decoded(what, text) if text.strip() else None

    def _decoded(self, what: str, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise EngineError("%s on %s did not answer JSON: %s" % (what, self._options.docker_host, error)) from error


def image_path(reference: str, action: str = "") -> str:
    """The URL path of an image by id or reference; slashes and colons stay, as the engine expects."""
    return "/images/%s%s" % (quote(reference, safe="/:@"), action)


def _error_class(status: int) -> type:
    if status == 404:
        return EngineNotFound
    if status == 409:
        return EngineConflict
    return EngineError


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"]).strip()
    except (ValueError, KeyError, TypeError):
        return text.strip()[:500]
