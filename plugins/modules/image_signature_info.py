#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_signature_info
short_description: Tell which signatures an image has, or all images that a fleet runs, and whether they hold
version_added: 1.0.0
description:
  - Lists the signatures and attestations of an image in its registry, and verifies them with a public key where one is given.
  - An image without a signature is an answer and no failure. RV(verified) and RV(reason) tell it.
  - With Docker Content Trust it also tells what that does, and does not do, on this host.
  - With O(ledger) every image that the fleet runs is verified by its digest, each once, where hosts pulled it from, and the hosts that run
    it are named. One that cannot be told does not stop the others. Nothing is pulled, and no engine is asked.
  - With O(running) the same is told of what one engine runs, which is asked for it.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._registries
  - imagefleet.docker._signing
  - imagefleet.docker._signing.programs
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.actiongroup_engine
  - imagefleet.docker._attributes.info_module
  - imagefleet.docker._engine
options:
  image:
    description:
      - The image, a name with tag or digest. Without both it is V(latest).
      - For O(method=docker_trust) a name with a tag, or a repository for all its signed tags.
      - Without it, O(ledger) and O(running), O(method=docker_trust) tells RV(environment) alone, and no server is asked.
    type: str
  ledger:
    description:
      - The ledger of the fleet, a file on the target that M(imagefleet.docker.fleet_ledger) writes.
    type: path
  running:
    description:
      - Verify every image that containers and services of the engine use, in any state, instead of those of a ledger.
    type: bool
    default: false
  repositories:
    description:
      - Patterns of repositories, as in the policy language. With O(ledger) or O(running) only images of these are verified; the others
        are counted in RV(summary.others). An image without a name is always among those that are verified.
    type: raw
  public_key_paths:
    description:
      - More public keys, files on the target. With O(ledger) or O(running) a signature of any of them will do, so that keys can be
        replaced one after the other (cosign).
    type: list
    elements: path
requirements:
  - Python library C(requests) (distribution package C(python3-requests))
  - For O(method=cosign), cosign 2.0 or newer
  - For O(method=docker_trust), a docker command line before version 29
  - For O(running), Docker SDK for Python C(docker) 5.0.3 or newer (distribution package C(python3-docker)) and Docker Engine API 1.41
    (Engine 20.10) or newer
seealso:
  - module: imagefleet.docker.image_signature
