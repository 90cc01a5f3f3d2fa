#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: scout_scan
short_description: Scan images for vulnerabilities, and judge them by a policy
version_added: 1.0.0
description:
  - Scans images with Docker Scout, Trivy, Grype or debsecan. What they find becomes one form of result, which a policy with limits, periods
    of grace, waivers and OpenVEX documents judges. The verdict never depends on the exit code of a scanner.
  - Images are those that are named, those that the fleet runs (O(ledger)), and those that registries keep (O(repositories)). Each digest is
    scanned once, and its result names every host that runs it.
  - An image in which a scanner read no packages is V(not_scanned), never clean. The same holds when it found nothing and does not tell how
    many packages it read.
  - What was seen is remembered in O(state_dir), so that grace is counted from the day when a finding was first seen.
author:
  - imagefleet.docker contributors (@imagefleet)
extends_documentation_fragment:
  - imagefleet.docker._engine
  - imagefleet.docker._registries
  - imagefleet.docker._attributes
  - imagefleet.docker._attributes.actiongroup_engine
attributes:
  check_mode:
    support: full
    details:
      - A scan changes nothing, so images are scanned and judged. Neither reports nor memory are written.
  diff_mode:
    support: full
    details:
      - Shows the change of C(index.md) in O(report_dir).
  idempotent:
    support: full
    details:
      - As long as scanners find the same. The memory in O(state_dir) is no change.
