#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_report
short_description: Show what the hosts of a fleet answered, and write it as one HTML page
version_added: 1.0.0
author:
  - imagefleet.docker contributors (@imagefleet)
description:
  - Prints coverage, bytes, what goes and stays and why, near misses and the audit lines of a fleet's clean-up, as lines to read.
  - With O(dest), also writes one self-contained page without scripts, whose first screen shows coverage, bytes with reasons, the last
    run and the age of the policy.
  - A host that is expected and has no result is named as silent, never counted as empty.
  - Runs on the controller. Use it with C(run_once).
extends_documentation_fragment:
  - imagefleet.docker._attributes
attributes:
  check_mode:
    support: full
    details:
      - The page is written in check mode too, since it is what a plan is looked at with.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - The page is never reported as a change, since it only shows what others found.
options:
  results:
    description:
      - Maps host names to results of M(imagefleet.docker.image_prune_policy), or to reports of the host command.
      - Without any, only the other kinds, such as O(registries) or O(scans), are shown.
    type: dict
    default: {}
  registries:
    description:
      - Maps names of registries to results of M(imagefleet.docker.registry_retention), which are shown beside the hosts.
    type: dict
    default: {}
  collections:
    description:
      - Maps names of registries to results of M(imagefleet.docker.registry_garbage_collect).
    type: dict
    default: {}
  distributions:
    description:
      - Maps names to what is known of the regions of a registry, a mapping with C(drift) and C(sync). Each is a result of
        M(imagefleet.docker.registry_drift_info) or M(imagefleet.docker.registry_sync), a report of the host command for that job, or a
        list of these, from hosts that share the repositories.
    type: dict
    default: {}
  tags:
    description:
      - Maps names of registries to results of M(imagefleet.docker.registry_info) with the convention beside, as C(schemes) and C(latest) of
        M(imagefleet.docker.image_tag_convention). Shows the tags that do not keep to it.
    type: dict
    default: {}
  scans:
    description:
      - Maps names to results of M(imagefleet.docker.scout_scan), also of scans that failed, or to reports of the host command for that job.
      - An image without a verdict is shown as not scanned, never as clean.
    type: dict
    default: {}
  signatures:
    description:
      - Maps names to what a verification of images in use told. Each is a list of mappings with C(image), C(digest), C(hosts), C(verified),
        C(reason), C(signers) and C(signatures), or a mapping with such a list in C(images).
      - What is neither C(true) nor C(false) in C(verified) is shown as not known, never as verified.
    type: dict
    default: {}
  policies:
    description:
      - Maps host names to results of M(imagefleet.docker.host_command), to show which policy is installed and how old it is.
    type: dict
    default: {}
  expected_hosts:
    description:
      - Who has to answer. By default whoever has a result.
    type: list
    elements: str
  dest:
    description:
      - Where to write the page on the controller. Without it, no page is written.
    type: path
  title:
    description:
      - What the page is about.
    type: str
    default: Docker images of the fleet
  top:
    description:
      - How many rows each printed table has.
    type: int
    default: 10
seealso:
  - module: imagefleet.docker.image_prune_policy
  - module: imagefleet.docker.registry_retention
  - module: imagefleet.docker.registry_garbage_collect
  - module: imagefleet.docker.registry_drift_info
  - module: imagefleet.docker.registry_info
  - module: imagefleet.docker.scout_scan
"""

EXAMPLES = r"""
- name: Plan on every host
  imagefleet.docker.image_prune_policy:
  check_mode: true
  register: image_plan

- name: Show the fleet
  imagefleet.docker.fleet_report:
    expected_hosts: "{{ groups['docker'] }}"
    results: >-
      {{ groups['docker'] | map('extract', hostvars) | selectattr('image_plan', 'defined')
         | items2dict(key_name='inventory_hostname', value_name='image_plan') }}
    dest: fleet.html
  run_once: true

- name: Show what the last scan said
  imagefleet.docker.fleet_report:
    scans:
      shop: "{{ scanned }}"
    dest: scan.html
  run_once: true
"""

RETURN = r"""
lines:
  description: What was printed.
  returned: always
  type: list
  elements: str
  sample: ["4 of 4 hosts answered."]
complete:
  description: Whether every expected host answered.
  returned: always
  type: bool
  sample: true
dest:
  description: The written page.
  returned: with O(dest)
  type: str
  sample: /home/ops/fleet.html
"""

from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {
    "results": {"type": "dict", "default": {}},
    "registries": {"type": "dict", "default": {}},
    "collections": {"type": "dict", "default": {}},
    "distributions": {"type": "dict", "default": {}},
    "tags": {"type": "dict", "default": {}},
    "scans": {"type": "dict", "default": {}},
    "signatures": {"type": "dict", "default": {}},
    "policies": {"type": "dict", "default": {}},
    "expected_hosts": {"type": "list", "elements": "str"},
    "dest": {"type": "path"},
    "title": {"type": "str", "default": "Docker images of the fleet"},
    "top": {"type": "int", "default": 10},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    module.fail_json(msg="fleet_report runs on the controller: use it as a task, its action plugin does the work")


if __name__ == "__main__":
    main()
