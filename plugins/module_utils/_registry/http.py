# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only import of requests for registries, and the transport policy: retries, limits, no credentials to strangers."""

from __future__ import annotations

import contextlib
import email.utils
import json
import os
import random
import re
import socket
import threading
import time
import traceback
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple
from urllib.parse import urljoin, urlsplit

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.proxy import Proxy, is_final, parse_proxy

requests: Any = None
IMPORT_ERROR: Optional[str] = None
try:
    import requests  # type: ignore[no-redef,import-untyped,unused-ignore]
    import requests.exceptions  # type: ignore[import-untyped,unused-ignore]
    import requests.utils  # type: ignore[import-untyped,unused-ignore]
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

PASSING = (408, 429, 500, 502, 503, 504)
REDIRECTS = (301, 302, 303, 307, 308)
MAX_REDIRECTS = 5
MAX_WAIT = 60.0
MAX_BODY = 8 * 1024 * 1024

# urllib3 before 2 names its connection by where it lies in memory, which is another place every time.
_OBJECT = re.compile(r"<[\w.]+ object at 0x[0-9a-f]+>: ")


@dataclass(frozen=True)
class Answer:
    """One whole answer: `headers` by lower-case name, `body` complete, `url` where it finally came from."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


Check = Callable[[Answer], Optional[str]]


@dataclass(frozen=True)
class Request:
    """`data` is bytes, or for open() something with a length that can be read; `limit` caps the body of the answer in bytes;
    `check` says what is wrong with an answer that should be asked for again."""

    method: str
    url: str
    headers: Mapping[str, str]
    params: Optional[Mapping[str, Any]] = None
    data: Any = None
    limit: int = MAX_BODY
    check: Optional[Check] = None


class Transport:
    """Requests to one registry, from any number of threads; connections are kept and used again by whoever is next.

    `sleep` is the wait between tries. `requests` counts everything that was sent, redirects and retries too;
    `server_time` is the registry's clock by its last answer.
    """

    def __init__(self, options: RegistryOptions, sleep: Callable[[float], None] = time.sleep) -> None:
        if IMPORT_ERROR is not None:
            raise RegistryError(
                "The Python library 'requests' is missing for this interpreter; install the distribution's package "
                "(python3-requests). Cause: %s" % IMPORT_ERROR.strip().splitlines()[-1]
            )
        self._options = options
        self._sleep = sleep
        self._idle: List[Any] = []
        self._slots = threading.BoundedSemaphore(options.concurrency)
        self._lock = threading.Lock()
        self._quiet_until = 0.0
        self._proxies: Dict[Tuple[str, str], Optional[Proxy]] = {}
        self.requests = 0
        self.server_time: Optional[int] = None

    def send(self, request: Request) -> Answer:
        """The first answer that is final; raises RegistryError when the last try failed too."""
        failure = ""
        for attempt in range(self._options.retries + 1):
            answer = None
            try:
                with self._slots:
                    self._keep_quiet()
                    with self._session() as session:
                        answer = self._follow(session, request)
            except requests.exceptions.RequestException as error:
                failure = _plain(error)
                if isinstance(error, requests.exceptions.SSLError) or is_final(failure):
                    break
            except OSError as error:
                # A file of ours is missing: certificate, key or authorities.
                failure = str(error)
                break
            except _Broken as error:
                failure = str(error)
            if answer is not None:
                if answer.status in PASSING:
                    failure = "it answered %d%s" % (answer.status, explain(answer))
                else:
                    problem = request.check(answer) if request.check else None
                    if problem is None:
                        return answer
                    failure = problem
            if attempt < self._options.retries:
                self._wait(attempt, answer)
        raise RegistryError(
            "No answer from registry %s%s: %s"
            % (self._options.registry, _by_way(request.url), _OBJECT.sub("", failure))
        )

    @contextlib.contextmanager
    def _session(self) -> Iterator[Any]:
        """A session for one request at a time: never more of them than requests may be under way."""
        with self._lock:
            session = self._idle.pop() if self._idle else None
        if session is None:
            session = self._new_session()
        try:
            yield session
        finally:
            with self._lock:
                self._idle.append(session)

    def _new_session(self) -> Any:
        session = requests.Session()
        # Credentials of the environment (netrc) must not get into requests that carry ours. Its proxies are asked for below.
        session.trust_env = False
        # We follow redirects ourselves; the library would read their bodies without a limit even so.
        session.get_redirect_target = lambda _response: None
        session.verify = (self._options.ca_path or True) if self._options.validate_certs else False
        if self._options.client_cert and self._options.client_key:
            session.cert = (self._options.client_cert, self._options.client_key)
        return session

    @contextlib.contextmanager
    def open(self, request: Request) -> Iterator["Stream"]:
        """One try of a request whose answer is read, or whose content is sent, piece by piece.

        Raises RegistryError when the line breaks, also while the caller reads; whether to try again is the caller's.
        """
        try:
            with self._slots:
                self._keep_quiet()
                with self._session() as session:
                    response = self._respond(session, request)
                    try:
                        yield Stream(response)
                    finally:
                        response.close()
        except (OSError, _Broken) as error:
            # Those of the library are OSErrors too; others are files of ours that are missing.
            raise RegistryError(
                "Registry %s broke off: %s"
                % (self._options.registry, error if isinstance(error, _Broken) else _plain(error))
            ) from error

    def heed(self, stream: "Stream") -> None:
        """Nothing is sent before the time that this refusal asks for."""
        told = _retry_after(Answer(stream.status, stream.headers, b"", ""))
        if told is not None:
            self._quiet_until = max(self._quiet_until, time.monotonic() + told)

    def wait(self, attempt: int) -> None:
        """Before try number `attempt` + 1 of something that open() did."""
        self._wait(attempt, None)

    def _follow(self, session: Any, request: Request) -> Answer:
        return _whole(self._respond(session, request), request.method, request.limit)

    def _respond(self, session: Any, request: Request) -> Any:
        """The last answer of a chain of redirects, its body not yet read."""
        url, headers, params = request.url, {**request.headers, "Accept-Encoding": "identity"}, request.params
        method, data = request.method, request.data
        for _hop in range(MAX_REDIRECTS + 1):
            with self._lock:
                self.requests += 1
            response = self._ask(session, method, url, headers=headers, params=params, data=data)
            self._note_time(url, response)
            if response.status_code not in REDIRECTS or "Location" not in response.headers:
                return response
            response.close()
            who = "Registry %s redirects" % self._options.registry
            target = _join(url, response.headers["Location"], who)
            check_target(url, target, who)
            if data and not isinstance(data, bytes) and response.status_code != 303:
                raise RegistryError("%s what is sent to it once only; that is not followed" % who)
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                if data and response.status_code != 303:
                    # What is sent may be a refresh token.
                    raise RegistryError("%s what is sent to it to another host; that is not followed" % who)
                headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
            if response.status_code == 303 and method != "HEAD":
                method, data = "GET", None
            url, params = target, None
        raise RegistryError("Registry %s redirects more than %d times" % (self._options.registry, MAX_REDIRECTS))

    def _ask(self, session: Any, method: str, url: str, **more: Any) -> Any:
        """One request, through the proxy that the environment names for its target."""
        proxy = self._proxy_for(url)
        proxies = {} if proxy is None else {"http": proxy.url, "https": proxy.url}
        try:
            return session.request(
                method, url, timeout=self._options.timeout, allow_redirects=False, stream=True, proxies=proxies, **more
            )
        except ValueError as error:
            if proxy is None:
                raise
            # What is wrong with an address is told with the address, and that may hold a password.
            cause = error if isinstance(error, requests.exceptions.InvalidSchema) else "it is no address"
            raise RegistryError(
                "The proxy %s that the environment names for registry %s cannot be used: %s"
                % (proxy.place, self._options.registry, cause)
            ) from None

    def _proxy_for(self, url: str) -> Optional[Proxy]:
        """Found once for each host: to look through the environment takes longer than all else that a request needs here."""
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc)
        if place not in self._proxies:
            self._proxies[place] = proxy_for(url)
        return self._proxies[place]

    def _note_time(self, url: str, response: Any) -> None:
        told = parse_http_date(response.headers.get("Date", ""))
        # Token servers and stores have clocks of their own.
        if told is not None and url.startswith(self._options.base_url + "/"):
            self.server_time = told

    def _keep_quiet(self) -> None:
        """What one thread is told by Retry-After holds for all."""
        left = self._quiet_until - time.monotonic()
        if left > 0:
            self._sleep(min(left, MAX_WAIT))

    def _wait(self, attempt: int, answer: Optional[Answer]) -> None:
        told = _retry_after(answer) if answer is not None else None
        if told is None:
            self._sleep(float(min(0.5 * 2**attempt, MAX_WAIT)) * (0.5 + random.random() / 2))
        else:
            self._quiet_until = max(self._quiet_until, time.monotonic() + told)
            self._sleep(told)


class Stream:
    """An answer whose body is still to come. `chunks` reads it, and fails when it is shorter than was told."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self.status = int(response.status_code)
        self.headers: Mapping[str, str] = {key.lower(): value for key, value in response.headers.items()}

    def chunks(self, size: int) -> Iterator[bytes]:
        told, read = self.headers.get("content-length", ""), 0
        for chunk in self._response.iter_content(size):
            read += len(chunk)
            yield chunk
        if told.isdigit() and read != int(told):
            raise _Broken("it sent %d bytes of %s" % (read, told))

    def whole(self, limit: int) -> Answer:
        """A body that is small: what a refusal says."""
        return _whole(self._response, "GET", limit)


