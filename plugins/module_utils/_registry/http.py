# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only import of requests for registries, and the transport policy: retries, limits, no credentials to strangers."""

from __future__ import annotations

import random
import time
import traceback
from typing import Any, Callable, Dict, Mapping, Optional
from urllib.parse import urlsplit

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions

requests: Any = None
IMPORT_ERROR: Optional[str] = None
try:
    import requests  # type: ignore[no-redef,import-untyped,unused-ignore]
    import requests.exceptions  # type: ignore[import-untyped,unused-ignore]
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

PASSING = (408, 429, 500, 502, 503, 504)
MAX_REDIRECTS = 5
MAX_WAIT = 60.0
MAX_BODY = 8 * 1024 * 1024


class Transport:
    """Requests to one registry; `sleep` is the wait between tries."""

    def __init__(self, options: RegistryOptions, sleep: Callable[[float], None] = time.sleep) -> None:
        if IMPORT_ERROR is not None:
            raise RegistryError(
                "The Python library 'requests' is missing for this interpreter; install the distribution's package "
                "(python3-requests). Cause: %s" % IMPORT_ERROR.strip().splitlines()[-1]
            )
        self._options = options
        self._sleep = sleep
        self._session = requests.Session()
        # Credentials and proxies of the environment must not leak into requests that carry ours.
        self._session.trust_env = False
        self._session.verify = (options.ca_path or True) if options.validate_certs else False
        if options.client_cert and options.client_key:
            self._session.cert = (options.client_cert, options.client_key)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], params: Optional[Mapping[str, str]] = None
    ) -> Any:
        """The last answer after retries and redirects; raises RegistryError without one."""
        failure = ""
        for attempt in range(self._options.retries + 1):
            try:
                response = self._follow(method, url, dict(headers), params)
            except requests.exceptions.RequestException as error:
                failure = str(error)
                if isinstance(error, requests.exceptions.SSLError):
                    break
                response = None
            if response is not None and response.status_code not in PASSING:
                return response
            if response is not None:
                failure = "it answered %d" % response.status_code
            if attempt < self._options.retries:
                self._sleep(_wait(attempt, response))
        raise RegistryError("No answer from registry %s: %s" % (self._options.registry, failure))

    def _follow(self, method: str, url: str, headers: Dict[str, str], params: Optional[Mapping[str, str]]) -> Any:
        for _hop in range(MAX_REDIRECTS + 1):
            response = self._session.request(
                method,
                url,
                headers=headers,
                params=params,
                timeout=self._options.timeout,
                allow_redirects=False,
                stream=True,
            )
            if response.status_code not in (301, 302, 303, 307, 308):
                return response
            target = requests.compat.urljoin(url, response.headers.get("Location", ""))
            response.close()
            if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
                raise RegistryError(
                    "Registry %s redirects from https to http; that is not followed" % self._options.registry
                )
            if urlsplit(target).netloc != urlsplit(url).netloc:
                headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
            url, params = target, None
        raise RegistryError("Registry %s redirects more than %d times" % (self._options.registry, MAX_REDIRECTS))


def read_body(response: Any) -> bytes:
    """The body, capped; raises RegistryError when it is larger or breaks off."""
    data = b""
    try:
        for chunk in response.iter_content(65536):
            data += chunk
            if len(data) > MAX_BODY:
                raise RegistryError("A registry sent more than %d bytes where a small document was due" % MAX_BODY)
    except requests.exceptions.RequestException as error:
        raise RegistryError("A registry broke off its answer: %s" % error) from error
    finally:
        response.close()
    return data


def _wait(attempt: int, response: Any) -> float:
    """Seconds: what Retry-After asks for, else doubling from half a second with jitter."""
    told = response.headers.get("Retry-After", "") if response is not None else ""
    if told.isdigit():
        return min(float(told), MAX_WAIT)
    return float(min(0.5 * 2**attempt, MAX_WAIT)) * (0.5 + random.random() / 2)
