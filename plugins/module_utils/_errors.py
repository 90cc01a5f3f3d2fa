# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error a user can meet: the message names the object, the value, the cause and the next step."""

from __future__ import annotations

from typing import Any, Dict, Optional


class FleetError(Exception):
    """Base of all errors of this collection; `str()` is the complete message for the user."""


class PolicyError(FleetError):
    """Bad input, found before anything is contacted or touched."""


class EngineError(FleetError):
    """The Docker Engine, or the library that talks to it, cannot do what was asked."""


class EngineUnreachable(EngineError):
    """The engine gave no answer."""


class EngineNotFound(EngineError):
    """The engine does not have the object (404)."""


class EngineConflict(EngineError):
    """The engine refuses because of its present state (409)."""


class RegistryError(FleetError):
    """A registry did not answer, or not as the specification says."""


class RegistryRefusal(RegistryError):
    """A registry answered that it will not; `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ContentError(FleetError):
    """A manifest or config is not what the image specification says."""


class StateError(FleetError):
    """A file on this host cannot be read or written."""


class ToolError(FleetError):
    """A command line of others failed, or printed what is not understood."""


class ToolMissing(ToolError):
    """A command line of others is not there, or too old."""


class NotSigned(FleetError):
    """An image has no signature that holds; the message says what was looked for, where, and what was found."""


class LockedError(FleetError):
    """Another run or a deployment holds the lock."""


class WithResult(FleetError):
    """An error that comes after work: `result` tells what was planned and done."""

    def __init__(self, message: str, result: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(message)
        self.result: Dict[str, Any] = result or {}


class RefusedError(WithResult):
    """A safety limit stopped the run before the first deletion."""


class PartialFailure(WithResult):
    """Some items failed; the others were carried out."""
