# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say what is to be scanned."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.target_request import parse_target_options


def test_everything_that_can_be_asked_for():
    request = parse_target_options(
        {
            "images": ["nginx:1.25", "sha256:" + "a" * 64, "nginx:1.25"],
            "source": "engine",
            "platform": "arm64",
            "ledger": "/var/lib/imagefleet/ledger.json",
            "repositories": [{"registry": "registry.example.com", "names": ["shop/*"], "tags": None}],
        }
    )
    assert request.images == ("nginx:1.25", "sha256:" + "a" * 64)
    assert request.platform == "linux/arm64"
    assert request.kept[0].registry == "registry.example.com" and request.kept[0].tags is None
    assert request.kept[0].repositories.exact is None


def test_files_are_paths():
    assert parse_target_options({"images": ["/srv/app.tar"], "source": "archive"}).images == ("/srv/app.tar",)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "images: nothing is to be scanned"),
        ({"images": []}, "images: nothing is to be scanned"),
        ({"images": ["Nginx"]}, r"images\[0\]: 'Nginx' is not an image reference: repository names are lower case"),
        ({"images": [7]}, r"images\[0\]: 7 is not the name of an image"),
        ({"images": ["/srv/app.tar"]}, "say with source whether it is an archive or an sbom"),
        ({"images": ["app.tar"], "source": "archive"}, "it is the absolute path of a file"),
        (
            {"images": ["a"], "source": "elsewhere"},
            "source: 'elsewhere' is none of auto, engine, registry, archive, sbom",
        ),
        ({"images": ["a"], "platform": "amiga"}, "platform: 'amiga' is neither"),
        ({"ledger": "ledger.json"}, "ledger: 'ledger.json' is no absolute path"),
        ({"repositories": ["shop"]}, r"repositories\[0\]: 'shop' is no mapping"),
        ({"repositories": [{"names": ["shop"]}]}, r"repositories\[0\]\.registry: '(None)?' is not a registry"),
        ({"repositories": [{"registry": "r.example.com", "name": "x"}]}, r"repositories\[0\]\.name: no such field"),
        (
            {"repositories": [{"registry": "r.example.com", "names": ["a:1"]}]},
            r"repositories\[0\]: names: 'a:1' names a tag",
        ),
        ({"repositories": [{"registry": "r.example.com", "tags": ["regex:("]}]}, r"repositories\[0\]: tags"),
    ],
)
def test_what_is_refused(options, says):
    with pytest.raises(PolicyError, match=says):
        parse_target_options(options)
