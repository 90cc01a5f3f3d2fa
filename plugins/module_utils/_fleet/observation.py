# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `image_usage_info` told of the hosts, checked entry by entry: what cannot be believed is no answer, never "no images"."""

from __future__ import annotations

import math

# Those of typing are the same and ten times as slow to ask isinstance of, which a large fleet notices.
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Dict, Iterable, Iterator, List, Optional, Set, Tuple, Union

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import Unmapped
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import parse_time
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import MAX_DIFFERENCE

SCHEMA = 1
MAX_AGE = 26 * 3600


@dataclass(frozen=True)
class Observation:
    """One engine of a host at one moment.

    `observed` epoch seconds of the engine's clock; `used` maps digests to when they were last used, `released` to when
    the host left them to a registry; `references` are asked for without an image being there. `names` tells for every digest
    in `used` how its image is called there: `host/path:tag`, `host/path@digest` by which a registry has it, and the bare image
    ID where no registry digest is known.
    """

    host: str
    engine: str
    name: str
    observed: int
    images: int
    used: Mapping[str, int]
    released: Mapping[str, int]
    references: Tuple[str, ...] = ()
    unmapped: Tuple[Unmapped, ...] = ()
    names: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Silence:
    """A host, or one of its engines, that gave no answer to rely on, and why; `reached` is false when not even the host did."""

    host: str
    why: str
    reached: bool = True


Told = Union[Observation, Silence]


class _Unbelievable(Exception):
    """Why an observation does not count."""


class _Unreachable(_Unbelievable):
    """Nobody came as far as the host."""


def read_observations(value: Any, now: int) -> Tuple[Told, ...]:
    """Everything that was told, by host.

    `value` is a list of mappings with `host` (or `inventory_hostname`) and `usage`, or a mapping of hosts to their usage;
    the registered result of `image_usage_info` may stand for the usage, a list of results for several engines.
    Raises PolicyError when it is neither.
    """
    told: List[Told] = []
    for host, entry in _by_host(value):
        for result in _results(entry):
            try:
                told.append(_read(host, result, now))
            except _Unbelievable as error:
                told.append(Silence(host, str(error), not isinstance(error, _Unreachable)))
    return tuple(told)


def _by_host(value: Any) -> Iterator[Tuple[str, Any]]:
    if value is None or value == "":
        return
    if isinstance(value, Mapping):
        if "usage" in value and _host_of(value):
            yield str(_host_of(value)), value
            return
        for host in value:
            yield str(host), value[host]
        return
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise PolicyError(
            "observations: %s is neither a list of {host, usage} nor a mapping of hosts to usage" % type(value).__name__
        )
    for position, entry in enumerate(value):
        host = _host_of(entry) if isinstance(entry, Mapping) else None
        if not host:
            raise PolicyError(
                "observations[%d]: it names no host; give each entry a 'host' (or 'inventory_hostname') beside 'usage', so "
                "that a host that is missing can be told from one without images" % position
            )
        yield str(host), entry


def _host_of(entry: Mapping[str, Any]) -> Any:
    return entry.get("host") or entry.get("inventory_hostname")


def _results(entry: Any) -> Sequence[Any]:
    """The results of one host: that of a loop has one for each engine."""
    if isinstance(entry, Mapping):
        inner = entry.get("usage")
        if isinstance(inner, Mapping) and "results" in inner and "engine_id" not in inner:
            return _results(inner)
        if isinstance(inner, Sequence) and not isinstance(inner, (str, bytes)):
            return list(inner) or [None]
        results = entry.get("results")
        if isinstance(results, Sequence) and not isinstance(results, (str, bytes)):
            return list(results) or [None]
    if isinstance(entry, Sequence) and not isinstance(entry, (str, bytes)):
        return list(entry) or [None]
    return [entry]


