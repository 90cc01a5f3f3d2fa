# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a build may be told: no secret, however it ends, and no arguments."""

from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import parse_order
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.execute import Building
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli

SECRETS = [{"id": "a", "value": "hunter2\nsecond-line"}, {"id": "b", "env": "BUILD_TOKEN"}]


def building(tmp_path, code, errors, metadata=b"{}"):
    """A build that ends so."""
    (tmp_path / "key").write_text("-----BEGIN-----\nfirst-of-file\nx\n")
    secrets = [*SECRETS, {"id": "c", "src": str(tmp_path / "key")}]
    order = parse_order({"context": "/srv", "name": "app", "secrets": secrets})

    def run(argv, environment, text):
        with open(argv[argv.index("--metadata-file") + 1], "wb") as stream:
            stream.write(metadata)
        return code, "", errors

    return order, Building(DockerCli(run), order, {}, lambda _line: None)


@pytest.mark.parametrize("code", [1, 124])
def test_no_secret_is_told_when_it_fails_or_takes_too_long(tmp_path, monkeypatch, code):
    monkeypatch.setenv("BUILD_TOKEN", "from-the-environment")
    printed = "hunter2 / second-line / from-the-environment / first-of-file\nERROR: x\n"
    order, made = building(tmp_path, code, printed)
    with pytest.raises(ToolError) as failure:
        made.build(order, (), None)
    told = str(failure.value)
    assert not [one for one in ("hunter2", "second-line", "from-the-env", "first-of-file") if one in told]
    # What a single letter of a secret is hidden in is everywhere.
    assert "ERROR: x" in told
    assert failure.value.__cause__ is None


def test_metadata_without_provenance(tmp_path):
    told = {"containerimage.digest": "sha256:1", "buildx.build.provenance/linux/amd64": {"args": "x"}}
    order, made = building(tmp_path, 0, "", json.dumps(told).encode())
    assert made.build(order, (), None) == "sha256:1"
    assert made.metadata == {"containerimage.digest": "sha256:1"}


@pytest.mark.parametrize("metadata", [b'{"containerimage.dig', b"[]", b"\xff"])
def test_metadata_that_are_not_understood(tmp_path, metadata):
    order, made = building(tmp_path, 0, "", metadata)
    with pytest.raises(ToolError, match="wrote metadata that are not understood"):
        made.build(order, (), None)
