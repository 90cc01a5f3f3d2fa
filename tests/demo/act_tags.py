# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release gets its floating tags, a backport takes none that is not its own, and production gets what staging had."""

from __future__ import annotations

import json
import re

from demo import HERE, PLAYBOOKS, Demo
from registry_content import multi_platform
from registry_pushing import head_manifest, list_tags, push, retag
from telling import insist, told

MAIL = "shop/mail"
CONVENTION = ["semver", {"type": "environment", "stages": ["staging", "production"]}]


def release_and_promote(demo: Demo) -> None:
    home = demo.registry_address
    images: dict[str, str] = {}
    for version in ("1.9.0", "2.0.1"):
        images[_push(home, version)] = version
        _tag(demo, list(images)[-1], version=version)
    told(
        "%s 1.9.0 and 2.0.1 were released: image_tag_convention gave them all their tags, by digest, pulling nothing.\n"
        % MAIL
    )
    told(_means(home, images))

    images[_push(home, "1.9.1")] = "1.9.1"
    told("\nA backport, 1.9.1, comes out. It takes 1.9 and 1, and neither 2 nor latest:\n")
    _tag(demo, list(images)[-1], version="1.9.1")
    told(_means(home, images))
    insist(_digest(home, "latest") == _digest(home, "2.0.1"), "the backport took latest")
    insist(_digest(home, "1") == _digest(home, "1.9.1"), "1 is not the backport")

    told("\nThen 2.0.1 goes to production, which gets only what staging has:\n")
    refused = demo.listen(HERE / "tag.yml", options=_options(demo, ":2.0.1", environment="production"), fails=True)
    insist("production comes after staging" in refused, "production took what staging never had")
    told("  refused: production comes after staging, which is not there")
    _tag(demo, ":2.0.1", environment="staging")
    _tag(demo, ":staging", environment="production")
    told(_means(home, images))
    insist(_digest(home, "production") == _digest(home, "2.0.1"), "production is not 2.0.1")

    retag(home, MAIL, "1.9.0", "final2")
    told("\nSomebody tags final2 by hand. playbooks/tags.yml finds it:\n")
    convention = {"image_fleet_registry_repositories": MAIL, "image_fleet_tags_schemes": CONVENTION}
    seen = demo.listen(PLAYBOOKS / "tags.yml", options=("-e", json.dumps(convention)))
    found = re.search(r"^Tags of .* 1 not by the convention\.\n(?:  .*\n)+", seen, re.MULTILINE)
    insist(found is not None and "final2" in found.group(), "the tag made by hand is not told in\n%s" % seen)
    told(found.group().rstrip() if found else "")


def _push(home: str, version: str) -> str:
    """By its digest alone, as a build leaves it."""
    return "@" + push(home, MAIL, multi_platform("mail " + version))


def _tag(demo: Demo, image: str, **what: str) -> None:
    demo.listen(HERE / "tag.yml", options=_options(demo, image, **what))


def _options(demo: Demo, image: str, **what: str) -> tuple[str, ...]:
    return ("-e", json.dumps({"demo_tag": {"image": "%s/%s%s" % (demo.registry, MAIL, image), **what}}))


def _digest(home: str, tag: str) -> str:
    return head_manifest(home, MAIL, tag)[1]


def _means(home: str, images: dict[str, str]) -> str:
    """Each image with all its tags."""
    tags = {tag: images["@" + _digest(home, tag)] for tag in list_tags(home, MAIL)}
    return "\n".join(
        "  image of %s: %s" % (version, ", ".join(sorted(tag for tag, of in tags.items() if of == version)))
        for version in images.values()
    )
