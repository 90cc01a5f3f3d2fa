# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real debsecan over a real Debian system: the same findings from both image stores, a registry, an archive and bills of syft."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import docker
import pytest
from archive import BUSYBOX, Image, Layer, archive
from debian_feed import Row, write_feed
from debsecan import bills, facts, install_debsecan, run
from lab import load
from lab.paths import cache
from pushing import REGISTRY
from workbench import Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import parse_engine_options
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import (
    ARCHIVE,
    ENGINE,
    SBOM,
    Target,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import (
    REGISTRY as STORED,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.debsecan import Debsecan
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.request import parse_scan_options
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.run import run_scan

LAB = load()
ENGINES = {engine["name"]: engine for engine in LAB["engines"]}
NAME = "t-scan-debsecan/debian:12"
PUSHED = "%s/t-scan-debsecan/debian:12" % REGISTRY
LARGE = re.compile(r"\./usr/(s?bin/(docker|containerd|ctr|runc|dnet|ovrouter)|lib/python3|share/zoneinfo)")
REGISTRIES = RegistriesByHost([{"registry": REGISTRY, "insecure": True}], None)


@dataclass(frozen=True)
class Debian:
    """A real Debian 12 in every engine, a registry and an archive; `installed` maps package to (version, source, its version)."""

    archive: Path
    bills: dict[str, Path]
    installed: dict[str, tuple[str, str, str]]


def cli(engine: dict[str, Any], *words: str, **options: Any) -> bytes:
    done = subprocess.run(
        [LAB["docker_cli"], "--host", engine["docker_host"], *words],
        env={"DOCKER_CONFIG": LAB["docker_config"], "DOCKER_BUILDKIT": "0"},
        capture_output=True,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def write_root(path: Path) -> None:
    """The root file system of the lab's hosts, without the large programs that no test here starts."""
    with tarfile.open(cache().rootfs("host-bookworm")) as whole, tarfile.open(path, "w") as made:
        for member in whole:
            if not LARGE.match(member.name):
                made.addfile(member, whole.extractfile(member) if member.isreg() else None)


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    folder = tmp_path_factory.mktemp("debian")
    first = ENGINES["engine-20"]
    path, root = folder / "debian.tar", folder / "root.tar"
    write_root(root)
    cli(first, "import", str(root), NAME)
    root.unlink()
    cli(first, "tag", NAME, PUSHED)
    cli(first, "push", PUSHED)
    cli(first, "save", "--output", str(path), NAME)
    for engine in ENGINES.values():
        if engine is not first:
            cli(engine, "load", "--input", str(path))
    form = "${db:Status-Status} ${Package} ${Version} ${source:Package} ${source:Version}\n"
    told = cli(first, "run", "--rm", "--network=none", NAME, "dpkg-query", "--show", "--showformat=" + form)
    rows = [line.split() for line in told.decode().splitlines()]
    installed = {row[1]: (row[2], row[3], row[4]) for row in rows if row[0] == "installed"}
    yield Debian(path, bills(path, folder), installed)
    for engine in ENGINES.values():
        api = docker.APIClient(base_url=engine["docker_host"], version="auto", timeout=300)
        for tag in {tag for image in api.images() for tag in image["RepoTags"] or () if "t-scan-debsecan/" in tag}:
            api.remove_image(tag)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return install_debsecan(tmp_path)


@pytest.fixture
def feed(debian: Debian, tmp_path: Path) -> str:
    source_version = debian.installed["libssl3"][2]
    rows = [
        Row("CVE-2024-1001", "openssl", "H", fixed="99", fixable=True, description="Überlauf in openssl"),
        Row("CVE-2024-1002", "bash", "L"),
        # Not affected: the branch of this release has the fix.
        Row("CVE-2024-1003", "openssl", "H", fixed="99", others=[source_version], fixable=True),
        Row("CVE-2024-1004", "openssh", "M", fixed="1:1", fixable=True),
        Row("CVE-2024-1005", "zlib1g", "M", fixed=debian.installed["zlib1g"][0] + "+later", fixable=True, binary=True),
        Row("CVE-2024-1006", "of-nobody", "H"),
    ]
    return write_feed(tmp_path / "feed", "bookworm", rows, {"openssl": ["libssl3", "openssl"], "bash": ["bash"]})


def scan(
    target: Target, program: Path, feed: str, folder: Path, suite: str | None = None, engine: str = "engine-20"
) -> Scanned:
    def api() -> EngineApi:
        return EngineApi(parse_engine_options({"docker_host": ENGINES[engine]["docker_host"], "timeout": 300}))

    work = folder / "work"
    work.mkdir(exist_ok=True)
    return Debsecan(run, str(program), feed, suite, 60).scan(target, api, REGISTRIES, str(work))


def expected(debian: Debian) -> set[tuple[object, ...]]:
    def row(name: str, package: str, fixed: str | None, severity: str, title: str = "described") -> tuple[object, ...]:
        return name, package, debian.installed[package][0], fixed, severity, title

    of_openssl = [package for package, told in debian.installed.items() if told[1] == "openssl"]
    assert {"libssl3", "openssl"} <= set(of_openssl)
    return {
        *(row("CVE-2024-1001", package, "99", "high", "Überlauf in openssl") for package in of_openssl),
        row("CVE-2024-1002", "bash", None, "low"),
        row("CVE-2024-1005", "zlib1g", debian.installed["zlib1g"][0] + "+later", "medium"),
    }


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_from_an_engine(engine: str, debian: Debian, program: Path, feed: str, tmp_path: Path) -> None:
    scanned = scan(Target(NAME, ENGINE), program, feed, tmp_path, engine=engine)
    assert facts(scanned) == expected(debian)
    assert scanned.packages == len(debian.installed) > 100
    assert str(scanned.system).startswith("Debian GNU/Linux 12") and not scanned.notes


def test_from_a_registry_an_archive_and_bills(debian: Debian, program: Path, feed: str, tmp_path: Path) -> None:
    targets = [Target(PUSHED, STORED), Target(str(debian.archive), ARCHIVE)]
    targets += [Target(str(path), SBOM) for path in debian.bills.values()]
    for target in targets:
        scanned = scan(target, program, feed, tmp_path)
        assert facts(scanned) == expected(debian), target
        assert scanned.packages == len(debian.installed), target
    assert {path.name for path in (tmp_path / "work").iterdir()} == {"status"}
    assert (tmp_path / "work" / "status").stat().st_mode & 0o777 == 0o600


# Layers on top of it -------------------------------------------------------------------------------------------------

WITHOUT_SERVER = "RUN dpkg --force-depends --purge openssl"
WITHOUT_STATUS = "RUN rm /var/lib/dpkg/status"
ANEW = "RUN cp -a /var/lib/dpkg /tmp/dpkg && rm -r /var/lib/dpkg && mkdir /var/lib/dpkg && cp -a /tmp/dpkg/status /var/lib/dpkg/"
WITHOUT_FOLDER = "RUN rm -r /var/lib/dpkg"


def build(debian: Debian, name: str, *lines: str) -> str:
    """On top of the real system, in the engine and the registry; the name there."""
    buffer = io.BytesIO()
    text = ("FROM %s\n%s\n" % (NAME, "\n".join(lines))).encode()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    pushed = "%s/t-scan-debsecan/%s:1" % (REGISTRY, name)
    cli(ENGINES["engine-20"], "build", "--network=none", "--tag", pushed, "-", input=buffer.getvalue())
    cli(ENGINES["engine-20"], "push", pushed)
    return pushed


@pytest.mark.parametrize(
    ("name", "lines", "gone"),
    [
        ("removed", [WITHOUT_SERVER], {"openssl"}),
        ("anew", [ANEW], set()),
        (
            "removed-and-back",
            [WITHOUT_FOLDER, "COPY --from=%s /var/lib/dpkg/status /var/lib/dpkg/status" % NAME],
            set(),
        ),
    ],
)
def test_the_last_layer_counts(
    name: str, lines: list[str], gone: set[str], debian: Debian, program: Path, feed: str, tmp_path: Path
) -> None:
    pushed = build(debian, name, *lines)
    for source in (ENGINE, STORED):
        scanned = scan(Target(pushed, source), program, feed, tmp_path)
        assert facts(scanned) == {one for one in expected(debian) if one[1] not in gone}
        assert scanned.packages == len(debian.installed) - len(gone)


@pytest.mark.parametrize(("name", "line"), [("no-status", WITHOUT_STATUS), ("no-folder", WITHOUT_FOLDER)])
def test_what_a_whiteout_hides_is_not_there(
    name: str, line: str, debian: Debian, program: Path, feed: str, tmp_path: Path
) -> None:
    pushed = build(debian, name, line)
    for source in (ENGINE, STORED):
        scanned = scan(Target(pushed, source), program, feed, tmp_path)
        assert scanned.packages == 0 and not scanned.findings
        assert "no packages of Debian" in scanned.notes[0]


def test_packages_of_images_without_dpkg_are_read_one_by_one(
    debian: Debian, program: Path, feed: str, tmp_path: Path
) -> None:
    split = (
        "RUN mkdir /var/lib/dpkg/status.d && cd /var/lib/dpkg/status.d && for p in libssl3 bash; do "
        "dpkg --status $p | grep -v ^Status: > $p; touch $p.md5sums; done; rm /var/lib/dpkg/status"
    )
    scanned = scan(Target(build(debian, "distroless", split), STORED), program, feed, tmp_path)
    assert scanned.packages == 2
    assert facts(scanned) == {one for one in expected(debian) if one[1] in ("libssl3", "bash")}


# What cannot be judged ------------------------------------------------------------------------------------------------


def test_an_image_without_packages_is_not_clean(bench: Workbench, program: Path, feed: str, tmp_path: Path) -> None:
    bench.load(Image(["tool:1"], [Layer("tool", 1000, BUSYBOX)]))
    scanned = scan(Target(bench.name("tool:1"), ENGINE), program, feed, tmp_path, engine=bench.engine["name"])
    assert scanned.packages == 0 and "no packages of Debian" in scanned.notes[0]


def test_another_system_is_not_judged_by_debians_data(debian: Debian, program: Path, feed: str, tmp_path: Path) -> None:
    pushed = build(debian, "derived", "RUN sed -i s/^ID=debian/ID=raspbian/ /usr/lib/os-release")
    for suite in (None, "bookworm"):
        scanned = scan(Target(pushed, STORED), program, feed, tmp_path, suite)
        assert scanned.packages == 0 and "it is no Debian but" in scanned.notes[0]


def test_data_that_is_missing_is_an_error(debian: Debian, program: Path, feed: str, tmp_path: Path) -> None:
    target = Target(str(debian.archive), ARCHIVE)
    with pytest.raises(ToolError, match="trixie.*put a copy there"):
        scan(target, program, feed, tmp_path, "trixie")
    with pytest.raises(ToolError, match="bookworm.*put a copy there"):
        scan(target, program, "file://%s/nothing" % tmp_path, tmp_path)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "bookworm").write_bytes(b"no data")
    with pytest.raises(ToolError, match="debsecan cannot scan"):
        scan(target, program, "file://%s" % broken, tmp_path)


def test_another_release_by_choice_is_said(debian: Debian, program: Path, feed: str, tmp_path: Path) -> None:
    (tmp_path / "feed" / "trixie").write_bytes((tmp_path / "feed" / "bookworm").read_bytes())
    scanned = scan(Target(str(debian.bills["spdx-json"]), SBOM), program, feed, tmp_path, "trixie")
    assert facts(scanned) == expected(debian)
    assert scanned.notes == ("The image says that it is bookworm, and was judged by the data of trixie",)


def test_an_archive_of_several_images_and_a_torn_one(debian: Debian, program: Path, feed: str, tmp_path: Path) -> None:
    two = tmp_path / "two.tar"
    two.write_bytes(archive([Image(["a:1"], [Layer("a", 100)]), Image(["b:1"], [Layer("b", 100)])]))
    with pytest.raises(ToolError, match="holds 2 images"):
        scan(Target(str(two), ARCHIVE), program, feed, tmp_path)
    torn = tmp_path / "torn.tar"
    with open(debian.archive, "rb") as stream:
        torn.write_bytes(stream.read(50_000_000))
    with pytest.raises(ToolError, match="torn.tar"):
        scan(Target(str(torn), ARCHIVE), program, feed, tmp_path)


def test_a_tag_that_is_gone(debian: Debian, program: Path, feed: str, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="has no 13 in t-scan-debsecan/debian"):
        scan(Target(PUSHED.replace(":12", ":13"), STORED), program, feed, tmp_path)


# All of scout_scan ----------------------------------------------------------------------------------------------------


def test_a_real_offline_scan_from_request_to_reports(debian: Debian, program: Path, feed: str, tmp_path: Path) -> None:
    options = {
        "images": [PUSHED],
        "source": "registry",
        "backend": "debsecan",
        "scanner": str(program),
        "scanner_checksum": "sha256:" + hashlib.sha256(program.read_bytes()).hexdigest(),
        "offline": True,
        "database_dir": feed[len("file://") :],
        "scan_timeout": 60,
        "registries": [{"registry": REGISTRY, "insecure": True}],
        "policy": {"max": {"high": 0}},
        "report_dir": str(tmp_path / "reports"),
        "state_dir": str(tmp_path / "state"),
    }
    request = parse_scan_options(options)
    first = run_scan(request, run, None, 1_795_000_000, True)
    (row,) = first["results"]
    assert (row["status"], row["packages"]) == ("failed", len(debian.installed))
    assert {(one["id"], one["package"]) for one in row["findings"]} == {(one[0], one[1]) for one in expected(debian)}
    assert row["scanner"].startswith("debsecan")
    assert first["changed"] and not run_scan(request, run, None, 1_795_000_060, True)["changed"]
    assert "CVE-2024-1001" in (tmp_path / "reports" / "index.md").read_text()