class _Broken(Exception):
    """An answer that did not arrive whole."""


def proxy_for(url: str) -> Optional[Proxy]:
    """The proxy that the environment names for an address, by the rules of the library; raises RegistryError for nonsense."""
    found = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    return parse_proxy(str(found)) if found else None


def check_target(source: str, target: str, who: str) -> None:
    """Refuse what a server must not send us to: raises RegistryError."""
    try:
        one, other = urlsplit(source), urlsplit(target)
    except ValueError as error:
        raise RegistryError("%s to what is no address" % who) from error
    if other.scheme not in ("http", "https") or not other.hostname or other.username or other.password:
        raise RegistryError("%s to %r; that is not followed" % (who, _without_secrets(target)))
    if one.scheme == "https" and other.scheme != "https":
        raise RegistryError("%s from https to http; that is not followed" % who)
    if _is_local(other.hostname) and not _is_local(one.hostname or ""):
        raise RegistryError("%s to this machine or its own link (%s); that is not followed" % (who, other.hostname))


def next_page(answer: Answer) -> Optional[str]:
    """The address of the next page by the Link header (RFC 8288), None on the last; it must be on the same host."""
    for link in requests.utils.parse_header_links(answer.headers.get("link", "")):
        if link.get("rel") == "next":
            here = _without_secrets(answer.url)
            target = _join(answer.url, str(link["url"]), "%s sends us for its next page" % here)
            if urlsplit(target)[:2] != urlsplit(answer.url)[:2]:
                raise RegistryError("%s has its next page on another host; that is not followed" % here)
            return target
    return None


