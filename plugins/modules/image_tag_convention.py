#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_tag_convention
short_description: Give an image its tags by a convention, in a registry or an engine, or take them away
version_added: 1.0.0
description:
  - Gives an image the tags of a convention, versions with their floating tags (C(1.2.3), C(1.2), C(1), C(latest)), environments, branches
    and commits, dates.
  - A floating tag moves only when no higher release of its line exists, so that a backport never takes V(latest) or C(1).
  - In a registry nothing is pulled and digests stay, so all platforms and signatures do. Every tag is compared again right before it is
    set, and what it meant before is returned.
  - Also tells which existing tags break the convention, and the labels for the build.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._registries
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.actiongroup_engine
  - imagefleet.docker._engine
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  image:
    description:
      - The image. In a registry a name with tag or digest, in an engine a name or ID.
    type: str
    required: true
  repository:
    description:
      - The repository that gets the tags, with its registry. Default is that of O(image).
      - Needed when O(image) is a digest or ID alone. With O(where=registry) it cannot be another one than that of O(image).
    type: str
  where:
    description:
      - V(registry) sets the tags in the registry. V(engine) sets them in the Docker Engine.
    type: str
    choices: [registry, engine]
    default: registry
  push:
    description:
      - With O(where=engine), also push. The image is pushed once, the other tags are set in the registry. Floating tags then also heed the
        releases that only the registry has.
    type: bool
    default: false
  version:
    description:
      - The version of the image, for V(semver) and V(calver). Text, so quote it.
    type: raw
  schemes:
    description:
      - The schemes of the convention. All of them give the image tags. Default is V(semver).
      - Each is a mapping with C(type), and for every type C(prefix) and C(suffix). A suffix such as C(-alpine) is a variant, a line of its
        own with C(latest-alpine). So is a prefix such as C(api-), with C(api-latest). A prefix C(v) is part of the number and no line.
      - C(semver) takes C(levels), a list of V(patch) (C(1.2.3)), V(minor) (C(1.2)) and V(major) (C(1)); and C(build_metadata), V(keep) (C(+)
        becomes C(_)) or V(drop). A prerelease, which is whatever has a C(-) after the number, gets its full tag only. There is no tag V(0).
      - C(calver) takes the same; by default it has V(patch) only.
      - C(environment) takes C(stages), a list in their order, and with C(in_order=true) an image gets to a stage only when the tag of the
        one before means it.
      - C(git) takes C(of), a list of V(branch), V(short) (12 digits of the commit) and V(long); and C(branches), patterns of branch tags
        for RV(findings) (default C(main) and C(master)).
      - C(date) takes C(format), as of C(strftime), in UTC.
      - C(raw) takes C(value).
    type: list
    elements: raw
    default: []
  latest:
    description:
      - V(auto) moves V(latest) with the highest release of V(semver) and V(calver). V(always) moves it every time, V(never) never.
    type: str
    choices: [auto, always, never]
    default: auto
  environment:
    description:
      - The environment that gets the image, for the scheme V(environment). It cannot be the tag of a release, such as C(1.2) or C(latest).
    type: raw
  git:
    description:
      - What the image was built from, for the scheme V(git).
    type: dict
    suboptions:
      branch:
        description:
          - The branch. Characters that no tag has become C(-); one that is too long is cut and ends with a hash. Text, so quote V(1.10).
        type: raw
      commit:
        description:
          - The commit. It becomes the label C(org.opencontainers.image.revision) as well. Text, so quote one that has digits alone.
        type: raw
  immutable:
    description:
      - Tags that never move, patterns as in rules. When one exists and means another image, nothing at all is changed.
    type: raw
  state:
    description:
      - V(present) sets the tags.
      - V(absent) takes those tags of the convention away that mean O(image), and no others. What matches O(immutable) stays. Floating tags
        that go are not moved to a lower release; give that release its tags to have them there.
      - A registry has to delete tags alone for that. The distribution registry before version 3 cannot, so there every such tag stays with
        the outcome V(refused). In an engine the last name of an image stays, since the image would be deleted with it.
    type: str
    choices: [present, absent]
    default: present
  labels:
    description:
      - More of RV(labels), texts by name. Names of the image specification need no C(org.opencontainers.image.) before them.
    type: dict
    default: {}
requirements:
  - Python library C(requests) (distribution package C(python3-requests))
  - For O(where=engine), Docker SDK for Python C(docker) 5.0.3 or newer (distribution package C(python3-docker)) and Docker Engine API 1.41
    (Engine 20.10) or newer
notes:
  - No registry of today moves a tag on condition. Between the comparison and the change there is an instant in which another client can
    set the tag. Runs of this module that meet there look again afterwards, and floating tags end at the highest release.
  - What a registry can do is found out by deleting a digest and a tag that do not exist, with O(state=absent) and when a tag is to go.
  - With O(latest=always) no order is kept, so two runs that meet there may end with either image; the one that sees the other fails.
seealso:
  - module: imagefleet.docker.registry_info
  - module: imagefleet.docker.registry_sync
