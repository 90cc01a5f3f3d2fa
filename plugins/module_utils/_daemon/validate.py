# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's own program reads a daemon.json before the engine has to."""

from __future__ import annotations

import os
import tempfile
from typing import List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._config.dockerd_flags import validation
from ansible_collections.imagefleet.docker.plugins.module_utils._daemon.process import DaemonProcess
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run


def validate(process: Optional[DaemonProcess], run: Run, path: str, data: bytes) -> Optional[str]:
    """Have the engine's own program read the file as it would at its next start; why that could not be done, None when it
    found it good. Raises RefusedError when it did not.
    """
    program = process.program if process is not None else None
    if process is None or program is None:
        return "daemon.json was not validated: the engine's program cannot be run from here"
    handle, copy = tempfile.mkstemp(prefix="imagefleet-", suffix=".json")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        code, output, errors = run([*_with_path(process), program, *validation(process.argv, copy)[1:]])
    except OSError as error:
        return "daemon.json was not validated: %s" % (error.strerror or error)
    finally:
        os.unlink(copy)
    said = (errors or output).strip()
    if code == 0:
        return None
    if copy not in said:
        return "daemon.json was not validated: %s ended with %d: %s" % (program, code, said[-300:])
    raise RefusedError(
        "dockerd does not take what %s would hold: %s. Nothing was changed" % (path, said.replace(copy, path)[-600:])
    )


def _with_path(process: DaemonProcess) -> List[str]:
    """It looks for its helpers where the running one does."""
    path = process.search_path
    return ["env", "PATH=" + path] if path else []
