# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One runnable file of the host command, made of this collection's own files: the same bytes wherever it is built."""

from __future__ import annotations

import ast
import io
import os
import zipfile
from typing import Dict, Iterator, List, Optional, Set

PACKAGE = "ansible_collections.imagefleet.docker"
ENTRY = f"{PACKAGE}.plugins.plugin_utils._command.main"
SHEBANG = b"#!/usr/bin/python3\n"
MAIN = f"import sys\n\nfrom {ENTRY} import main\n\nsys.exit(main())\n".encode("ascii")

# The earliest date that the zip format knows: dates of files differ between checkouts.
FIXED_DATE = (1980, 1, 1, 0, 0, 0)
UNIX = 3
REGULAR_FILE_0644 = 0o100644 << 16


class PackError(Exception):
    """The collection's files cannot be made into one; the message names the file."""


def build() -> bytes:
    """The bytes of imagefleet.pyz. Raises PackError."""
    return pack(os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "..")), ENTRY)


def pack(root: str, entry: str) -> bytes:
    """A runnable archive of `entry` and every module of the collection at `root` that it can reach by import."""
    files: Dict[str, bytes] = {"__main__.py": MAIN}
    for module, path in _reachable(root, entry).items():
        suffix = "/__init__.py" if os.path.basename(path) == "__init__.py" else ".py"
        files[module.replace(".", "/") + suffix] = _read(path)
    for folder in _folders(files):
        files.setdefault(f"{folder}/__init__.py", b"")
    stream = io.BytesIO()
    stream.write(SHEBANG)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            information = zipfile.ZipInfo(path, FIXED_DATE)
            information.create_system = UNIX
            information.external_attr = REGULAR_FILE_0644
            archive.writestr(information, files[path])
    return stream.getvalue()


def _reachable(root: str, entry: str) -> Dict[str, str]:
    """`entry` and what it imports with the packages above, as far as it belongs to this collection: module to file."""
    found: Dict[str, str] = {}
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        path = _source_path(root, module)
        if module in found or path is None:
            continue
        found[module] = path
        waiting.append(module.rpartition(".")[0])
        waiting += _imports(path)
    if entry not in found:
        raise PackError(f"there is no module {entry} in {root}")
    return found


def _imports(path: str) -> Iterator[str]:
    """Dotted names that a file may import, also inside functions; `from a import b` may mean a module a.b.

    Raises PackError for what would not work in the archive.
    """
    for node in ast.walk(ast.parse(_read(path), path)):
        names: List[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise PackError(f"{path} line {node.lineno}: a relative import; write the whole name")
            names = [str(node.module)] + [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.split(".")[0] == "ansible":
                raise PackError(f"{path} imports {name}: the host command runs where Ansible is not installed")
            yield name


def _source_path(root: str, module: str) -> Optional[str]:
    """The file of a module of this collection; None for others, names inside a module and bare folders."""
    if not module.startswith(f"{PACKAGE}."):
        return None
    base = os.path.join(root, *module[len(PACKAGE) + 1 :].split("."))
    return next((path for path in (f"{base}.py", os.path.join(base, "__init__.py")) if os.path.isfile(path)), None)


def _folders(files: Dict[str, bytes]) -> List[str]:
    folders: Set[str] = set()
    for path in files:
        parts = path.split("/")[:-1]
        folders.update("/".join(parts[:length]) for length in range(1, len(parts) + 1))
    return sorted(folders)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise PackError(f"cannot read {path}: {error.strerror or error}") from error
