#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: mirror_config
short_description: Mirrors of registries, defined once and written for every client of a host
version_added: 1.0.0
author:
  - imagefleet.docker contributors (@imagefleet)
description:
  - Takes one definition of mirrors and writes it as each client on this host reads it. For dockerd that is C(daemon.json), or
    C(certs.d/HOST/hosts.toml) for engines from 28 on with the containerd image store. For containerd it is C(hosts.toml), and for
    buildkit C(buildkitd.toml).
  - Before a mirror is used, an image is read through it and compared with its digests. Mirrors that fail are left out, and RV(probes)
    says why. When nothing of a registry is left, nothing is changed, and the task fails.
  - In C(daemon.json) only the entries of this module are added and removed. Everything else stays byte for byte as it is, entries of
    others in the same lists too. A file that is not valid JSON is refused and left alone.
  - The engine is told by a reload, which harms no container, and only when it has not yet what it should have. That it took it is
    proven by its own answer. When it did not, C(daemon.json) is put back.
  - The definition is whole. What this module wrote before and is not in it any more is removed.
  - TOML files are wholly ours, told by their first line. Others are never overwritten.
extends_documentation_fragment:
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.actiongroup_engine
  - imagefleet.docker._engine
attributes:
  check_mode:
    support: full
    details:
      - Mirrors are probed as well. Nothing is written on this host.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A second run writes nothing and reloads nothing, as long as the same mirrors pass their probe.
requirements:
  - For dockerd the Docker SDK for Python (docker), 5.0.3 or newer. For O(probe) the Python library requests.
  - Root on the host.
