# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of modules that meet registries by the names of images."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  registries:
    description:
      - How to reach registries. One that is not listed is asked over HTTPS, with credentials from O(config_path).
      - Proxies of the environment (C(https_proxy), C(no_proxy) and so on) are used for them.
    type: list
    elements: dict
    default: []
    suboptions:
      registry:
        description:
          - Host, or host and port, as in image names.
        type: str
        required: true
      username:
        description:
          - User name.
        type: str
      password:
        description:
          - Password.
        type: str
      token:
        description:
          - Bearer token instead of user name and password.
        type: str
      ca_path:
        description:
          - Certificate authorities to trust, a file on the target.
        type: path
      client_cert:
        description:
          - Client certificate, a file on the target.
        type: path
      client_key:
        description:
          - Key of the client certificate, a file on the target.
        type: path
      validate_certs:
        description:
          - Whether to verify the registry's certificate.
        type: bool
        default: true
      insecure:
        description:
          - Use plain HTTP.
        type: bool
        default: false
      timeout:
        description:
          - Seconds to wait for an answer.
        type: int
      retries:
        description:
          - How often a request is repeated after a passing failure.
        type: int
  config_path:
    description:
      - A Docker client configuration with registry credentials, a file on the target. Its credential helpers are asked.
    type: path
"""
