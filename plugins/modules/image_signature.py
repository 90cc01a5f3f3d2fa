#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_signature
short_description: Sign images, pull only what is signed, attest, and take signatures away
version_added: 1.0.0
description:
  - Signs an image in its registry with cosign (version 2 or 3) and a key of your own, or with Docker Content Trust and a notary server.
  - O(state=pulled) is the verified pull that the Docker Engine does not have. The tag is resolved once, the signature of that digest
    verified, the digest pulled, and only then is the name given to it. Without a signature that holds nothing is pulled, and the image
    that has the name keeps it.
  - A signature that is there and holds is not repeated.
  - With cosign nothing but the registry is asked. No transparency log, no identity provider, nothing on the internet.
  - Keys and passwords reach programs by their environment, or in files that only their user can read and that are gone afterwards.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._registries
  - imagefleet.docker._signing
  - imagefleet.docker._signing.programs
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.actiongroup_engine
  - imagefleet.docker._engine
attributes:
  check_mode:
    support: full
    details:
      - Signatures are verified as in a real run. RV(signatures) are those that are there.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A statement (O(state=attested)) is repeated when cosign keeps more of it than fields without content, as for types that it
        completes.
options:
  image:
    description:
      - The image, a name with tag or digest. Without both it is V(latest). A digest is signed and verified in any case.
      - With both, the digest counts, and O(state=pulled) does not give the tag to what it pulled.
      - An index (several platforms) is signed as a whole, which covers every platform in it.
      - For O(method=docker_trust) a name with a tag.
    type: str
    required: true
  state:
    description:
      - V(signed) has the image carry a signature of the key with all O(annotations), which are signed along. Attestations have none.
      - V(pulled) has the engine hold the image by that name if it carries such a signature, and fails otherwise.
      - V(attested) has the image carry the statement O(attestation) of the key (O(method=cosign)).
      - V(revoked) takes signatures away. With O(method=cosign) those of the public key (or of every key, with O(all_signatures)); attestations
        stay. With O(method=docker_trust) those of the tag. Whoever has a copy of such a signature can put it back, so withdraw the key as
        well where it is trusted.
    type: str
    choices: [signed, pulled, revoked, attested]
    default: signed
  private_key_path:
    description:
      - The private key to sign with, a file on the target. For cosign as C(cosign generate-key-pair) makes it. Without
        O(public_key_path), signatures have to be of its public key.
      - For O(method=docker_trust) the key of O(signer), without a passphrase or as C(docker trust key generate) keeps it. Without O(signer)
        it is that of the name which the key tells of itself. Without a key, those in C(trust/private) of O(config_dir) sign.
    type: path
  private_key_content:
    description:
      - The same as text.
    type: str
  passphrase:
    description:
      - The passphrase of the private key. For O(method=docker_trust) that of the signer's key and of the repository's own key.
    type: str
  all_signatures:
    description:
      - With O(state=revoked) and cosign, take away the signatures of every key. It excludes the options of keys.
    type: bool
    default: false
  attestation:
    description:
      - The statement of O(state=attested).
    type: dict
    suboptions:
      type:
        description:
          - What kind of statement it is. One that cosign knows (V(cyclonedx), V(spdxjson), V(slsaprovenance1), V(vuln), V(openvex),
            V(custom) and so on), or the URI of a predicate type.
        type: str
        required: true
      predicate_path:
        description:
          - The document, a file on the target.
        type: path
      predicate:
        description:
          - The document itself.
        type: dict
  root_passphrase:
    description:
      - The passphrase of the root key of Docker Content Trust, needed when a repository is signed for the first time. That makes keys
        in O(config_dir) which nothing can replace, so keep a copy.
    type: str
  signers:
    description:
      - Who may sign in the repository (Docker Content Trust). Signers that are not listed stay as they are.
      - A signer is added before the image is signed, and removed after somebody else has signed it. To remove one takes the command
        line C(notary), since that of docker removes nobody (versions 26 to 28).
      - With O(state=pulled) nothing is changed. The signature of a signer who is listed counts only where the repository knows no other
        key of that signer than listed ones. A signer may be listed once for each key.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The name of the signer.
        type: str
        required: true
      public_key_path:
        description:
          - The public key, a file on the target.
        type: path
      public_key_content:
        description:
          - The same as text.
        type: str
      state:
        description:
          - Whether the signer may sign.
        type: str
        choices: [present, absent]
        default: present
requirements:
  - Python library C(requests) (distribution package C(python3-requests))
  - For O(method=cosign), cosign 2.0 or newer
  - For O(method=docker_trust), a docker command line before version 29. To sign, an engine that keeps images with a graph driver
  - For O(state=pulled), Docker SDK for Python C(docker) 5.0.3 or newer (distribution package C(python3-docker)) and Docker Engine API 1.41
    (Engine 20.10) or newer