def parse_http_date(text: str) -> Optional[int]:
    """Epoch seconds of an HTTP date (RFC 9110 5.6.7), None when it is none."""
    try:
        return int(email.utils.parsedate_to_datetime(text).timestamp()) if text else None
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def explain(answer: Answer) -> str:
    """What the registry says itself, by the error format of the distribution specification; empty when it says nothing."""
    try:
        errors = json_of(answer)["errors"]
        first = errors[0]
        words = [str(first.get(key)) for key in ("code", "message") if first.get(key)]
        cause = _cause(first) if first.get("code") == "UNKNOWN" else ""
    except (RegistryError, KeyError, IndexError, TypeError, AttributeError):
        return ""
    return " (%s)" % ": ".join([": ".join(words)[:200], *([cause] if cause else [])]) if words else ""


def _cause(error: Mapping[str, Any]) -> str:
    """The end of what is told of an error that has no code, where the cause stands; of a disk it may be no more than a number."""
    detail = error.get("detail")
    if isinstance(detail, str):
        return detail.rpartition(": ")[2][-80:]
    inner = detail.get("Enclosed") if isinstance(detail, dict) else None
    number = inner.get("Err") if isinstance(inner, dict) else None
    return os.strerror(number).lower() if isinstance(number, int) and 0 < number < 1000 else ""