"""

EXAMPLES = r"""
- name: Release what was tested, with its floating tags
  imagefleet.docker.image_tag_convention:
    image: registry.example.com/shop/web@sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e
    version: "1.2.3"
    immutable: "regex:v?[0-9]+[.][0-9]+[.][0-9]+"

- name: Promote it to production, if staging has it
  imagefleet.docker.image_tag_convention:
    image: registry.example.com/shop/web:1.2.3
    environment: production
    schemes:
      - type: environment
        stages: [dev, staging, production]
        in_order: true
  register: promoted

- name: Production is again what it was before that
  imagefleet.docker.image_tag_convention:
    image: "registry.example.com/shop/web@{{ promoted.tags[0].previous_digest }}"
    environment: production
    schemes: [environment]

- name: Withdraw a release
  imagefleet.docker.image_tag_convention:
    image: registry.example.com/shop/web:1.2.3
    version: "1.2.3"
    state: absent

- name: Tag a variant that was just built, and push it
  imagefleet.docker.image_tag_convention:
    where: engine
    push: true
    image: shop/web:built
    repository: registry.example.com/shop/web
    version: "1.2.3"
    git:
      branch: main
      commit: 0123456789abcdef0123456789abcdef01234567
    schemes:
      - type: semver
        suffix: -alpine
      - type: git
        of: [short]
        prefix: sha-
        suffix: -alpine
"""

RETURN = r"""
digest:
  description:
    - The image that got the tags, a digest in the registry or an ID in the engine. V(null) when there is none (O(state=absent)).
  returned: success
  type: str
  sample: "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
tags:
  description: Every tag of the convention, also after a failure in the middle. With O(push=true) once for the engine and once for the registry.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The tag.
      type: str
      sample: "1.2"
    where:
      description: V(registry) or V(engine).
      type: str
      sample: registry
    action:
      description:
        - V(create), V(move), V(keep) (it is there already), or V(hold) (a higher release has it).
        - With O(state=absent) V(remove), V(keep) (it is not there) or V(hold) (it means another image, or is immutable).
      type: str
      sample: move
    digest:
      description:
        - What it means now, or would mean; V(null) when it is gone.
        - In check mode, C((known after the push)) for an image that the registry does not have yet.
      type: str
      sample: "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
    previous_digest:
      description: What it meant before, to go back to; V(null) when it was not there.
      type: str
      sample: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
    reason:
      description: Why, in plain words.
      type: str
      sample: the highest of its line
    outcome:
      description:
        - V(planned) in check mode, V(done), V(failed), or V(refused) when it cannot be taken away; V(null) where there is nothing to do.
      type: str
      sample: done
    error:
      description: What went wrong.
      type: str
      sample: null
labels:
  description: Labels for the build of such an image, C(org.opencontainers.image.version) and so on. They are offered, not set.
  returned: success
  type: dict
  sample: {"org.opencontainers.image.version": "1.2.3"}
annotations:
  description: The same for annotations of manifests and indexes.
  returned: success
  type: dict
  sample: {"org.opencontainers.image.version": "1.2.3"}
findings:
  description:
    - Tags that existed before and fit no scheme, or do not follow their line, with C(tag), C(digest) and C(finding). The tags of this run
      fit, also that of a branch which C(branches) does not name.
    - C(digest) is V(null) for tags that this image does not get. They are judged by their names alone.
  returned: success
  type: list
  elements: dict
  sample: []
summary:
  description: How many tags were C(created), C(moved), C(kept), C(held), C(removed), C(refused) and C(failed).
  returned: success
  type: dict
  sample: {"created": 1, "moved": 3, "kept": 0, "held": 0, "removed": 0, "refused": 0, "failed": 0}
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._module.engine_arguments import ENGINE_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.registry_arguments import REGISTRIES_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.request import parse_tag_options
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.run import run_tagging

ARGUMENTS = {
    "image": {"type": "str", "required": True},
    "repository": {"type": "str"},
    "where": {"type": "str", "choices": ["registry", "engine"], "default": "registry"},
    "push": {"type": "bool", "default": False},
    "version": {"type": "raw"},
    "schemes": {"type": "list", "elements": "raw", "default": []},
    "latest": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
    "environment": {"type": "raw"},
    "git": {"type": "dict", "options": {"branch": {"type": "raw"}, "commit": {"type": "raw"}}},
    "immutable": {"type": "raw"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "labels": {"type": "dict", "default": {}},
    "registries": {"type": "list", "elements": "dict", "options": REGISTRIES_ARGUMENTS, "default": []},
    "config_path": {"type": "path"},
}


def main() -> None:
    module = AnsibleModule(argument_spec={**ENGINE_ARGUMENTS, **ARGUMENTS}, supports_check_mode=True)
    run_module(
        module,
        lambda: run_tagging(
            parse_tag_options(module.params, int(time.time())), not module.check_mode, program_runner(module)
        ),
    )


if __name__ == "__main__":
    main()