notes:
  - cosign 2 does not read what cosign 3 signed. cosign 3 reads both, and this module has it look at both kinds where an image has both.
  - cosign 3 takes an attestation of the key for a signature. This module does not.
  - The engine reaches the registry by its own configuration. Plain HTTP and authorities of your own are its C(insecure-registries) and
    C(certs.d); of O(registries) it gets the credentials alone.
seealso:
  - module: imagefleet.docker.image_signature_info
  - module: imagefleet.docker.registry_sync
"""

EXAMPLES = r"""
- name: Sign what was just pushed
  imagefleet.docker.image_signature:
    image: "registry.example.com/shop/web@{{ built.image.digest }}"
    method: cosign
    private_key_content: "{{ vault_cosign_key }}"
    passphrase: "{{ vault_cosign_passphrase }}"
    annotations:
      pipeline: release
  delegate_to: localhost

- name: Pull it on every host, if it is signed
  imagefleet.docker.image_signature:
    image: registry.example.com/shop/web:1.2.3
    method: cosign
    state: pulled
    public_key_path: /etc/imagefleet/cosign.pub
    annotations:
      pipeline: release

- name: Attach the SBOM, signed
  imagefleet.docker.image_signature:
    image: registry.example.com/shop/web:1.2.3
    method: cosign
    state: attested
    private_key_path: /etc/imagefleet/cosign.key
    passphrase: "{{ vault_cosign_passphrase }}"
    attestation:
      type: cyclonedx
      predicate_path: /srv/build/web.cdx.json

- name: Take away what a lost key signed
  imagefleet.docker.image_signature:
    image: registry.example.com/shop/web:1.2.3
    method: cosign
    state: revoked
    public_key_path: /etc/imagefleet/lost.pub

- name: Sign a tag with Docker Content Trust
  imagefleet.docker.image_signature:
    image: registry.example.com/shop/web:1.2.3
    method: docker_trust
    trust_server: https://notary.example.com
    signer: release
    passphrase: "{{ vault_signer_passphrase }}"
"""

RETURN = r"""
digest:
  description: The digest that was signed, verified or pulled.
  returned: success
  type: str
  sample: "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
verified:
  description: Whether a signature (with O(state=attested) the statement) holds. V(null) with O(state=revoked).
  returned: success
  type: bool
  sample: true
reason:
  description: Why something was, or would be, done; V(null) when there was nothing to do.
  returned: success
  type: str
  sample: null
signatures:
  description: The signatures that hold. With O(state=revoked) those that remain, which were not verified.
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
      description: Whether it was verified.
      type: bool
      sample: true
signers:
  description: Who may sign, as C(name) and C(keys). With cosign the key of this task.
  returned: success
  type: list
  elements: dict
  sample: [{"name": null, "keys": ["sha256:57089594e0111881aa9b5c4a0d3c23e806c6593dd90d3a01e145cdbd4b71823d"]}]
signers_changed:
  description: What was, or would be, changed of O(signers).
  returned: success
  type: list
  elements: dict
  sample: []
removed:
  description: The signatures that were, or would be, taken away, as in RV(signatures). With O(all_signatures) none was verified.
  returned: success
  type: list
  elements: dict
  sample: []
attestations:
  description: The statement of O(state=attested), with C(type), C(key) and C(verified).
  returned: success
  type: list
  elements: dict
  sample: []
image_id:
  description: The ID of the image in the engine, V(null) when it is not pulled yet (check mode).
  returned: O(state=pulled)
  type: str
  sample: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
previous_image_id:
  description: The ID of the image that had the name before, to go back to; V(null) when there was none.
  returned: O(state=pulled)
  type: str
  sample: null
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._module.engine_arguments import ENGINE_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner, tool_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._module.signing_arguments import SIGNING_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.request import parse_signature_options
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.run import run_signature
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch

ARGUMENTS = {
    "image": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["signed", "pulled", "revoked", "attested"], "default": "signed"},
    "private_key_path": {"type": "path", "no_log": False},
    "private_key_content": {"type": "str", "no_log": True},
    "passphrase": {"type": "str", "no_log": True},
    "all_signatures": {"type": "bool", "default": False},
    "attestation": {
        "type": "dict",
        "options": {
            "type": {"type": "str", "required": True},
            "predicate_path": {"type": "path"},
            "predicate": {"type": "dict"},
        },
    },
    "root_passphrase": {"type": "str", "no_log": True},
    "signers": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "public_key_path": {"type": "path", "no_log": False},
            "public_key_content": {"type": "str", "no_log": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
    },
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={**ENGINE_ARGUMENTS, **SIGNING_ARGUMENTS, **ARGUMENTS}, supports_check_mode=True
    )

    def work() -> dict:
        with Scratch() as scratch:
            order, tools = parse_signature_options(module.params, scratch, tool_runner(module), program_runner(module))
            return run_signature(order, tools, not module.check_mode)

    run_module(module, work)


if __name__ == "__main__":
    main()
