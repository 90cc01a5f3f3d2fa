#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_signature_info
short_description: Tell which signatures and attestations an image has, and whether they hold
version_added: 1.0.0
description:
  - Lists the signatures and attestations of an image in its registry, and verifies them with a public key where one is given.
  - An image without a signature is an answer and no failure. RV(verified) and RV(reason) tell it.
  - With Docker Content Trust it also tells what that does, and does not do, on this host.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._registries
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.info_module
options:
  image:
    description:
      - The image, a name with tag or digest. Without both it is V(latest).
      - For O(method=docker_trust) a name with a tag, or a repository for all its signed tags.
    type: str
    required: true
  method:
    description:
      - V(cosign) or V(docker_trust) (Docker Content Trust).
    type: str
    choices: [cosign, docker_trust]
    required: true
  public_key_path:
    description:
      - The public key to verify with (cosign), a file on the target.
    type: path
  public_key_content:
    description:
      - The same as text.
    type: str
  annotations:
    description:
      - What a signature must have been made with to count (cosign).
    type: dict
    default: {}
  signed_as:
    description:
      - The repository that the image must have been signed in, as in M(imagefleet.docker.image_signature).
    type: str
  cosign:
    description:
      - The program, a name or a path on the target.
    type: path
    default: cosign
  docker_cli:
    description:
      - The docker command line for O(method=docker_trust), a name or a path on the target.
    type: path
    default: docker
  config_dir:
    description:
      - The folder with the command line's configuration. Default is E(DOCKER_CONFIG), or C(~/.docker).
    type: path
  trust_server:
    description:
      - The address of the notary server. Default is that of the registry.
    type: str
  signer:
    description:
      - The name of the signer whose signature is wanted (Docker Content Trust). Without it any signer will do.
    type: str
requirements:
  - Python library C(requests) (distribution package C(python3-requests))
  - For O(method=cosign), cosign 2.0 or newer
  - For O(method=docker_trust), a docker command line before version 29
seealso:
  - module: imagefleet.docker.image_signature
"""

EXAMPLES = r"""
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
digest:
  description: The digest that the name means. V(null) when that takes a signature and there is none.
  returned: success
  type: str
  sample: "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
verified:
  description: Whether a signature holds. V(null) when there was no key to verify with.
  returned: success
  type: bool
  sample: true
reason:
  description: Why none holds, or why it cannot be told; V(null) otherwise.
  returned: success
  type: str
  sample: null
signatures:
  description:
    - The signatures that hold, then the others that are there. C(verified) tells them apart. What the others say of themselves anybody
      could have written.
  returned: success
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
  returned: success
  type: list
  elements: dict
  sample: [{"name": null, "keys": ["sha256:57089594e0111881aa9b5c4a0d3c23e806c6593dd90d3a01e145cdbd4b71823d"]}]
attestations:
  description: Statements about the image, with C(type), C(key) and C(verified) (cosign).
  returned: success
  type: list
  elements: dict
  sample: [{"type": "https://cyclonedx.org/bom", "key": null, "verified": false}]
environment:
  description:
    - What Docker Content Trust does on this host; V(null) with O(method=cosign), which needs nothing of that kind.
    - It is told also where the command line has no content trust any more. RV(verified) is V(null) then.
  returned: success
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

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner, tool_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._module.signing_arguments import SIGNING_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.info import run_signature_info
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.request import parse_signature_options
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch


def main() -> None:
    module = AnsibleModule(argument_spec=SIGNING_ARGUMENTS, supports_check_mode=True)

    def work() -> dict:
        with Scratch() as scratch:
            order, tools = parse_signature_options(
                module.params, scratch, tool_runner(module), program_runner(module), changes=False
            )
            return run_signature_info(order, tools)

    run_module(module, work)


if __name__ == "__main__":
    main()
