# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scheduled scan, as its scheduler runs it: real debsecan over images in a real registry."""

from __future__ import annotations

import io
import os
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import pytest
from debian_feed import Row, write_feed
from debsecan import install_debsecan
from own_registry import OwnRegistry
from registry_content import Manifest, image, simple
from registry_pushing import push
from scheduled_regions import ScheduledJob

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import EngineEntry, HostEntry, Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._store.ledger import write_ledger

WEB, API, TOOL = "shop/web", "shop/api", "shop/tool"
RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
HOLE = Row("CVE-2026-1000", "openssl", urgency="H", fixed="3.1-1", fixable=True)
PASSWORD = "hunter2-of-scans"


@dataclass(frozen=True)
class DebianLayer:
    """What a scanner reads of a Debian system; `packages` maps names to versions."""

    packages: tuple[tuple[str, str], ...]

    def tar(self) -> bytes:
        entry = "Package: %s\nStatus: install ok installed\nVersion: %s\nArchitecture: amd64\n\n"
        status = "".join(entry % package for package in self.packages)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for name, text in (("etc/os-release", RELEASE), ("var/lib/dpkg/status", status)):
                member = tarfile.TarInfo(name)
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
        return buffer.getvalue()


def debian(**packages: str) -> Manifest:
    return image([DebianLayer(tuple(packages.items()))])


BAD = debian(openssl="3.0-1", bash="5.2-1")
GOOD = debian(openssl="3.1-1", bash="5.2-1")


class Fleet:
    """A registry, a scanner with its data, and the options of a schedule."""

    def __init__(self, folder: Path, registry: str) -> None:
        self.folder, self.registry = folder, registry
        self.scanner = install_debsecan(folder)
        write_feed(folder / "feed", "bookworm", [HOLE], {"openssl": ["openssl"]})

    def options(self, **more: Any) -> dict[str, Any]:
        access = {"registry": self.registry, "insecure": True, "username": "u", "password": PASSWORD}
        return {
            "backend": "debsecan",
            "scanner": str(self.scanner),
            "offline": True,
            "database_dir": str(self.folder / "feed"),
            "repositories": [{"registry": self.registry, "names": "shop/**"}],
            "registries": [access],
            "policy": {"max": {"high": 0}, "fixable_only": True},
            "state_dir": str(self.folder / "scans"),
            "report_dir": str(self.folder / "reports"),
            **more,
        }

    def job(self, name: str, **more: Any) -> ScheduledJob:
        return ScheduledJob(self.folder / name, "scan", self.options(**more))


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with OwnRegistry(tmp_path / "registry") as registry:
        address = registry.server.address
        push(address, WEB, BAD, "1.0.0", "latest")
        push(address, API, GOOD, "2.0.0")
        yield Fleet(tmp_path, address)


def statuses(report: dict[str, Any]) -> dict[str, str]:
    """By repository."""
    return {
        row["image"].partition("/")[2].partition("@")[0].partition(":")[0]: row["status"]
        for row in report["result"]["results"]
    }


def test_what_is_found_what_is_told_and_what_is_left(fleet: Fleet) -> None:
    push(fleet.registry, TOOL, simple("tool"), "1")
    with fleet.job("scan") as job:
        ended = job.run()
        assert ended.code == 12, ended.errors
        report = job.report
        assert statuses(report) == {WEB: "failed", API: "passed", TOOL: "not_scanned"}
        bad = "1 of 3 images do not pass the policy: %s/shop/web:1.0.0 (" % fleet.registry
        assert bad in report["message"] and "are not scanned" in report["message"]
        (web,) = [row for row in report["result"]["results"] if row["status"] == "failed"]
        assert [(one["id"], one["package"], one["fixed"], one["counted"]) for one in web["findings"]] == [
            ("CVE-2026-1000", "openssl", "3.1-1", True)
        ]
        assert {"%s/shop/web:%s" % (fleet.registry, tag) for tag in ("1.0.0", "latest")} <= set(web["references"])
        assert "CVE-2026-1000" in ended.output and job.told["result"] == report["result"]
        assert job.metrics['imagefleet_scan_images{status="failed"}'] == 1
        kept = "".join(path.read_text() for path in sorted((fleet.folder / "reports").iterdir()))
        memory = (fleet.folder / "scans" / "scans.json").read_text()
        assert "CVE-2026-1000" in kept and BAD.digest in memory
        assert PASSWORD not in job.left() + kept + memory + ended.output + ended.errors


