#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_ledger
short_description: Remember which images the whole fleet uses, and whether that is known of every host
version_added: 1.0.0
description:
  - Joins what M(imagefleet.docker.image_usage_info) observed on the hosts into one file on a control host. What may be deleted from a
    registry is decided by that file.
  - An image counts as used for O(in_use_grace) after any host last used it, and after a host deleted it because a registry still
    served it. It counts for as long as the host where it was in use does not say otherwise.
  - The hosts that must answer are those of a whole inventory group. A host that cannot be reached counts by what the ledger remembers of it
    for O(host_grace); then nothing is known of it, and the ledger is incomplete until it answers or is named in O(retired_hosts). A host
    that disappeared from the inventory still counts in the same way. A host that was reached and whose engine gave no answer to rely on
    makes the ledger incomplete at once.
  - What runs outside the inventory is protected by O(protect_from).
  - An incomplete ledger does not fail the module. RV(problems) says why it is incomplete and what to do; deletion by it is refused.
  - Runs on the control host and needs neither Docker nor any library there.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._attributes
attributes:
  check_mode:
    support: full
    details:
      - Check mode joins in the same way and writes nothing.
  diff_mode:
    support: full
    details:
      - Shows everything that the ledger holds but times.
  idempotent:
    support: full
    details:
      - Times are renewed in every run; that is no change.
