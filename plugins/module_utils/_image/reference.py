# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Image references as values, by the grammar of the distribution project's `reference` package."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

DEFAULT_DOMAIN = "docker.io"
OFFICIAL_PREFIX = "library/"
MAX_PATH = 255

_DOMAIN_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = re.compile(r"(?:%s(?:\.%s)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?" % (_DOMAIN_LABEL, _DOMAIN_LABEL))
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(r"%s(?:/%s)*" % (_COMPONENT, _COMPONENT))
_BARE_ID = re.compile(r"[0-9a-f]{64}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}")


@dataclass(frozen=True)
class Reference:
    """`domain`/`path` name the repository; `tag` and `digest` are both optional."""

    domain: str
    path: str
    tag: Optional[str] = None
    digest: Optional[str] = None

    @property
    def repository(self) -> str:
        """`docker.io/library/nginx`"""
        return "%s/%s" % (self.domain, self.path)

    @property
    def canonical(self) -> str:
        """`docker.io/library/nginx:1.25`, with the digest where there is one."""
        return self.repository + self._suffix()

    @property
    def familiar(self) -> str:
        """The shortest form that means the same: `nginx:1.25`."""
        if self.domain != DEFAULT_DOMAIN:
            return self.canonical
        path = self.path
        if _is_host(path.partition("/")[0]) and "/" in path:
            # Without docker.io its first part would be read as a registry.
            return self.canonical
        if path.startswith(OFFICIAL_PREFIX) and "/" not in path[len(OFFICIAL_PREFIX) :]:
            path = path[len(OFFICIAL_PREFIX) :]
        return path + self._suffix()

    def with_default_tag(self) -> Reference:
        """The same with tag `latest` when it has neither tag nor digest, as the engine reads it."""
        return self if self.tag or self.digest else replace(self, tag="latest")

    def _suffix(self) -> str:
        return (":" + self.tag if self.tag else "") + ("@" + self.digest if self.digest else "")


def is_digest(text: str) -> bool:
    """True for `sha256:<64 hex>` and other algorithms of the image specification."""
    return _DIGEST.fullmatch(text) is not None and (not text.startswith("sha256:") or len(text) == len("sha256:") + 64)


def parse_reference(text: Any, home: Optional[str] = None) -> Reference:
    """Read a reference as people type it; raises PolicyError with the text and what is wrong with it.

    `home` is the registry that names without a host are of; a capital letter is then no sign of a host.
    """
    if not isinstance(text, str) or not text.strip():
        raise PolicyError(
            "%r is not an image reference; write for example nginx:1.25 or registry.example.com/team/app:1" % (text,)
        )
    rest = str(text).strip()
    digest: Optional[str] = None
    tag: Optional[str] = None
    if "@" in rest:
        rest, _at, digest = rest.partition("@")
        if not is_digest(digest):
            raise PolicyError(
                "%r is not an image reference: %r is not a digest (sha256: and 64 hexadecimal digits)" % (text, digest)
            )
    if ":" in rest.rpartition("/")[2]:
        rest, _colon, tag = rest.rpartition(":")
        if not _TAG.fullmatch(tag):
            raise PolicyError(
                "%r is not an image reference: %r is not a tag (letters, digits, _ . -, at most 128)" % (text, tag)
            )
    domain, path = _split_domain(rest, home)
    if not _DOMAIN.fullmatch(domain):
        raise PolicyError("%r is not an image reference: %r is not a registry host" % (text, domain))
    if not _PATH.fullmatch(path):
        cause = "repository names are lower case" if path != path.lower() else "%r is not a repository path" % path
        raise PolicyError("%r is not an image reference: %s" % (text, cause))
    if _BARE_ID.fullmatch(rest):
        raise PolicyError(
            "%r is not an image reference: 64 hexadecimal digits are an image ID, write sha256: before them" % (text,)
        )
    if len(path) > MAX_PATH:
        raise PolicyError("%r is not an image reference: its path is longer than %d characters" % (text, MAX_PATH))
    return Reference(domain, path, tag, digest)


def parse_in(text: Any, home: str) -> Tuple[Reference, ...]:
    """What a name can mean in the registry `home`: two things when that is a bare host and the name begins like it.

    Raises PolicyError as parse_reference().
    """
    if isinstance(text, str) and text.strip().startswith(home + "/") and not _is_plainly_host(home):
        without = parse_reference(text.strip()[len(home) + 1 :], home)
        try:
            return without, parse_reference(text, home)
        except PolicyError:
            return (without,)
    return (parse_reference(text, home),)


def _is_plainly_host(first: str) -> bool:
    return "." in first or ":" in first or first == "localhost"


def _is_host(first: str) -> bool:
    return _is_plainly_host(first) or first != first.lower()


def _split_domain(text: str, home: Optional[str]) -> Tuple[str, str]:
    """The first component is a host when it has a dot or a port, is localhost, or (without `home`) has a capital letter."""
    first, slash, rest = text.partition("/")
    if slash and (_is_host(first) if home is None else _is_plainly_host(first)):
        domain, path = first, rest
    else:
        domain, path = home or DEFAULT_DOMAIN, text
    if domain == "index.docker.io":
        domain = DEFAULT_DOMAIN
    if domain == DEFAULT_DOMAIN and "/" not in path:
        path = OFFICIAL_PREFIX + path
    return domain, path


def short_id(image: str) -> str:
    """The first twelve digits of an image id, as `docker images` shows it."""
    return image.partition(":")[2][:12] if ":" in image else image[:12]
