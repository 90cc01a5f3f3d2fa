# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for the docker command line with the plug-in scout: the arguments of its reference, its login, its SARIF and SBOM."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from stand_in import NEW_FILE, TEXT, StandIn

SCHEMES = ("image://", "local://", "registry://", "archive://", "sbom://")
FLAGS = {
    "cves": {"--format": ("sarif",), "--output": NEW_FILE, "--platform": TEXT},
    "sbom": {"--format": ("json",), "--output": NEW_FILE, "--platform": TEXT},
}
BANNER = r"""
      ___                             ___           ___
     /  /\        ___        ___     /  /\         /  /\
"""


def docker(me: StandIn) -> None:
    """Hands over to the plug-in, as the command line does."""
    if me.words[:1] != ["scout"]:
        me.usage("command %s" % me.words[:1])
    for folder in (Path(os.environ.get("DOCKER_CONFIG", "/nonexistent")) / "cli-plugins", me.home):
        if (folder / "docker-scout").exists():
            os.execv(str(folder / "docker-scout"), ["docker-scout", *me.words])
    me.fail("docker: 'scout' is not a docker command.\nSee 'docker --help'")


def docker_scout(me: StandIn) -> None:
    words = me.words[1:] if me.words[:1] == ["scout"] else me.words
    if words == ["version"]:
        print("%s\nversion: v%s (go1.24.1 - linux/amd64)\ngit commit: 0000000" % (BANNER, me.version))
        return
    if not words or words[0] not in FLAGS:
        me.usage("command %s" % words[:1])
    options, rest = me.parse(words[1:], FLAGS[words[0]])
    if len(rest) != 1 or "--output" not in options:
        me.usage("subjects %s, options %s" % (rest, sorted(options)))
    scheme = next((scheme for scheme in SCHEMES if rest[0].startswith(scheme)), "")
    subject = rest[0][len(scheme) :]
    login(me)
    if not os.path.isdir(os.environ["DOCKER_SCOUT_CACHE_DIR"]):
        me.usage("DOCKER_SCOUT_CACHE_DIR")
    count = int(str(me.orders.get("packages", 0)))
    if me.orders.get("told"):
        print("    \u2713 Indexed %d packages" % count, file=sys.stderr)
    if words[0] == "cves":
        me.report(options["--output"], me.sample(subject))
    artifacts = [{"name": "p%d" % number} for number in range(count)]
    image = {"digest": subject.rpartition("@")[2], **(me.orders.get("image") or {})}
    me.report(options["--output"], json.dumps({"artifacts": artifacts, "source": {"type": "image", "image": image}}))


def login(me: StandIn) -> None:
    given = os.environ.get("DOCKER_SCOUT_HUB_USER") and os.environ.get("DOCKER_SCOUT_HUB_PASSWORD")
    if me.mode == "logged_out" and not given:
        me.fail((Path(str(me.orders["folder"])) / "logged-out.txt").read_text())
