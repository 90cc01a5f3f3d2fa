# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only import of the Docker SDK for Python (distribution package python3-docker) and of its HTTP library."""

from __future__ import annotations

import traceback
from typing import Any, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import EngineOptions
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import EngineError

docker: Any = None
requests: Any = None
IMPORT_ERROR: Optional[str] = None
try:
    import docker  # type: ignore[no-redef,import-untyped,unused-ignore]
    import docker.errors  # type: ignore[no-redef,import-untyped,unused-ignore]
    import docker.tls  # type: ignore[no-redef,import-untyped,unused-ignore]
    import requests  # type: ignore[no-redef,import-untyped,unused-ignore]
    import requests.adapters  # type: ignore[no-redef,import-untyped,unused-ignore]
    import requests.exceptions  # type: ignore[no-redef,import-untyped,unused-ignore]
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

# Sent before the engine has told its own version; every engine from 20.10 to 29 accepts it in a URL that we do not use.
STARTING_VERSION = "1.41"


def versions() -> str:
    """What is installed, for error messages."""
    return "docker %s, requests %s" % (getattr(docker, "__version__", "?"), getattr(requests, "__version__", "?"))


def make_client(options: EngineOptions) -> Any:
    """A docker.APIClient that has not contacted the engine yet; raises EngineError when the library cannot."""
    if IMPORT_ERROR is not None:
        raise EngineError(
            "The Python library 'docker' (Docker SDK for Python, 5.0.3 or newer) or its dependency 'requests' is missing for this "
            "interpreter; install the distribution's package (python3-docker). Cause: %s"
            % IMPORT_ERROR.strip().splitlines()[-1]
        )
    host = options.docker_host
    tls = _tls(options)
    if tls and host.startswith("tcp://"):
        host = "https://" + host[len("tcp://") :]
    try:
        client = docker.APIClient(
            base_url=host,
            version=STARTING_VERSION,
            timeout=options.timeout,
            tls=tls,
            use_ssh_client=options.use_ssh_client,
        )
    except Exception as error:  # the SDK raises its own, paramiko's and OS errors alike
        raise EngineError(
            "Cannot set up a connection to %s with %s: %s%s"
            % (options.docker_host, versions(), error, _hint(options, error))
        ) from error
    if options.tls_hostname and tls:
        client.mount("https://", _named_adapter(options.tls_hostname))
    return client


def _tls(options: EngineOptions) -> Any:
    if not (options.tls or options.validate_certs):
        return False
    pair = (options.client_cert, options.client_key) if options.client_cert and options.client_key else None
    try:
        return docker.tls.TLSConfig(
            client_cert=pair,
            ca_cert=options.ca_path if options.validate_certs else None,
            verify=(options.ca_path or True) if options.validate_certs else False,
        )
    except docker.errors.TLSParameterError as error:
        raise EngineError(
            "The TLS options for %s do not work: %s Check ca_path (%s), client_cert (%s) and client_key (%s)."
            % (options.docker_host, error, options.ca_path, options.client_cert, options.client_key)
        ) from error


def _named_adapter(hostname: str) -> Any:
    """SDK 7 dropped its host name check option; the pool of urllib3 still has it."""

    class NamedAdapter(requests.adapters.HTTPAdapter):  # type: ignore[misc,name-defined,unused-ignore]
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
            kwargs["assert_hostname"] = hostname
            return super().init_poolmanager(*args, **kwargs)

    return NamedAdapter()


def _hint(options: EngineOptions, error: Exception) -> str:
    text = str(error)
    if "http+docker" in text:
        return " These two versions do not work together on a unix socket: install docker 7.1.0 or newer, or requests older than 2.32."
    if options.docker_host.startswith("ssh://") and "paramiko" in text:
        return " ssh:// needs the Python library paramiko (python3-paramiko), whether or not use_ssh_client is set."
    return ""


def describe_failure(options: EngineOptions, error: Exception) -> str:
    """One message for a request that got no answer: object, cause and next step."""
    text = str(error)
    advice = _hint(options, error)
    socket = options.socket_path
    if not advice and "Permission denied" in text:
        advice = " The user has no access to %s: use become: true." % (socket or options.docker_host)
    elif not advice and ("No such file" in text or "FileNotFoundError" in text):
        advice = " There is no socket %s: is the engine installed and running, and docker_host right?" % socket
    elif not advice and "refused" in text:
        advice = " Nothing listens there: is the engine running?"
    return "No answer from the Docker Engine at %s: %s.%s" % (options.docker_host, text.rstrip("."), advice)
