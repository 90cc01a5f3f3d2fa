#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: buildx_build
short_description: Build an image for one or several platforms, when something that it is built from has changed
version_added: 1.0.0
description:
  - Builds an image with C(docker buildx build), and pushes it by choice.
  - Whether anything is built is decided by a digest over the files of the context (without what C(.dockerignore) leaves out), the
    Dockerfile, the arguments, and the digests that the base images have now. The image carries it in a label, so no state is kept
    elsewhere. RV(reason) tells what changed.
  - With O(verify), what was built is run on every platform that it claims, before any tag means it.
  - Where the builder's engine holds one platform at a time (driver V(docker) without the containerd image store), the image is built and
    pushed platform by platform and joined by an index.
  - In a playbook, the steps of the build are shown while they run, by their place and kind. What they print is not, since it may hold
    a secret.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._docker_cli
  - imagefleet.docker._registries
  - imagefleet.docker._progress
  - imagefleet.docker._attributes
attributes:
  check_mode:
    support: full
    details:
      - Nothing is built. RV(reason) tells why it would be.
  diff_mode:
    support: full
    details:
      - Shows the digests of what the image there was built from, and those of now.
  idempotent:
    support: partial
    details:
      - With O(rebuild=when_changed). With O(rebuild=always) every run builds.
