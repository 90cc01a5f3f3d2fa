#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: registry_sync
short_description: Bring repositories and tags of one registry to several others, each blob read once
version_added: 1.0.0
author:
  - imagefleet.docker contributors (@imagefleet)
description:
  - Compares tags of a source registry with those of one or more regions, and copies what they lack, digest for digest, all platforms
    and signatures included. Nothing is pulled to this host's disk.
  - Every blob is read once from the source, whatever the number of regions, and streamed to each region that lacks it, with bounded
    memory. A region that is too slow for the others, or fails, is finished alone afterwards. Within a region blobs are mounted from
    other repositories.
  - Every byte is compared with its digest on the way. A line that breaks is taken up where it broke, content that is not what its
    digest says is read again, and is never made whole at a region.
  - Content comes first, then tags, at last O(floating_tags), and those only when every region holds what they shall point at.
  - A region that fails does not keep the others from getting their content. The module fails at the end and tells what is missing
    where. The next run continues; blobs that have arrived are not read again.
  - What tags pointed at before they move is on this host's disk before they do, and O(rollback) moves them back.
  - In a playbook, progress is shown while the module runs, a line for each repository that is compared or brought, and every few seconds
    for a blob that takes long; and a table at its end.
options:
  remove:
    description:
      - Remove from regions what the source no longer has, each tag by itself. Only tags that this module made there, that still point at
        what it made of them, that two complete lists of the source at least a day apart both lack, and that nothing in the fleet uses by
        O(ledger), can go. They are removed as M(imagefleet.docker.registry_retention) does it, and
        M(imagefleet.docker.registry_restore) puts them back.
    type: bool
    default: false
  max_removals:
    description:
      - When the source has lost more tags than this, none is removed and the module fails, so that somebody looks why.
    type: int
    default: 10
  ledger:
    description:
      - The ledger of what the fleet uses, kept by M(imagefleet.docker.fleet_ledger), a file on this host. Needed by O(remove).
    type: path
  undo_dir:
    description: Where manifests are kept before O(remove) deletes them.
    type: path
    default: /var/lib/imagefleet/undo
  rollback:
    description:
      - Instead of bringing anything, move tags of regions back to what they pointed at before a run. V(last) or the RV(run_id) of a run
        of the last 90 days on this host. Tags that somebody moved since are left alone, tags that were new stay. As with
        O(floating_scope), a tag goes back in all regions or, when one of them cannot, in none.
      - What was moved back is not moved forward again by later runs until the source points at something else, or O(resume) is given.
    type: str
  resume:
    description: Tags that were moved back move again, also to what they were moved back from.
    type: bool
    default: false
  state_dir:
    description: Where moves and what was made are remembered, a folder on this host.
    type: path
    default: /var/lib/imagefleet/sync
  scan_gate:
    description:
      - Bring only what a scan lets go on. A tag whose digest has no passed scan in the memory of M(imagefleet.docker.scout_scan) that is
        young enough is not copied or moved, its entry in RV(plan) has C(action=hold) and tells why. The region keeps what it has, other
        tags go on. Signatures and the like wait with what they are attached to.
      - What counts is the digest at the source. Of an index each image that would be brought with it must have passed, see
        O(scan_gate.platforms). O(rollback) is not gated.
    type: dict
    suboptions:
      state_dir:
        description: Where M(imagefleet.docker.scout_scan) remembers its verdicts, a folder on this host.
        type: path
        default: /var/lib/imagefleet/scans
      max_age:
        description: How long a passed scan counts.
        type: str
        default: 7d
      unscanned:
        description:
          - V(allow) also brings what no scan tells about now, since it was never scanned, could not be scanned, or passed longer ago than
            O(scan_gate.max_age). What failed is never brought.
        type: str
        choices: [refuse, allow]
        default: refuse
      platforms:
        description:
          - Platforms such as V(linux/amd64) whose scan suffices for an image of several. Default is all that would be brought. What failed
            on any platform is never brought.
        type: list
        elements: str
extends_documentation_fragment:
  - imagefleet.docker._attributes
  - imagefleet.docker._sync
  - imagefleet.docker._progress
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: imagefleet.docker.registry_drift_info
  - module: imagefleet.docker.registry_info
