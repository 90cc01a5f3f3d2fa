#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: registry_garbage_collect
short_description: Free the disk of a distribution registry, with a proof before and after
version_added: 1.0.0
author:
  - imagefleet.docker contributors (@imagefleet)
description:
  - Runs the garbage collection of a distribution registry (C(docker-registry)) that is a systemd service on this host and keeps its
    content on this host's disk. Deleting manifests, as M(imagefleet.docker.registry_retention) does, frees nothing by itself.
  - Plans with the registry's own collector in its dry run, and compares that with what every image in the storage needs, read
    independently. When the collector would take anything that an image needs, nothing is changed. Nor is anything when it is not
    known what an image needs, since its manifest is lost or damaged; the message says what to do.
  - Then the registry is made read-only by a drop-in below C(/run), restarted, and proven closed by an upload that it refuses. The
    collector runs as the registry's own user, with a hard time limit. Everything that images need is looked at on the disk, the
    registry is restarted with its own settings, proven open, and a small image that was collected is pushed and pulled again, since a
    registry that remembers what it had would break the next push (distribution 1803). At last images are read through the registry,
    byte by byte.
  - While it is closed, pulls go on, but for the two restarts, which take a second or so each.
  - Whatever fails, the registry is opened again. When this module is killed, a unit of systemd does it within seconds.
  - The collector's option C(--delete-untagged) is never used. In version 2 it deletes the images of every tagged index.
extends_documentation_fragment:
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.actiongroup_registry
  - imagefleet.docker._registry
attributes:
  check_mode:
    support: full
    details:
      - Runs the collector's dry run. The small image is not pushed then, so whether the registry takes it is not known.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - Without garbage nothing is closed, restarted or pushed.
requirements:
  - systemd, and root on the registry's host.
options:
  service:
    description:
      - The unit of the registry.
    type: str
    default: docker-registry
  storage_path:
    description:
      - The folder that the registry keeps its content in, C(storage.filesystem.rootdirectory) of its configuration. It is read
        from there when it can be understood.
    type: path
  undo_window:
    description:
      - Do not collect as long as anything was deleted more recently than this, since it can be put back until the garbage is collected.
        The registry's own storage tells when manifests were deleted, whoever did it, and O(undo_dir) when runs of
        M(imagefleet.docker.registry_retention) on this host did. RV(hold) tells until when.
      - So a collection belongs before a retention run, and retention runs further apart than this. V(0) collects at once.
    type: raw
    default: 7d
  undo_dir:
    description:
      - Where undo of retention runs lies, if they run on this host.
    type: path
    default: /var/lib/imagefleet/undo
  state_dir:
    description:
      - What retention runs on this host remember, with which a collection never runs at the same time. What the clock said at the last
        collection is kept there too.
    type: path
    default: /var/lib/imagefleet/retention
  quiet_period:
    description:
      - Do not collect when content arrived more recently than this that no manifest needs yet, or a part of an upload did. The manifest
        comes last in a push, so what comes before it looks like garbage.
    type: raw
    default: 15m
  collect_timeout:
    description:
      - How long the collector may run. It is ended then, which harms nothing, and the registry is opened again.
    type: raw
    default: 1h
  canary_repository:
    description:
      - Where the small image is pushed. It is deleted again, its empty repository stays.
    type: str
    default: imagefleet-canary
  verify:
    description:
      - What is read through the registry afterwards. V(sample) reads one tag of each of at most ten repositories, V(all) reads everything.
      - That everything is still on the disk is looked at in any case.
    type: str
    choices: [sample, all]
    default: sample
notes:
  - O(registry) must be the registry of O(service) alone. When others share its storage, they must be stopped.
  - A registry that runs in a container, or keeps its content in an object store, is refused.
  - Tested with versions 2.8.2 and 2.8.3. Version 3 is accepted, since every assumption is proven in the run itself, and was not tested.
seealso:
  - module: imagefleet.docker.registry_retention
  - module: imagefleet.docker.registry_restore
"""

EXAMPLES = r"""
- name: Show what a collection would free
  imagefleet.docker.registry_garbage_collect:
    registry: registry.example.com
    config_path: /root/.docker/config.json
  check_mode: true
  register: garbage

- name: Collect what was deleted more than a week ago
  imagefleet.docker.registry_garbage_collect:
    registry: registry.example.com
    config_path: /root/.docker/config.json
    undo_window: 7d
    verify: all
"""

RETURN = r"""
plan:
  description: What goes, one entry for each piece of content (a layer, a configuration or a manifest).
  returned: always, once the plan could be made
  type: list
  elements: dict
  sample:
    - digest: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
      kind: manifest
      action: delete
      reason: deleted from shop/web on 2026-11-01T02:00:00Z
      bytes: 1204
      outcome: done
      error: null
