# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that looks at the tags of a registry, as a user runs it on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import registry_content as content
from own_registry import OwnRegistry
from registry_pushing import push, retag, sign

WEB = "shop/web"


def test_it_reads_judges_reports_and_fails_only_when_asked_to(own: OwnRegistry, tmp_path: Path) -> None:
    variables = {
        "image_fleet_registry": own.address,
        "image_fleet_registry_insecure": True,
        "image_fleet_registry_cache_dir": "",
        "image_fleet_registry_repositories": ["shop/**"],
        "image_fleet_registry_retries": 0,
        "image_fleet_tags_schemes": ["semver", {"type": "environment", "stages": ["staging", "production"]}],
        "ansible_connection": "local",
        "ansible_become": False,
        "ansible_python_interpreter": sys.executable,
    }
    (tmp_path / "variables.json").write_text(json.dumps(variables))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(str(Path(sys.executable).with_name("ansible-playbook")), "imagefleet.docker.tags"),
                *("--inventory", "localhost,", "--extra-vars", "@variables.json", *words),
            ],
            env={**os.environ, "ANSIBLE_NOCOLOR": "true"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    enforce = ("--extra-vars", "image_fleet_tags_enforce=true")
    push(own.address, WEB, content.simple("one"), "1.0.0", "1.0", "1", "latest", "production")
    sign(own.address, WEB, content.simple("one"))
    good = run(*enforce)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "Tags of %s: 6 tags in 1 repository, all by the convention." % own.address in good.stdout
    assert "changed=0" in good.stdout

    push(own.address, WEB, content.simple("two"), "2.0.0")
    retag(own.address, WEB, "2.0.0", "final2")
    told = run("--extra-vars", "image_fleet_report=%s" % (tmp_path / "tags.html"))
    assert told.returncode == 0, told.stdout + told.stderr
    for words in ("2 not by the convention", "it fits no scheme", "it is not at 2.0.0, the highest of its line"):
        assert words in told.stdout and words in (tmp_path / "tags.html").read_text()
    strict = run(*enforce)
    assert strict.returncode == 2 and "The tags of %s do not keep to the convention" % WEB in strict.stdout

    own.stop()
    silent = run()
    assert silent.returncode == 2 and "no result: No answer from registry" in silent.stdout
    assert "Stop when it could not be read" in silent.stdout.rpartition("TASK")[2]
