#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_usage_info
short_description: Tell which images a Docker Engine has and uses
version_added: 1.0.0
description:
  - Observes one Docker Engine for the ledger of the fleet, see M(imagefleet.docker.fleet_ledger). It tells every image with every digest
    that means it, who uses it and when it was last used.
  - In use is what any container in any state was made from or mounts, and what a swarm service on a manager runs or would roll back to.
    Containers whose image is gone from the engine are told as well.
  - Also tells what M(imagefleet.docker.image_prune_policy) deleted here with O(imagefleet.docker.image_prune_policy#module:require_restorable)
    in the last 90 days, so that the registry does not drop what this host relies on to get back.
  - Environment, arguments and labels of containers are never told.
  - Writes nothing.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.actiongroup_engine
  - imagefleet.docker._attributes.info_module
  - imagefleet.docker._engine
options:
  state_file:
    description:
      - Where this host remembers when images were last used, and what was deleted as restorable.
      - Written by M(imagefleet.docker.image_prune_policy), only read here. It need not exist.
    type: path
    default: /var/lib/imagefleet/state.json
requirements:
  - Docker SDK for Python C(docker) 5.0.3 or newer (distribution package C(python3-docker))
  - C(paramiko) for V(ssh://) hosts
  - Docker Engine API 1.41 (Engine 20.10) or newer
notes:
  - Run it as root (C(become)) on the engine's own host. Then the digests of configurations are known on the containerd store as well.
  - A host with several engines is observed once for each of them; a loop over O(docker_host) does.
  - When an image was last used is known from the runs of M(imagefleet.docker.image_prune_policy) and of the host command, which sample it.
    Without them only what is in use at this moment is known, and when containers that still exist ended.
  - On the containerd image store every image that has a name has a digest with it, pushed or not. What was never in a registry can
    therefore not be told there.
seealso:
  - module: imagefleet.docker.fleet_ledger
  - module: imagefleet.docker.image_prune_policy
"""

EXAMPLES = r"""
- name: Observe what this host uses
  imagefleet.docker.image_usage_info:
  become: true
  register: image_usage

- name: Observe both engines of a host
  imagefleet.docker.image_usage_info:
    docker_host: "{{ item }}"
  become: true
  register: image_usage
  loop:
    - unix:///var/run/docker.sock
    - unix:///var/run/docker-ci.sock
"""

RETURN = r"""
usage:
  description:
    - The observation. Hand the whole registered result to M(imagefleet.docker.fleet_ledger).
  returned: success
  type: dict
  contains:
    schema:
      description: Version of this structure.
      type: int
      sample: 1
    engine_id:
      description: The engine's ID.
      type: str
      sample: 6c1b7a3e-2f0d-4d0f-9f53-0d6c1b0f4a11
    engine_name:
      description: The engine's name, that of its host as a rule.
      type: str
      sample: web-1
    store:
      description: V(containerd), or the name of the graph driver.
      type: str
      sample: overlay2
    observed:
      description: When, by the engine's clock, UTC.
      type: str
      sample: "2026-11-23T02:00:00Z"
    clock_offset_seconds:
      description: By how much the engine's clock is ahead of the clock of the machine that this module ran on.
      type: float
      sample: 0.1
    sampled_since:
      description: Since when the use of images has been watched on this engine without a gap.
      type: str
      sample: "2026-08-01T02:00:00Z"
    images:
      description: All images of the engine.
      type: list
      elements: dict
      contains:
        id:
          description: The image's ID.
          type: str
          sample: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
        references:
          description: Its names, and the digests among them that were pulled as such.
          type: list
          elements: str
          sample: ["registry.example.com/shop/web:1.4.2"]
        repo_digests:
          description: The names with digests that it was pulled or pushed by. Empty when the engine knows of no registry that has it.
          type: list
          elements: str
          sample: ["registry.example.com/shop/web@sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"]
        digests:
          description: Every digest that means it, of an index, of manifests and of configurations as far as the engine tells.
          type: list
          elements: str
          sample:
            - "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
            - "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
        used_by:
          description: Who uses it.
          type: list
          elements: str
          sample: ["container web-1 (running)"]
        last_used:
          description: When it was last seen in use, UTC; V(null) when never.
          type: str
          sample: "2026-11-23T02:00:00Z"
    containers_without_image:
      description: Containers that were made from, or mount, an image that is gone from the engine.
      type: list
      elements: dict
      contains:
        container:
          description: The container's name.
          type: str
          sample: web-0
        state:
          description: Its state.
          type: str
          sample: exited
        image:
          description: The image's ID, as the container knows it.
          type: str
          sample: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
        reference:
          description: The image as the engine shows it, the name it was started by if the engine still tells it.
          type: str
          sample: "registry.example.com/shop/web:1.4.1"
        digests:
          description: The digests of it that the engine no longer has an image for.
          type: list
          elements: str
          sample: ["sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"]
        references:
          description: The names of images that it mounts and the engine no longer has.
          type: list
          elements: str
          sample: []
    service_images:
      description: Images of swarm services, the current ones and those of a rollback. Only a manager knows them.
      type: list
      elements: str
      sample: ["registry.example.com/shop/web:1.4.2"]
    released:
      description: Digests of images that were deleted here as restorable, in the last 90 days.
      type: list
      elements: dict
      contains:
        digest:
          description: The digest.
          type: str
          sample: "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
        at:
          description: When, UTC.
          type: str
          sample: "2026-11-20T02:04:31Z"
    notes:
      description: What is not known, in plain words.
      type: list
      elements: str
      sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.request import DEFAULT_STATE_FILE
from ansible_collections.imagefleet.docker.plugins.module_utils._module.engine_arguments import ENGINE_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.observe import observe

ARGUMENTS = {"state_file": {"type": "path", "default": DEFAULT_STATE_FILE}}


def main() -> None:
    module = AnsibleModule(argument_spec={**ENGINE_ARGUMENTS, **ARGUMENTS}, supports_check_mode=True)
    run_module(module, lambda: observe(module.params))


if __name__ == "__main__":
    main()
