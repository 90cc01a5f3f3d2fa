#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: host_command
short_description: Install the command that cleans a host or a registry, or keeps regions alike, on schedule, without Ansible
version_added: 1.0.0
author:
  - imagefleet.docker contributors (@imagefleet)
description:
  - Installs one runnable file, C(/usr/local/lib/imagefleet/imagefleet.pyz), a JSON configuration with a policy, and a
    schedule that runs it. The command is built on the controller from the files of this collection, always to the same
    bytes, and is sent only to hosts that do not have it.
  - The policy is checked before anything is contacted.
  - A policy is valid for 30 days and renewed when this module runs in the second half of that time. An expired
    policy only plans, so a host that no playbook reaches any more stops deleting, and stops bringing images to regions.
  - The command leaves a JSON report, one line a run in C(/var/log/imagefleet.log), and a metrics file for Prometheus' node
    exporter. C(imagefleet --help) lists its exit codes.
extends_documentation_fragment:
  - imagefleet.docker._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - One entry a file, with credentials masked.
  idempotent:
    support: full
requirements:
  - "On the target, for the command itself: Python 3.8 or newer as C(/usr/bin/python3) and the Docker SDK for Python
    (python3-docker of the distribution)."
options:
  name:
    description:
      - Names the configuration, its schedule and its report, so that several can live on a host.
      - Lower-case letters, digits, C(-) and C(_).
    type: str
    required: true
  config:
    description:
      - What the command does. Required with O(state=present).
    type: dict
    suboptions:
      command:
        description:
          - V(cleanup) cleans the images of this host, V(retention) a registry from this host. V(collect) collects the garbage of a
            registry that runs on this host. V(sync) brings what the regions of a registry lack, V(drift) tells it.
          - V(cache) empties a pull-through cache of the role registry_mirror on this host when it is too large or too old, or its
            disk too full. The role installs it.
          - V(scan) scans what the fleet runs and what registries keep, and judges it by a policy. The role image_scan installs it.
          - V(verify) verifies the signatures of what this host runs, or the fleet. The role content_trust installs it.
        type: str
        choices: [cleanup, retention, collect, sync, drift, cache, scan, verify]
        default: cleanup
      mode:
        description:
          - V(report) plans, samples which images are used, and deletes or brings nothing. V(apply) does what the plan says.
          - Without meaning for O(config.command=drift), O(config.command=scan) and O(config.command=verify), which only look.
        type: str
        choices: [report, apply]
        default: report
      options:
        description:
          - The options of M(imagefleet.docker.image_prune_policy), with O(config.command=retention) of
            M(imagefleet.docker.registry_retention), with O(config.command=collect) of
            M(imagefleet.docker.registry_garbage_collect), with O(config.command=sync) and O(config.command=drift) of
            M(imagefleet.docker.registry_sync), with O(config.command=scan) of M(imagefleet.docker.scout_scan) except C(name) and
            C(metrics_path), with O(config.command=verify) of M(imagefleet.docker.image_signature_info) with C(ledger) or C(running), as
            that module takes them.
          - With O(config.command=cache) the name of the cache (C(cache)), how it is reached from its own host (C(registry), C(insecure),
            C(ca_path), C(validate_certs)), its C(storage_path), the limits C(max_size), C(max_age), C(min_free), and C(probe), an image of
            the upstream that is pulled through it as proof.
        type: dict
        default: {}
      metrics_file:
        description:
          - Where the metrics go. By default the folder in which Debian's node exporter looks, if it exists, else
            C(/var/lib/imagefleet/NAME.prom).
        type: path
      notify_command:
        description:
          - A program on the target, with arguments, that is run when a run did not end well, with the JSON report of the run on its
            standard input. Not well means any exit code but 0, the brake, and a lock that another run holds. So it tells of
            O(config.command=drift) that found something, and of every job that failed. O(config.command=scan) also tells of news when
            all is well, which are a verdict that changed, a period of grace that began, a waiver that ends.
            O(config.command=verify) tells of verdicts that changed.
          - It is not given to a shell, and has 60 seconds. When it fails, the message, the report and the metrics say so; the exit
            code stays that of the run.
          - The report holds no credentials. Do not write any into the arguments, the program can read them from a file.
        type: list
        elements: str
      notify_after:
        description:
          - Only when that many runs in a row did not end well. For O(config.command=drift), only when something has been behind, or a
            region could not be read, in that many checks in a row, so that a push that is under way tells nobody. By
            default V(1).
        type: int
      valid_until:
        description:
          - An ISO 8601 time at which the policy expires, in place of the term that is renewed.
        type: str
  schedule:
    description:
      - V(hourly), V(daily), V(weekly), V(monthly) or the five fields of cron, in the host's time zone. They are translated
        for systemd.
    type: str
    default: daily
  random_delay:
    description:
      - Up to this much later, such as V(4h) or V(30m), so that a fleet does not start at once. V(0) for none.
      - A systemd timer chooses anew each time. For cron the delay is fixed, different from host to host, and never moves
        a run into another day.
    type: str
    default: 4h
  scheduler:
    description:
      - V(auto) takes systemd where it runs the host, else cron.
    type: str
    choices: [auto, cron, systemd]
    default: auto
  _command_sha256:
    description:
      - Internal, set by the action plugin. The checksum of the built command.
    type: str
  _command_source:
    description:
      - Internal, set by the action plugin. Where the built command was sent to.
    type: path
  _secrets:
    description:
      - Internal, set by the action plugin. The credentials inside O(config), which are hidden from logs only when they are named.
    type: list
    elements: str
  state:
    description:
      - V(absent) removes every trace of O(name), and with the last name also the command, its state and its log. The
        brake file C(/etc/imagefleet/hold) stays, since operators wrote it.
    type: str
    choices: [present, absent]
    default: present