options:
  context:
    description:
      - The folder that is built, on the target.
    type: path
    required: true
    aliases: [path]
  dockerfile:
    description:
      - The Dockerfile, relative to O(context) or absolute.
    type: str
    default: Dockerfile
  name:
    description:
      - The repository of the image, with its registry. A tag may stand in it instead of O(tags).
      - Needed unless O(rebuild=always).
    type: str
  tags:
    description:
      - The tags that the image gets. Default is the tag in O(name), or V(latest).
      - For floating tags such as C(1.2) and C(latest), give the image its version here, and the rest by
        M(imagefleet.docker.image_tag_convention), which asks the registry whether they may move. The filter
        P(imagefleet.docker.tags_for#filter) knows only the tags that it is given.
    type: list
    elements: raw
    default: []
  target:
    description:
      - The stage to build.
    type: str
  platforms:
    description:
      - For which platforms, such as V(linux/amd64). Default is that of the builder.
    type: list
    elements: str
    default: []
  builder:
    description:
      - The builder. Default is the current one.
    type: str
  build_contexts:
    description:
      - More contexts by name, folders or C(docker-image://) with an image. With O(rebuild=always) also what else buildx takes.
    type: dict
    default: {}
  cache_from:
    description:
      - Caches to read, texts such as V(type=registry,ref=registry.example.com/shop/web:cache), references, or mappings with C(type). One
        that is not there is no failure.
    type: list
    elements: raw
    default: []
  cache_to:
    description:
      - Caches to write. Registries get C(image-manifest=true) and C(oci-mediatypes=true), which many of them need, and a cache that cannot
        be written fails no build (C(ignore-error=true)), unless told otherwise. Where the builder has inline caches only (driver V(docker)
        without the containerd image store), others are left out, and RV(notes) says so.
      - Credentials of V(type=s3) and V(type=gha) are read from the task's environment, and refused here.
    type: list
    elements: raw
    default: []
  build_args:
    description:
      - Build arguments. They stay in the image's history, so no secrets.
    type: dict
    default: {}
  labels:
    description:
      - Labels of the image.
    type: dict
    default: {}
  annotations:
    description:
      - Annotations. Names may begin with C(index:) or C(manifest:).
    type: dict
    default: {}
  secrets:
    description:
      - Secrets for C(RUN --mount=type=secret). They appear in no argument, log or digest, so a changed secret is no reason to build. One
        that is not there is an error, since buildx would build without it.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description:
          - The name by which the Dockerfile knows it.
        type: str
        required: true
      env:
        description:
          - A variable of the task's environment that holds it.
        type: str
      src:
        description:
          - A file on the target that holds it.
        type: path
      value:
        description:
          - The secret itself.
        type: str
  ssh:
    description:
      - Agents or keys for C(RUN --mount=type=ssh), V(default) or C(ID=PATH).
    type: list
    elements: str
    default: []
  provenance:
    description:
      - The attestation of provenance, V(true), V(false), or V(mode=max). Default is that of the builder.
    type: raw
  sbom:
    description:
      - The attestation of what is in the image, V(true), or C(generator=IMAGE) where the default generator cannot be reached.
    type: raw
  push:
    description:
      - Push the image. Otherwise it goes into the engine.
    type: bool
    default: false
  outputs:
    description:
      - Where the result goes instead, such as V(type=oci,dest=/srv/image.tar). Needs O(rebuild=always).
    type: list
    elements: raw
    default: []
  no_cache:
    description:
      - Build without any cache.
    type: bool
    default: false
  pull:
    description:
      - Take base images as their registries have them now. With V(false), a builder of driver V(docker) takes those that its engine has.
    type: bool
    default: true
  network:
    description:
      - Network of C(RUN) steps, V(none), V(host) or V(default).
    type: str
  rebuild:
    description:
      - V(when_changed) builds when something has changed that the image is built from. V(always) builds every time, also when a base image
        cannot be looked up; RV(notes) then names it, and the record of the image is without it.
    type: str
    choices: [when_changed, always]
    default: when_changed
  verify:
    description:
      - Run the image on every platform that it claims, without network.
    type: dict
    suboptions:
      command:
        description:
          - What to run, a list of words. Default is what the image runs by itself.
        type: list
        elements: str
      expect:
        description:
          - What it must print, but for space around. After V(regex:), a regular expression that is found in it. Default is that it ends with 0.
        type: str
  timeout:
    description:
      - Seconds that one build may take.
    type: int
    default: 3600
  config_path:
    description:
      - A Docker client configuration with registry credentials, a file on the target. Default is C(config.json) in O(config_dir), which
        the command line uses as well.
    type: path
requirements:
  - The docker command line with the plug-in buildx 0.13 or newer (Debian 13 packages C(docker-cli) and C(docker-buildx))
  - Python library C(requests) (distribution package C(python3-requests))
notes:
  - A builder of driver V(docker) cannot push by digest. The image is built into the engine, run there, and pushed by the engine with the
    first of O(tags).
  - When an image is joined from several platforms, each is also pushed with a tag of its own, the first of O(tags) with C(-linux-arm64) and
    so on. They stay.
seealso:
  - module: imagefleet.docker.buildx_setup
  - module: imagefleet.docker.image_tag_convention
  - plugin: imagefleet.docker.tags_for
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Build for two platforms, run both, push
  imagefleet.docker.buildx_build:
    context: /srv/shop/web
    name: registry.example.com/shop/web
    tags: ["1.2.3"]
    platforms: [linux/amd64, linux/arm64]
    builder: fleet
    push: true
    cache_from: [registry.example.com/shop/web:cache]
    cache_to: ["type=registry,ref=registry.example.com/shop/web:cache,mode=max"]
    verify:
      command: [/usr/bin/web, --version]
      expect: "regex:1\\.2\\.3"

- name: Move 1.2, 1 and latest to it, unless a higher release has them
  imagefleet.docker.image_tag_convention:
    image: registry.example.com/shop/web:1.2.3
    version: "1.2.3"

- name: Build with a secret and the version as argument
  imagefleet.docker.buildx_build:
    context: /srv/shop/api
    name: registry.example.com/shop/api:1.4.0
    push: true
    build_args:
      VERSION: "1.4.0"
    secrets:
      - id: npm
        value: "{{ vault_npm_token }}"

- name: Write the image to a file
  imagefleet.docker.buildx_build:
    context: /srv/shop/api
    rebuild: always
    outputs: ["type=oci,dest=/srv/api.tar"]
"""

RETURN = r"""
image:
  description: The image that is there now. In check mode RV(image.digest) is V(null) when it would be built.
  returned: success
  type: dict
  contains:
    name:
      description: The repository.
      type: str
      sample: registry.example.com/shop/web
    digest:
      description: Its digest in the registry, or its ID in the engine.
      type: str
      sample: "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
    platforms:
      description: The platforms that it is for.
      type: list
      elements: str
      sample: [linux/amd64, linux/arm64]
action:
  description: V(build), V(tag) (the image is there, and only tags are set), or V(keep).
  returned: success
  type: str
  sample: build
reason:
  description: Why, in plain words. No secret enters it.
  returned: success
  type: str
  sample: base debian:12 moved from sha256:4f2a... to sha256:9a1c...
tags:
  description: The tags, with what they mean now and meant before (RV(tags[].previous_digest)), to go back to.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The tag.
      type: str
      sample: 1.2.3
    digest:
      description: What it means now, V(null) when that is not known yet.
      type: str
      sample: "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
    previous_digest:
      description: What it meant before, V(null) when it was not there.
      type: str
      sample: null
inputs_digest:
  description: The digest of everything that decides what is built.
  returned: success
  type: str
  sample: "sha256:0b5d3a8f6c1e2d4b7a9f8e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e11"
base_images:
  description: The base images with the digests that they have now.
  returned: success
  type: dict
  sample: {"debian:12": "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"}
builder:
  description: The builder and its driver.
  returned: success
  type: dict
  sample: {"name": "fleet", "driver": "docker-container"}
steps:
  description: How many steps ran, over all platforms, and how many of them came from a cache.
  returned: success
  type: dict
  sample: {"total": 6, "cached": 4}
metadata:
  description: What buildx tells of the build.
  returned: success
  type: dict
  sample: {"containerimage.digest": "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"}
verified:
  description: The platforms on which it was run.
  returned: success
  type: list
  elements: dict
  contains:
    platform:
      description: The platform.
      type: str
      sample: linux/arm64
    how:
      description: V(native), V(emulated), or V(not_run) when nothing there runs programs of that processor.
      type: str
      sample: emulated
    reason:
      description: Why it was not run.
      type: str
      sample: null
notes:
  description: What else is worth knowing.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.request import parse_build_options
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.run import run_build
from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner, tool_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.registry_arguments import REGISTRIES_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._store.progress_file import progress_writer

SECRETS = {
    "id": {"type": "str", "required": True},
    "env": {"type": "str"},
    "src": {"type": "path"},
    "value": {"type": "str", "no_log": True},
}
ARGUMENTS = {
    "context": {"type": "path", "required": True, "aliases": ["path"]},
    "dockerfile": {"type": "str", "default": "Dockerfile"},
    "name": {"type": "str"},
    "tags": {"type": "list", "elements": "raw", "default": []},
    "target": {"type": "str"},
    "platforms": {"type": "list", "elements": "str", "default": []},
    "builder": {"type": "str"},
    "build_contexts": {"type": "dict", "default": {}},
    "cache_from": {"type": "list", "elements": "raw", "default": []},
    "cache_to": {"type": "list", "elements": "raw", "default": []},
    "build_args": {"type": "dict", "default": {}},
    "labels": {"type": "dict", "default": {}},
    "annotations": {"type": "dict", "default": {}},
    "secrets": {"type": "list", "elements": "dict", "no_log": False, "options": SECRETS, "default": []},
    "ssh": {"type": "list", "elements": "str", "default": []},
    "provenance": {"type": "raw"},
    "sbom": {"type": "raw"},
    "push": {"type": "bool", "default": False},
    "outputs": {"type": "list", "elements": "raw", "default": []},
    "no_cache": {"type": "bool", "default": False},
    "pull": {"type": "bool", "default": True},
    "network": {"type": "str"},
    "rebuild": {"type": "str", "choices": ["when_changed", "always"], "default": "when_changed"},
    "verify": {
        "type": "dict",
        "options": {"command": {"type": "list", "elements": "str"}, "expect": {"type": "str"}},
    },
    "timeout": {"type": "int", "default": 3600},
    "registries": {"type": "list", "elements": "dict", "options": REGISTRIES_ARGUMENTS, "default": []},
    "config_path": {"type": "path"},
    "config_dir": {"type": "path"},
    "docker_cli": {"type": "path", "default": "docker"},
    "docker_host": {"type": "str"},
    "progress_path": {"type": "path"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)

    def work() -> dict:
        say = progress_writer(module.params["progress_path"])
        order, registries, docker = parse_build_options(module.params, tool_runner(module), program_runner(module))
        return run_build(order, registries, docker, not module.check_mode, say)

    run_module(module, work)


if __name__ == "__main__":
    main()
