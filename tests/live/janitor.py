# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retention runs as tests make them: everything they write stays in one folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping

from timeless import timeless

from ansible_collections.imagefleet.docker.plugins.module_utils._retire.request import parse_retention_options
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.restore import (
    parse_restore_options,
    run_restore,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.run import run_retention

#: The repository that most tests use, and a rule that lets all go that nothing keeps.
WEB = "shop/web"
ALL = {"name": "all", "repositories": "**"}
DAY = 86400


def options(folder: Path, address: str, **more: Any) -> dict[str, Any]:
    """Options of a run that may delete everything at once, unless `more` says otherwise."""
    base: dict[str, Any] = {
        "registry": address,
        "insecure": True,
        "cache_dir": str(folder / "cache"),
        "state_dir": str(folder / "state"),
        "undo_dir": str(folder / "undo"),
        "delete": [ALL],
        "minimum_age": "0",
        "minimum_kept": 0,
    }
    return {**base, **more}


def tidy(folder: Path, address: str, apply: bool = True, **more: Any) -> dict[str, Any]:
    """One run; without `apply` as in check mode. The brake is the file `hold` in the folder."""
    request = parse_retention_options(options(folder, address, **more))
    return run_retention(request, apply, hold_file=str(folder / "hold"))


def restore(folder: Path, address: str, apply: bool = True, **more: Any) -> dict[str, Any]:
    """What registry_restore does with the undo of these runs, by default that of the newest."""
    return run_restore(parse_restore_options(options(folder, address, **more)), apply)


def by_name(result: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows of a plan by tag, and by digest where there is none; of one repository only."""
    assert len({row["repository"] for row in result["plan"]}) < 2, "several repositories"
    return {row["tag"] or row["digest"]: row for row in result["plan"]}


def outcomes(result: Mapping[str, Any]) -> dict[str, str]:
    """What became of every tag: its outcome, or "keep"."""
    return {
        row["tag"]: row["outcome"] or row["action"] for row in result["plan"] if row["tag"] and row["kind"] == "tag"
    }


def decisions(result: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All of a plan but what became of it, and but for the time that passed."""
    fields = ("repository", "tag", "digest", "kind", "action", "rule", "kept_by", "bytes")
    return [(*(row[field] for field in fields), timeless(row["reason"])) for row in result["plan"]]


def state_file(folder: Path) -> Path:
    """What the runs remember of the one registry that they were about."""
    return next(path for path in (folder / "state").iterdir() if path.suffix == ".json")


def time_passes(folder: Path, seconds: int) -> None:
    """All that the runs so far remember happened so much earlier."""
    path = state_file(folder)
    document = json.loads(path.read_text())
    document["last_run"] -= seconds
    document["boot_seconds"] -= seconds
    for repository in document["repositories"].values():
        repository["listed"] -= seconds
        for entry in (*repository["tags"].values(), *repository["pending"].values()):
            entry[1] -= seconds
        for digest in repository["leftovers"]:
            repository["leftovers"][digest] -= seconds
    path.write_text(json.dumps(document))
