# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packed command: the same bytes anywhere, whole, and runnable without Ansible."""

from __future__ import annotations

import glob
import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from ansible_collections.imagefleet.docker.plugins.plugin_utils._command import packer

HERE = os.path.dirname(os.path.abspath(packer.__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
NAMESPACE = "ansible_collections/imagefleet/docker/plugins"


def other_pythons():
    """Interpreters of other versions found on this machine, one for each version, this one among them."""
    found = {}
    folders = os.environ.get("PATH", "").split(os.pathsep) + glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin"))
    for name in [f"python3.{minor}" for minor in range(8, 16)]:
        for folder in folders:
            path = os.path.join(folder, name)
            if name not in found and os.access(path, os.X_OK):
                # Launchers of version managers depend on the environment, which the command is run without.
                works = subprocess.run([path, "-c", ""], env={}, capture_output=True, check=False)
                if works.returncode == 0:
                    found[name] = path
    found[f"python3.{sys.version_info.minor}"] = sys.executable
    return found


PACK_BY_PATH = """
import hashlib, importlib.util, sys
spec = importlib.util.spec_from_file_location("packer", sys.argv[1])
packer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(packer)
print(hashlib.sha256(packer.build()).hexdigest())
"""


def test_the_same_bytes_for_every_python_and_every_place(tmp_path):
    """A copy elsewhere, with other dates, modes and order of files, built by every interpreter of this machine."""
    copy = tmp_path / "copy"
    shutil.copytree(os.path.join(ROOT, "plugins"), copy / "plugins", copy_function=shutil.copyfile)
    for number, path in enumerate(sorted(copy.rglob("*"))):
        path.chmod(0o700)
        os.utime(path, (1000000000 + number, 1000000000 + number))
    expected = hashlib.sha256(packer.build()).hexdigest()
    pythons = other_pythons()
    digests = {
        (name, where): subprocess.run(
            [python, "-c", PACK_BY_PATH, str(where / "plugins" / "plugin_utils" / "_command" / "packer.py")],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for name, python in pythons.items()
        for where in (type(tmp_path)(ROOT), copy)
    }
    assert digests == dict.fromkeys(digests, expected)


@pytest.fixture(name="pyz", scope="module")
def fixture_pyz(tmp_path_factory):
    path = tmp_path_factory.mktemp("pyz") / "imagefleet.pyz"
    path.write_bytes(packer.build())
    return path


def test_holds_only_what_is_needed_with_a_package_file_at_every_level(pyz):
    with zipfile.ZipFile(pyz) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        for information in archive.infolist():
            assert information.compress_type == zipfile.ZIP_STORED
            assert information.date_time == (1980, 1, 1, 0, 0, 0)
    assert names == sorted(names)
    for name in names:
        folder = os.path.dirname(name)
        while folder:
            assert f"{folder}/__init__.py" in names
            folder = os.path.dirname(folder)
    assert f"{NAMESPACE}/module_utils/_cleanup/run.py" in names
    assert f"{NAMESPACE}/module_utils/_store/state.py" in names
    for unneeded in ("modules", "action", "module_utils/_module", "plugin_utils/_command/packer.py", "doc_fragments"):
        assert not [name for name in names if name.startswith(f"{NAMESPACE}/{unneeded}")]
    assert pyz.read_bytes().startswith(b"#!/usr/bin/python3\n")


def run(pyz, *arguments, python=sys.executable):
    """Isolated: no environment, no site packages, a folder without our sources."""
    return subprocess.run(
        [python, "-I", "-S", str(pyz), *arguments], capture_output=True, text=True, check=False, cwd="/", env={}
    )


def test_runs_without_ansible_and_without_any_library_on_every_python(pyz):
    for name, python in other_pythons().items():
        done = run(pyz, "--version", python=python)
        assert done.stdout.startswith("imagefleet "), (name, done.stderr)
        assert done.returncode == 0
        helped = run(pyz, "--help", python=python)
        assert "exit codes:" in helped.stdout
        assert "unused" in helped.stdout


def test_wrong_usage_is_exit_code_2(pyz):
    for arguments in ([], ["burn"], ["cleanup"], ["unused", "--force"]):
        assert run(pyz, *arguments).returncode == 2
    done = run(pyz, "cleanup", "--config", "/nonexistent/nightly.json")
    assert done.returncode == 2
    assert "there is no configuration /nonexistent/nightly.json" in done.stderr


def test_a_missing_library_is_told_with_its_package(pyz):
    done = run(pyz, "unused")
    assert done.returncode == 7
    assert "python3-docker" in done.stderr
    assert "Traceback" not in done.stderr


def write_collection(root, files):
    for path, text in files.items():
        target = root / "plugins" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


PREFIX = packer.PACKAGE + ".plugins"


def test_follows_every_form_of_import(tmp_path):
    write_collection(
        tmp_path,
        {
            "a/__init__.py": "",
            "a/entry.py": f"import {PREFIX}.a.one\nfrom {PREFIX}.b import two\n"
            f"def late():\n    from {PREFIX}.a.three import x\n",
            "a/one.py": "import os\n",
            "b/__init__.py": "# b\n",
            "b/two.py": f"try:\n    from {PREFIX}.b.four import y\nexcept ImportError:\n    y = None\n",
            "b/four.py": f"import {PREFIX}.a.entry\n",
            "a/three.py": "x = 1\n",
            "b/unneeded.py": "",
        },
    )
    with zipfile.ZipFile(io.BytesIO(packer.pack(str(tmp_path), f"{PREFIX}.a.entry"))) as archive:
        names = [name for name in archive.namelist() if name.startswith(NAMESPACE)]
        assert archive.read(f"{NAMESPACE}/b/__init__.py") == b"# b\n"
    assert [name[len(NAMESPACE) + 1 :] for name in names] == [
        "__init__.py",
        "a/__init__.py",
        "a/entry.py",
        "a/one.py",
        "a/three.py",
        "b/__init__.py",
        "b/four.py",
        "b/two.py",
    ]


@pytest.mark.parametrize(
    "text, words",
    [
        ("from ansible.module_utils.basic import AnsibleModule\n", "imports ansible.module_utils.basic"),
        ("import ansible\n", "imports ansible"),
        ("from . import other\n", "relative import"),
    ],
)
def test_refuses_what_would_not_run_on_a_host(tmp_path, text, words):
    write_collection(tmp_path, {"entry.py": text})
    with pytest.raises(packer.PackError, match=words):
        packer.pack(str(tmp_path), f"{PREFIX}.entry")


def test_a_missing_entry_is_an_error(tmp_path):
    with pytest.raises(packer.PackError, match="there is no module"):
        packer.pack(str(tmp_path), f"{PREFIX}.entry")
