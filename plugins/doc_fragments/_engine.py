# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that every module with a Docker Engine takes."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  docker_host:
    description:
      - The URL or unix socket of the Docker Engine, V(unix://), V(tcp://), V(https://), V(http://) or V(ssh://).
      - If the value is not specified in the task, the value of environment variable E(DOCKER_HOST) is used.
    type: str
    default: unix:///var/run/docker.sock
    aliases: [docker_url]
  tls:
    description:
      - Secure the connection with TLS without verifying the engine's certificate.
      - If the value is not specified in the task, the value of environment variable E(DOCKER_TLS) is used.
    type: bool
    default: false
  validate_certs:
    description:
      - Secure the connection with TLS and verify the engine's certificate.
      - If the value is not specified in the task, the value of environment variable E(DOCKER_TLS_VERIFY) is used.
    type: bool
    default: false
    aliases: [tls_verify]
  ca_path:
    description:
      - The certificate authority to trust, a file on the target.
    type: path
    aliases: [ca_cert, cacert_path, tls_ca_cert]
  client_cert:
    description:
      - The client's certificate, a file on the target.
    type: path
    aliases: [cert_path, tls_client_cert]
  client_key:
    description:
      - The key of O(client_cert), a file on the target.
    type: path
    aliases: [key_path, tls_client_key]
  tls_hostname:
    description:
      - The name that the engine's certificate has to carry, when it is not the one in O(docker_host).
      - If the value is not specified in the task, the value of environment variable E(DOCKER_TLS_HOSTNAME) is used.
    type: str
  api_version:
    description:
      - The version of the Docker Engine API to speak. V(auto) takes what the engine offers, up to the newest tested one.
      - If the value is not specified in the task, the value of environment variable E(DOCKER_API_VERSION) is used.
    type: str
    default: auto
    aliases: [docker_api_version]
  timeout:
    description:
      - Seconds to wait for one answer of the engine.
      - If the value is not specified in the task, the value of environment variable E(DOCKER_TIMEOUT) is used.
    type: int
    default: 60
  use_ssh_client:
    description:
      - For V(ssh://), use the command line client C(ssh) instead of the Python library paramiko.
    type: bool
    default: false
"""