def _read(host: str, result: Any, now: int) -> Observation:
    usage = _usage(result)
    try:
        found = _observation(host, usage)
    except (KeyError, TypeError, ValueError) as error:
        cause = "it has no %s" % error if isinstance(error, KeyError) else str(error)
        raise _Unbelievable("its observation is malformed: %s" % cause) from error
    _check_clock(found.observed, usage.get("clock_offset_seconds"), now)
    return found


def _usage(result: Any) -> Mapping[str, Any]:
    """The usage itself, out of however many results it is wrapped in."""
    while isinstance(result, Mapping):
        if result.get("unreachable"):
            raise _Unreachable("it was unreachable%s" % _message(result))
        if result.get("failed"):
            raise _Unbelievable("image_usage_info failed there%s" % _message(result))
        if result.get("skipped"):
            raise _Unbelievable("image_usage_info was skipped there")
        if "engine_id" in result:
            return result
        if "usage" not in result:
            break
        result = result["usage"]
    raise _Unbelievable("there is no usage in its observation")


def _message(result: Mapping[str, Any]) -> str:
    # The first line tells the cause; tracebacks and output of connections belong elsewhere.
    text = str(result.get("msg") or "").strip().splitlines()
    return " (%s)" % text[0][:200] if text else ""


def _check_clock(observed: int, offset: Any, now: int) -> None:
    """S2 and S11: neither an old observation nor one whose time cannot be relied on says what is in use now."""
    if offset is not None and (isinstance(offset, bool) or not isinstance(offset, (int, float))):
        raise _Unbelievable("its observation is malformed: clock_offset_seconds %r is no number" % (offset,))
    # Written so that NaN is refused as well.
    if offset is not None and not abs(offset) <= MAX_DIFFERENCE:
        size = format_duration(int(abs(offset))) if math.isfinite(offset) else "%s seconds" % offset
        raise _Unbelievable("the clocks of its engine and of the host differ by %s; set them right" % size)
    if observed - now > MAX_DIFFERENCE:
        raise _Unbelievable(
            "its engine's clock is %s ahead of this machine's; set the clocks right" % format_duration(observed - now)
        )
    if now - observed > MAX_AGE:
        raise _Unbelievable(
            "its observation is %s old, more than %s; observe it again (or its clock is behind)"
            % (format_duration(now - observed), format_duration(MAX_AGE))
        )


def _observation(host: str, usage: Mapping[str, Any]) -> Observation:
    if usage.get("schema") != SCHEMA:
        raise ValueError("its schema is %r, this version reads %d" % (usage.get("schema"), SCHEMA))
    observed = parse_time(usage["observed"])
    engine = usage["engine_id"]
    if not isinstance(engine, str) or not engine:
        raise ValueError("engine_id %r is no engine ID" % (engine,))
    images = _mappings(usage["images"], "images")
    used: Dict[str, int] = {}
    unmapped: List[Unmapped] = []
    references: List[str] = []
    names: Dict[str, Set[str]] = {}
    for image in images:
        moment, digests = _last_use(image, observed), _digests(image)
        if moment is None:
            continue
        for digest in digests:
            used[digest] = max(used.get(digest, 0), moment)
        _name(names, digests, _names_of(image))
        if _texts(image.get("used_by"), "used_by") and not _texts(image.get("repo_digests"), "repo_digests"):
            unmapped.append(Unmapped(str(image["id"]), _canonical(_texts(image.get("references"), "references"))))
    for container in _mappings(usage.get("containers_without_image") or (), "containers_without_image"):
        gone = _gone(container)
        for name in gone:
            if is_digest(name):
                used[name] = observed
            else:
                references.append(name)
        _name(names, [name for name in gone if is_digest(name)], _names_of_gone(container, gone))
        unmapped.append(Unmapped(str(container.get("image") or ""), _canonical([n for n in gone if not is_digest(n)])))
    references += _texts(usage.get("service_images"), "service_images")
    for name in _canonical(references):
        digest = name.partition("@")[2]
        if is_digest(digest):
            _name(names, [digest], (name,))
    used.update((digest, observed) for digest in _digests_in(references))
    return Observation(
        host=host,
        engine=engine,
        name=str(usage.get("engine_name") or ""),
        observed=observed,
        images=len(images),
        used=used,
        released=_released(usage.get("released"), observed),
        references=_canonical(references),
        unmapped=tuple(sorted(set(unmapped), key=lambda one: (one.image, one.references))),
        names={digest: tuple(sorted(found)) for digest, found in names.items() if digest in used},
    )


