# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that modules run on the target."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence, Tuple

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run


def program_runner(module: AnsibleModule) -> RunProgram:
    """Runs a program with text on its standard input; raises OSError when there is none of that name."""

    def run(argv: Sequence[str], text: str) -> Tuple[int, str, str]:
        program = module.get_bin_path(argv[0])
        if program is None:
            raise FileNotFoundError(2, "there is no program %s" % argv[0])
        code, output, errors = module.run_command([program, *argv[1:]], data=text)
        return code, output, errors

    return run


def tool_runner(module: AnsibleModule) -> Run:
    """Runs a program with additions to its environment; raises OSError when there is none of that name.

    What it prints is data: umlauts and broken bytes in a build's output are no reason to fail.
    """

    def run(argv: Sequence[str], environment: Mapping[str, str], text: Optional[str]) -> Tuple[int, str, str]:
        code, output, errors = module.run_command(
            list(argv),
            data=text,
            environ_update=dict(environment),
            expand_user_and_vars=False,
            handle_exceptions=False,
            errors="replace",
        )
        return code, output, errors

    return run