notes:
  - The command finds the environment of systemd or cron, not that of Ansible. Where registries are behind a proxy, name it in a drop-in of the
    unit (C(/etc/systemd/system/imagefleet-NAME.service.d/proxy.conf) with C(Environment=https_proxy=http://proxy.example.com:3128) in its
    section C([Service])). cron of Debian and Ubuntu reads C(/etc/environment).
seealso:
  - module: imagefleet.docker.image_prune_policy
  - module: imagefleet.docker.registry_retention
  - module: imagefleet.docker.registry_garbage_collect
  - module: imagefleet.docker.registry_sync
  - module: imagefleet.docker.scout_scan
"""

EXAMPLES = r"""
- name: Look every night what could be deleted
  imagefleet.docker.host_command:
    name: nightly
    config:
      mode: report
      options:
        keep:
          - newest: 3
        delete:
          - older_than: 30d
            clock: last_used

- name: Delete on weekdays at half past two, a little later on every host
  imagefleet.docker.host_command:
    name: nightly
    schedule: "30 2 * * 1-5"
    random_delay: 2h
    config:
      mode: apply
      options:
        keep:
          - newest: 3
        delete:
          - older_than: 30d
            clock: last_used
        max_deletions: 50
        require_restorable: true

- name: Compare regions every hour, and tell when one has been behind twice in a row
  imagefleet.docker.host_command:
    name: regions-drift
    schedule: hourly
    random_delay: 10m
    config:
      command: drift
      notify_command: [/usr/local/bin/tell-operations]
      notify_after: 2
      options:
        source:
          registry: registry.example.com
        destinations:
          - name: eu
            registry: eu.registry.example.com
        repositories:
          - name: shop/**

- name: Take it off again, with report, state and log
  imagefleet.docker.host_command:
    name: nightly
    state: absent
"""

RETURN = r"""
path:
  description: The installed command.
  returned: always
  type: str
  sample: /usr/local/lib/imagefleet/imagefleet.pyz
config_path:
  description: The configuration of O(name).
  returned: always
  type: str
  sample: /etc/imagefleet/nightly.json
policy:
  description: The installed policy, as reports show it.
  returned: O(state=present)
  type: dict
  sample:
    hash: "sha256:07a0869191791f88225b9b8e6bf9f2a5e9d2cfebaf4e34b7890fb0879ea3e14e"
    mode: report
    issued: "2026-11-23T02:00:00Z"
    valid_until: "2026-12-23T02:00:00Z"
scheduler:
  description: What runs the command.
  returned: O(state=present)
  type: str
  sample: systemd
schedule:
  description: When it runs, as the scheduler has it. For cron the delay of this host is included.
  returned: always
  type: str
  sample: "*-*-* 0:0:00"
"""

import time
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import COMMAND, Paths, paths_of
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.schedule import parse_schedule
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._install.install import Order, host_id, install
from ansible_collections.imagefleet.docker.plugins.module_utils._install.remove import remove
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

MAXIMUM_BYTES = 64 * 1024 * 1024


def work(module: AnsibleModule) -> Dict[str, Any]:
    paths = paths_of(module.params["name"])

    def run(arguments: Any) -> Any:
        return module.run_command(arguments)

    if module.params["state"] == "absent":
        result = remove(paths, run, module.check_mode)
        result["schedule"] = ""
    else:
        result = install(order(module, paths), run, module.check_mode)
    return {"path": COMMAND, "config_path": paths.config, **result}


def order(module: AnsibleModule, paths: Paths) -> Order:
    parameters = module.params
    if not parameters["_command_sha256"]:
        raise PolicyError("the command was not built: run this module as a task, its action plugin builds and sends it")
    source = parameters["_command_source"]
    return Order(
        paths=paths,
        config=parameters["config"],
        schedule=parse_schedule(parameters["schedule"]),
        scheduler=parameters["scheduler"],
        delay=parse_duration(parameters["random_delay"]),
        command_sha256=parameters["_command_sha256"],
        command=read_capped(source, MAXIMUM_BYTES) if source else None,
        host_id=host_id(),
        now=int(time.time()),
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "config": {
                "type": "dict",
                "options": {
                    "command": {
                        "type": "str",
                        "choices": ["cleanup", "retention", "collect", "sync", "drift", "cache", "scan", "verify"],
                        "default": "cleanup",
                    },
                    "mode": {"type": "str", "choices": ["report", "apply"], "default": "report"},
                    "options": {"type": "dict", "default": {}},
                    "metrics_file": {"type": "path"},
                    "notify_command": {"type": "list", "elements": "str"},
                    "notify_after": {"type": "int"},
                    "valid_until": {"type": "str"},
                },
            },
            "schedule": {"type": "str", "default": "daily"},
            "random_delay": {"type": "str", "default": "4h"},
            "scheduler": {"type": "str", "choices": ["auto", "cron", "systemd"], "default": "auto"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            # Sent by the action plugin: checksum and place of the built command, and the credentials inside config,
            # which core can only hide from logs when it is told them.
            "_command_sha256": {"type": "str"},
            "_command_source": {"type": "path"},
            "_secrets": {"type": "list", "elements": "str", "no_log": True},
        },
        required_if=[("state", "present", ["config"])],
        supports_check_mode=True,
    )
    run_module(module, lambda: work(module))


if __name__ == "__main__":
    main()