def _last_use(image: Mapping[str, Any], observed: int) -> Optional[int]:
    """Now for what any container or service uses, stopped ones as well; None for what was never seen in use."""
    if _texts(image.get("used_by"), "used_by"):
        return observed
    moment = image.get("last_used")
    return None if moment is None else min(parse_time(moment), observed)


def _digests(image: Mapping[str, Any]) -> List[str]:
    names = [str(image["id"]), *_texts(image["digests"], "digests")]
    names += [name.partition("@")[2] for name in _texts(image.get("repo_digests"), "repo_digests")]
    return [name for name in names if is_digest(name)]


def _names_of(image: Mapping[str, Any]) -> Tuple[str, ...]:
    pulled = _canonical(_texts(image.get("repo_digests"), "repo_digests"))
    tagged = _canonical(_texts(image.get("references"), "references"))
    return (*tagged, *(pulled or (str(image["id"]),)))


def _names_of_gone(container: Mapping[str, Any], gone: Sequence[str]) -> Tuple[str, ...]:
    """What it was made from is told as it was typed, and by an ID or digest that no list of images explains any more."""
    typed = [name for name in (container.get("reference"), *gone) if isinstance(name, str) and not is_digest(name)]
    return (*_canonical(typed), *(name for name in gone[:1] if is_digest(name)))


def _name(names: Dict[str, Set[str]], digests: Iterable[str], found: Iterable[str]) -> None:
    for digest in digests:
        names.setdefault(digest, set()).update(found)


def _gone(container: Mapping[str, Any]) -> List[str]:
    names = [container.get("image"), *_texts(container.get("digests"), "digests")]
    names += _texts(container.get("references"), "references")
    return [str(name) for name in names if name]


def _released(value: Any, observed: int) -> Dict[str, int]:
    found: Dict[str, int] = {}
    for entry in _mappings(value or (), "released"):
        digest = entry["digest"]
        if not is_digest(str(digest)):
            raise ValueError("released: %r is no digest" % (digest,))
        found[str(digest)] = max(found.get(str(digest), 0), min(parse_time(entry["at"]), observed))
    return found


def _canonical(names: Sequence[str]) -> Tuple[str, ...]:
    """Canonical `host/path:tag` and `host/path@digest`; a name with both counts as both, what is no reference is left out."""
    return tuple(sorted({form for name in names for form in _forms(name)}))


# The hosts of a fleet tell the same names over and over.
@lru_cache(maxsize=65536)
def _forms(name: str) -> Tuple[str, ...]:
    try:
        reference = parse_reference(name).with_default_tag()
    except PolicyError:
        return ()
    tagged = ("%s:%s" % (reference.repository, reference.tag),) if reference.tag else ()
    return (*tagged, "%s@%s" % (reference.repository, reference.digest)) if reference.digest else tagged


def _digests_in(names: Sequence[str]) -> List[str]:
    return [digest for digest in (name.partition("@")[2] for name in names) if is_digest(digest)]


def _mappings(value: Any, field: str) -> List[Mapping[str, Any]]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
        raise TypeError("%s is no list" % field)
    for entry in value:
        if not isinstance(entry, Mapping):
            raise TypeError("%s has an entry that is no mapping" % field)
    return list(value)


def _texts(value: Any, field: str) -> List[str]:
    if value is None:
        return []
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
        raise TypeError("%s is no list" % field)
    for entry in value:
        if not isinstance(entry, str):
            raise TypeError("%s has an entry that is no text" % field)
    return list(value)
