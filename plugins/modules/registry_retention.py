#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: registry_retention
short_description: Delete tags and images from a registry by policy, never one that is needed
description:
  - Plans which tags of a registry may go, says why and how many bytes that frees, and carries out exactly that plan. Works with every
    registry that speaks the OCI distribution API and deletes manifests by digest.
  - What stays is everything that a kept tag, a protected name or the fleet needs. That is the images of an index, signatures,
    attestations and other referrers, and whatever shares a digest with a kept tag. What is deleted is the rest, in safe order, referrers
    first, then the tag or index, then those of its parts that nothing kept needs. So garbage collection can really free the bytes.
  - Without O(delete) rules nothing is deleted. What could not be read or understood stays, with all that it may need.
  - In a playbook, a line is shown for each repository that was read, or is deleted from, while the module runs.
  - C(1), C(1.2), C(latest) and the like follow the version that they point at, stay with it and go with it.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.actiongroup_registry
  - imagefleet.docker._registry
  - imagefleet.docker._progress
attributes:
  check_mode:
    support: full
    details:
      - Check mode makes the same plan as real mode, deletes nothing and writes no state. Only O(cache_dir) is filled.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  repositories:
    description:
      - Repositories to look at, names or patterns as in rules. Names without patterns need no list of all repositories, which many hosted
        registries refuse. Default are all repositories, and only then the bytes are exact, since repositories share content.
    type: raw
    default: []
  keep:
    description:
      - Rules for what stays. A tag that any of them matches is not deleted. Ranking is by version unless C(order=clock).
      - Fields of a rule are combined with and, the values of a list with or. See the collection's guide to the policy language for all fields.
    type: list
    elements: dict
    default: []
  delete:
    description:
      - Rules for what may go. Without any, nothing is deleted.
    type: list
    elements: dict
    default: []
  protect:
    description:
      - Exact references, digests, or bare repositories (all their tags) that are never deleted. A name without a host is one of this registry.
    type: raw
    default: []
  protect_file:
    description:
      - A file with more entries for O(protect), one a line, V(#) starts a comment. It must exist.
    type: path
  ledger:
    description:
      - The ledger of what the fleet uses, as M(imagefleet.docker.fleet_ledger) writes it on this host. What it protects is never deleted, by
        the digest of an index, of one of its images or of a config, whatever registry or mirror it was pulled from.
      - Deletion is refused while the ledger is incomplete, older than 26 hours or missing. Without this option nothing is known of the fleet.
    type: path
  minimum_age:
    description:
      - What was pushed more recently than this is never deleted, for example V(24h) or V(14d). V(0) turns the floor off.
      - A registry does not tell when a tag was pushed. It counts from the first run that saw the tag at its digest, and in the first run of
        all from the build time.
    type: raw
    default: 24h
  confirm_after:
    description:
      - Delete only what an earlier complete run, at least so long ago, listed for deletion at the same digest. Others are V(pending).
    type: raw
    default: "0"
  max_deletions:
    description:
      - Delete at most this many tags, the oldest. The others are reported as V(deferred).
    type: int
  refuse_above:
    description:
      - Fail before the first deletion when the plan deletes more. A number (V(500)) limits the whole run, a share (V(10%)) every repository.
        A list gives several limits.
    type: raw
  minimum_kept:
    description:
      - So many tags of every repository stay whatever the rules say, the newest ones, counted by different digests.
    type: int
    default: 3
  expect_plan:
    description:
      - The RV(plan_digest) of an earlier run in check mode. Fail before the first deletion when the plan is now another one.
    type: str
  undo:
    description:
      - Write down the bytes of every manifest and the tags that pointed at it before it is deleted, for M(imagefleet.docker.registry_restore).
      - Without it a repository is not looked at again before and after its deletions either, since nothing could be repaired. Do so only
        where nobody pushes meanwhile.
    type: bool
    default: true
  undo_dir:
    description:
      - Where undo is written, on the host that this module runs on.
    type: path
    default: /var/lib/imagefleet/undo
  state_dir:
    description:
      - Where this host remembers when tags were first seen at their digest, and what waits to be confirmed. Written only in real mode.
    type: path
    default: /var/lib/imagefleet/retention
  count_bytes:
    description:
      - Tell the bytes that every deletion frees. Without, and without O(undo), O(ledger) and ages, the images below an index are not read,
        which saves a request for each.
    type: bool
    default: true
notes:
  - Run it on one durable host, normally with C(delegate_to) and C(run_once), since O(ledger), O(state_dir) and O(undo_dir) live there.
  - Bytes become free when the registry collects garbage.
  - Deletion stops while C(/etc/imagefleet/hold) exists on the host that this module runs on. The plan is still made and shows the reason.
  - Where a registry cannot delete a tag alone, as the distribution registry before version 3, a tag that shares its manifest with one that
    stays is reported as not deletable.
  - A registry that refuses deletions (C(405)) is told apart from a pull-through cache, which is refused.
  - A tag that somebody creates, or pushes again, at a manifest in the very moment in which that is deleted can be lost with it, since
    registries offer no deletion on condition; M(imagefleet.docker.registry_restore) brings the manifest back. What is pushed, moved or
    signed meanwhile is noticed and repaired, and never overwritten.
seealso:
  - module: imagefleet.docker.registry_restore
  - module: imagefleet.docker.fleet_ledger
  - module: imagefleet.docker.registry_info
"""

EXAMPLES = r"""
- name: Show what may go, with bytes, and delete nothing
  imagefleet.docker.registry_retention:
    registry: registry.example.com
    username: janitor
    password: "{{ registry_password }}"
    keep: &keep
      - name: newest five of each of the last three minor versions
        tags: "regex:v?[0-9]+\\.[0-9]+\\.[0-9]+.*"
        newest: 5
        newest_per: minor
        newest_groups: 3
    delete: &delete
      - name: old builds
        repositories: "**"
        older_than: 30d
    protect:
      - shop/web:production
    ledger: /var/lib/imagefleet/ledger.json
  check_mode: true
  register: reviewed
  delegate_to: control
  run_once: true

- name: Apply exactly that
  imagefleet.docker.registry_retention:
    registry: registry.example.com
    username: janitor
    password: "{{ registry_password }}"
    keep: *keep
    delete: *delete
    protect:
      - shop/web:production
    ledger: /var/lib/imagefleet/ledger.json
    expect_plan: "{{ reviewed.plan_digest }}"
    refuse_above: [10%, 500]
  delegate_to: control
  run_once: true
"""

RETURN = r"""
plan:
  description:
    - One entry per tag, and one per manifest without a tag that is to go.
    - What is to be deleted comes first, in the order of deletion.
  returned: always, once the plan could be made
  type: list
  elements: dict
  contains:
    repository:
      description: The repository's path.
      type: str
      sample: shop/web
    tag:
      description: The tag, V(null) for a manifest without one.
      type: str
      sample: 1.4.2
    digest:
      description: The manifest or index.
      type: str
      sample: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
    kind:
      description: V(tag), V(untagged) for what lost its tag, V(part) of an index, or V(attachment) (a signature or other referrer).
      type: str
      sample: tag
    action:
      description: V(keep) or V(delete).
      type: str
      sample: delete
    rule:
      description: The rule that decided, V(null) when none did.
      type: str
      sample: old builds
    reason:
      description: Why, in plain words.
      type: str
      sample: "unused; arrived 41d ago (limit 30d)"
    kept_by:
      description:
        - What kind of reason keeps it, V(use), V(protect), V(minimum_age), V(rule), V(no_rule), V(clock), V(minimum_kept), V(shared),
          V(attached) or V(other). V(null) for what is deleted.
      type: str
      sample: null
    bytes:
      description: Bytes that become free with this entry when all before it are gone; V(null) for what stays, and without O(count_bytes).
      type: int
      sample: 12582912
    outcome:
      description:
        - V(planned), V(done), V(gone), V(refused), V(deferred), V(pending), V(failed) or V(restored). V(null) for what stays.
        - V(restored) is what was put back at once, since somebody needed it meanwhile.
      type: str
      sample: done
    error:
      description: Why the outcome is not V(done).
      type: str
      sample: null
    goes_with:
      description: The manifest with which it is deleted, its own for a tag; V(null) for what stays.
      type: str
      sample: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
    used_by:
      description: Who uses it, by the ledger.
      type: list
      elements: str
      sample: []
    arrived:
      description: Since when the tag points at this digest, as far as known, UTC.
      type: str
      sample: "2026-08-01T03:12:45Z"
    created:
      description: When it was built, UTC.
      type: str
      sample: "2026-07-30T18:02:11Z"
plan_digest:
  description: Names what the plan deletes, for O(expect_plan).
  returned: always, once the plan could be made
  type: str
  sample: "sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
summary:
  description: The plan and its outcome in figures; counts are entries.
  returned: always, once the plan could be made
  type: dict
  contains:
    repositories:
      description: Repositories that were read.
      type: int
      sample: 12
    kept:
      description: Entries that stay.
      type: int
      sample: 140
    to_delete:
      description: Entries to delete, now or later.
      type: int
      sample: 60
    deleted:
      description: Entries deleted.
      type: int
      sample: 60
    gone:
      description: Entries that somebody else had deleted meanwhile.
      type: int
      sample: 0
    pending:
      description: Entries that wait to be confirmed.
      type: int
      sample: 0
    deferred:
      description: Entries left for a later run.
      type: int
      sample: 0
    refused:
      description: Entries that were not touched since something changed meanwhile, or that the registry refused to delete.
      type: int
      sample: 0
    failed:
      description: Entries whose deletion failed.
      type: int
      sample: 0
    restored:
      description: Entries that were put back at once.
      type: int
      sample: 0
    requests:
      description: Requests sent, retries and those for tokens included.
      type: int
      sample: 341
    reclaimable_bytes:
      description: Bytes that the plan frees; V(null) without O(count_bytes).
      type: int
      sample: 314572800
    reclaimed_bytes:
      description: Bytes that garbage collection can free after this run.
      type: int
      sample: 314572800
    exact:
      description: Whether all repositories were read, so that the bytes are exact.
      type: bool
      sample: true
run_id:
  description: Names this run for M(imagefleet.docker.registry_restore); V(null) when nothing was deleted.
  returned: always, once the plan could be made
  type: str
  sample: 20261123T020000Z-1a2b3c4d
registry:
  description: The registry that was asked.
  returned: always, once the plan could be made
  type: dict
  sample:
    name: registry.example.com
    now: "2026-11-23T02:00:00Z"
    tag_delete: false
ledger_problem:
  description: Why the ledger forbids every deletion, V(null) when it is complete and fresh.
  returned: always, once the plan could be made
  type: str
  sample: null
clocks_distrusted:
  description: Why ages decide nothing in this run, V(null) when the clocks agree.
  returned: always, once the plan could be made
  type: str
  sample: null
hold:
  description: The brake in force on this host, V(null) without one.
  returned: always, once the plan could be made
  type: dict
  sample: null
notes:
  description: What is not known, and what limits this run, in plain words.
  returned: always, once the plan could be made
  type: list
  elements: str
  sample: ["no ledger is given, so what the fleet uses is not known and not protected"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.registry_arguments import REGISTRY_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.request import parse_retention_options
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.run import run_retention
from ansible_collections.imagefleet.docker.plugins.module_utils._store.progress_file import progress_writer
from ansible_collections.imagefleet.docker.plugins.module_utils._store.retention_memory import DEFAULT_STATE_DIR
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import DEFAULT_UNDO_DIR

ARGUMENTS = {
    "repositories": {"type": "raw", "default": []},
    "keep": {"type": "list", "elements": "dict", "default": []},
    "delete": {"type": "list", "elements": "dict", "default": []},
    "protect": {"type": "raw", "default": []},
    "protect_file": {"type": "path"},
    "ledger": {"type": "path"},
    "minimum_age": {"type": "raw", "default": "24h"},
    "confirm_after": {"type": "raw", "default": "0"},
    "max_deletions": {"type": "int"},
    "refuse_above": {"type": "raw"},
    "minimum_kept": {"type": "int", "default": 3},
    "expect_plan": {"type": "str"},
    "undo": {"type": "bool", "default": True},
    "undo_dir": {"type": "path", "default": DEFAULT_UNDO_DIR},
    "state_dir": {"type": "path", "default": DEFAULT_STATE_DIR},
    "count_bytes": {"type": "bool", "default": True},
    "progress_path": {"type": "path"},
}


def main() -> None:
    module = AnsibleModule(argument_spec={**REGISTRY_ARGUMENTS, **ARGUMENTS}, supports_check_mode=True)
    run_module(
        module,
        lambda: run_retention(
            parse_retention_options(module.params),
            apply=not module.check_mode,
            progress=progress_writer(module.params["progress_path"]),
            run_program=program_runner(module),
        ),
    )


if __name__ == "__main__":
    main()
