# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration that buildkitd of this builder shall have: what was given, or buildx's own default, and the rules of `gc`."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.certificates import digest_of, with_digests
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.compare import canonical
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import REMOTE, STARTING
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.gc import (
    LAST_OLD_BUILDKIT,
    Gc,
    buildkit_rules,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.request import BuilderRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.store import BuilderStore
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml import parse_toml
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml_values import TomlError
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import read_file


def choose_config(
    request: BuilderRequest, store: BuilderStore, buildkit: Optional[Tuple[int, ...]], found: Optional[Definition]
) -> Tuple[Optional[Dict[str, Any]], Optional[Dict[str, Any]]]:
    """Plain data, and the same as it is compared; None for none. `buildkit`: its version, None when that is not known.

    A BuildKit that does not run tells no version. Rules that were written for an old one while it ran stay then, or they would change
    back and forth with every start. Raises PolicyError, StateError.
    """
    if buildkit is None and request.gc is not None and found is not None:
        for_old = _for_old(request, store)
        if for_old is not None and any(canonical(node.config) == canonical(for_old[1]) for node in found.nodes):
            return for_old
    return _compared(wanted_config(request, store, buildkit))


def _for_old(
    request: BuilderRequest, store: BuilderStore
) -> Optional[Tuple[Optional[Dict[str, Any]], Optional[Dict[str, Any]]]]:
    """None where an old one cannot be told these rules."""
    try:
        return _compared(wanted_config(request, store, LAST_OLD_BUILDKIT))
    except PolicyError:
        return None


def _compared(plain: Optional[Dict[str, Any]]) -> Tuple[Optional[Dict[str, Any]], Optional[Dict[str, Any]]]:
    return plain, digested(plain) if plain is not None else None


def wanted_config(
    request: BuilderRequest, store: BuilderStore, buildkit: Optional[Tuple[int, ...]]
) -> Optional[Dict[str, Any]]:
    """Plain data, None for none. Raises PolicyError, StateError."""
    if request.driver not in STARTING:
        _refuse_default(request.driver, store)
        return None
    config = dict(request.config) if request.config is not None else _default(store)
    return _with_rules(config or {}, request.gc, buildkit) if request.gc is not None else config


def digested(config: Mapping[str, Any]) -> Dict[str, Any]:
    """As it is compared: with digests of what its certificates and keys hold now. Raises PolicyError for one that is not there."""

    def digest(path: str) -> str:
        data = read_file(path)
        if data is None:
            raise PolicyError(
                "buildkitd_config: there is no %s on this host; buildx reads certificates where it runs, so copy it there first"
                % path
            )
        return digest_of(data)

    return with_digests(config, digest)


def _default(store: BuilderStore) -> Optional[Dict[str, Any]]:
    data = store.default_config()
    if data is None:
        return None
    try:
        return parse_toml(data.decode("utf-8"))
    except (TomlError, UnicodeDecodeError) as error:
        raise StateError(
            "%s, which buildx gives to builders without a configuration of their own, is no TOML: %s"
            % (store.default_config_path, error)
        ) from error


def _refuse_default(driver: str, store: BuilderStore) -> None:
    if driver == REMOTE and store.default_config() is not None:
        raise PolicyError(
            "driver: remote: buildx gives %s to every new builder, and the driver remote takes none, so it would fail (moby/buildkit"
            "#4268). Move that file away, or use another config_dir for remote builders" % store.default_config_path
        )


def _with_rules(config: Dict[str, Any], gc: Gc, buildkit: Optional[Tuple[int, ...]]) -> Dict[str, Any]:
    """Raises PolicyError where rules of somebody else stand already."""
    worker = dict(config.get("worker") or {})
    oci = dict(worker.get("oci") or {})
    if "gcpolicy" in oci:
        raise PolicyError("gc: the configuration has rules of its own (worker.oci.gcpolicy); say one of both")
    rules: List[Dict[str, Any]] = buildkit_rules(gc, buildkit)
    return {**config, "worker": {**worker, "oci": {**oci, "gc": True, "gcpolicy": rules}}}
