# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observations, ledgers and runs of a made-up fleet, in few words."""

from __future__ import annotations

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.join import join
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.observation import read_observations
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.terms import parse_terms
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso

NOW = 1_700_000_000
MINUTE = 60
HOUR = 3600
DAY = 86400


def digest(name):
    """A digest that reads as the name it is made of."""
    return "sha256:" + "".join("%02x" % ord(letter) for letter in name).ljust(64, "0")[:64]


def image(name, used_by=(), last_used=None, **more):
    return {
        "id": digest(name),
        "references": ["registry.example.com/%s:1" % name],
        "repo_digests": ["registry.example.com/%s@%s" % (name, digest("index " + name))],
        "digests": [digest(name), digest("index " + name)],
        "used_by": list(used_by),
        "last_used": iso(last_used),
        **more,
    }


def usage(*images, engine="engine", at=NOW, **more):
    """An observation; a bare name is an image that a container runs."""
    return {
        "schema": 1,
        "engine_id": engine,
        "engine_name": "name of " + engine,
        "observed": iso(at),
        "clock_offset_seconds": 0.1,
        "images": [image(one, ["container c (running)"]) if isinstance(one, str) else one for one in images],
        "containers_without_image": [],
        "service_images": [],
        "released": [],
        **more,
    }


def run(earlier, told, expected, now=NOW, readings=(), **options):
    """One run; `told` as the module takes it."""
    terms = parse_terms({"expected_hosts": expected, **options})
    return join(earlier, terms, read_observations(told, now), readings, now)


def ledger_of(told, expected=None, now=NOW, **options):
    """The ledger after a first run."""
    return run(None, told, list(told) if expected is None else expected, now, **options).ledger


UNREACHABLE = {"unreachable": True, "msg": "ssh: connection refused"}
