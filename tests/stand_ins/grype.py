# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for grype: the arguments of its help, its database, its JSON and CycloneDX."""

from __future__ import annotations

import json
import os
from pathlib import Path

from stand_in import FILE, NEW_FILE, TEXT, StandIn

SCHEMES = ("registry:", "docker:", "docker-archive:", "sbom:")
FLAGS = {"-o": ("json", "cyclonedx-json"), "--file": NEW_FILE, "--config": FILE, "--platform": TEXT}


def grype(me: StandIn) -> None:
    if me.words[:1] == ["version"]:
        options, rest = me.parse(me.words[1:], {"-o": ("json",)})
        if rest:
            me.usage("version %s" % rest)
        print(json.dumps({"application": "grype", "version": me.version, "supportedDbSchema": 6}, indent=1))
        return
    options, rest = me.parse(me.words, FLAGS)
    if len(rest) != 1 or not {"-o", "--file", "--config"} <= set(options):
        me.usage("subjects %s, options %s" % (rest, sorted(options)))
    scheme = next((scheme for scheme in SCHEMES if rest[0].startswith(scheme)), "")
    subject = rest[0][len(scheme) :]
    if scheme in ("docker-archive:", "sbom:") and not os.path.isfile(subject):
        me.fail("failed to catalog: unable to load image: no such file: %s" % subject)
    database(me)
    if options["-o"] == "json":
        me.report(options["--file"], tells(me, me.sample(subject), subject))
    purl = "pkg:npm/p%d@1" if me.orders.get("of_languages") else "pkg:deb/debian/p%d@1"
    count = int(str(me.orders.get("packages", 0)))
    packages = [{"type": "library", "name": "p%d" % number, "purl": purl % number} for number in range(count)]
    system = {"type": "operating-system", "name": "debian"}
    me.report(options["--file"], json.dumps({"bomFormat": "CycloneDX", "components": [*packages, system]}))


def tells(me: StandIn, text: str, subject: str) -> str:
    """Which image it read, and when its database was built, in the places where the real one writes that."""
    try:
        document = json.loads(text)
    except ValueError:
        return text
    database = document["descriptor"]["db"]
    (database.get("status") or database)["built"] = None if me.mode == "undated" else me.built
    target = document["source"]["target"]
    if me.orders.get("tells") == "subject":
        for name in ("imageID", "manifestDigest", "architecture", "os"):
            target.pop(name, None)
        target["repoDigests"] = [subject] if "@" in subject else []
    target.update(me.orders.get("image") or {})
    return json.dumps(document)


def database(me: StandIn) -> None:
    if os.environ.get("GRYPE_CHECK_FOR_APP_UPDATE") != "false":
        me.usage("GRYPE_CHECK_FOR_APP_UPDATE")
    age = os.environ.get("GRYPE_DB_MAX_ALLOWED_BUILT_AGE", "")
    if os.environ.get("GRYPE_DB_VALIDATE_AGE") != "true" or not (age.endswith("s") and age[:-1].isdigit()):
        me.usage("GRYPE_DB_VALIDATE_AGE, GRYPE_DB_MAX_ALLOWED_BUILT_AGE")
    place = Path(os.environ["GRYPE_DB_CACHE_DIR"]) / "6"
    if me.mode == "stale":
        me.fail(
            "1 error occurred:\n\t* failed to load vulnerability db: the vulnerability database was built 3 weeks ago (max allowed age is 5 days)"
        )
    if place.exists():
        return
    if os.environ.get("GRYPE_DB_AUTO_UPDATE") == "false":
        me.fail("1 error occurred:\n\t* failed to load vulnerability db: database does not exist")
    place.mkdir(parents=True)