"""

EXAMPLES = r"""
- name: Bring releases to three regions
  imagefleet.docker.registry_sync:
    source:
      registry: registry.example.com
      config_path: /root/.docker/config.json
    destinations:
      - name: eu
        registry: eu.registry.example.com
      - name: us
        registry: us.registry.example.com
      - name: ap
        registry: ap.registry.example.com
    repositories:
      - name: shop/**
        tags:
          - "semver:>=2"
          - latest
    immutable_tags: "regex:v?[0-9]+[.][0-9]+[.][0-9]+"

- name: Bring only what passed a scan in the last three days
  imagefleet.docker.registry_sync:
    source:
      registry: registry.example.com
    destinations:
      - name: eu
        registry: eu.registry.example.com
    repositories:
      - shop/web
    scan_gate:
      max_age: 3d

- name: Move back what the last run moved
  imagefleet.docker.registry_sync:
    source:
      registry: registry.example.com
    destinations:
      - name: eu
        registry: eu.registry.example.com
    repositories:
      - shop/web
    rollback: last
"""

RETURN = r"""
plan:
  description:
    - One entry for each tag and region that differ. C(action) is C(copy), C(move), C(remove), C(move_back), or C(hold) for what stays as
      it is for now. C(outcome) is C(planned), C(done), C(deferred) or C(failed), and C(error) says why.
  returned: always, once the plan could be made
  type: list
  elements: dict
  sample:
    - region: eu
      repository: shop/web
      tag: 2.1.0
      digest: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
      previous: null
      action: copy
      reason: missing
      floating: false
      source: shop/web
      origin: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
      outcome: done
      error: null
plan_digest:
  description: Names the plan. The same changes, the same name.
  returned: always, once the plan could be made
  type: str
  sample: "sha256:07a0869191791f88225b9b8e6bf9f2a5e9d2cfebaf4e34b7890fb0879ea3e14e"
previous_digests:
  description: What tags pointed at before they were moved.
  returned: always, once the plan could be made
  type: list
  elements: dict
  sample:
    - region: eu
      repository: shop/web
      tag: latest
      digest: "sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
run_id:
  description: Names the run for O(rollback). None when no tag was moved.
  returned: always, once the plan could be made
  type: str
  sample: 20260730T031502Z-0c1d2e3f
summary:
  description: The figures. With O(rollback), C(moved_back) tags instead of those that were brought.
  returned: always, once the plan could be made
  type: dict
  contains:
    tags:
      description: Tags that were compared, each once for each region.
      type: int
      sample: 300
    unchanged:
      description: Those that agree.
      type: int
      sample: 297
    copied:
      description: Those that were brought or moved.
      type: int
      sample: 3
    deferred:
      description: Tags that wait, for a region or for a scan.
      type: int
      sample: 0
    kept_back_by_scan:
      description: Those of them that O(scan_gate) keeps back.
      type: int
      sample: 0
    failed:
      description: Those that could not be brought.
      type: int
      sample: 0
    removed:
      description: Tags of regions that were removed, since the source has them no more.
      type: int
      sample: 0
    requests:
      description: Requests sent to all registries.
      type: int
      sample: 421
    source_requests:
      description: Those sent to the source.
      type: int
      sample: 107
    bytes:
      description: Bytes of blobs read from the source.
      type: int
      sample: 31457280
    bytes_sent:
      description: Bytes of blobs sent to regions.
      type: int
      sample: 94371840
    blobs:
      description: Blobs read from the source.
      type: int
      sample: 6
    mounted:
      description: Blobs that a region took from another repository of its own.
      type: int
      sample: 0
notes:
  description: What to know beside, in plain words.
  returned: always, once the plan could be made
  type: list
  elements: str
  sample: []
problems:
  description: What could not be compared, or was refused, in plain words.
  returned: always, once the plan could be made
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.run import run_sync
from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._module.sync_arguments import SYNC_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._store.progress_file import progress_writer

OPTIONS = {
    "remove": {"type": "bool", "default": False},
    "max_removals": {"type": "int", "default": 10},
    "ledger": {"type": "path"},
    "undo_dir": {"type": "path", "default": "/var/lib/imagefleet/undo"},
    "rollback": {"type": "str"},
    "resume": {"type": "bool", "default": False},
    "state_dir": {"type": "path", "default": "/var/lib/imagefleet/sync"},
    "scan_gate": {
        "type": "dict",
        "options": {
            "state_dir": {"type": "path", "default": "/var/lib/imagefleet/scans"},
            "max_age": {"type": "str", "default": "7d"},
            "unscanned": {"type": "str", "choices": ["refuse", "allow"], "default": "refuse"},
            "platforms": {"type": "list", "elements": "str"},
        },
    },
    "progress_path": {"type": "path"},
}


def main() -> None:
    module = AnsibleModule(argument_spec={**SYNC_ARGUMENTS, **OPTIONS}, supports_check_mode=True)
    run_module(
        module,
        lambda: run_sync(
            parse_sync_options(module.params),
            apply=not module.check_mode,
            progress=progress_writer(module.params["progress_path"]),
            run_program=program_runner(module),
        ),
    )


if __name__ == "__main__":
    main()