def test_a_dry_run_remembers_nothing(fleet: Fleet) -> None:
    with fleet.job("scan") as job:
        assert job.run("--dry-run").code == 12
        assert not (fleet.folder / "scans").exists() and not (fleet.folder / "reports").exists() and job.calls == []


def test_news_is_told_once(fleet: Fleet) -> None:
    with fleet.job("scan") as job:
        assert job.run().code == 12
        push(fleet.registry, WEB, GOOD, "1.0.0", "latest")
        ended = job.run()
        assert ended.code == 0 and "shop/web:1.0.0 (and 1 more of its names) passes, it failed before" in ended.output
        assert (len(job.calls), job.told["exit_code"]) == (2, 0)
        assert job.run().code == 0 and len(job.calls) == 2


def test_what_the_fleet_runs_and_a_ledger_that_is_stale_or_gone(fleet: Fleet) -> None:
    path = fleet.folder / "ledger.json"
    for age, code, words in ((60, 0, ""), (30 * 3600, 3, "the ledger is 30h old")):
        write_ledger(str(path), ledger(fleet, age))
        with fleet.job("scan-%d" % age, ledger=str(path), repositories=None) as job:
            ended = job.run()
            assert (ended.code, words in ended.errors) == (code, True), ended.errors
            (row,) = job.report["result"]["results"]
            assert (row["status"], row["hosts"]) == ("passed", ["web-1", "web-2"])
            assert job.metrics["imagefleet_scan_ledger_incomplete{}"] == int(bool(code))
    path.unlink()
    with fleet.job("gone", ledger=str(path)) as job:
        ended = job.run()
        assert ended.code == 10 and str(path) in ended.errors and job.report["result"] is None


def ledger(fleet: Fleet, age: int) -> Ledger:
    """Complete, `age` seconds old: two hosts run API."""
    then = int(time.time()) - age
    name = "%s/%s" % (fleet.registry, API)
    engines = {"engine": EngineEntry(then, "engine", 1)}
    hosts = {host: HostEntry(then, True, engines) for host in ("web-1", "web-2")}
    return Ledger(
        started=then,
        last_run=then,
        last_complete=then,
        complete=True,
        expected=tuple(hosts),
        hosts=hosts,
        digests={GOOD.digest: dict.fromkeys(hosts, then)},
        names={GOOD.digest: (name + ":2.0.0", "%s@%s" % (name, GOOD.digest))},
    )


@pytest.mark.parametrize(
    "options, code, words",
    [
        ({"scanner": "/nonexistent/debsecan"}, 13, "there is no program /nonexistent/debsecan"),
        ({"scanner_checksum": "sha256:" + "0" * 64}, 13, "is pinned, so it was not started"),
        ({"waivers_file": "/nonexistent.waivers"}, 2, "waivers_file"),
    ],
)
def test_without_its_scanner_nothing_is_scanned(fleet: Fleet, options: dict[str, Any], code: int, words: str) -> None:
    with fleet.job("scan", **options) as job:
        ended = job.run()
        assert ended.code == code and words in ended.errors and job.report["result"] is None


def test_a_scanner_that_hangs_is_ended_and_the_image_is_not_scanned(fleet: Fleet) -> None:
    held = fleet.folder / "held"
    os.mkfifo(held)
    # It waits for a writer that never comes.
    fleet.scanner.write_text("#!/bin/sh\nexec cat %s\n" % held)
    with fleet.job("scan", scan_timeout=1) as job:
        ended = job.run()
        assert ended.code == 3 and "within 1 seconds" in ended.errors
        assert set(statuses(job.report).values()) == {"not_scanned"}
    # Nobody reads any more.
    with pytest.raises(OSError):
        os.open(held, os.O_WRONLY | os.O_NONBLOCK)
