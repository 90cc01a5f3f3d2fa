# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of registry_info with a convention beside, as fleet_report takes them."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import (
    HOSTILE,
    SECRETS,
    digest,
)


def repository(name: str, **tags: str) -> Dict[str, Any]:
    """Tags with the text that their digest is made of; `v1_2` is the tag 1.2."""
    listed = [{"name": tag[1:].replace("_", "."), "digest": digest(text)} for tag, text in tags.items()]
    return {"name": name, "tags": listed}


def result(*repositories: Dict[str, Any], **more: Any) -> Dict[str, Any]:
    told = {"repositories": list(repositories), "problems": [], "schemes": ["semver"], "latest": "auto"}
    return {**told, "changed": False, "requests": 12, **more}


def good() -> Dict[str, Any]:
    return result(repository("shop/web", v1_2_3="a", v1_2="a", _latest="a"), repository("shop/api", v2_0_0="b"))


def strayed() -> Dict[str, Any]:
    """Somebody tagged by hand, and somebody moved latest back."""
    web = repository("shop/web", v1_2_3="a", v1_3_0="b", _latest="a", _final2="a")
    problem = {"repository": "shop/old", "reference": None, "problem": "there is no such repository"}
    return result(web, repository("shop/api", v2_0_0="b"), problems=[problem])


def hostile() -> Dict[str, Any]:
    """Names that attack terminals and pages, and secrets where none belong."""
    told = [*HOSTILE, *("token: %s" % secret for secret in SECRETS)]
    entries = [{"name": text, "tags": [{"name": text, "digest": text}]} for text in told]
    return result(*entries, problems=[{"repository": text, "reference": text, "problem": text} for text in told])
