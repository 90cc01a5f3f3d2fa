#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: registry_info
short_description: Read what a registry holds, without pulling anything
description:
  - Lists repositories and tags of any registry that speaks the OCI distribution API, with digests, media types, platforms, sizes, build
    times, labels, annotations, and the signatures and other referrers of every image.
  - Every body is verified by its digest. Manifests are kept in O(cache_dir), so that a second run asks for each tag's digest only.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.actiongroup_registry
  - imagefleet.docker._attributes.info_module
  - imagefleet.docker._registry
options:
  repositories:
    description:
      - Repositories to read, names or patterns as in rules. C(*) matches inside a path segment, C(**) across, C(regex:) begins a regular
        expression and C(!) excludes.
      - Without patterns the registry's own list is not asked for, which many hosted registries refuse. Default are all repositories.
    type: raw
    default: []
  tags:
    description:
      - Tags to read, patterns as in O(repositories). Default are all tags.
    type: raw
    default: []
  details:
    description:
      - How much to read. Requests are counted for C(t) tags, on top of one per page of the lists.
      - V(names) (or V(false)) reads lists only. No further request.
      - V(digests) sends one C(HEAD) per tag.
      - V(all) (or V(true)) sends one C(HEAD) per tag, one C(GET) per manifest that is not in O(cache_dir), one per image config (they hold
        the labels, and are not kept), where the registry has the referrers API one per manifest, and one C(HEAD) per foreign layer.
    type: raw
    default: all
  probe:
    description:
      - Find out what the registry can do beyond reading, see RV(capabilities). It is remembered for a day.
      - Sends deletions of a digest and a tag that do not exist, and opens two uploads of a blob that the repository already has, which
        are cancelled. That changes nothing, but needs the right to push and to delete, and shows in access logs.
    type: bool
    default: false
seealso:
  - module: imagefleet.docker.fleet_report
"""

EXAMPLES = r"""
- name: Everything about the releases of one application
  imagefleet.docker.registry_info:
    registry: registry.example.com
    username: reader
    password: "{{ registry_password }}"
    repositories: shop/web
    tags: "regex:[0-9]+\\.[0-9]+\\.[0-9]+"
  register: releases

- name: Which of them lack an arm64 build
  ansible.builtin.debug:
    msg: >-
      {{ releases.repositories[0].tags | rejectattr('platforms', 'contains', 'linux/arm64') | map(attribute='name') }}

- name: Names of all tags below a path, with no request but those for the lists
  imagefleet.docker.registry_info:
    registry: registry.example.com:5000
    repositories:
      - "shop/**"
      - "!shop/attic/**"
    details: names

- name: What this registry can do
  imagefleet.docker.registry_info:
    registry: registry.example.com:5000
    repositories: shop/web
    details: digests
    probe: true
"""

RETURN = r"""
registry:
  description: The registry that was asked.
  returned: success
  type: str
  sample: registry.example.com
repositories:
  description: What was read, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The repository's path.
      type: str
      sample: shop/web
    tags:
      description: Its tags. With O(details=names) they have a name only, with O(details=digests) also a digest.
      type: list
      elements: dict
      contains:
        name:
          description: The tag.
          type: str
          sample: 1.4.2
        digest:
          description: The manifest or index that it means now.
          type: str
          sample: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
        media_type:
          description: The type of that.
          type: str
          sample: application/vnd.oci.image.index.v1+json
        platforms:
          description: The platforms that it has.
          type: list
          elements: str
          sample: [linux/amd64, linux/arm64]
        created:
          description:
            - When it was built, UTC; of an index, its newest image. V(null) when nothing tells; the fixed dates of reproducible builds
              (1970, 1980) do not.
          type: str
          sample: "2026-08-01T03:12:45Z"
        size:
          description:
            - Bytes of all manifests and blobs below it, each once, as the registry stores them.
            - A foreign layer (one with C(urls), or of a type that is foreign or not distributable, as in Windows images) counts where the
              registry has it all the same.
          type: int
          sample: 31457280
        labels:
          description: Labels of its images; where platforms differ, the first one's. What looks like a secret is hidden.
          type: dict
          sample: {"org.opencontainers.image.version": "1.4.2"}
        annotations:
          description: Annotations of the manifest itself. What looks like a secret is hidden.
          type: dict
          sample: {}
        referrers:
          description:
            - Signatures, attestations and other artifacts about it or an image below it. C(how) tells
              whether the referrers API, a tag (C(sha256-...), C(.sig), C(.att), C(.sbom)) or the field C(subject) told of it.
          type: list
          elements: dict
          sample:
            - digest: "sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
              kind: sig
              subject: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
              how: tag
              size: 1024
        absent:
          description:
            - Digests that it names and that the registry does not serve. Such an image cannot be pulled whole.
            - What is in O(cache_dir) is not asked for again, so what was deleted since it was read is missing here. To be sure, give
              O(cache_dir="").
          type: list
          elements: str
          sample: []
capabilities:
  description:
    - What the registry can do; V(null) where that is not known. C(referrers) is found out with O(details=all), the others with O(probe=true).
  returned: success
  type: dict
  sample:
    delete: true
    tag_delete: false
    referrers: false
    uploads: true
    mount: true
    single_post: false
problems:
  description: What could not be read or understood, with the cause. C(reference) is a tag or digest, V(null) for the repository.
  returned: success
  type: list
  elements: dict
  sample:
    - repository: shop/old
      reference: null
      problem: there is no such repository
requests:
  description: How many requests were sent, retries and those for tokens included.
  returned: success
  type: int
  sample: 101
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.registry_arguments import REGISTRY_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.request import parse_survey_options
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.run import run_survey

ARGUMENTS = {
    "repositories": {"type": "raw", "default": []},
    "tags": {"type": "raw", "default": []},
    "details": {"type": "raw", "default": "all"},
    "probe": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(argument_spec={**REGISTRY_ARGUMENTS, **ARGUMENTS}, supports_check_mode=True)
    run_module(module, lambda: run_survey(parse_survey_options(module.params), program_runner(module)))


if __name__ == "__main__":
    main()
