#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: registry_drift_info
short_description: In what registries differ from the one that they are to follow
version_added: 1.0.0
author:
  - imagefleet.docker contributors (@imagefleet)
description:
  - Compares tags of a source registry with those of one or more regions, and changes nothing. The options are those of
    M(imagefleet.docker.registry_sync), so that the same variables serve both.
  - Takes one request for each tag at the source and one in each region, and a list in each. Tags of O(immutable_tags) are looked up in
    the lists only.
extends_documentation_fragment:
  - imagefleet.docker._attributes
  - imagefleet.docker._sync
  - imagefleet.docker._attributes.info_module
seealso:
  - module: imagefleet.docker.registry_sync
  - module: imagefleet.docker.registry_info
"""

EXAMPLES = r"""
- name: Compare two regions
  imagefleet.docker.registry_drift_info:
    source:
      registry: registry.example.com
    destinations:
      - name: eu
        registry: eu.registry.example.com
      - name: us
        registry: us.registry.example.com
    repositories:
      - name: shop/**
  register: regions

- name: Fail when a region lacks something
  ansible.builtin.assert:
    that: regions.drift | rejectattr('status', 'equalto', 'extra') | length == 0
"""

RETURN = r"""
drift:
  description: What differs, one entry for each tag and region. A region that could not be read has one entry without a tag.
  returned: success
  type: list
  elements: dict
  contains:
    region:
      description: The region.
      type: str
      sample: eu
    repository:
      description: The repository, as it is called there.
      type: str
      sample: shop/web
    tag:
      description: The tag.
      type: str
      sample: 2.1.0
    status:
      description: V(missing), V(different), V(missing_platform), V(missing_signature), V(extra) or V(unknown).
      type: str
      sample: missing
    reason:
      description: The same in words.
      type: str
      sample: the region has no such tag
    digest:
      description: What the tag is to point at.
      type: str
      sample: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
    held:
      description: What it points at in the region.
      type: str
      sample: null
regions:
  description: The figures of RV(summary) for each region, in the order of O(destinations).
  returned: success
  type: list
  elements: dict
  sample:
    - region: eu
      tags: 100
      equal: 99
      missing: 1
      different: 0
      missing_platform: 0
      missing_signature: 0
      extra: 0
      unknown: 0
summary:
  description: How many tags were compared, are equal, and have each status, and the requests that it took.
  returned: success
  type: dict
  sample:
    tags: 200
    equal: 199
    missing: 1
    different: 0
    missing_platform: 0
    missing_signature: 0
    extra: 0
    unknown: 0
    requests: 402
problems:
  description: What could not be compared, in plain words.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.drift import run_drift
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options
from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._module.sync_arguments import SYNC_ARGUMENTS


def main() -> None:
    module = AnsibleModule(argument_spec=SYNC_ARGUMENTS, supports_check_mode=True)
    run_module(module, lambda: run_drift(parse_sync_options(module.params), run_program=program_runner(module)))


if __name__ == "__main__":
    main()
