# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages without touching the machine: a private apt configuration per suite, `download` and `dpkg -x`.

Sources are derived at run time from the machine's own apt sources, with the suite replaced, so this file names no
server. The machine's package lists, package cache, dpkg database and apt hooks are neither read nor written.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

from .commands import output, run
from .errors import LabError

_SOURCES = Path("/etc/apt")


@dataclass(frozen=True)
class Source:
    """One `deb` line: options without brackets, base address, suite, components."""

    options: str
    uri: str
    suite: str
    components: str

    def line(self) -> str:
        options = "[%s] " % self.options if self.options else ""
        return "deb %s%s %s %s" % (options, self.uri, self.suite, self.components)


def parse_deb822(text: str) -> list[Source]:
    """Sources of a *.sources file (deb822 stanzas)."""
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if not line.startswith("#")]
        fields = dict(re.findall(r"(?m)^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t]+.*)*)", "\n".join(lines)))
        if "deb" not in fields.get("Types", "").split() or fields.get("Enabled", "yes").lower() in ("no", "false"):
            continue
        signed = fields.get("Signed-By", "").strip()
        options = "signed-by=%s" % signed if signed.startswith("/") else ""
        for uri in fields.get("URIs", "").split():
            for suite in fields.get("Suites", "").split():
                found.append(Source(options, uri, suite, " ".join(fields.get("Components", "").split())))
    return found


def parse_lines(text: str) -> list[Source]:
    """Sources of a sources.list file (one line each)."""
    pattern = re.compile(r"^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#\n]*)", re.MULTILINE)
    return [Source((m[1] or "").strip(), m[2], m[3], m[4].strip()) for m in pattern.finditer(text)]


def machine_codename() -> str:
    """The machine's Debian release name from /etc/os-release."""
    text = Path("/etc/os-release").read_text()
    found = re.search(r"(?m)^VERSION_CODENAME=\"?([a-z]+)", text)
    if not re.search(r"(?m)^ID=\"?debian", text) or not found:
        raise LabError("the lab needs a Debian machine (12 is tested): /etc/os-release names another system")
    return found[1]


def machine_sources() -> list[Source]:
    """All sources of the machine."""
    found: list[Source] = []
    for path in sorted(_SOURCES.glob("sources.list.d/*.sources")):
        found += parse_deb822(path.read_text())
    for path in [_SOURCES / "sources.list"] + sorted(_SOURCES.glob("sources.list.d/*.list")):
        if path.exists():
            found += parse_lines(path.read_text())
    return found


def sources_for(suite: str, codename: str, machine: Iterable[Source]) -> list[Source]:
    """The machine's sources of its own release, turned to another suite.

    Sources of other vendors (whose suite is not the release's) are left out, and so are backports. LabError when
    the machine has no source of its own release.
    """
    result = []
    for source in machine:
        if source.suite not in (codename, codename + "-updates", codename + "-security"):
            continue
        turned = Source(source.options, source.uri, suite + source.suite[len(codename) :], "main")
        if turned not in result:
            result.append(turned)
    if not any(source.suite == suite for source in result):
        raise LabError("no apt source for %s found below %s; add the distribution's own sources" % (codename, _SOURCES))
    return result


def acquire_settings() -> list[str]:
    """The machine's settings for fetching (proxies, date checks, retries) as apt configuration lines."""
    wanted = re.compile(r"^Acquire::(https?::|Retries|Check-Valid-Until|Check-Date|ForceIPv4|ForceIPv6)")
    return [line for line in output(["apt-config", "dump"]).splitlines() if wanted.match(line)]


class Apt:
    """Private apt of one suite below a directory of the cache; `architecture` None: the machine's own."""

    def __init__(self, suite: str, root: Path, testing: bool = False, architecture: str | None = None) -> None:
        self.suite = suite
        self.root = root
        self._architecture = architecture
        self.sources = sources_for(suite, machine_codename(), machine_sources())
        if testing:  # security and updates of testing are empty, and not every mirror has them
            self.sources = [source for source in self.sources if source.suite == suite]

    @property
    def sources_list(self) -> Path:
        return self.root / "sources.list"

    @property
    def settings(self) -> Path:
        """Settings for fetching; also handed to mmdebstrap."""
        return self.root / "parts" / "fetch.conf"

    def _env(self) -> dict[str, str]:
        return {"APT_CONFIG": str(self.root / "apt.conf"), "LC_ALL": "C.UTF-8"}

    def update(self) -> None:
        """Write the private configuration and fetch the package lists."""
        for folder in ("state/lists/partial", "cache/archives/partial", "parts", "none", "deb"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "status").touch()
        self.sources_list.write_text("\n".join(source.line() for source in self.sources) + "\n")
        # The mirror's copy of testing may be some weeks old.
        self.settings.write_text("\n".join(acquire_settings() + ['Acquire::Check-Valid-Until "false";', ""]))
        (self.root / "apt.conf").write_text(
            "\n".join(
                [
                    'Dir::State "%s/state";' % self.root,
                    'Dir::State::status "%s/status";' % self.root,
                    'Dir::Cache "%s/cache";' % self.root,
                    'Dir::Log "%s/none";' % self.root,
                    'Dir::Etc::main "%s/none/absent";' % self.root,
                    'Dir::Etc::parts "%s/parts";' % self.root,
                    'Dir::Etc::sourcelist "%s";' % self.sources_list,
                    'Dir::Etc::sourceparts "%s/none";' % self.root,
                    'Dir::Etc::preferences "%s/none/absent";' % self.root,
                    'Dir::Etc::preferencesparts "%s/none";' % self.root,
                    'APT::Sandbox::User "root";',
                    'Acquire::Languages "none";',
                    *self._architectures(),
                    "",
                ]
            )
        )
        run(["apt-get", "-q", "update"], env=self._env())

    def _architectures(self) -> list[str]:
        if self._architecture is None:
            return []
        return ['APT::Architecture "%s";' % self._architecture, 'APT::Architectures { "%s"; };' % self._architecture]

    def download(self, packages: Iterable[str], into: Path) -> dict[str, str]:
        """Fetch packages and unpack them (never install) into a directory; returns {package: version}."""
        names = list(packages)
        folder = self.root / "deb"
        for old in folder.glob("*.deb"):
            old.unlink()
        run(["apt-get", "-q", "download"] + names, env=self._env(), cwd=folder)
        versions = {}
        into.mkdir(parents=True, exist_ok=True)
        for deb in sorted(folder.glob("*.deb")):
            name, version = output(["dpkg-deb", "-f", deb, "Package", "Version"]).splitlines()
            versions[name.split(": ")[1]] = version.split(": ")[1]
            run(["dpkg", "-x", deb, into])
            os.unlink(deb)
        missing = set(names) - set(versions)
        if missing:
            raise LabError("not found in %s: %s" % (self.suite, ", ".join(sorted(missing))))
        return versions