options:
  images:
    description:
      - References of images. With O(source=archive) or O(source=sbom), paths of files on the target.
    type: list
    elements: str
    default: []
  ledger:
    description:
      - The ledger of M(imagefleet.docker.fleet_ledger), a file on the target. Every image that a host of it uses is scanned.
    type: path
  repositories:
    description:
      - Repositories of registries whose tagged images are scanned.
    type: list
    elements: dict
    default: []
    suboptions:
      registry:
        description:
          - Host, or host and port. How it is reached is said in O(registries).
        type: str
        required: true
      names:
        description:
          - Repositories or patterns, as in the policy language. Default is all.
        type: raw
      tags:
        description:
          - Tags or patterns, as in the policy language. Default is all.
        type: raw
  source:
    description:
      - Where the scanner reads images. V(auto) is the engine when it has the image, else the registry. When neither can be asked, the scanner
        is left to find the image itself.
      - V(archive) are files of C(docker save), V(sbom) are SBOM in a format that the scanner reads.
    type: str
    choices: [auto, engine, registry, archive, sbom]
    default: auto
  platform:
    description:
      - The platform to scan of images for several ones, such as V(linux/arm64). What an engine has for another one is not scanned.
    type: str
  backend:
    description:
      - The scanner.
    type: str
    choices: [scout, trivy, grype, debsecan]
    default: scout
  scanner:
    description:
      - The scanner's program, a name or a path on the target. For V(scout) it is the docker command line. Default is C(docker), C(trivy),
        C(grype) or C(debsecan) on the C(PATH).
    type: path
  scanner_checksum:
    description:
      - C(sha256:) and the SHA-256 checksum of the program that scans. Another one is not started, not even to tell its version.
      - For V(scout) it is that of the plug-in C(docker-scout), which is looked for where the docker command line looks.
    type: str
  refuse_versions:
    description:
      - Versions that are not used. Trivy 0.69.4, 0.69.5 and 0.69.6 never are (GHSA-69fq-xp46-6x23).
    type: list
    elements: str
    default: []
  scan_timeout:
    description:
      - Seconds that the scan of one image may take.
    type: int
    default: 900
  config_dir:
    description:
      - The folder with the configuration of the docker command line and its plug-ins. Default is E(DOCKER_CONFIG), or C(~/.docker).
    type: path
  hub_username:
    description:
      - User name at Docker Hub for V(scout), which needs one even for local images.
    type: str
  hub_password:
    description:
      - Password or personal access token of O(hub_username).
    type: str
  offline:
    description:
      - Use no network for the database of vulnerabilities, only what is in O(database_dir). V(scout) cannot.
    type: bool
    default: false
  database_dir:
    description:
      - A folder that keeps the database of V(trivy) or V(grype), or a copy of the data for V(debsecan). Without it the database is fetched
        for every run, and removed with everything else that the scanner stored.
    type: path
  database_repository:
    description:
      - Where V(trivy) fetches its database (C(--db-repository)), or the URL of the data for V(debsecan).
    type: str
  max_database_age:
    description:
      - How old the database of V(trivy) or V(grype) may be, such as V(5d), by the time that it says it was built. With an older one, or
        one that tells no time, nothing is scanned, since nothing found would prove nothing.
      - V(grype) is told the same limit instead of its own. V(scout) has no database on the host, and the data of V(debsecan) tells no time.
    type: str
    default: 5d
  suite:
    description:
      - The Debian release for V(debsecan), such as V(bookworm). Default is that of the image.
    type: str
  severities:
    description:
      - Only findings of these severities are listed and counted. Default is all.
    type: list
    elements: str
    choices: [critical, high, medium, low, unknown]
  only_fixed:
    description:
      - Only findings with a fixed version are listed and counted.
    type: bool
    default: false
  policy:
    description:
      - What an image may have. Without it every image passes that could be scanned.
    type: dict
    suboptions:
      max:
        description:
          - The most findings of each severity, by its name. A severity that is not named is not limited.
        type: dict
      fixable_only:
        description:
          - Only findings with a fixed version count.
        type: bool
      grace:
        description:
          - By severity, how long after it was first seen a finding does not count, such as V(7d). Without O(policy.max) of that severity, none
            may be older.
        type: dict
  fail_on_policy:
    description:
      - Fail at the end when an image failed or could not be scanned, or there was none. Results are returned all the same.
      - Whatever this says, the module fails at the end when a scanner failed.
    type: bool
    default: false
  waivers:
    description:
      - Findings that somebody answers for, with C(id), C(owner), C(reason) and C(expires), and by choice C(package) (a name or a pattern of
        package URLs) and C(images) (patterns).
      - C(expires) is a day, to the end of it in UTC, or a time with its zone. A waiver that has expired no longer holds, and is reported.
    type: list
    elements: dict
    default: []
  waivers_file:
    description:
      - More of O(waivers), a JSON file on the target.
    type: path
  vex:
    description:
      - OpenVEX documents, paths on the target or the documents themselves. Their statements are applied whoever the author is.
    type: list
    elements: raw
    default: []
  report_dir:
    description:
      - A folder for reports, for each image JSON, SARIF and Markdown, and C(index.md), C(scan.json) and C(scan.sarif) for all. They are
        written only when they differ. Those of images that are no longer scanned are removed, other files stay.
      - They tell how things are, not what changed since the last scan.
    type: path
  metrics_path:
    description:
      - A textfile for Prometheus' node exporter.
    type: path
  name:
    description:
      - Tells this scan from others in O(metrics_path).
    type: str
    default: default
  state_dir:
    description:
      - Where is remembered what was seen, and the verdict on each digest, for O(imagefleet.docker.registry_sync#module:scan_gate). Scans with
        different sets of images may share it.
      - Verdicts are remembered of scans with a O(policy) only, since without one everything passes. The last one counts, so scans with
        different policies need different folders when a gate asks them.
    type: path
    default: /var/lib/imagefleet/scans
requirements:
  - The scanner. Docker Scout 1.0 or newer (a plug-in of the docker command line, 1.6 for O(source=sbom)), Trivy 0.37 or newer, Grype 0.55 or
    newer, or debsecan (Debian package C(debsecan))
  - Python library C(requests) (distribution package C(python3-requests))
  - Python library C(docker) (distribution package C(python3-docker)), to ask an engine
notes:
  - Proven on real images is V(debsecan). V(scout), V(trivy) and V(grype) are proven with stand-ins only, which take the documented arguments
    and replay documented output.
  - Credentials reach scanners in their environment, never as arguments, and are hidden in whatever they print.
  - Trivy sends the user name and password of a registry to every registry that it contacts. Its database is therefore fetched before, without
    them. Its index of Java archives is fetched when an image needs it; have it in O(database_dir) when that matters.
  - Scanners reach the engine by O(docker_host); the options for TLS are not handed to them.
  - Identity tokens of O(config_path) are not handed to scanners. A certificate authority in C(registries[].ca_path) is; V(grype) has an
    option for it, V(scout) and V(trivy) get it with those of the host in a temporary file (E(SSL_CERT_FILE)).
  - Nothing but O(waivers) and O(vex) sets findings aside. Scanners are started in an empty folder, so that no C(.trivyignore) of another one
    counts, V(grype) with a configuration that sets nothing, in place of C(~/.grype.yaml). Of the variables C(TRIVY_*), C(GRYPE_*) and
    C(DOCKER_SCOUT_*) they see only those for credentials and, with V(trivy) and V(grype), for databases.
  - A tag of an engine that becomes another image while it is scanned is V(not_scanned), and so is an image when V(trivy) or V(grype) says that
    it read another one.
seealso:
  - module: imagefleet.docker.fleet_ledger
  - name: Advisory on Trivy
    description: The releases that are refused.
    link: https://github.com/advisories/GHSA-69fq-xp46-6x23
"""

EXAMPLES = r"""
- name: Gate in a pipeline, nothing critical or high that could be fixed
  imagefleet.docker.scout_scan:
    images: ["registry.example.com/shop/web:{{ version }}"]
    source: registry
    backend: trivy
    scanner_checksum: sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e
    database_dir: /var/cache/trivy
    policy:
      max: {critical: 0, high: 0}
      fixable_only: true
    fail_on_policy: true

- name: What the fleet runs, with a week for what is critical and can be fixed
  imagefleet.docker.scout_scan:
    ledger: /var/lib/imagefleet/ledger.json
    backend: scout
    hub_username: scanbot
    hub_password: "{{ vault_hub_token }}"
    registries:
      - registry: registry.example.com
        username: scanbot
        password: "{{ vault_registry_password }}"
    policy:
      grace: {critical: 7d, high: 30d}
      fixable_only: true
    waivers_file: /etc/imagefleet/waivers.json
    report_dir: /srv/reports/scan
    metrics_path: /var/lib/prometheus/node-exporter/imagefleet_scan.prom
  delegate_to: control
  run_once: true
  register: scan

- name: Without a network, with a waiver
  imagefleet.docker.scout_scan:
    images: [registry.example.com/shop/api:1.4.0]
    source: engine
    backend: grype
    offline: true
    database_dir: /srv/grype-db
    policy:
      max: {critical: 0}
    waivers:
      - id: CVE-2026-1000
        package: openssl
        owner: team-shop
        reason: the service speaks no TLS itself
        expires: "2026-12-31"
"""

RETURN = r"""
results:
  description: One for each image, in the order of their names.
  returned: success, and failure after images were scanned
  type: list
  elements: dict
  contains:
    image:
      description: The name it was scanned by.
      type: str
      sample: registry.example.com/shop/web:1.2
    references:
      description: All of its names.
      type: list
      elements: str
      sample: [registry.example.com/shop/web:1.2, registry.example.com/shop/web:latest]
    digest:
      description: Its digest, V(null) when nothing tells.
      type: str
      sample: "sha256:9a1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c4f2ad1d0b0b4d7e3e"
    platform:
      description: Its platform, V(null) when nothing tells.
      type: str
      sample: linux/amd64
    hosts:
      description: The hosts that run it, as the ledger tells.
      type: list
      elements: str
      sample: [web1, web2]
    status:
      description: V(passed), V(failed) or V(not_scanned).
      type: str
      sample: failed
    scanned:
      description: When this was found out, the time in UTC at which the module began. Reports do not have it.
      type: str
      sample: "2026-11-27T04:00:00Z"
    reasons:
      description: Why, in plain sentences.
      type: list
      elements: str
      sample: ["2 critical count, 0 are allowed: CVE-2026-1000 in openssl 3.0.15-1, CVE-2026-1002 in bash 5.2.15-2"]
    notes:
      description: What else is worth knowing of it.
      type: list
      elements: str
      sample: ["1 finding is waived: CVE-2026-1000 in openssl 3.0.15-1"]
    counts:
      description:
        - Findings that count, by severity (C(critical), C(high), C(medium), C(low), C(unknown)), and how many of these are C(fixable).
        - C(waived), C(excused) (by a VEX document), C(in_grace) and C(without_fix) (with O(policy.fixable_only)) are not among the
          severities. These and the severities add up to RV(results[].findings).
      type: dict
      sample:
        {
          "critical": 2, "high": 0, "medium": 5, "low": 1, "unknown": 0, "fixable": 6,
          "waived": 1, "excused": 0, "in_grace": 0, "without_fix": 0
        }
    left_out:
      description: How many findings are not listed for O(severities) or O(only_fixed).
      type: int
      sample: 0
    packages:
      description: How many packages were read, V(null) when the scanner does not tell.
      type: int
      sample: 112
    scanner:
      description: The scanner and its version.
      type: str
      sample: trivy 0.58.1
    system:
      description: The operating system in the image.
      type: str
      sample: debian 12.8
    changes:
      description: Findings compared with the last scan, and when that was.
      type: dict
      sample: {"since": "2026-11-26T04:00:00Z", "new": 1, "still": 8, "gone": 2}
    gone:
      description: What the last scan found and this one did not.
      type: list
      elements: dict
      sample: [{"id": "CVE-2026-1001", "package": "zlib1g", "severity": "low"}]
    findings:
      description: Findings, the worst first.
      type: list
      elements: dict
      contains:
        id:
          description: The CVE, or what the scanner calls it.
          type: str
          sample: CVE-2026-1000
        package:
          description: The package.
          type: str
          sample: openssl
        purl:
          description: Its package URL.
          type: str
          sample: pkg:deb/debian/openssl@3.0.15-1?distro=debian-12
        installed:
          description: The version that is installed.
          type: str
          sample: 3.0.15-1
        fixed:
          description: The version that fixes it, V(null) when there is none.
          type: str
          sample: 3.0.16-1
        severity:
          description: The severity.
          type: str
          sample: critical
        score:
          description: The CVSS base score.
          type: float
          sample: 9.8
        vector:
          description: The CVSS vector.
          type: str
          sample: CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H
        epss:
          description: The probability that it is exploited within 30 days, where the scanner tells.
          type: float
          sample: 0.02
        epss_percentile:
          description: The share of vulnerabilities with the same or a lower probability.
          type: float
          sample: 0.91
        kev:
          description: Whether it is known to be exploited, V(null) when the scanner does not tell.
          type: bool
          sample: false
        location:
          description: The first path in the image.
          type: str
          sample: /var/lib/dpkg/status
        locations:
          description: All paths.
          type: list
          elements: str
          sample: [/var/lib/dpkg/status]
        layer:
          description: The layer that brought it.
          type: str
          sample: "sha256:4f2ad1d0b0b4d7e3e3b1c2f6b8a1f5d7f0c9a8b7e6d5c4b3a29181706f5e4d3c"
        title:
          description: A title.
          type: str
          sample: "openssl: use after free"
        url:
          description: Where to read more.
          type: str
          sample: https://avd.aquasec.com/nvd/cve-2026-1000
        aliases:
          description: Its other names.
          type: list
          elements: str
          sample: [GHSA-aaaa-bbbb-cccc]
        sources:
          description: Where in the scanner's document a field was read.
          type: dict
          sample: {"fixed": "FixedVersion"}
        first_seen:
          description: When it was first seen in this repository.
          type: str
          sample: "2026-11-20T04:00:00Z"
        change:
          description: V(new) or V(still), compared with the last scan.
          type: str
          sample: still
        waived:
          description: The waiver that holds, with C(owner), C(reason) and C(expires).
          type: dict
          sample: null
        vex:
          description: The statement that holds, with C(status), C(justification), C(author) and C(document).
          type: dict
          sample: null
        counted:
          description: Whether it counts against the limits.
          type: bool
          sample: true
        part:
          description: V(counted), V(waived), V(excused), V(in_grace) or V(without_fix).
          type: str
          sample: counted
        why:
          description: Why it counts or not.
          type: str
          sample: "counts: the policy limits critical to 0"
summary:
  description: All images together.
  returned: success, and failure after images were scanned
  type: dict
  contains:
    images:
      description: How many images.
      type: int
      sample: 12
    passed:
      description: How many passed.
      type: int
      sample: 10
    failed:
      description: How many failed.
      type: int
      sample: 1
    not_scanned:
      description: How many could not be scanned.
      type: int
      sample: 1
    findings:
      description: How many findings there are.
      type: int
      sample: 87
    counted:
      description: How many of them count.
      type: int
      sample: 2
    new:
      description: How many the last scan did not find.
      type: int
      sample: 1
    gone:
      description: How many only the last scan found.
      type: int
      sample: 2
    waivers_expired:
      description: Waivers that no longer hold.
      type: list
      elements: dict
      sample: []
    waivers_expiring:
      description: Waivers that end within 14 days.
      type: list
      elements: dict
      sample: [{"id": "CVE-2026-1000", "owner": "team-shop", "expires": "2026-12-01"}]
    waivers_unused:
      description: Waivers for which nothing was found.
      type: list
      elements: dict
      sample: []
    vex_unused:
      description: Statements of O(vex) for which nothing was found.
      type: list
      elements: dict
      sample: []
    left_out:
      description: How many findings are not listed for O(severities) or O(only_fixed).
      type: int
      sample: 0
    notes:
      description: What else is worth knowing of waivers.
      type: list
      elements: str
      sample: []
    scanners:
      description: The scanners and their versions.
      type: list
      elements: str
      sample: [trivy 0.58.1]
    reports_changed:
      description: How many files of O(report_dir) change.
      type: int
      sample: 3
reports:
  description: The files of O(report_dir) that change, and whether each is V(new), V(changed) or V(removed).
  returned: success, and failure after images were scanned
  type: list
  elements: dict
  sample: [{"path": "/srv/reports/scan/index.md", "change": "changed"}]
notes:
  description: What else is worth knowing.
  returned: success, and failure after images were scanned
  type: list
  elements: str
  sample: []
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._module.engine_arguments import ENGINE_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.programs import program_runner, tool_runner
from ansible_collections.imagefleet.docker.plugins.module_utils._module.registry_arguments import REGISTRIES_ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.module_utils._module.run import run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.database import DEFAULT_AGE
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import SOURCES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.request import BACKENDS, parse_scan_options
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.run import run_scan
from ansible_collections.imagefleet.docker.plugins.module_utils._store.scan_memory import DEFAULT_STATE_DIR

REPOSITORIES = {"registry": {"type": "str", "required": True}, "names": {"type": "raw"}, "tags": {"type": "raw"}}
POLICY = {"max": {"type": "dict"}, "fixable_only": {"type": "bool"}, "grace": {"type": "dict"}}
ARGUMENTS = {
    "images": {"type": "list", "elements": "str", "default": []},
    "ledger": {"type": "path"},
    "repositories": {"type": "list", "elements": "dict", "options": REPOSITORIES, "default": []},
    "source": {"type": "str", "choices": list(SOURCES), "default": "auto"},
    "platform": {"type": "str"},
    "backend": {"type": "str", "choices": list(BACKENDS), "default": "scout"},
    "scanner": {"type": "path"},
    "scanner_checksum": {"type": "str"},
    "refuse_versions": {"type": "list", "elements": "str", "default": []},
    "scan_timeout": {"type": "int", "default": 900},
    "config_dir": {"type": "path"},
    "hub_username": {"type": "str"},
    "hub_password": {"type": "str", "no_log": True},
    "offline": {"type": "bool", "default": False},
    "database_dir": {"type": "path"},
    "database_repository": {"type": "str"},
    "max_database_age": {"type": "str", "default": DEFAULT_AGE},
    "suite": {"type": "str"},
    "severities": {"type": "list", "elements": "str", "choices": list(SEVERITIES)},
    "only_fixed": {"type": "bool", "default": False},
    "policy": {"type": "dict", "options": POLICY},
    "fail_on_policy": {"type": "bool", "default": False},
    "waivers": {"type": "list", "elements": "dict", "default": []},
    "waivers_file": {"type": "path"},
    "vex": {"type": "list", "elements": "raw", "default": []},
    "report_dir": {"type": "path"},
    "metrics_path": {"type": "path"},
    "name": {"type": "str", "default": "default"},
    "state_dir": {"type": "path", "default": DEFAULT_STATE_DIR},
    "registries": {"type": "list", "elements": "dict", "options": REGISTRIES_ARGUMENTS, "default": []},
    "config_path": {"type": "path"},
}


def main() -> None:
    module = AnsibleModule(argument_spec={**ENGINE_ARGUMENTS, **ARGUMENTS}, supports_check_mode=True)

    def work() -> dict:
        programs = program_runner(module)
        request = parse_scan_options(module.params, programs)
        return run_scan(request, tool_runner(module), programs, int(time.time()), not module.check_mode)

    run_module(module, work)


if __name__ == "__main__":
    main()
