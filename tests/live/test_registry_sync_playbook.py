# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_sync in a playbook, over ssh on a host of the fleet: what one sees while it runs and at its end."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
import registry_content as content
from archive import Layer
from fleet_playbooks import Playbooks
from regions import Regions
from registry_disk import lay
from registry_pushing import list_tags

HOST = "host-3"


@pytest.fixture
def regions(tmp_path: Path) -> Iterator[Regions]:
    with Regions(tmp_path, 2) as found:
        for name in ("shop/api", "shop/web"):
            for number in range(2):
                lay(found.source, name, content.multi_platform("%s-%d" % (name, number)), "1.%d.0" % number)
        yield found


def play(regions: Regions, folder: Path, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    options = regions.options(repositories=["shop/**"], **more)
    # These are of the host, which has none of this machine's folders.
    options["source"]["cache_dir"] = options["state_dir"] = "/run/imagefleet-test-sync"
    tasks = [{"name": "Bring", "imagefleet.docker.registry_sync": options, "register": "told"}]
    (folder / "play.yml").write_text(json.dumps([{"hosts": HOST, "gather_facts": False, "tasks": tasks}]))
    return Playbooks(folder).run("play.yml", *words)


@pytest.fixture
def clean(tmp_path: Path) -> Iterator[None]:
    yield
    books = Playbooks(tmp_path)
    left = books.run(
        HOST, "--module-name", "ansible.builtin.shell",
        "--args", "rm -rf /run/imagefleet-test-sync; find /root/.ansible_async -type f -name '*imagefleet*'",
        "--one-line", command="ansible",
    )  # fmt: skip
    assert left.returncode == 0 and left.stdout.rstrip().endswith("(stdout)"), left.stdout


@pytest.mark.usefixtures("clean")
def test_progress_and_a_table(regions: Regions, tmp_path: Path) -> None:
    planned = play(regions, tmp_path, "--check")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "8 tags compared, 0 unchanged" in planned.stdout and "planned" in planned.stdout
    assert list_tags(regions.all[0].address, "shop/web") == []
    done = play(regions, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = re.findall(r"^%s \| (.*)$" % HOST, done.stdout, re.MULTILINE)
    assert lines == [
        "shop/api: compared (1 of 2 repositories), 4 of 4 tags differ",
        "shop/web: compared (2 of 2 repositories), 4 of 4 tags differ",
        "shop/api: 4 tags brought",
        "shop/web: 4 tags brought",
    ]
    assert "Regions: 8 tags compared, 0 unchanged, 8 brought" in done.stdout
    assert "region-1: 4 done" in done.stdout
    assert re.search(r"REGION +REPOSITORY +TAG +ACTION +STATUS", done.stdout)
    again = play(regions, tmp_path)
    assert "changed=0" in again.stdout and "8 tags compared, 8 unchanged" in again.stdout


@pytest.mark.usefixtures("clean")
def test_a_long_copy_tells_its_bytes(regions: Regions, tmp_path: Path) -> None:
    lay(regions.source, "shop/big", content.image([Layer("long", 20_000_000)], note="long"), "1.0.0")
    regions.way(regions.source).pause = 0.05
    done = play(regions, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    told = re.findall(r"shop/big: sha256:[0-9a-f]{12}: ([0-9.]+ [kM]?B) of 20\.\d+ MB \((\d+)%\)", done.stdout)
    assert len(told) >= 2 and [int(share) for _size, share in told] == sorted(int(share) for _size, share in told)


@pytest.mark.usefixtures("clean")
def test_what_fails_is_told_with_what_was_done(regions: Regions, tmp_path: Path) -> None:
    regions.all[1].stop()
    failed = play(regions, tmp_path)
    assert failed.returncode != 0
    assert "shop/web: 2 tags brought" in failed.stdout and "region-0: 4 done" in failed.stdout
    assert "not everything could be compared" in failed.stdout
    bad = play(regions, tmp_path, shard="none")
    assert bad.returncode != 0 and "shard: 'none' is not a share such as 2/5" in bad.stdout
