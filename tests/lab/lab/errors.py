# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception of the lab: its text is the whole message for the person at the keyboard."""

from __future__ import annotations


class LabError(Exception):
    """Something the lab needs is missing or failed; str() says what, why and what to do next."""
