# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that every module with a registry takes."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  registry:
    description:
      - Host, or host and port, as in image names, for example V(registry.example.com:5000). Docker Hub is V(docker.io).
      - A bare host name such as V(registry) will do where it is known. Names of repositories are then given without it.
    type: str
    required: true
  username:
    description:
      - User name. Without it, credentials come from O(config_path), and without that the registry is asked anonymously.
    type: str
  password:
    description:
      - Password of O(username).
    type: str
  token:
    description:
      - Bearer token, sent as it is, instead of user name and password.
    type: str
  config_path:
    description:
      - A client configuration of docker (C(config.json)) or podman (C(auth.json)), a file on the target. C(auths), C(credHelpers) and
        C(credsStore) are read.
      - In C(auths) a key with a path (C(registry.example.com/team)) is for the repositories at and below that path; the longest counts. Docker
        Hub is known by C(https://index.docker.io/v1/), C(docker.io), C(index.docker.io) and C(registry-1.docker.io), in this order.
    type: path
  ca_path:
    description:
      - Certificate authorities to trust, a file on the target. By default those of the Python library requests.
    type: path
  client_cert:
    description:
      - Client certificate, a file on the target.
    type: path
  client_key:
    description:
      - Key of O(client_cert), a file on the target.
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
      - Seconds to wait for an answer, each time that the registry is silent.
    type: int
    default: 30
  retries:
    description:
      - How often a request is repeated after a passing failure (408, 429, 5xx, a broken connection, content that is not what its
        digest says). C(Retry-After) is kept to.
    type: int
    default: 5
  concurrency:
    description:
      - How many requests may be under way at a time.
    type: int
    default: 8
  cache_dir:
    description:
      - Where manifests are kept by digest, so that none is read twice, and for a day what the registry can do. It may be emptied at any time.
      - It is bounded to 256 MiB and may be shared by several runs. One that cannot be written is not used. Configs, which may hold
        secrets, are never kept.
      - Empty (V("")), nothing is kept and everything is read anew.
    type: path
    default: /var/cache/imagefleet
notes:
  - Proxies of the environment of the process on the target are used by the rules of the library requests (C(https_proxy), C(http_proxy),
    C(all_proxy), C(no_proxy), also in capital letters). Addresses of the machine itself are no exception, so name them in C(no_proxy). Give
    them with the keyword C(environment) of a play or task.
  - Nothing else of the environment is used, neither C(.netrc) nor C(REQUESTS_CA_BUNDLE). Where a proxy opens TLS, its authority belongs into
    O(ca_path).
requirements:
  - Python library C(requests) (distribution package C(python3-requests))
"""
