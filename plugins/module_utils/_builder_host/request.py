# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of buildx_setup, parsed and checked before anything is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.certificates import check_names
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Node, parse_name, parse_nodes
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import (
    CONTAINER,
    DOCKER,
    DRIVERS,
    STARTING,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.gc import Gc, parse_gc
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.handlers import parse_emulators
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml import parse_toml
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml_text import render
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml_values import TomlError
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.values import absolute_path, one_of, wait_seconds

PRESENT, ABSENT = "present", "absent"
DEFAULT_TIMEOUT = 60
DEFAULT_CLI = "docker"
DEFAULT_DAEMON_CONFIG = "/etc/docker/daemon.json"


@dataclass(frozen=True)
class BuilderRequest:
    """The options of one run, parsed. `config` None: none was given."""

    name: str
    driver: str = CONTAINER
    nodes: Tuple[Node, ...] = ()
    config: Optional[Mapping[str, Any]] = None
    gc: Optional[Gc] = None
    emulators: Tuple[str, ...] = ()
    use: bool = False
    bootstrap: bool = False
    state: str = PRESENT
    keep_state: bool = False
    docker_cli: str = DEFAULT_CLI
    docker_host: Optional[str] = None
    config_dir: Optional[str] = None
    kubeconfig: Optional[str] = None
    timeout: int = DEFAULT_TIMEOUT
    daemon_config_path: str = DEFAULT_DAEMON_CONFIG
    backup: bool = False


def parse_builder_options(options: Mapping[str, Any]) -> BuilderRequest:
    """Raises PolicyError naming option, value, cause and what is accepted."""
    driver = one_of("driver", options.get("driver") or CONTAINER, DRIVERS)
    state = one_of("state", options.get("state") or PRESENT, (PRESENT, ABSENT))
    name = parse_name(options.get("name"), driver)
    if state == ABSENT and driver == DOCKER:
        raise PolicyError(
            "state: a builder of the driver docker is the engine itself and cannot be removed; say which driver it has, or present"
        )
    config = _config(options.get("buildkitd_config"))
    gc = parse_gc(options.get("gc"))
    if driver not in STARTING:
        _refuse_config(driver, config, gc)
    elif gc is not None and _rules(config):
        raise PolicyError("gc: buildkitd_config has rules of its own (worker.oci.gcpolicy); say one of both")
    if options.get("use") and state == ABSENT:
        raise PolicyError("use: a builder that is absent cannot be in use")
    return BuilderRequest(
        name,
        driver,
        # Which nodes it has is known: what goes need not be said.
        parse_nodes(name, driver, options.get("nodes")) if state == PRESENT else (),
        config,
        gc,
        parse_emulators(options.get("emulators") or ()),
        bool(options.get("use")),
        bool(options.get("bootstrap")),
        state,
        bool(options.get("keep_state")),
        str(options.get("docker_cli") or DEFAULT_CLI),
        str(options["docker_host"]) if options.get("docker_host") else None,
        _given_path(options, "config_dir"),
        _given_path(options, "kubeconfig"),
        wait_seconds("timeout", options.get("timeout") or DEFAULT_TIMEOUT),
        _given_path(options, "daemon_config_path") or DEFAULT_DAEMON_CONFIG,
        bool(options.get("backup")),
    )


def _config(value: Any) -> Optional[Dict[str, Any]]:
    if value is None or value == "":
        return None
    if isinstance(value, Mapping):
        config = dict(value)
    else:
        try:
            config = parse_toml(str(value))
        except TomlError as error:
            raise PolicyError("buildkitd_config: this is no TOML: %s" % error) from error
    try:
        render(config)
    except PolicyError as error:
        raise PolicyError("buildkitd_config: %s" % error) from error
    check_names(config)
    return config


def _rules(config: Optional[Mapping[str, Any]]) -> bool:
    worker = (config or {}).get("worker")
    oci = worker.get("oci") if isinstance(worker, Mapping) else None
    return isinstance(oci, Mapping) and "gcpolicy" in oci


def _refuse_config(driver: str, config: Optional[Mapping[str, Any]], gc: Optional[Gc]) -> None:
    if config is not None:
        raise PolicyError(
            "buildkitd_config: the driver %s starts no buildkitd and so configures none; its configuration is on its own host"
            % driver
        )
    if gc is not None and driver != DOCKER:
        raise PolicyError(
            "gc: the driver %s starts no buildkitd; write the rules into the buildkitd.toml on its own host" % driver
        )


def _given_path(options: Mapping[str, Any], name: str) -> Optional[str]:
    value = options.get(name)
    return absolute_path(name, value) if value not in (None, "") else None