plan_digest:
  description: Names the plan. The same content to go, the same name.
  returned: always, once the plan could be made
  type: str
  sample: "sha256:07a0869191791f88225b9b8e6bf9f2a5e9d2cfebaf4e34b7890fb0879ea3e14e"
summary:
  description: The figures.
  returned: always, once the plan could be made
  type: dict
  contains:
    kept:
      description: Pieces of content that stay.
      type: int
      sample: 182
    to_delete:
      description: Pieces of content that go.
      type: int
      sample: 720
    deleted:
      description: Those that went.
      type: int
      sample: 720
    refused:
      description: Those that somebody came to need since the plan was made.
      type: int
      sample: 0
    deferred:
      description: Those that are held for now, see RV(hold).
      type: int
      sample: 0
    failed:
      description: Those that are still there.
      type: int
      sample: 0
    reclaimable_bytes:
      description: Sizes of what goes.
      type: int
      sample: 314572800
    reclaimed_bytes:
      description: Sizes of what went.
      type: int
      sample: 314572800
    used_bytes_before:
      description: Bytes that all content took on the disk, before.
      type: int
      sample: 402653184
    used_bytes:
      description: The same afterwards.
      type: int
      sample: 88080384
    free_bytes:
      description: Free bytes of that file system, afterwards.
      type: int
      sample: 21474836480
    size_bytes:
      description: Size of that file system.
      type: int
      sample: 53687091200
    closed_seconds:
      description: How long the registry took no pushes, V(null) when it was not closed.
      type: float
      sample: 3.4
    images_read:
      description: Images that were read whole afterwards.
      type: int
      sample: 10
    bytes_read:
      description: Their bytes.
      type: int
      sample: 44040192
    requests:
      description: Requests sent to the registry, without those that prove it closed and open.
      type: int
      sample: 74
registry:
  description: Which registry this is about.
  returned: always, once the plan could be made
  type: dict
  sample:
    name: registry.example.com
    service: docker-registry.service
    version: "2.8"
    storage_path: /var/lib/docker-registry
hold:
  description: Why nothing was collected for now, V(null) otherwise. The brake on this host, O(undo_window) or O(quiet_period).
  returned: always, once the plan could be made
  type: dict
  sample:
    reason: the undo of the retention run of 2026-11-23T02:00:00Z is younger than 7d (undo_window)
    until: "2026-11-30T02:00:00Z"
clocks_distrusted:
  description: Why no age could be told, so that nothing was collected in this run, V(null) when the clocks agree.
  returned: always, once the plan could be made
  type: str
  sample: null
problems:
  description: What is not as it should be after the collection.
  returned: always, once the plan could be made
  type: list
  elements: str
  sample: []
notes:
  description: What to know beside, in plain words.
  returned: always, once the plan could be made
  type: list
  elements: str
  sample: []
"""

from typing import Any, List

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.request import (
    DEFAULT_CANARY,
    DEFAULT_COLLECT_TIMEOUT,
    DEFAULT_QUIET_PERIOD,
    DEFAULT_SERVICE,
    DEFAULT_UNDO_WINDOW,
    SAMPLE,
    VERIFY,
    parse_collect_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.run import run_collection
from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.registry_arguments import REGISTRY_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._store.retention_memory import DEFAULT_STATE_DIR
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import DEFAULT_UNDO_DIR

ARGUMENTS = {
    "service": {"type": "str", "default": DEFAULT_SERVICE},
    "storage_path": {"type": "path"},
    "undo_window": {"type": "raw", "default": DEFAULT_UNDO_WINDOW},
    "undo_dir": {"type": "path", "default": DEFAULT_UNDO_DIR},
    "state_dir": {"type": "path", "default": DEFAULT_STATE_DIR},
    "quiet_period": {"type": "raw", "default": DEFAULT_QUIET_PERIOD},
    "collect_timeout": {"type": "raw", "default": DEFAULT_COLLECT_TIMEOUT},
    "canary_repository": {"type": "str", "default": DEFAULT_CANARY},
    "verify": {"type": "str", "choices": list(VERIFY), "default": SAMPLE},
}


def main() -> None:
    module = AnsibleModule(argument_spec={**REGISTRY_ARGUMENTS, **ARGUMENTS}, supports_check_mode=True)

    def run(argv: List[str]) -> Any:
        # As it is given: a script among it has variables of its own. What cannot be run is for the core to tell, which opens
        # the registry first.
        return module.run_command(argv, expand_user_and_vars=False, handle_exceptions=False)

    run_module(
        module,
        lambda: run_collection(
            parse_collect_options(module.params),
            not module.check_mode,
            run,
            run_program=program_runner(module),
        ),
    )


if __name__ == "__main__":
    main()
