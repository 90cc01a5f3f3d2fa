# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that brings images to regions, as a user runs it on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import registry_content as content
from faults import RESET
from regions import WEB, Regions
from registry_pushing import push


def test_it_looks_brings_compares_and_says_what_it_could_not(tmp_path: Path) -> None:
    with Regions(tmp_path / "registries", 2) as regions:
        options = regions.options(undo_dir=str(tmp_path / "undo"))
        for one in (options["source"], *options["destinations"]):
            one["retries"] = 0
        options = {"image_fleet_sync_" + name: value for name, value in options.items()}
        here = {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": sys.executable}
        (tmp_path / "regions.json").write_text(json.dumps({**options, **here}))

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [
                    *(str(Path(sys.executable).with_name("ansible-playbook")), "imagefleet.docker.distribution"),
                    *("--inventory", "localhost,", "--extra-vars", "@regions.json", *words),
                ],
                env={**os.environ, "ANSIBLE_NOCOLOR": "true"},
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )

        push(regions.source.address, WEB, content.simple("one"), "1.0.0", "latest")
        planned = run("--check")
        assert planned.returncode == 0, planned.stdout + planned.stderr
        assert "region-0: 2 planned" in planned.stdout and "0 of 2 regions equal; behind: region-0" in planned.stdout
        assert all(region.tags(WEB) == {} for region in regions.all)

        done = run("--extra-vars", "image_fleet_report=%s" % (tmp_path / "regions.html"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "region-1: 2 done" in done.stdout and "2 of 2 regions equal; 4 tags compared" in done.stdout
        assert "2 of 2 regions equal" in (tmp_path / "regions.html").read_text()
        assert [region.tags(WEB) for region in regions.all] == [regions.source.tags(WEB)] * 2

        push(regions.source.address, WEB, content.simple("two"), "2.0.0", "latest")
        regions.faults(regions.all[1]).add(RESET)
        partly = run()
        assert partly.returncode == 2, partly.stdout + partly.stderr
        assert "region-0: 1 done, 1 deferred" in partly.stdout or "region-0: 1 deferred, 1 done" in partly.stdout
        assert "behind: region-0; not known: region-1" in partly.stdout
        assert "Stop when something could not be brought or compared" in partly.stdout.rpartition("TASK")[2]

        regions.heal()
        assert run().returncode == 0
        back = run("--extra-vars", "image_fleet_sync_rollback=last")
        assert back.returncode == 0 and "2 moved back" in back.stdout, back.stdout + back.stderr
        assert "0 of 2 regions equal; behind: region-0, region-1" in back.stdout
