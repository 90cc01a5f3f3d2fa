# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for trivy: the arguments of its command reference, its database, its JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

from stand_in import FILE, FLAG, FOLDER, NEW_FILE, SECONDS, TEXT, StandIn

COMMON = {
    "--format": ("json",),
    "--output": NEW_FILE,
    "--quiet": FLAG,
    "--cache-dir": FOLDER,
    "--timeout": SECONDS,
    "--list-all-pkgs": FLAG,
    "--skip-db-update": FLAG,
    "--skip-java-db-update": FLAG,
    "--offline-scan": FLAG,
    "--db-repository": TEXT,
}
FLAGS = {
    "image": {
        **COMMON,
        "--scanners": ("vuln",),
        "--platform": TEXT,
        "--image-src": ("docker", "remote"),
        "--input": FILE,
        "--download-db-only": FLAG,
    },
    "sbom": COMMON,
}


def trivy(me: StandIn) -> None:
    if me.words in (["--version"], ["version"]):
        print("Version: %s\nVulnerability DB:\n  Version: 2\n  UpdatedAt: 2026-11-01 00:00:00 +0000 UTC" % me.version)
        return
    if me.words[:1] == ["version"]:
        options, rest = me.parse(me.words[1:], {"--format": ("json",), "--cache-dir": FOLDER})
        if rest or set(options) != {"--format", "--cache-dir"}:
            me.usage("version %s" % me.words)
        told = {"Version": me.version}
        if (Path(options["--cache-dir"]) / "db" / "metadata.json").exists() and me.mode != "undated":
            told["VulnerabilityDB"] = {"Version": 2, "UpdatedAt": me.built, "NextUpdate": me.built}
        print(json.dumps(told))
        return
    if not me.words or me.words[0] not in FLAGS:
        me.usage("command %s" % me.words[:1])
    options, rest = me.parse(me.words[1:], FLAGS[me.words[0]])
    database(me, options)
    if "--download-db-only" in options:
        if rest or "--output" in options:
            me.usage("--download-db-only with an image")
        return
    subjects = [options["--input"]] if "--input" in options else rest
    if len(subjects) != 1 or ("--input" in options and rest):
        me.usage("subjects %s" % subjects)
    if me.words[0] == "sbom" and not os.path.isfile(subjects[0]):
        me.fail("FATAL Fatal error SBOM scan error: open %s: no such file or directory" % subjects[0])
    if "--list-all-pkgs" not in options or "--output" not in options:
        me.usage("a scan without --list-all-pkgs or --output")
    me.report(options["--output"], tells(me, me.sample(subjects[0]), subjects[0]))


def tells(me: StandIn, text: str, subject: str) -> str:
    """Which image it read, in the places where the real one writes that."""
    try:
        document = json.loads(text)
    except ValueError:
        return text
    metadata = document.get("Metadata", {})
    if me.orders.get("tells") == "subject":
        metadata.pop("ImageID", None)
        metadata["RepoDigests"] = [subject] if "@" in subject else []
        metadata.pop("ImageConfig", None)
    metadata.update(me.orders.get("image") or {})
    return json.dumps(document)


def database(me: StandIn, options: dict) -> None:
    """Like the real one it sends the credentials of the image's registry to that of the database, which refuses them."""
    metadata = Path(options["--cache-dir"]) / "db" / "metadata.json"
    if me.mode == "rate":
        me.fail("FATAL init error: DB error: failed to download vulnerability DB: TOOMANYREQUESTS: retry-after: 1ms")
    if metadata.exists():
        return
    if "--skip-db-update" in options:
        me.fail("FATAL init error: DB error: database error: --skip-db-update cannot be specified on the first run")
    if "TRIVY_USERNAME" in os.environ or "TRIVY_REGISTRY_TOKEN" in os.environ:
        me.fail("FATAL init error: DB error: failed to download vulnerability DB: UNAUTHORIZED")
    metadata.parent.mkdir(exist_ok=True)
    metadata.write_text('{"Version": 2}')
