# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every image that a fleet runs is verified once, in the repositories that hosts pulled it from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    NotSigned,
    PolicyError,
    RegistryError,
    RegistryRefusal,
    ToolMissing,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.asking import ask_by_names
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.protection import ledger_problem
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.running import (
    RunningImage,
    names_problem,
    running_images,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import PatternList
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.fleet_request import FleetOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.fleet_result import (
    Verified,
    fleet_rows,
    fleet_summary,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.methods import make_method
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import ABSENT, Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Method, Signature
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import SigningOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._store.ledger import must_load_ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.alone import ledger_of_engine


def run_fleet_verification(order: FleetOrder, tools: Tools, now: int) -> Dict[str, Any]:
    """What concerns one image is told with that; raises a FleetError for a ledger, an engine, a key or a program that is not there.

    `now` is epoch seconds.
    """
    ledger = ledger_of_engine(order.options, now) if order.ledger is None else must_load_ledger(order.ledger)
    running = running_images(ledger)
    images = [one for one in running if _is_meant(one, order.repositories)]
    verification = _Verification(order.orders, tools)
    left = ask_by_names(images, verification.ask)
    found = verification.verified + [verification.judge(image) for image, _why in left]
    problems = [ledger_problem(ledger, now), names_problem(ledger)]
    return {
        "changed": False,
        "images": fleet_rows(found),
        "summary": fleet_summary(found, len(running) - len(images)),
        "ledger": {
            "path": order.ledger,
            "complete": ledger.complete,
            "problems": [one for one in problems if one is not None],
        },
    }


def _is_meant(image: RunningImage, repositories: Optional[PatternList]) -> bool:
    """An image without a name may be any, so it always is."""
    names = {parse_reference(name).repository for name in (*image.pulled, *image.tags)}
    return repositories is None or not names or any(repositories.matches_repository(name) for name in names)


@dataclass(frozen=True)
class _Answer:
    """Of one repository. `absent`: it does not have the image, so it says nothing about it."""

    verified: Optional[bool]
    reason: str
    absent: bool = False
    signatures: Tuple[Signature, ...] = ()


class _Verification:
    def __init__(self, orders: Sequence[SigningOrder], tools: Tools) -> None:
        self.verified: List[Verified] = []
        self._orders = orders
        self._tools = tools
        self._answers: Dict[str, List[_Answer]] = {}
        self._silent: Dict[str, str] = {}

    def ask(self, host: str, path: str, images: Sequence[RunningImage]) -> Mapping[str, str]:
        """Verify these in one repository; why not, by digest."""
        problems: Dict[str, str] = {}
        # What is written for one repository (its login above all) is none of another's business.
        with Scratch() as scratch:
            repository = _Repository(Reference(host, path), self._orders, replace(self._tools, scratch=scratch))
            for image in images:
                answer = self._answer(repository, image, host)
                if answer.verified:
                    name = repository.name(image.digest)
                    self.verified.append(Verified(image, name, True, None, answer.signatures))
                else:
                    self._answers.setdefault(image.digest, []).append(answer)
                    problems[image.digest] = answer.reason
        return problems

    def judge(self, image: RunningImage) -> Verified:
        """An image for which no signature was found: unsigned only where every repository that has it could be asked."""
        answers = self._answers.get(image.digest, [])
        telling = [one for one in answers if not one.absent]
        unsigned = bool(telling) and all(one.verified is False for one in telling)
        reasons = dict.fromkeys(one.reason for one in answers)
        return Verified(image, image.name, False if unsigned else None, "; ".join(reasons) or image.why_nowhere)

    def _answer(self, repository: _Repository, image: RunningImage, host: str) -> _Answer:
        """Raises what concerns all images alike."""
        if host in self._silent:
            return _Answer(None, self._silent[host])
        try:
            return _Answer(True, "", signatures=repository.verify(image.digest))
        except NotSigned as error:
            return _Answer(False, str(error))
        except (ToolMissing, PolicyError):
            raise
        except FleetError as error:
            if _is_silence(error):
                self._silent[host] = str(error)
            return _Answer(None, str(error), isinstance(error, RegistryRefusal) and error.status == ABSENT)


class _Repository:
    """One repository, and the methods for it, made when the first image is asked for."""

    def __init__(self, repository: Reference, orders: Sequence[SigningOrder], tools: Tools) -> None:
        self._repository = repository
        self._orders = orders
        self._tools = tools
        self._methods: List[Method] = []

    def name(self, digest: str) -> str:
        return replace(self._repository, digest=digest).canonical

    def verify(self, digest: str) -> Tuple[Signature, ...]:
        """Those that hold for the first key that has any. Raises NotSigned when none has, and other FleetErrors."""
        if not self._methods:
            self._methods = [make_method(replace(one, image=self._repository), self._tools) for one in self._orders]
        subject = self._methods[0].resolve(replace(self._repository, digest=digest))
        reasons: List[str] = []
        for method in self._methods:
            try:
                return method.verify(subject)
            except NotSigned as error:
                reasons.append(str(error))
        raise NotSigned("; ".join(dict.fromkeys(reasons)))


def _is_silence(error: FleetError) -> bool:
    """Whether a server gave no answer at all, so that it need not be asked again in this run."""
    cause = error if isinstance(error, RegistryError) else error.__cause__
    return isinstance(cause, RegistryError) and not isinstance(cause, RegistryRefusal)
