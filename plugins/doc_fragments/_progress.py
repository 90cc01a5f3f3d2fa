# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option of modules that tell how far they are."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  progress_path:
    description:
      - A file on the target that gets a line whenever there is something to tell of how far the module is. In a playbook these lines are
        shown anyway, but for tasks with C(async) or C(no_log).
    type: path
"""
