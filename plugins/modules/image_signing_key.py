#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_signing_key
short_description: Have a key to sign images with on a host, generated there or given
version_added: 1.0.0
description:
  - Generates a signing key for cosign or Docker Content Trust, or writes one that is given, and has its public key beside it.
  - A key that is there is never overwritten. Another one that is given is refused, unless O(replace=true), which keeps the old one.
  - The private key is in no result, argument, log or diff.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._attributes
  - imagefleet.docker._signing.programs
attributes:
  check_mode:
    support: full
    details:
      - Of a key that would be generated the public key is not known.
  diff_mode:
    support: full
    details:
      - Of a private key it shows that it is there.
  idempotent:
    support: full
options:
  method:
    description:
      - V(cosign), or V(docker_trust) for the key of a signer of Docker Content Trust.
    type: str
    choices: [cosign, docker_trust]
    required: true
  name:
    description:
      - The name of the key. For O(method=docker_trust) the name of the signer.
    type: str
    required: true
  state:
    description:
      - V(present) has the key there.
      - V(absent) removes both files, without a copy. What was signed stays signed and verifies with the public key.
    type: str
    choices: [present, absent]
    default: present
  path:
    description:
      - The file of the private key, which only O(owner) can read (0600). Default is C(/etc/imagefleet/signing/NAME.key).
      - Its folder is made where it is missing (0700).
    type: path
  public_key_path:
    description:
      - The file of the public key (0644). Default is beside the private one, C(NAME.pub).
      - Where it is missing, it is made from the private key.
    type: path
  private_key_content:
    description:
      - The private key, say from a vault. Without it one is generated where none is there.
      - For O(method=cosign) as C(cosign generate-key-pair) makes it. For O(method=docker_trust) as C(docker trust key generate) makes it, or
        in PEM without a passphrase.
    type: str
  passphrase:
    description:
      - The passphrase of the private key. A key that is generated needs one, for O(method=docker_trust) of 8 characters or more.
      - Where it is given and a key is there, the two and the public key have to belong together.
    type: str
  replace:
    description:
      - Whether O(private_key_content) takes the place of another key. The old one is kept in RV(backup_file).
    type: bool
    default: false
  owner:
    description:
      - The user that owns the files. Default is the user that the task runs as.
    type: str
  group:
    description:
      - Their group. Default is that of O(owner).
    type: str
requirements:
  - For O(method=cosign), cosign 2.0 or newer
  - For O(method=docker_trust), a docker command line before version 29 to generate a key, and openssl to make the public key of one
seealso:
  - module: imagefleet.docker.image_signature
  - name: Keys, copies, replacement, loss
    description: What to do with signing keys.
    link: https://docs.ansible.com/ansible/devel/collections/imagefleet/docker/docsite/guide_signatures.html
"""

EXAMPLES = r"""
- name: Generate the key of the release, once
  imagefleet.docker.image_signing_key:
    method: cosign
    name: release-2027
    passphrase: "{{ vault_release_passphrase }}"
  register: key

- name: Give the public key to the hosts
  ansible.builtin.copy:
    content: "{{ key.public_key }}"
    dest: /etc/imagefleet/keys/release-2027.pub
    mode: "0644"
  delegate_to: "{{ item }}"
  loop: "{{ groups['docker'] }}"

- name: A key of a signer that is kept in a vault
  imagefleet.docker.image_signing_key:
    method: docker_trust
    name: release
    private_key_content: "{{ vault_release_key }}"
    passphrase: "{{ vault_release_passphrase }}"
    owner: ci
"""

RETURN = r"""
changes:
  description:
    - What was changed, or would be. V(generated) or V(written) a private key, V(protected) one that others could read or that had
      another owner, V(public_key) written, V(removed) both.
  returned: success
  type: list
  elements: str
  sample: ["generated", "public_key"]
private_key_path:
  description: The file of the private key.
  returned: success
  type: str
  sample: /etc/imagefleet/signing/release-2027.key
public_key_path:
  description: The file of the public key.
  returned: success
  type: str
  sample: /etc/imagefleet/signing/release-2027.pub
public_key:
  description: The public key in PEM. V(null) in check mode for a key that is to be generated, and with O(state=absent).
  returned: success
  type: str
  sample: "-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----\n"
fingerprint:
  description:
    - What results of M(imagefleet.docker.image_signature) name the key by. For cosign C(sha256:) and the digest of the public key, for
      Docker Content Trust its ID.
  returned: success
  type: str
  sample: "sha256:57089594e0111881aa9b5c4a0d3c23e806c6593dd90d3a01e145cdbd4b71823d"
backup_file:
  description: Where the key is kept that was replaced; V(null) when none was.
  returned: success
  type: str
  sample: null
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import tool_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._module.signing_arguments import METHOD_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.key_files import run_signing_key
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.key_order import parse_key_order


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **METHOD_ARGUMENTS,
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "path": {"type": "path"},
            "public_key_path": {"type": "path", "no_log": False},
            "private_key_content": {"type": "str", "no_log": True},
            "passphrase": {"type": "str", "no_log": True},
            "replace": {"type": "bool", "default": False},
            "owner": {"type": "str"},
            "group": {"type": "str"},
        },
        supports_check_mode=True,
    )

    def work() -> dict:
        order = parse_key_order(module.params)
        with Scratch() as scratch:
            return run_signing_key(order, tool_runner(module), scratch, int(time.time()), not module.check_mode)

    run_module(module, work)


if __name__ == "__main__":
    main()
