#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: buildx_setup
short_description: Builders of docker buildx, made once and changed only where they differ
version_added: 1.0.0
author:
  - imagefleet.docker contributors (@imagefleet)
description:
  - Compares a builder as it is wanted with what buildx keeps of it. Compared are the driver, nodes, endpoints, platforms, options of the
    driver, flags, the configuration of BuildKit by its content, and certificates by their digests.
  - Changes in place what can be, which is platforms of nodes, and nodes that come and go. Anything else makes the builder anew, with
    the cache of its nodes kept. RV(changes) says for each what differs.
  - When buildx fails to reach a node, it writes the others back without platforms, flags and configuration. This module puts them back,
    and says so.
  - Looks for emulators of other architectures, and installs them from the distribution's packages.
  - Writes rules for the garbage collection of the build cache as the version at hand understands them, and names what is wrong with
    rules that are there.
extends_documentation_fragment:
  - imagefleet.docker._docker_cli
  - imagefleet.docker._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows the definition before and after. Private keys never appear, only digests, and what looks like a secret is hidden.
  idempotent:
    support: full
    details:
      - With O(bootstrap) a second run changes nothing as long as BuildKit runs on all nodes.
requirements:
  - The docker command line with the plug-in buildx 0.13 or newer (Debian 13 packages C(docker-cli) and C(docker-buildx)).
  - For O(emulators), and O(gc) with O(driver=docker), root on the host.