def json_of(answer: Answer) -> Any:
    """The body as JSON; raises RegistryError."""
    try:
        return json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise RegistryError("%s sent no JSON: %s" % (_without_secrets(answer.url), error)) from error


def _whole(response: Any, method: str, limit: int) -> Answer:
    chunks: List[bytes] = []
    size = 0
    headers = {key.lower(): value for key, value in response.headers.items()}
    try:
        # To HEAD too: a connection whose answer was not read to its end cannot be used again.
        for chunk in response.iter_content(65536):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise RegistryError(
                    "%s sent more than %d bytes, more than such a document may have"
                    % (_without_secrets(response.url), limit)
                )
    except requests.exceptions.RequestException as error:
        raise _Broken("it broke off its answer (%s)" % _plain(error)) from error
    finally:
        response.close()
    told = headers.get("content-length", "")
    if method != "HEAD" and told.isdigit() and "content-encoding" not in headers and int(told) != size:
        raise _Broken("it sent %d bytes of %s" % (size, told))
    return Answer(response.status_code, headers, b"".join(chunks), response.url)


def _by_way(url: str) -> str:
    proxy = proxy_for(url)
    return "" if proxy is None else " through the proxy %s of the environment" % proxy.place


def _retry_after(answer: Answer) -> Optional[float]:
    """Seconds, by RFC 9110 10.2.3: a number or a date; never more than a minute."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdigit():
        return min(float(text), MAX_WAIT)
    moment = parse_http_date(text)
    return None if moment is None else min(max(moment - time.time(), 0.0), MAX_WAIT)


def _is_local(host: str) -> bool:
    """Loopback and link-local addresses (services that hand out credentials listen there), however they are written."""
    host = host.rstrip(".")
    try:
        address = ip_address(host)
    except ValueError:
        try:
            # Short and decimal forms, which resolvers take: 127.1, 2130706433.
            address = ip_address(socket.inet_aton(host))
        except (OSError, ValueError):
            return host == "localhost" or host.endswith(".localhost")
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_link_local or address.is_unspecified


def _join(source: str, target: str, who: str) -> str:
    """A target as it is meant at the source; raises RegistryError for what is no address."""
    try:
        joined = urljoin(source, target)
        urlsplit(joined)
    except ValueError as error:
        raise RegistryError("%s to what is no address" % who) from error
    return joined


def _without_secrets(url: str) -> str:
    """Without user, password and query, any of which may be secret."""
    parts = urlsplit(url)
    return "%s://%s%s" % (parts.scheme, parts.netloc.rpartition("@")[2], parts.path)


def _plain(error: Exception) -> str:
    """The cause of a failed request without the address, whose query may hold a signature."""
    text = str(error)
    reason = getattr(error.args[0], "reason", None) if error.args else None
    # What a proxy fails with is wrapped once more.
    reason = getattr(reason, "original_error", None) or reason
    return str(reason) if reason is not None else text
