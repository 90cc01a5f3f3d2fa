# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage: the built tarball installed into an empty path, as a user has it, with the tests laid over it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
STAGE = BUILD / "stage"
_COLLECTION = Path("ansible_collections") / "imagefleet" / "docker"
_OVERLAY = ("tests", "extensions", "galaxy.yml", "pyproject.toml", ".ansible-lint", ".yamllint", ".gitignore")
_LAB_ROOT = Path(os.environ.get("IMAGEFLEET_LAB_ROOT") or "/var/tmp/imagefleet-lab")

# ansible-test fetches its pip installer from a server of its own; the interpreter's own pip does as well.
_BOOTSTRAP = "import ensurepip\nensurepip.bootstrap()\n"
_BOOTSTRAP_NAMES = ("get_pip_24_2.py", "get_pip_25_2.py", "get_pip_25_3.py")

Run = Callable[..., Any]


def build(run: Run) -> Path:
    """Build the tarball, install it, lay the tests over it; returns the installed collection."""
    dist = BUILD / "dist"
    for folder in (dist, STAGE):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    run("ansible-galaxy", "collection", "build", "--force", "--output-path", str(dist), str(ROOT), silent=True)
    (tarball,) = dist.glob("imagefleet-docker-*.tar.gz")
    run("ansible-galaxy", "collection", "install", "--offline", "-p", str(STAGE), str(tarball), silent=True)
    collection = STAGE / _COLLECTION
    for name in _OVERLAY:
        _lay(ROOT / name, collection / name)
    return collection


def own_copy(run: Run, name: str) -> Path:
    """A copy of the staged collection for a layer that writes into it (ansible-test does)."""
    target = BUILD / "copies" / name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(STAGE / _COLLECTION, target / _COLLECTION, symlinks=True)
    # ansible-test asks git for the files, and this checkout's git ignores build/.
    run("git", "init", "-q", str(target / _COLLECTION), external=True, silent=True)
    return target / _COLLECTION


def offline_pip_bootstrap(home: Path) -> None:
    """Let ansible-test make its environments without fetching an installer."""
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for name in _BOOTSTRAP_NAMES:
        (cache / name).write_text(_BOOTSTRAP)


def build_docs(run: Run, site: Path, collection: Path) -> None:
    """The docs site of this collection as HTML; warnings are errors."""
    shutil.rmtree(site, ignore_errors=True)
    rst = site / "rst"
    rst.mkdir(parents=True)
    rst.chmod(0o755)
    site.chmod(0o755)
    run(
        "antsibull-docs",
        "collection",
        "--use-current",
        "--squash-hierarchy",
        "--dest-dir",
        str(rst),
        "imagefleet.docker",
    )
    (rst / "conf.py").write_text(
        "project = 'imagefleet.docker'\n"
        "extensions = ['sphinx_antsibull_ext']\n"
        "html_theme = 'sphinx_ansible_theme'\n"
        "html_theme_options = {'topbar_links': {}}\n"
        "html_use_smartypants = False\n"
        "nitpicky = False\n"
    )
    run("sphinx-build", "-q", "-b", "html", str(rst), str(site / "html"))


def integration_config(collection: Path) -> None:
    """Hand the lab's facts, and where stand-ins for programs are, to the integration targets."""
    facts = (_LAB_ROOT / "test" / "integration_config.yml").read_text()
    stand_ins = collection / "tests" / "stand_ins" / "stand_ins.py"
    target = collection / "tests" / "integration" / "integration_config.yml"
    target.write_text("%s\nstand_ins: %s\n" % (facts.rstrip("\n"), stand_ins))


def lab_inventory(names: tuple[str, ...] = ("test",)) -> str:
    """The generated inventory of the hosts of the first of these labs that is up."""
    files = [_LAB_ROOT / name / "lab.json" for name in names]
    found = next((path for path in files if path.exists()), files[-1])
    return str(json.loads(found.read_text())["inventory"])


def _lay(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "output"))
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