options:
  clients:
    description:
      - Who is to use the mirrors.
    type: list
    elements: str
    choices: [dockerd, containerd, buildkit]
    default: [dockerd]
  mirrors:
    description:
      - Which registries have mirrors. Needed with O(state=present).
    type: list
    elements: dict
    default: []
    suboptions:
      registry:
        description:
          - The registry as image names have it, C(host) or C(host:port), V(docker.io) for Docker Hub.
          - Engines before 28, and those with a graph driver, know mirrors of V(docker.io) alone.
        type: str
        required: true
      endpoints:
        description:
          - Its mirrors in the order in which they are asked.
        type: list
        elements: dict
        required: true
        suboptions:
          url:
            description:
              - Address of the mirror, C(https://host[:port][/path]).
              - A path C(/v2/NAME) stands before the repository, as projects of Harbor do, so the mirror answers at
                C(/v2/NAME/REPOSITORY). Any other path stands before C(/v2). Not every client can be told both, and engines before 25 none.
            type: str
            required: true
          capabilities:
            description:
              - What the mirror is asked for. V(pull) is content by digest, V(resolve) is what a tag means at this moment, V(push) is both
                ways.
              - By default V(pull) alone, so that the registry itself says what a tag means; without O(mirrors[].fallback) V(pull) and
                V(resolve).
              - This counts in C(hosts.toml) only. Mirrors in C(daemon.json) and C(buildkitd.toml) are asked for V(pull) and V(resolve).
            type: list
            elements: str
            choices: [pull, resolve, push]
          ca_file:
            description:
              - Certificates of the authority that the mirror's own is signed by, a file on this host. It is copied to where each client looks
                for it.
            type: path
          insecure:
            description:
              - Accept a mirror that does not prove who it is, over C(http://), or over C(https://) with any certificate.
              - A mirror that is not on this machine itself needs O(accept_insecure) too.
            type: bool
            default: false
      fallback:
        description:
          - Whether the registry itself is asked when no mirror has an image. V(false) puts the last mirror in its place.
          - This can be said in C(hosts.toml) only.
        type: bool
        default: true
      probe_image:
        description:
          - As O(probe_image), for this registry.
        type: str
  state:
    description:
      - V(present) makes it as it is defined. V(absent) removes everything that this module wrote for O(clients), and nothing else;
        O(mirrors) does not matter then.
    type: str
    choices: [present, absent]
    default: present
  apply:
    description:
      - How the engine gets to know of a change in C(daemon.json). Nothing else needs that, since C(hosts.toml) is read on every pull.
      - V(reload) is enough for everything that this module writes. V(restart) restarts O(service) instead. V(none) writes files only.
    type: str
    choices: [reload, restart, none]
    default: reload
  probe:
    description:
      - Read an image through each mirror, without user and password, before it is used. Content of up to 32 MiB is read, of larger
        images the smallest layers.
    type: bool
    default: true
  probe_image:
    description:
      - The image to read, C(REPOSITORY:TAG) or C(REPOSITORY@DIGEST) without a registry.
      - By default C(library/hello-world:latest) and C(library/busybox:latest) of V(docker.io), then an image that the mirror lists.
    type: str
  probe_timeout:
    description:
      - How long a mirror may take for an answer, in seconds. A second try is made.
    type: int
    default: 10
  dial_timeout:
    description:
      - How long a client waits for a mirror that does not answer before it asks the next one; V(0) leaves it to the client, which waits 30
        seconds.
      - It is written to C(hosts.toml) where its reader knows it, which is containerd from 2.1 on, and dockerd from 29 on.
    type: raw
    default: 5s
  dockerd_files:
    description:
      - Which file dockerd is told in. V(auto) asks the engine for its version and image store.
    type: str
    choices: [auto, daemon_json, hosts_toml]
    default: auto
  config_root:
    description:
      - The folder that holds the folders C(docker), C(containerd) and C(buildkit) with the files of each client.
      - When it is itself called C(certs.d), it is the folder of C(hosts.toml) files, and the others lie beside it.
    type: path
    default: /etc
  daemon_config_path:
    description:
      - The C(daemon.json). By default the one that the running engine was told with C(--config-file), else C(docker/daemon.json) below
        O(config_root).
    type: path
  certs_path:
    description:
      - The folder in which dockerd looks for certificates and C(hosts.toml). By default C(docker/certs.d) below O(config_root).
    type: path
  containerd_hosts_path:
    description:
      - The folder in which containerd looks for C(hosts.toml), its C(config_path). By default C(containerd/certs.d) below O(config_root).
    type: path
  buildkitd_config_path:
    description:
      - The configuration of buildkitd. By default C(buildkit/buildkitd.toml) below O(config_root).
    type: path
  service:
    description:
      - The systemd service that runs the engine, empty for none. It is only used when its process is the one that answers at
        O(docker_host).
    type: str
    default: docker
  pidfile:
    description:
      - Where the engine's process number stands. Without it the process is found by the socket of O(docker_host), else by O(service).
    type: path
  backup:
    description:
      - Keep a copy of each file that is changed, beside it.
    type: bool
    default: false
  accept_insecure:
    description:
      - Consent to mirrors with O(mirrors[].endpoints[].insecure) on other machines.
    type: bool
    default: false
  accept_private_names:
    description:
      - Consent to a mirror of V(docker.io) that takes pushes and holds repositories other than C(library/...). It answers for their names
        instead of Docker Hub.
    type: bool
    default: false
  accept_interruption:
    description:
      - Consent to O(apply=restart) when it ends running containers, since the engine's C(live-restore) is off.
    type: bool
    default: false
  state_file:
    description:
      - What this module remembers of what it wrote, so that it removes that and nothing else.
    type: path
    default: /var/lib/imagefleet/mirrors.json
notes:
  - With the containerd image store an engine sends user and password of a registry only to that registry, so a mirror must serve
    without.
  - Whether containerd's CRI looks at C(hosts.toml) stands in its C(config.toml), which is not changed; RV(notes) tells when it does not.
  - Where a C(hosts.toml) is, clients look for no certificates beside it, so those of the registry itself that lie there are named in it.
  - buildkitd could not be run in the tests of this collection. Its file is compared with the documented keys.
seealso:
  - module: imagefleet.docker.registry_info
"""

EXAMPLES = r"""
- name: Mirror Docker Hub
  imagefleet.docker.mirror_config:
    mirrors:
      - registry: docker.io
        endpoints:
          - url: https://hub-mirror.example.com

- name: Two mirrors for all clients of the host, with an authority of our own
  imagefleet.docker.mirror_config:
    clients: [dockerd, containerd, buildkit]
    backup: true
    mirrors:
      - registry: docker.io
        probe_image: library/busybox:1.36
        endpoints:
          - url: https://mirror-a.example.com:5000
            capabilities: [pull, resolve]
            ca_file: /etc/ssl/example-ca.pem
          - url: https://mirror-b.example.com:5000
            ca_file: /etc/ssl/example-ca.pem

- name: Write the files before Docker is installed
  imagefleet.docker.mirror_config:
    apply: none
    dockerd_files: daemon_json
    mirrors:
      - registry: docker.io
        endpoints:
          - url: https://hub-mirror.example.com

- name: Remove what was written, and nothing else
  imagefleet.docker.mirror_config:
    clients: [dockerd, containerd, buildkit]
    state: absent
"""

RETURN = r"""
files:
  description: Every file of the definition, and every one that was removed.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Where it is.
      type: str
      sample: /etc/docker/daemon.json
    client:
      description: Who reads it.
      type: str
      sample: dockerd
    action:
      description: V(created), V(updated), V(removed) or V(unchanged).
      type: str
      sample: updated
backup_files:
  description: Copies of files as they were, with O(backup).
  returned: success
  type: list
  elements: str
  sample: ["/etc/docker/daemon.json.4711.2026-11-27@00:12:00~"]
applied:
  description: How the engine was told, V(none), V(reload) or V(restart). In check mode, how it would be.
  returned: success
  type: str
  sample: reload
restart_required:
  description: Whether something must be restarted to take what was written, which is buildkitd after a change of its file.
  returned: success
  type: bool
  sample: false
probes:
  description: What came of reading through each mirror.
  returned: always, once mirrors were probed
  type: list
  elements: dict
  contains:
    registry:
      description: Whose mirror it is.
      type: str
      sample: docker.io
    url:
      description: Its address.
      type: str
      sample: https://mirror-a.example.com:5000
    status:
      description: V(passed), V(failed), V(refused) for want of consent, or V(not_probed) with O(probe=false).
      type: str
      sample: passed
    reason:
      description: Why, in plain words.
      type: str
      sample: 9412 bytes of library/hello-world:latest are what their digests say
    image:
      description: What was read.
      type: str
      sample: library/hello-world:latest
    digest:
      description: What that name stood for.
      type: str
      sample: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
    bytes:
      description: How much was read and compared.
      type: int
      sample: 9412
notes:
  description: What to know beside, in plain words.
  returned: success
  type: list
  elements: str
  sample: []
"""

from typing import Any, List

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import CAPABILITIES
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.engines import AUTO, FILES
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import (
    APPLY,
    CLIENTS,
    DEFAULT_DIAL_TIMEOUT,
    DEFAULT_PROBE_TIMEOUT,
    DEFAULT_ROOT,
    DEFAULT_SERVICE,
    DEFAULT_STATE_FILE,
    DOCKERD,
    PRESENT,
    RELOAD,
    parse_mirror_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.run import run_mirrors
from ansible_collections.imagefleet.docker.plugins.module_utils._module.engine_arguments import ENGINE_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module

ENDPOINT = {
    "url": {"type": "str", "required": True},
    "capabilities": {"type": "list", "elements": "str", "choices": list(CAPABILITIES)},
    "ca_file": {"type": "path"},
    "insecure": {"type": "bool", "default": False},
}
MIRROR = {
    "registry": {"type": "str", "required": True},
    "endpoints": {"type": "list", "elements": "dict", "required": True, "options": ENDPOINT},
    "fallback": {"type": "bool", "default": True},
    "probe_image": {"type": "str"},
}
ARGUMENTS = {
    "clients": {"type": "list", "elements": "str", "choices": list(CLIENTS), "default": [DOCKERD]},
    "mirrors": {"type": "list", "elements": "dict", "default": [], "options": MIRROR},
    "state": {"type": "str", "choices": ["present", "absent"], "default": PRESENT},
    "apply": {"type": "str", "choices": list(APPLY), "default": RELOAD},
    "probe": {"type": "bool", "default": True},
    "probe_image": {"type": "str"},
    "probe_timeout": {"type": "int", "default": DEFAULT_PROBE_TIMEOUT},
    "dial_timeout": {"type": "raw", "default": DEFAULT_DIAL_TIMEOUT},
    "dockerd_files": {"type": "str", "choices": list(FILES), "default": AUTO},
    "config_root": {"type": "path", "default": DEFAULT_ROOT},
    "daemon_config_path": {"type": "path"},
    "certs_path": {"type": "path"},
    "containerd_hosts_path": {"type": "path"},
    "buildkitd_config_path": {"type": "path"},
    "service": {"type": "str", "default": DEFAULT_SERVICE},
    "pidfile": {"type": "path"},
    "backup": {"type": "bool", "default": False},
    "accept_insecure": {"type": "bool", "default": False},
    "accept_private_names": {"type": "bool", "default": False},
    "accept_interruption": {"type": "bool", "default": False},
    "state_file": {"type": "path", "default": DEFAULT_STATE_FILE},
}


def main() -> None:
    module = AnsibleModule(argument_spec={**ENGINE_ARGUMENTS, **ARGUMENTS}, supports_check_mode=True)

    def run(argv: List[str]) -> Any:
        return module.run_command(argv, expand_user_and_vars=False, handle_exceptions=False)

    run_module(module, lambda: run_mirrors(parse_mirror_options(module.params), not module.check_mode, run))


if __name__ == "__main__":
    main()
