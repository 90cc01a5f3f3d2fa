# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate that whoever brings or updates an image asks: may this digest go on, by what its last scan said?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.platforms import parse_platforms
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration, parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import parse_time
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.contents import normalised

PASSED, FAILED, NOT_SCANNED = "passed", "failed", "not_scanned"
NEVER_SCANNED, TOO_OLD = "never_scanned", "too_old"
REFUSE, ALLOW = "refuse", "allow"
UNSCANNED = (REFUSE, ALLOW)
DEFAULT_MAX_AGE = "7d"
# How far clocks may differ (S11): a scan from further in the future has an age that nobody knows.
CLOCK_TOLERANCE = 300
REASONS_SHOWN = 2
SCAN_IT = "scan it with scout_scan and a policy, which remembers the verdict"


@dataclass(frozen=True)
class Answer:
    """`kind` is one of the words above, `reason` a sentence without its full stop, with the next step where it is refused."""

    allowed: bool
    kind: str
    reason: str


@dataclass(frozen=True)
class Gate:
    """`max_age` in seconds: how long a passed scan counts, since new vulnerabilities become known of old images.

    `unscanned`: ALLOW lets through what no scan tells about now (never scanned, could not be scanned, passed too long ago). What failed
    is never let through.

    `platforms`: of an index with several, those whose scan suffices; empty means all that are brought. `linux/arm` means its variants.
    """

    max_age: int
    unscanned: str = REFUSE
    platforms: Tuple[str, ...] = ()

    def ask(self, digest: str, verdict: Optional[Mapping[str, Any]], now: int) -> Answer:
        """`verdict` is what is remembered of the digest (`status`, `scanned` ISO 8601, `scanner`, `platform`, `reasons`), None when it
        is unknown; `now` in epoch seconds. For several platforms the digest is that of the index."""
        return self.lenient(_judged(digest, verdict, self.max_age, now))

    def wants(self, platform: str) -> bool:
        """Whether an image of this platform must have passed; one that nothing tells the platform of must."""
        spelt = normalised(platform)
        return not self.platforms or not platform or any((spelt + "/").startswith(one + "/") for one in self.platforms)

    def lenient(self, answer: Answer) -> Answer:
        """The answer as `unscanned` wants it."""
        if self.unscanned == ALLOW and answer.kind != FAILED:
            return Answer(True, answer.kind, answer.reason)
        return answer


def parse_gate(where: str, options: Mapping[str, Any]) -> Gate:
    """From `max_age`, `unscanned` and `platforms`. Raises PolicyError naming `where`, value and what is accepted."""
    max_age = options.get("max_age")
    unscanned = options.get("unscanned")
    if unscanned not in (None, *UNSCANNED):
        raise PolicyError("%s.unscanned: %r is none of %s" % (where, unscanned, ", ".join(UNSCANNED)))
    try:
        seconds = parse_duration(DEFAULT_MAX_AGE if max_age is None else max_age)
    except PolicyError as error:
        raise PolicyError("%s.max_age: %s" % (where, error)) from error
    if not seconds:
        raise PolicyError("%s.max_age: with 0 no scan is ever young enough; write for example 7d" % where)
    return Gate(seconds, unscanned or REFUSE, parse_platforms("%s.platforms" % where, options.get("platforms")))


def _judged(digest: str, verdict: Optional[Mapping[str, Any]], max_age: int, now: int) -> Answer:
    if verdict is None:
        return Answer(False, NEVER_SCANNED, "%s was never scanned; %s" % (digest, SCAN_IT))
    status, when = verdict.get("status"), verdict.get("scanned")
    by = " by %s" % verdict["scanner"] if verdict.get("scanner") else ""
    by += " for %s" % verdict["platform"] if verdict.get("platform") else ""
    if status == FAILED:
        words = (
            "it failed a scan%s at %s%s; rebuild it with what is fixed, or waive with owner and date, and scan again"
        )
        return Answer(False, FAILED, words % (by, when, _reasons(verdict)))
    if status != PASSED:
        words = "a scan%s at %s could not tell%s; %s"
        return Answer(False, NOT_SCANNED, words % (by, when, _reasons(verdict), SCAN_IT))
    age = _age(when, now)
    if age is None or age < -CLOCK_TOLERANCE:
        words = "it passed a scan%s at %s, which is no time before now; set clocks right and scan it again"
        return Answer(False, TOO_OLD, words % (by, when))
    if age > max_age:
        words = "it passed a scan%s %s ago, which counts for %s; scan it again"
        return Answer(False, TOO_OLD, words % (by, format_duration(age), format_duration(max_age)))
    return Answer(True, PASSED, "it passed a scan%s at %s" % (by, when))


def _reasons(verdict: Mapping[str, Any]) -> str:
    """The first reasons, and how many more there are."""
    reasons = [str(one) for one in verdict.get("reasons") or ()]
    more = ["and %d more" % (len(reasons) - REASONS_SHOWN)] if len(reasons) > REASONS_SHOWN else []
    return " (%s)" % "; ".join(reasons[:REASONS_SHOWN] + more) if reasons else ""


def _age(scanned: Any, now: int) -> Optional[int]:
    """Seconds, None when it is no time."""
    try:
        return now - parse_time(scanned)
    except (ValueError, OverflowError):
        return None
