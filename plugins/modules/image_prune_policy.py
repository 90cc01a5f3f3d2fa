#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_prune_policy
short_description: Delete unused Docker images by policy, with an exact plan first
description:
  - Plans which images of one Docker Engine may go, says why and how many bytes that frees, and carries out exactly that plan.
  - An image in use is never deleted. In use is what any container in any state was made from or mounts, what a swarm service on a manager
    runs or would roll back to, the parents of images that stay, and every other name of such an image. No option turns that off.
  - Without O(delete) rules nothing is deleted; the plan still lists every unused image with its bytes.
  - Deletion is by name, never forced, and never through the engine's own prune. Containers are listed again before each batch.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._registries
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.actiongroup_engine
  - imagefleet.docker._engine
attributes:
  check_mode:
    support: full
    details:
      - Check mode makes the same plan as real mode and writes nothing, not even the state file.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  keep:
    description:
      - Rules for what stays. A reference that any of them matches is not deleted.
      - Fields of a rule are combined with and, the values of a list with or. See the collection's guide to the policy language for all fields.
      - Fields are V(name), V(repositories), V(tags), V(tagged), V(labels), V(older_than), V(younger_than), V(clock), V(newest),
        V(newest_per), V(newest_groups), V(prerelease) and V(order).
    type: list
    elements: dict
    default: []
  delete:
    description:
      - Rules for what may go. Without any, nothing is deleted.
      - Fields are V(name), V(repositories), V(tags), V(tagged), V(labels), V(older_than), V(younger_than) and V(clock).
    type: list
    elements: dict
    default: []
  protect:
    description:
      - Exact references, digests, or bare repositories (all their tags) that are never deleted.
      - Of an image of several platforms the containerd image store knows the digest of the index and those of all that it lists, so
        each of them protects it. An overlay2 host knows only the image ID and the digest it was pulled by.
    type: raw
    default: []
  protect_file:
    description:
      - A file on the target with more entries for O(protect), one a line, V(#) starts a comment. It must exist.
    type: path
  minimum_age:
    description:
      - What arrived on this host more recently than this is never deleted, for example V(90m), V(24h) or V(14d). V(0) turns the floor off.
    type: raw
    default: 24h
  pressure:
    description:
      - Delete only when the file system of the images is full, and only as much as needed, oldest last-seen first.
      - The rules still decide what may go at all. Not possible with a remote O(docker_host).
    type: dict
    suboptions:
      high_watermark:
        description:
          - Deletion starts when more than this is in use. A share (V(85%)), bytes (V(400GiB)) or inodes (V(90% inodes), V(1000000 inodes)).
        type: raw
      low_watermark:
        description:
          - Deletion goes on until not more than this is in use. Default is O(pressure.high_watermark).
        type: raw
      min_free:
        description:
          - Deletion also starts, and goes on, while less than this is free.
        type: raw
  storage_path:
    description:
      - A path on the file system that holds the images. By default the engine's data directory.
    type: path
  max_deletions:
    description:
      - Delete at most this many references, those last seen longest ago. The others are reported as V(deferred).
    type: int
  refuse_above:
    description:
      - Fail before the first deletion when the plan deletes more references than this number, or than this share (V(10%)) of all references.
    type: raw
  require_restorable:
    description:
      - Delete only what a registry still serves by digest. The registry in the image's name is asked, never a mirror.
      - What no registry serves, and what a registry that does not answer may serve, stays.
    type: bool
    default: false
  expect_plan:
    description:
      - The RV(plan_digest) of an earlier run in check mode. Fail before the first deletion when the plan is now another one.
    type: str
  state_file:
    description:
      - Where this host remembers when images arrived and were last used. Written only in real mode.
    type: path
    default: /var/lib/imagefleet/state.json
requirements:
  - Docker SDK for Python C(docker) 5.0.3 or newer (distribution package C(python3-docker))
  - C(paramiko) for V(ssh://) hosts
  - Docker Engine API 1.41 (Engine 20.10) or newer
notes:
  - Run it as root (C(become)) on the engine's own host. Then the arrival of images is exact on the overlay2 store, and so are the bytes.
  - Deletion stops on a host while C(/etc/imagefleet/hold) exists. The plan is still made and shows the reason.
  - A run that deletes holds the lock C(/run/lock/imagefleet.lock). A deployment can take it with C(flock) from pull to create.
  - The containerd image store shares content in ways its API does not show; bytes are then an interval.
seealso:
  - module: community.docker.docker_prune
  - module: community.docker.docker_image_remove
"""

EXAMPLES = r"""
- name: Show what is unused, with bytes, and delete nothing
  imagefleet.docker.image_prune_policy:
  check_mode: true
  register: unused

- name: Keep the newest three of each repository, delete what nothing used for 30 days
  imagefleet.docker.image_prune_policy:
    keep:
      - name: the newest three
        newest: 3
        newest_per: repository
    delete:
      - name: unused for 30 days
        repositories: "**"
        older_than: 30d
        clock: last_used
      - name: left over from builds and pulls
        tagged: false
        older_than: 7d
    max_deletions: 50

- name: Make room only when the disk fills up, never the only copy of anything
  imagefleet.docker.image_prune_policy:
    delete:
      - repositories: "registry.example.com/**"
        older_than: 7d
    pressure:
      high_watermark: 85%
      low_watermark: 75%
    require_restorable: true
    registries:
      - registry: registry.example.com
        username: fleet
        password: "{{ fleet_registry_password }}"

- name: Apply exactly the plan that was reviewed
  imagefleet.docker.image_prune_policy:
    delete:
      - tagged: false
        older_than: 7d
    expect_plan: "{{ reviewed.plan_digest }}"
"""

RETURN = r"""
plan:
  description:
    - One entry per name of an image, and one per image without a name.
    - What is to be deleted comes first, in the order of deletion, then unused images that stay, then those in use.
  returned: always, once the plan could be made
  type: list
  elements: dict
  contains:
    id:
      description: The image's ID.
      type: str
      sample: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
    reference:
      description: The name, V(null) for an image without one.
      type: str
      sample: "registry.example.com/shop/web:1.4.2"
    action:
      description: V(keep) or V(delete).
      type: str
      sample: delete
    rule:
      description: The rule that decided, V(null) when none did.
      type: str
      sample: unused for 30 days
    reason:
      description: Why, in plain words.
      type: str
      sample: "unused for 41d (limit 30d)"
    kept_by:
      description:
        - What kind of reason keeps it, V(use), V(protect), V(minimum_age), V(rule), V(no_rule), V(clock), V(pressure) or V(other).
        - V(null) for what is deleted.
      type: str
      sample: null
    bytes:
      description: Bytes that become free with this entry when all entries before it are gone, at least.
      type: int
      sample: 12582912
    bytes_max:
      description: The same, at most.
      type: int
      sample: 12582912
    outcome:
      description: V(planned), V(done), V(gone), V(refused), V(deferred) or V(failed); V(null) for what stays.
      type: str
      sample: done
    error:
      description: Why the outcome is not V(done).
      type: str
      sample: null
    used_by:
      description: Who uses the image.
      type: list
      elements: str
      sample: ["container web-1 (running)"]
    unused:
      description: Whether nothing uses the image.
      type: bool
      sample: true
    arrived:
      description: When this host first had it, UTC.
      type: str
      sample: "2026-08-01T03:12:45Z"
    created:
      description: When it was built, UTC.
      type: str
      sample: "2026-07-30T18:02:11Z"
    last_used:
      description: When it was last seen in use, UTC; V(null) when never.
      type: str
      sample: "2026-09-14T22:40:00Z"
plan_digest:
  description: Names what the plan deletes, for O(expect_plan).
  returned: always, once the plan could be made
  type: str
  sample: "sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
summary:
  description: The plan and its outcome in figures; counts are references.
  returned: always, once the plan could be made
  type: dict
  contains:
    images:
      description: Images on the engine, intermediate ones included.
      type: int
      sample: 42
    references:
      description: Entries of the plan.
      type: int
      sample: 48
    kept:
      description: Entries that stay.
      type: int
      sample: 40
    to_delete:
      description: Entries to delete, deferred ones included.
      type: int
      sample: 8
    deleted:
      description: Entries deleted.
      type: int
      sample: 7
    gone:
      description: Entries that somebody else had deleted meanwhile.
      type: int
      sample: 0
    refused:
      description: Entries that came into use meanwhile, or that the engine refused to delete.
      type: int
      sample: 1
    deferred:
      description: Entries left for a later run.
      type: int
      sample: 0
    failed:
      description: Entries whose deletion failed.
      type: int
      sample: 0
    unused:
      description: Entries that nothing uses.
      type: int
      sample: 17
    unused_bytes:
      description: Bytes that all unused images hold together, at least.
      type: int
      sample: 734003200
    reclaimable_bytes:
      description: Bytes that the plan frees, at least.
      type: int
      sample: 314572800
    reclaimable_bytes_max:
      description: Bytes that the plan frees, at most.
      type: int
      sample: 314572800
    reclaimed_bytes:
      description: Bytes that were freed.
      type: int
      sample: 301989888
    exact:
      description: Whether at least and at most are the same.
      type: bool
      sample: true
    target_unreachable:
      description: Whether the watermarks of O(pressure) cannot be reached by what the rules allow.
      type: bool
      sample: false
near_misses:
  description: What other tools would have deleted although somebody needs it.
  returned: always, once the plan could be made
  type: list
  elements: dict
  sample:
    - reference: "registry.example.com/shop/web:1.4.1"
      id: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
      peer: docker image prune -a
      needed_by: "in use: service shop_web (previous image, needed for a rollback)"
held:
  description: Space that deleting unused images does not free, and who holds it.
  returned: always, once the plan could be made
  type: list
  elements: dict
  sample:
    - holder: containers that exited long ago
      bytes: 52428800
      names: ["migrate-2024 (ended 203d ago)"]
      detail: "remove them (`docker container rm`) and their images can be judged like any other"
engine:
  description: The engine that was asked.
  returned: always, once the plan could be made
  type: dict
  sample:
    id: 6c1b7a3e-2f0d-4d0f-9f53-0d6c1b0f4a11
    name: web-1
    version: 28.5.2
    api_version: "1.51"
    store: containerd
    now: "2026-11-23T02:00:00Z"
    root: /var/lib/docker
swarm:
  description: The swarm that the engine is part of, V(null) without one. On a manager with the images of its services.
  returned: always, once the plan could be made
  type: dict
  sample:
    node: q1w2e3r4t5y6u7i8o9p0a1s2d
    manager: true
    managers: [q1w2e3r4t5y6u7i8o9p0a1s2d]
    service_images: ["registry.example.com/shop/web:1.4.2"]
clocks_distrusted:
  description: Why ages decide nothing in this run, V(null) when the clocks agree.
  returned: always, once the plan could be made
  type: str
  sample: null
sampled_since:
  description: Since when the use of images has been watched on this engine without a gap.
  returned: always, once the plan could be made
  type: str
  sample: "2026-08-01T02:00:00Z"
hold:
  description: The brake in force on this host, V(null) without one.
  returned: always, once the plan could be made
  type: dict
  sample:
    reason: release week
    until: "2026-11-30T00:00:00Z"
pressure:
  description: The file system and what must be freed, V(null) without O(pressure).
  returned: always, once the plan could be made
  type: dict
  sample:
    path: /var/lib/docker
    state: 91.20 GB of 100.00 GB used on /var/lib/docker (31% of inodes)
    needed_bytes: 16200000000
    needed_inodes: 0
    pressing: true
    unreachable: null
notes:
  description: What is not known, and what limits this run, in plain words.
  returned: always, once the plan could be made
  type: list
  elements: str
  sample: ["use of images is sampled from now on; rules on last_used find nothing before they have watched long enough"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.request import DEFAULT_STATE_FILE
from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.run import parse_options, run_cleanup
from ansible_collections.imagefleet.docker.plugins.module_utils._module.engine_arguments import ENGINE_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.registry_arguments import REGISTRIES_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module

ARGUMENTS = {
    "keep": {"type": "list", "elements": "dict", "default": []},
    "delete": {"type": "list", "elements": "dict", "default": []},
    "protect": {"type": "raw", "default": []},
    "protect_file": {"type": "path"},
    "minimum_age": {"type": "raw", "default": "24h"},
    "pressure": {
        "type": "dict",
        "options": {
            "high_watermark": {"type": "raw"},
            "low_watermark": {"type": "raw"},
            "min_free": {"type": "raw"},
        },
    },
    "storage_path": {"type": "path"},
    "max_deletions": {"type": "int"},
    "refuse_above": {"type": "raw"},
    "require_restorable": {"type": "bool", "default": False},
    "registries": {"type": "list", "elements": "dict", "options": REGISTRIES_ARGUMENTS, "default": []},
    "config_path": {"type": "path"},
    "expect_plan": {"type": "str"},
    "state_file": {"type": "path", "default": DEFAULT_STATE_FILE},
}


def main() -> None:
    module = AnsibleModule(argument_spec={**ENGINE_ARGUMENTS, **ARGUMENTS}, supports_check_mode=True)
    run_module(
        module,
        lambda: run_cleanup(
            parse_options(module.params), apply=not module.check_mode, run_program=program_runner(module)
        ),
    )


if __name__ == "__main__":
    main()
