# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings without repetition, in an order that does not depend on the scanner's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Iterable, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES, Finding, sort_key

# What one report of a vulnerability may tell and another, of the same package, may leave out. What explains the other goes together.
_FILLED = (("fixed",), ("score", "vector"), ("epss", "epss_percentile"), ("layer",), ("title",), ("url",))
_Equal = Tuple[str, str, Optional[str], Optional[str]]


def joined(findings: Iterable[Finding]) -> Tuple[Finding, ...]:
    """In the order of sort_key. Findings of one id in one package of one version are one finding with all locations and names.

    The worst severity holds, with the score and vector of the one that tells it; what that one leaves out comes from the others.
    """
    groups: Dict[_Equal, List[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.id, finding.package, finding.installed, finding.purl), []).append(finding)
    return tuple(sorted((_join(sorted(group, key=_worst_first)) for group in groups.values()), key=sort_key))


def _worst_first(finding: Finding) -> Tuple[int, float, float, str, str, str]:
    return (
        SEVERITIES.index(finding.severity),
        -(finding.score or 0.0),
        -(finding.epss or 0.0),
        finding.fixed or "",
        repr((finding.vector, finding.epss_percentile, finding.layer, finding.title, finding.url)),
        repr(sorted(finding.sources.items())),
    )


def _join(group: List[Finding]) -> Finding:
    """Worst first."""
    chosen = group[0]
    told: Dict[str, Any] = {}
    sources = dict(chosen.sources)
    for names in _FILLED:
        teller = next((one for one in group if any(getattr(one, name) is not None for name in names)), chosen)
        for name in names:
            told[name] = getattr(teller, name)
            if teller is not chosen and name in teller.sources:
                sources[name] = teller.sources[name]
    return replace(
        chosen,
        kev=_any(finding.kev for finding in group),
        locations=tuple(sorted({path for finding in group for path in finding.locations})),
        aliases=tuple(sorted({alias for finding in group for alias in finding.aliases})),
        sources=sources,
        **told,
    )


def _any(told: Iterable[Optional[bool]]) -> Optional[bool]:
    answers = {answer for answer in told if answer is not None}
    return True in answers if answers else None
