#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: registry_restore
short_description: Put back what a retention run deleted from a registry
description:
  - Undoes a run of M(imagefleet.docker.registry_retention) from what that wrote down before it deleted, byte for byte. Manifests come
    back first, then their tags, then signatures and other referrers.
  - That works until the registry collects garbage. What cannot come back is told with the reason, the rest comes back.
  - A tag that points at something else by now is left alone.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.actiongroup_registry
  - imagefleet.docker._registry
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  undo_dir:
    description:
      - Where the undo of retention runs lies. The module must run on the same host.
    type: path
    default: /var/lib/imagefleet/undo
  run_id:
    description:
      - The run to undo, as RV(imagefleet.docker.registry_retention#module:run_id) names it. Default is the newest.
    type: str
  repositories:
    description:
      - Restore these repositories only, names or patterns as in rules.
    type: raw
    default: []
seealso:
  - module: imagefleet.docker.registry_retention
"""

EXAMPLES = r"""
- name: Take the last retention run back
  imagefleet.docker.registry_restore:
    registry: registry.example.com

- name: Show what of one repository could come back
  imagefleet.docker.registry_restore:
    registry: registry.example.com
    run_id: 20261123T020000Z-1a2b3c4d
    repositories: shop/web
  check_mode: true
  register: possible
"""

RETURN = r"""
restored:
  description: What was put back, or would be. An entry with V(null) as tag is a manifest.
  returned: success
  type: list
  elements: dict
  sample:
    - repository: shop/web
      tag: 1.4.2
      digest: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
not_restorable:
  description: What could not come back, with the reason.
  returned: success
  type: list
  elements: dict
  sample:
    - repository: shop/web
      tag: 1.4.1
      digest: "sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
      reason: the tag points at sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c by now; it is left alone
unchanged:
  description: How many tags and manifests were there already.
  returned: success
  type: int
  sample: 0
run_id:
  description: The run that was undone.
  returned: success
  type: str
  sample: 20261123T020000Z-1a2b3c4d
requests:
  description: How many requests were sent.
  returned: success
  type: int
  sample: 12
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.registry_arguments import REGISTRY_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.restore import (
    parse_restore_options,
    run_restore,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import DEFAULT_UNDO_DIR

ARGUMENTS = {
    "undo_dir": {"type": "path", "default": DEFAULT_UNDO_DIR},
    "run_id": {"type": "str"},
    "repositories": {"type": "raw", "default": []},
}


def main() -> None:
    module = AnsibleModule(argument_spec={**REGISTRY_ARGUMENTS, **ARGUMENTS}, supports_check_mode=True)
    run_module(
        module,
        lambda: run_restore(
            parse_restore_options(module.params), not module.check_mode, run_program=program_runner(module)
        ),
    )


if __name__ == "__main__":
    main()