"""

EXAMPLES = r"""
- name: Which images run in production without a signature?
  imagefleet.docker.image_signature_info:
    ledger: /var/lib/imagefleet/ledger.json
    method: cosign
    public_key_paths:
      - /etc/imagefleet/keys/release-2026.pub
      - /etc/imagefleet/keys/release-2027.pub
    repositories: registry.example.com/shop/**
  register: production

- name: Name them
  ansible.builtin.debug:
    msg: "{{ item.image }} on {{ item.hosts | join(', ') }}: {{ item.reason }}"
  loop: "{{ production.images | rejectattr('verified') }}"

- name: Does this host run anything that is not signed?
  imagefleet.docker.image_signature_info:
    running: true
    method: cosign
    public_key_path: /etc/imagefleet/keys/release-2027.pub
  become: true
  register: host

- name: Is it signed by the release key?
  imagefleet.docker.image_signature_info:
    image: registry.example.com/shop/web:1.2.3
    method: cosign
    public_key_path: /etc/imagefleet/cosign.pub
  register: web

- name: Say what is wrong with it
  ansible.builtin.debug:
    msg: "{{ web.reason }}"
  when: not web.verified

- name: Everything that Docker Content Trust signed in a repository
  imagefleet.docker.image_signature_info:
    image: registry.example.com/shop/web
    method: docker_trust
    trust_server: https://notary.example.com
"""

RETURN = r"""
images:
  description: With O(ledger), the images that the fleet runs, with O(running) those of the engine, by name.
  returned: with O(ledger) or O(running)
  type: list
  elements: dict
  contains:
    image:
      description: The name by which it was verified, or a name that it has.
      type: str
      sample: registry.example.com/shop/web@sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e
    references:
      description: All names that hosts know it by.
      type: list
      elements: str
      sample: ["registry.example.com/shop/web:1.2.3"]
    digest:
      description: What hosts pulled. The ID of the image where nobody knows a digest in a registry.
      type: str
      sample: "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
    hosts:
      description: Who runs it.
      type: list
      elements: str
      sample: ["web-1", "web-2"]
    verified:
      description:
        - Whether a signature holds. V(false) where every repository that has the image was asked. V(null) where that cannot be told, as no
          registry answers, none has the image any more, or no name is known to ask for.
      type: bool
      sample: false
    reason:
      description: Why it is not verified; V(null) when it is.
      type: str
      sample: >-
        registry.example.com/shop/web@sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e is not signed
    signers:
      description: Names of signers, or keys where those have no name.
      type: list
      elements: str
      sample: []
    signatures:
      description: Those that hold, as RV(signatures).
      type: list
      elements: dict
      sample: []
summary:
  description: Figures.
  returned: with O(ledger) or O(running)
  type: dict
  contains:
    images:
      description: How many were verified or tried.
      type: int
      sample: 12
    verified:
      description: How many have a signature that holds.
      type: int
      sample: 10
    unsigned:
      description: How many have none.
      type: int
      sample: 1
    unknown:
      description: Of how many it cannot be told.
      type: int
      sample: 1
    others:
      description: How many more are run, that O(repositories) leaves out.
      type: int
      sample: 3
ledger:
  description: How far the ledger, or what the engine told, can be believed.
  returned: with O(ledger) or O(running)
  type: dict
  contains:
    path:
      description: Where it is; V(null) with O(running).
      type: str
      sample: /var/lib/imagefleet/ledger.json
    complete:
      description: Whether every host of the fleet had told what it runs.
      type: bool
      sample: true
    problems:
      description: Why hosts may run more than is listed. An old or incomplete ledger is still read.
      type: list
      elements: str
      sample: []
digest:
  description: The digest that the name means. V(null) when that takes a signature and there is none.
  returned: with O(image)
  type: str
  sample: "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
verified:
  description: Whether a signature holds. V(null) when there was no key to verify with.
  returned: with O(image)
  type: bool
  sample: true
reason:
  description: Why none holds, or why it cannot be told; V(null) otherwise.
  returned: with O(image)
  type: str
  sample: null
signatures:
  description:
    - The signatures that hold, then the others that are there. C(verified) tells them apart. What the others say of themselves anybody
      could have written.
  returned: with O(image)
  type: list
  elements: dict
  contains:
    method:
      description: V(cosign) or V(docker_trust).
      type: str
      sample: cosign
    digest:
      description: The digest that it is of.
      type: str
      sample: "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
    key:
      description: The fingerprint or ID of the public key; V(null) when not known.
      type: str
      sample: "sha256:57089594e0111881aa9b5c4a0d3c23e806c6593dd90d3a01e145cdbd4b71823d"
    signer:
      description: The name of the signer (Docker Content Trust).
      type: str
      sample: null
    repository:
      description: The repository that it was made in. V(null) for cosign 3, which does not sign it.
      type: str
      sample: registry.example.com/shop/web
    tag:
      description: The tag (Docker Content Trust).
      type: str
      sample: null
    annotations:
      description: What was signed along.
      type: dict
      sample: {"pipeline": "release"}
    verified:
      description: Whether it holds.
      type: bool
      sample: true
signers:
  description: Who may sign, as C(name) and C(keys). With cosign the key of this task.
  returned: with O(image)
  type: list
  elements: dict
  sample: [{"name": null, "keys": ["sha256:57089594e0111881aa9b5c4a0d3c23e806c6593dd90d3a01e145cdbd4b71823d"]}]
attestations:
  description: Statements about the image, with C(type), C(key) and C(verified) (cosign).
  returned: with O(image)
  type: list
  elements: dict
  sample: [{"type": "https://cyclonedx.org/bom", "key": null, "verified": false}]
environment:
  description:
    - What Docker Content Trust does on this host; V(null) with O(method=cosign), which needs nothing of that kind.
    - It is told also where the command line has no content trust any more. RV(verified) is V(null) then.
  returned: without O(ledger) and O(running)
  type: dict
  contains:
    docker_content_trust:
      description: E(DOCKER_CONTENT_TRUST) as this task saw it; V(null) when it is not set.
      type: str
      sample: "1"
    cli_version:
      description: The version of the docker command line; V(null) when there is none.
      type: str
      sample: 28.5.2
    effective:
      description: Whether C(docker pull NAME:TAG) of that command line refuses what is not signed.
      type: bool
      sample: true
    reasons:
      description: Why it is not effective, and what it does not cover in any case.
      type: list
      elements: str
      sample: ["an image that is named by its digest is pulled without a check"]
  sample: null
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._module.engine_arguments import ENGINE_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner, tool_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._module.signing_arguments import SIGNING_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.fleet import run_fleet_verification
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.fleet_request import (
    is_about_many,
    parse_fleet_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.info import (
    run_environment_info,
    run_signature_info,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.request import (
    parse_environment_options,
    parse_signature_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ENGINE_ARGUMENTS,
            **SIGNING_ARGUMENTS,
            "image": {"type": "str"},
            "ledger": {"type": "path"},
            "repositories": {"type": "raw"},
            "running": {"type": "bool", "default": False},
            "public_key_paths": {"type": "list", "elements": "path", "no_log": False},
        },
        supports_check_mode=True,
    )

    def work() -> dict:
        run, run_program = tool_runner(module), program_runner(module)
        with Scratch() as scratch:
            if is_about_many(module.params):
                order, tools = parse_fleet_options(module.params, scratch, run, run_program)
                return run_fleet_verification(order, tools, int(time.time()))
            if not module.params["image"]:
                order, tools = parse_environment_options(module.params, scratch, run, run_program)
                return run_environment_info(order, tools)
            order, tools = parse_signature_options(module.params, scratch, run, run_program, changes=False)
            return run_signature_info(order, tools)

    run_module(module, work)


if __name__ == "__main__":
    main()
