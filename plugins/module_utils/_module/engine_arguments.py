# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every module is told where its Docker Engine is; names, aliases and environment variables of community.docker."""

from __future__ import annotations

from typing import Any, Dict

from ansible.module_utils.basic import env_fallback

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import DEFAULT_DOCKER_HOST

ENGINE_ARGUMENTS: Dict[str, Any] = {
    "docker_host": {
        "type": "str",
        "default": DEFAULT_DOCKER_HOST,
        "aliases": ["docker_url"],
        "fallback": (env_fallback, ["DOCKER_HOST"]),
    },
    "tls": {"type": "bool", "default": False, "fallback": (env_fallback, ["DOCKER_TLS"])},
    "validate_certs": {
        "type": "bool",
        "default": False,
        "aliases": ["tls_verify"],
        "fallback": (env_fallback, ["DOCKER_TLS_VERIFY"]),
    },
    "ca_path": {"type": "path", "aliases": ["ca_cert", "cacert_path", "tls_ca_cert"]},
    "client_cert": {"type": "path", "aliases": ["cert_path", "tls_client_cert"]},
    "client_key": {"type": "path", "aliases": ["key_path", "tls_client_key"], "no_log": False},
    "tls_hostname": {"type": "str", "fallback": (env_fallback, ["DOCKER_TLS_HOSTNAME"])},
    "api_version": {
        "type": "str",
        "default": "auto",
        "aliases": ["docker_api_version"],
        "fallback": (env_fallback, ["DOCKER_API_VERSION"]),
    },
    "timeout": {"type": "int", "default": 60, "fallback": (env_fallback, ["DOCKER_TIMEOUT"])},
    "use_ssh_client": {"type": "bool", "default": False},
}