options:
  ledger:
    description:
      - The file, on one durable control host. It is written whole or not at all, readable for its owner only.
      - Its loss is an error unless O(first_run=true), since with it goes what protects the images that hosts used lately.
    type: path
    required: true
  expected_hosts:
    description:
      - Who must answer. Give the whole inventory group, which C(--limit) does not shorten.
      - When it is empty, or more than 10 % shorter than in the last complete run, the ledger is incomplete.
    type: list
    elements: str
    default: []
  retired_hosts:
    description:
      - Hosts that are gone for good. Nothing is awaited from them any more, and what they used is forgotten.
      - One engine of a host is V(HOST/ENGINE_ID), for example after the engine was installed anew.
      - A name can be taken out again when it is no longer in O(expected_hosts) and one run has seen it here.
    type: list
    elements: str
    default: []
  host_grace:
    description:
      - For how long a host that cannot be reached counts by what the ledger remembers of it, for example V(36h) or V(7d).
    type: raw
    default: 7d
  in_use_grace:
    description:
      - For how long an image stays protected after it was last used.
      - The ledger forgets what is older, so making this longer takes effect from now on.
    type: raw
    default: 30d
  observations:
    description:
      - What the hosts told. A list of mappings with V(host) (or V(inventory_hostname)) and V(usage), or a mapping of host names to usage.
      - The usage is the registered result of M(imagefleet.docker.image_usage_info), its RV(imagefleet.docker.image_usage_info#module:usage),
        or the result of a loop, or a list of them, for a host with several engines.
      - Hand over failed and unreachable results too. A host that was unreachable counts by the ledger. One where the observation failed was
        reached and has a silent engine, and one without any observation was not asked; either makes the ledger incomplete at once.
      - An observation that is older than 26 hours, from the future, or from an engine whose clock differs by more than 5 minutes is no
        answer of the engine. Neither is it when not all engines that the ledger knows of the host are among the observations.
    type: raw
    default: []
  protect_from:
    description:
      - Files on the control host that name images in use outside the inventory, such as exports of clusters, rendered charts, compose files
        and Dockerfiles. Any text or JSON of up to 64 MiB will do.
      - Every name with a registry in it and every digest is protected, and what follows C(image:) or C(FROM). A name without tag and digest
        protects all tags of that repository.
      - Each entry is a path, or a mapping with V(path) and, as needed, V(max_age) (the file's age at most, V(26h) by default, V(0) for any),
        V(registry) (the registry of names that have none in this file) and V(may_shrink).
      - A file that is missing, unreadable or too old, names no image, or less than half as many as when it was last read, makes the ledger
        incomplete. What it named before stays protected. With V(may_shrink=true) it may name less.
    type: list
    elements: raw
    default: []
  first_run:
    description:
      - Start a new ledger when there is none. Give it for one run.
    type: bool
    default: false
notes:
  - Keep a backup of the ledger.
  - Both plays of the example can be run by any user that may write the ledger; only the observation needs to be root.
  - The ledger forgets what is in use on a host only when the host says so or is retired. Images of local builds and loaded archives are
    found again in a registry by the digest of their configuration; RV(unmapped) lists those that no registry digest is known of.
seealso:
  - module: imagefleet.docker.image_usage_info
  - module: imagefleet.docker.fleet_report
"""

EXAMPLES = r"""
# Two plays. In the second, the group is whole even with --limit: hosts that were not asked have no observation.
- name: Observe every host
  hosts: docker_hosts
  gather_facts: false
  ignore_unreachable: true
  tasks:
    - name: Observe what is in use
      imagefleet.docker.image_usage_info:
      become: true
      register: image_usage
      ignore_errors: true

- name: Keep the ledger
  hosts: control
  gather_facts: false
  tasks:
    - name: Join what the hosts told
      imagefleet.docker.fleet_ledger:
        ledger: /var/lib/imagefleet/ledger.json
        expected_hosts: "{{ groups['docker_hosts'] }}"
        observations: >-
          {{ groups['docker_hosts'] | map('extract', hostvars) | selectattr('image_usage', 'defined')
             | items2dict(key_name='inventory_hostname', value_name='image_usage') }}
        protect_from:
          - /var/lib/imagefleet/clusters/production.json
          - path: /srv/deploy/compose.yml
            max_age: 0
      register: ledger

    - name: Say what is missing
      ansible.builtin.debug:
        var: ledger.problems
      when: not ledger.complete

- name: Other uses
  hosts: control
  gather_facts: false
  tasks:
    - name: Start the ledger
      imagefleet.docker.fleet_ledger:
        ledger: /var/lib/imagefleet/ledger.json
        expected_hosts: "{{ groups['docker_hosts'] }}"
        observations: "{{ observations }}"
        first_run: true

    - name: Stop waiting for a host that is gone for good
      imagefleet.docker.fleet_ledger:
        ledger: /var/lib/imagefleet/ledger.json
        expected_hosts: "{{ groups['docker_hosts'] }}"
        observations: "{{ observations }}"
        retired_hosts: [web-7]
"""

RETURN = r"""
complete:
  description: Whether everything is known of everyone, so that deletion by this ledger is allowed. V(false) when there is any problem.
  returned: success
  type: bool
  sample: false
problems:
  description: Why the ledger is incomplete, and what to do about each.
  returned: success
  type: list
  elements: str
  sample:
    - "web-7 did not answer: it was unreachable. It last answered 9d ago, longer than host_grace (7d). Let it answer; if it is gone for
      good, add:  retired_hosts: [web-7]"
notes:
  description: What is worth knowing though it stops nothing, such as hosts that count by the ledger.
  returned: success
  type: list
  elements: str
  sample:
    - "web-3 did not answer: it was unreachable. It last answered 5h ago and counts by the ledger for another 6d"
coverage:
  description: How much is known of each host that counts.
  returned: success
  type: dict
  contains:
    answered:
      description: Hosts whose engines all answered.
      type: list
      elements: str
      sample: [web-1, web-2]
    from_ledger:
      description: Hosts that count by what the ledger remembers of them.
      type: list
      elements: str
      sample: [web-3]
    blind:
      description: Hosts of which nothing is known, or nothing recent enough.
      type: list
      elements: str
      sample: [web-7]
hosts:
  description: The same by host, with what is known of it.
  returned: success
  type: dict
  sample:
    web-1:
      state: answered
      why: null
      last_answered: "2026-11-23T02:00:00Z"
      engines: [6c1b7a3e-2f0d-4d0f-9f53-0d6c1b0f4a11]
      images: 42
digests:
  description:
    - Every protected digest, of an index, a manifest or a configuration, with the hosts that use or used it, and why it is protected.
    - C(names) are those that hosts have for the image, tags and what it can be pulled by; the image ID where no registry digest is known.
  returned: success
  type: dict
  sample:
    "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e":
      hosts: [web-1, web-2]
      last_used: "2026-11-23T02:00:00Z"
      reason: in use by web-1 and 1 more host
      names:
        - "registry.example.com/shop/web:1.4.2"
        - "registry.example.com/shop/web@sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
references:
  description: Every protected name, by O(protect_from), by services, and by images in use that no registry digest is known of.
  returned: success
  type: dict
  sample:
    "registry.example.com/shop/web:1.4.2":
      sources: [/var/lib/imagefleet/clusters/production.json]
      reason: named in /var/lib/imagefleet/clusters/production.json
repositories:
  description: Every name without tag and digest in O(protect_from), which protects all tags of that repository.
  returned: success
  type: dict
  sample:
    "registry.example.com/shop/tools":
      sources: [/srv/deploy/compose.yml]
      reason: named in /srv/deploy/compose.yml
unmapped:
  description: Images in use that their host knows no registry digest of.
  returned: success
  type: list
  elements: dict
  sample:
    - host: web-1
      engine: 6c1b7a3e-2f0d-4d0f-9f53-0d6c1b0f4a11
      image: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
      references: ["docker.io/library/handmade:1"]
sources:
  description: The files of O(protect_from), with the number of names that each had when it was last believed.
  returned: success
  type: dict
  sample:
    /srv/deploy/compose.yml:
      entries: 12
      size: 2048
      last_read: "2026-11-23T02:00:00Z"
      modified: "2026-11-20T09:13:00Z"
started:
  description: When this ledger was started, UTC.
  returned: success
  type: str
  sample: "2026-08-01T02:00:00Z"
last_run:
  description: The time of this run, UTC.
  returned: success
  type: str
  sample: "2026-11-23T02:00:00Z"
last_complete:
  description: The time of the last complete run, UTC; V(null) when there was none.
  returned: success
  type: str
  sample: "2026-11-22T02:00:00Z"
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.bookkeeping import keep_ledger

ARGUMENTS = {
    "ledger": {"type": "path", "required": True},
    "expected_hosts": {"type": "list", "elements": "str", "default": []},
    "retired_hosts": {"type": "list", "elements": "str", "default": []},
    "host_grace": {"type": "raw", "default": "7d"},
    "in_use_grace": {"type": "raw", "default": "30d"},
    "observations": {"type": "raw", "default": []},
    "protect_from": {"type": "list", "elements": "raw", "default": []},
    "first_run": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run_module(module, lambda: keep_ledger(module.params, apply=not module.check_mode))


if __name__ == "__main__":
    main()