options:
  name:
    description:
      - The builder. Letters become lower case, as buildx keeps them.
      - With O(driver=docker) V(default), or the name of a context.
    type: str
    required: true
  driver:
    description:
      - What runs BuildKit. V(docker-container) and V(kubernetes) start it, V(remote) is one that runs already, V(docker) is the engine
        itself.
      - A builder of V(docker) is there with the engine, so that only O(use), O(gc), O(emulators) and O(bootstrap) apply to it.
    type: str
    choices: [docker-container, docker, remote, kubernetes]
    default: docker-container
  nodes:
    description:
      - Where it builds. Without any there is one node at the default endpoint.
      - The list is whole. Nodes that are not in it leave the builder; BuildKit goes on running where they were.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the node. By default O(name) with the number of the node, from 0.
          - BuildKit's container, volume or deployment is named after it alone. So two builders need nodes of different names where
            both are at one endpoint, and are refused otherwise.
        type: str
      endpoint:
        description:
          - With O(driver=docker-container) an engine, as V(ssh://user@host), V(tcp://host:2376), V(unix:///run/docker.sock) or the name of a
            context. By default that of O(docker_host).
          - With O(driver=remote) the address of a buildkitd. With O(driver=kubernetes) none.
          - Hosts over ssh are reached as the user who runs the module reaches them, without questions.
        type: str
      platforms:
        description:
          - What this node builds, such as V(linux/arm64), also when it could build more. A platform belongs to one node.
        type: list
        elements: str
        default: []
      driver_opts:
        description:
          - Options of the driver, such as C(image), C(network), C(memory) or C(env.NAME).
          - They are handed to buildx as arguments, and are kept by it in the clear, so they are no place for secrets.
        type: dict
        default: {}
      flags:
        description:
          - Flags for the buildkitd of this node.
        type: list
        elements: str
        default: []
  buildkitd_config:
    description:
      - Configuration of the buildkitd on every node, as a mapping or as the text of a C(buildkitd.toml).
      - Certificates and keys of registries in it are files on this host. buildx carries their content to the nodes.
      - By default C(buildkitd.default.toml) in the folder of buildx, when there is one, as buildx takes it.
    type: raw
  gc:
    description:
      - Rules for the garbage collection of the build cache. With O(driver=docker) they go into O(daemon_config_path), else into
        C(worker.oci) of the configuration of BuildKit.
      - They replace whatever rules were there. A rule by age comes first, and last one that takes anything, so that the disk cannot fill.
    type: dict
    suboptions:
      reserved_space:
        description:
          - The floor, such as V(10GB) or V(10%). What is below it is never taken.
          - Alone, without O(gc.max_used_space) and O(gc.min_free_space), it is also what a larger cache is cut to.
          - For BuildKit before 0.17, and engines before 28, this is the only size there is, called C(keepBytes) and C(keepStorage).
        type: str
      max_used_space:
        description:
          - The cap, such as V(50GB) or V(60%). A larger cache is cut to it.
        type: str
      min_free_space:
        description:
          - How much of the disk shall stay free, such as V(20GB) or V(10%), as long as the cache is above O(gc.reserved_space).
        type: str
      unused_for:
        description:
          - Records that were not used for that long go, such as V(14d), as long as the cache is above O(gc.reserved_space).
        type: str
  emulators:
    description:
      - Architectures, or platforms, whose programs this host shall run, such as V(arm64) or V(linux/arm/v7).
      - A handler of the kernel counts by what it runs, whatever its name, when it is enabled and has flag F. A disabled one is switched
        on. One without F is named and left alone.
      - Missing ones are installed on Debian and Ubuntu. That is for this host alone; run the module on the hosts of other nodes as well.
    type: list
    elements: str
    default: []
  use:
    description:
      - Make it the builder that is used where none is named, for the endpoint of O(docker_host). V(false) leaves that as it is.
    type: bool
    default: false
  bootstrap:
    description:
      - Start BuildKit on all nodes, and fail when it does not run then. The builder stays defined in that case.
    type: bool
    default: false
  state:
    description:
      - V(absent) removes the builder and its nodes' BuildKit. O(nodes) need not be given then.
      - Where nodes give no answer, those that do are cleaned, the builder is forgotten, and the module fails with what may be left and
        where. The next run finds nothing to do.
    type: str
    choices: [present, absent]
    default: present
  keep_state:
    description:
      - With O(state=absent) keep the cache of the nodes.
    type: bool
    default: false
  kubeconfig:
    description:
      - The file that says which cluster O(driver=kubernetes) uses. Default is E(KUBECONFIG), or C(~/.kube/config).
    type: path
  timeout:
    description:
      - Seconds that one call of the command line may take.
    type: int
    default: 60
  daemon_config_path:
    description:
      - Configuration of the engine, for O(gc) with O(driver=docker). Only C(builder.gc) in it is changed, everything else stays byte for
        byte. The engine itself says whether it takes the new file before it is written, from engine 23 on.
      - The engine is not restarted. RV(restart_required) tells when it must be.
    type: path
    default: /etc/docker/daemon.json
  backup:
    description:
      - Keep a copy of O(daemon_config_path) beside it when it is changed.
    type: bool
    default: false
notes:
  - An image of BuildKit could not be had where this collection is tested. That builders of V(docker-container) and V(kubernetes) are
    made, changed, and removed was tested on real engines and with a stand-in for a cluster; that their BuildKit starts was not. With
    V(remote) it was started and asked.
seealso:
  - module: imagefleet.docker.buildx_build
"""

EXAMPLES = r"""
- name: A builder on this host, with at most 50 GB of cache
  imagefleet.docker.buildx_setup:
    name: ci
    gc:
      max_used_space: 50GB
      reserved_space: 10GB
      min_free_space: 10%
      unused_for: 14d
    use: true

- name: One builder on two hosts, each building what it runs itself
  imagefleet.docker.buildx_setup:
    name: fleet
    nodes:
      - name: amd64
        endpoint: ssh://build@amd64.example.com
        platforms: [linux/amd64]
      - name: arm64
        endpoint: ssh://build@arm64.example.com
        platforms: [linux/arm64]

- name: Registries of our own, and an emulator
  imagefleet.docker.buildx_setup:
    name: ci
    emulators: [arm64]
    buildkitd_config:
      registry:
        docker.io:
          mirrors: [mirror.example.com]
        registry.example.com:
          ca: [/etc/ssl/example-ca.pem]

- name: A buildkitd that runs elsewhere
  imagefleet.docker.buildx_setup:
    name: shared
    driver: remote
    bootstrap: true
    nodes:
      - endpoint: tcp://buildkit.example.com:1234
        driver_opts:
          cacert: /etc/buildkit/ca.pem
          cert: /etc/buildkit/cert.pem
          key: /etc/buildkit/key.pem

- name: Rules for the cache of the engine itself
  imagefleet.docker.buildx_setup:
    name: default
    driver: docker
    backup: true
    gc:
      reserved_space: 20GB

- name: Away with it
  imagefleet.docker.buildx_setup:
    name: ci
    state: absent
"""

RETURN = r"""
builder:
  description: The builder as it is then. In check mode as it would be before BuildKit is started.
  returned: success, and when a change failed
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: fleet
    driver:
      description: What runs BuildKit.
      type: str
      sample: docker-container
    nodes:
      description: Where it builds, empty when there is no such builder.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the node.
          type: str
          sample: arm64
        endpoint:
          description: Where it is.
          type: str
          sample: ssh://build@arm64.example.com
        platforms:
          description: What it builds; as long as BuildKit does not run, what it is bound to.
          type: list
          elements: str
          sample: [linux/arm64]
        status:
          description:
            - V(running), V(inactive), V(stopped) or V(error). V(unknown) when buildx did not tell within the time.
          type: str
          sample: inactive
        version:
          description: Version of its BuildKit, while it runs.
          type: str
          sample: v0.25.1
    platforms:
      description: What all nodes together build.
      type: list
      elements: str
      sample: [linux/amd64, linux/arm64]
    current:
      description: Whether it is the builder in use at the endpoint of O(docker_host).
      type: bool
      sample: true
changes:
  description: What differs, in the order in which it is changed.
  returned: success, and when a change failed
  type: list
  elements: dict
  contains:
    action:
      description:
        - V(create), V(recreate), V(append), V(leave), V(update), V(remove), V(use), V(bootstrap), V(emulators) or V(daemon_json).
      type: str
      sample: update
    node:
      description: The node, empty for the builder as a whole.
      type: str
      sample: ci0
    reason:
      description: What and why, in plain words.
      type: str
      sample: "node ci0: platforms become linux/amd64, linux/arm64, they are linux/amd64"
    outcome:
      description: V(planned) in check mode, else V(done), V(failed) or V(not_done).
      type: str
      sample: done
findings:
  description:
    - What is wrong with rules of the garbage collection that are there, when O(gc) does not write others.
    - With O(driver=docker) they are those of O(daemon_config_path), by default those of the file that the engine of this host reads.
  returned: success, and when a change failed
  type: list
  elements: dict
  contains:
    where:
      description: The file or builder, and the place in it.
      type: str
      sample: "/etc/docker/daemon.json, builder.gc, rule 0"
    code:
      description:
        - V(no_catch_all), V(floor_only), V(takes_everything), V(deprecated_key), V(unknown_key), V(gc_off), V(defaults_replaced), or
          V(not_validated) for a file that the engine could not be asked about.
        - For an engine before 28 also V(too_new_key), and V(no_start) for a rule with which it does not start.
      type: str
      sample: no_catch_all
    message:
      description: What happens with it, and what to write instead.
      type: str
      sample: garbage collection is switched off (gc = false), so the cache grows until the disk is full
emulators:
  description: One entry for each of O(emulators).
  returned: success, and when a change failed
  type: list
  elements: dict
  contains:
    architecture:
      description: The architecture.
      type: str
      sample: arm64
    handler:
      description: Name of the kernel's handler, empty where none is needed or there yet.
      type: str
      sample: qemu-aarch64
    state:
      description:
        - V(native), V(present), V(planned), V(installed), V(registered) or V(enabled).
      type: str
      sample: present
restart_required:
  description: Whether the engine must be restarted to take what was written into O(daemon_config_path).
  returned: success, and when a change failed
  type: bool
  sample: false
backup_file:
  description: The copy of O(daemon_config_path) as it was, with O(backup).
  returned: success, and when a change failed
  type: str
  sample: "/etc/docker/daemon.json.4711.2026-11-27@00:12:00~"
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import CONTAINER, DRIVERS
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.gc import FIELDS
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.request import (
    DEFAULT_CLI,
    DEFAULT_DAEMON_CONFIG,
    DEFAULT_TIMEOUT,
    PRESENT,
    parse_builder_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.run import run_builder
from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import tool_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module

NODE = {
    "name": {"type": "str"},
    "endpoint": {"type": "str"},
    "platforms": {"type": "list", "elements": "str", "default": []},
    "driver_opts": {"type": "dict", "default": {}},
    "flags": {"type": "list", "elements": "str", "default": []},
}
ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "driver": {"type": "str", "choices": list(DRIVERS), "default": CONTAINER},
    "nodes": {"type": "list", "elements": "dict", "default": [], "options": NODE},
    "buildkitd_config": {"type": "raw"},
    "gc": {"type": "dict", "options": {name: {"type": "str"} for name in FIELDS}},
    "emulators": {"type": "list", "elements": "str", "default": []},
    "use": {"type": "bool", "default": False},
    "bootstrap": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": PRESENT},
    "keep_state": {"type": "bool", "default": False},
    "docker_cli": {"type": "path", "default": DEFAULT_CLI},
    "docker_host": {"type": "str"},
    "config_dir": {"type": "path"},
    "kubeconfig": {"type": "path"},
    "timeout": {"type": "int", "default": DEFAULT_TIMEOUT},
    "daemon_config_path": {"type": "path", "default": DEFAULT_DAEMON_CONFIG},
    "backup": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run_module(
        module,
        lambda: run_builder(parse_builder_options(module.params), not module.check_mode, tool_runner(module)),
    )


if __name__ == "__main__":
    main()
