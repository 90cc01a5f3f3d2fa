# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet page in a real browser: what it shows, what it must never do, and that people can read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
from browser import Browser, BrowserMissing

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html import fleet_page
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import (
    distribution_samples,
    retention_samples,
    samples,
    scan_samples,
    signature_samples,
    tag_samples,
)

GENERATED = "2026-11-23T09:31:00Z"
EXPECTED = ["web-1", "web-2", "web-3", "db-1"]
UNREACHABLE = {"unreachable": True, "msg": "Failed to connect to the host via ssh: Connection timed out"}

REGISTRIES = {
    "hostile": {"<b>": retention_samples.hostile()},
    "plan": {"registry.example.com": retention_samples.ordinary()},
    "registry": {"registry.example.com": retention_samples.ordinary()},
}
DISTRIBUTIONS = {
    "hostile": {"<b>": distribution_samples.hostile()},
    "plan": {"shop": {"drift": distribution_samples.equal()}},
    "regions": {"shop": {"drift": distribution_samples.lagging(), "sync": distribution_samples.partly()}, "none": {}},
}
TAGS = {
    "hostile": {"<b>": tag_samples.hostile()},
    "tags": {"registry.example.com": tag_samples.strayed(), "mirror.example.com": tag_samples.good(), "none": {}},
}
SCANS = {
    "hostile": {"<b>": scan_samples.hostile()},
    "damaged": {"damaged": scan_samples.damaged()},
    "scans": {"shop": scan_samples.troubled(), "registry.example.com": scan_samples.clean(), "none": {}},
    "fleet": {"shop": scan_samples.troubled()},
    "clean": {"shop": scan_samples.clean()},
}
SIGNATURES = {
    "hostile": {"<b>": signature_samples.hostile()},
    "signatures": {"shop": signature_samples.mixed(), "mail": signature_samples.good(), "none": {}},
    "fleet": {"shop": signature_samples.mixed()},
    "clean": {"shop": signature_samples.good()},
}
PAGES: Dict[str, Any] = {
    "plan": (samples.ordinary(), EXPECTED),
    "applied": (samples.ordinary(applied=True), EXPECTED),
    "incomplete": ({**samples.ordinary(), "web-2": UNREACHABLE}, [*EXPECTED, "web-9"]),
    "hostile": (samples.hostile(), None),
    "damaged": (samples.damaged(), None),
    "empty": ({}, []),
    "registry": ({}, None),
    "regions": ({}, None),
    "tags": ({}, None),
    "scans": ({}, None),
    "signatures": ({}, None),
    "fleet": (samples.ordinary(), EXPECTED),
    "clean": (samples.ordinary(), EXPECTED),
}
VIEWS = [(1400, 900, False), (1400, 900, True), (400, 740, False), (360, 740, False), (360, 740, True)]

# Every element whose box leaves the viewport to the right, unless it is hidden for the eye on purpose.
OVERFLOWING = """
[...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width && box.left >= 0 && box.right > window.innerWidth + 0.5;
}).map(e => e.tagName + '.' + e.className + ': ' + (e.textContent || '').slice(0, 40))
"""

# Contrast ratio (WCAG 2) of every visible text against the nearest painted ground; returns those below 4.5.
LOW_CONTRAST = """
(() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = numbers(colour).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !element.getClientRects().length) continue;
    const a = light(getComputedStyle(element).color), b = light(ground(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(walk.currentNode.data.slice(0, 30) + ': ' + ratio.toFixed(2));
  }
  return poor;
})()
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with Browser() as running:
            yield running
    except BrowserMissing as error:
        pytest.fail(str(error))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    files = {}
    for name, (results, expected) in PAGES.items():
        files[name] = folder / (name + ".html")
        files[name].write_text(
            fleet_page(
                results,
                expected,
                GENERATED,
                registries=REGISTRIES.get(name),
                distributions=DISTRIBUTIONS.get(name),
                tags=TAGS.get(name),
                scans=SCANS.get(name),
                signatures=SIGNATURES.get(name),
            ),
            encoding="utf-8",
        )
    return files


@pytest.mark.parametrize("width,height,dark", VIEWS)
@pytest.mark.parametrize("name", list(PAGES))
def test_quiet_self_contained_and_inside_the_viewport(
    browser: Browser, pages: Dict[str, Path], name: str, width: int, height: int, dark: bool
) -> None:
    seen = browser.open(pages[name], width, height, dark)
    assert seen.console == []
    assert seen.dialogs == []
    assert seen.requests == [pages[name].resolve().as_uri()]
    assert browser.evaluate("document.title").startswith("Docker images of the fleet: ")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(OVERFLOWING) == []
    assert browser.evaluate(LOW_CONTRAST) == []


def test_the_overflow_check_sees_overflow(browser: Browser, pages: Dict[str, Path]) -> None:
    browser.open(pages["plan"], 360, 740)
    browser.evaluate("document.querySelector('h1').style.setProperty('width', '900px')")
    assert browser.evaluate(OVERFLOWING) != []


@pytest.mark.parametrize("name", list(PAGES))
def test_nothing_but_text_and_drawings(browser: Browser, pages: Dict[str, Path], name: str) -> None:
    browser.open(pages[name], 1400)
    for selector in (
        "script",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "link",
        "base",
        "video",
        "audio",
        "[style]",
    ):
        assert browser.evaluate("document.querySelectorAll(%r).length" % selector) == 0, selector
    handlers = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on'))"
    assert browser.evaluate(handlers) == []
    assert (
        browser.evaluate(
            "[...document.querySelectorAll('[href]')].filter(e => !e.getAttribute('href').startsWith('#')).length"
        )
        == 0
    )


def test_hostile_text_is_shown_as_text(browser: Browser, pages: Dict[str, Path]) -> None:
    browser.open(pages["hostile"], 1400)
    shown = browser.evaluate("document.body.textContent")
    assert "<script>document.title='owned'</script>" in shown
    assert "</style><script>alert(2)</script>" in shown
    assert "\\x1b[2J" in shown
    assert "\\u202egnp.exe" in shown
    for letter in "\x1b\u202e\u200b\u2028":
        assert letter not in shown


def test_planted_secrets_are_never_shown(browser: Browser, pages: Dict[str, Path]) -> None:
    browser.open(pages["hostile"], 1400)
    shown = browser.evaluate("document.documentElement.outerHTML")
    source = pages["hostile"].read_text(encoding="utf-8")
    for secret in samples.SECRETS:
        assert secret not in shown
        assert secret not in source
    assert "********" in shown


@pytest.mark.parametrize(
    "attempt,directive",
    [
        ("const e = new Image(); e.src = 'https://elsewhere.invalid/x'; document.body.append(e)", "img-src"),
        (
            "const e = document.createElement('script'); e.textContent = 'window.ran = 1'; document.body.append(e)",
            "script-src-elem",
        ),
        (
            "const e = document.createElement('style'); e.textContent = 'body { color: red }'; document.body.append(e)",
            "style-src-elem",
        ),
        ("fetch('https://elsewhere.invalid/x').catch(() => 0)", "connect-src"),
    ],
)
def test_the_content_policy_forbids(browser: Browser, pages: Dict[str, Path], attempt: str, directive: str) -> None:
    browser.open(pages["plan"], 1400)
    blocked = (
        "new Promise(done => {"
        " document.addEventListener('securitypolicyviolation', e => done(e.effectiveDirective)); %s; })" % attempt
    )
    assert browser.evaluate(blocked) == directive
    assert browser.evaluate("window.ran === undefined") is True


@pytest.mark.parametrize("width,height", [(1400, 900), (360, 740)])
def test_the_first_screen_answers_the_first_questions(
    browser: Browser, pages: Dict[str, Path], width: int, height: int
) -> None:
    browser.open(pages["plan"], width, height)
    visible = """[...document.querySelectorAll('h1, .tile, .top tbody th')]
        .filter(e => e.getBoundingClientRect().bottom <= window.innerHeight).map(e => e.textContent).join('|')"""
    shown = browser.evaluate(visible)
    for words in (
        "can go, nothing has been deleted",
        "4 of 4",
        "1 held",
        "2026-11-23 09:30 UTC",
        "one policy everywhere, 9d old",
        "shop/api:2026.41",
    ):
        assert words in shown


def test_incomplete_coverage_comes_first(browser: Browser, pages: Dict[str, Path]) -> None:
    browser.open(pages["incomplete"], 360, 740)
    first = browser.evaluate("document.querySelector('.alert').textContent")
    assert "incomplete" in first
    assert "web-2" in first
    assert "Connection timed out" in first
    assert "web-9" in first
    assert "3 of 5" in browser.evaluate("document.querySelector('.tile.bad').textContent")


def test_applied_page_puts_freed_next_to_planned(browser: Browser, pages: Dict[str, Path]) -> None:
    browser.open(pages["applied"], 1400)
    heading = browser.evaluate("document.querySelector('h1').textContent")
    assert heading == "2.38 GB freed of 3.17 GB to 3.56 GB planned"
    assert (
        browser.evaluate(
            "[...document.querySelectorAll('#host-0 .chip.good')].filter(e => e.textContent === 'done').length"
        )
        == 4
    )


@pytest.mark.parametrize("name", list(PAGES))
def test_structure_for_screen_readers(browser: Browser, pages: Dict[str, Path], name: str) -> None:
    browser.open(pages[name], 1400)
    assert browser.evaluate("document.documentElement.lang") == "en"
    levels: List[int] = browser.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(e => Number(e.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:]))
    assert browser.evaluate("document.querySelectorAll('th:not([scope])').length") == 0
    assert (
        browser.evaluate(
            "[...document.querySelectorAll('table')].filter(e => !e.caption || !e.caption.textContent).length"
        )
        == 0
    )
    assert browser.evaluate("document.querySelectorAll('main').length") == 1
    ids: List[str] = browser.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    links = "[...document.querySelectorAll('a[href^=\"#\"]')]"
    dead = links + ".filter(e => !document.getElementById(e.getAttribute('href').slice(1))).length"
    assert browser.evaluate(dead) == 0


def test_a_region_that_lags_is_the_first_of_its_table(browser: Browser, pages: Dict[str, Path]) -> None:
    browser.open(pages["regions"], 1400)
    rows = "[...document.querySelectorAll('.regions tbody tr')].map(e => e.querySelector('th').textContent + ' ' + "
    assert browser.evaluate(rows + "e.querySelector('.chip').textContent)") == ["us behind", "ap unknown", "eu equal"]
    assert browser.evaluate("document.querySelector('.regions .chip.bad').textContent") == "behind"
    shown = browser.evaluate("document.querySelector('#distribution-0').textContent")
    assert "since 2026-11-22 08:00 UTC: shop/web:1.9.0" in shown and "no answer from ap.registry.example.com" in shown


def test_tags_by_hand_are_named(browser: Browser, pages: Dict[str, Path]) -> None:
    browser.open(pages["tags"], 1400)
    rows = "[...document.querySelectorAll('#tags-0 tbody tr')].map(e => e.textContent)"
    first, second = browser.evaluate(rows)
    assert "final2" in first and "it fits no scheme" in first
    assert "latest" in second and "it is not at 1.3.0" in second
    assert "all by the convention" in browser.evaluate("document.querySelector('#tags-1').textContent")
    assert browser.evaluate("document.querySelector('#tags-2 .alert.bad').textContent") == "It was not asked."


@pytest.mark.parametrize("width,height", [(1400, 900), (400, 900)])
def test_the_first_screen_tells_of_scans_and_signatures(
    browser: Browser, pages: Dict[str, Path], width: int, height: int
) -> None:
    visible = """[...document.querySelectorAll('.alert, .tile')]
        .filter(e => e.getBoundingClientRect().bottom <= window.innerHeight).map(e => e.innerText).join('|')"""
    browser.open(pages["scans"], width, height)
    shown = browser.evaluate(visible)
    for words in ("Not scanned, so nothing is known of", "shop/job:7", "none: ", "2 failed", "4 passed, 1 not scanned"):
        assert words in shown, words
    browser.open(pages["signatures"], width, height)
    shown = browser.evaluate(visible)
    assert "Unsigned images are in use" in shown and "shop/tool:1 on web-1, db-1" in shown and "1 not signed" in shown


def test_all_is_well_is_seen_beside_the_hosts(browser: Browser, pages: Dict[str, Path]) -> None:
    browser.open(pages["clean"], 1400, 900)
    tiles = "[...document.querySelectorAll('.tile.good')].map(e => e.querySelector('dt').textContent)"
    assert browser.evaluate(tiles)[-2:] == ["Vulnerability scan", "Signatures"]
    assert browser.evaluate("[...document.querySelectorAll('.alert.bad')].length") == 0


def test_what_counts_is_open_and_what_does_not_is_folded(browser: Browser, pages: Dict[str, Path]) -> None:
    browser.open(pages["scans"], 1400)
    browser.evaluate("document.querySelector('#scan-0 a.name').click()")
    assert browser.evaluate("location.hash") == "#scan-0-image-0"
    counting = "document.querySelector('#scan-0-image-0 > table.findings')"
    assert browser.evaluate(counting + ".checkVisibility()") is True
    assert browser.evaluate("[...%s.tBodies[0].rows].map(e => e.cells[0].innerText.split(' ')[0])" % counting) == [
        "CVE-2026-1000",
        "CVE-2026-1001",
    ]
    folded = "[...document.querySelectorAll('#scan-0-image-0 details')]"
    assert browser.evaluate(folded + ".map(e => e.open)") == [False] * 3
    assert browser.evaluate(folded + ".map(e => e.querySelector('table').checkVisibility())") == [False] * 3
    assert browser.evaluate(folded + ".map(e => e.querySelector('summary').textContent)") == [
        "Waived (1)",
        "Excused by VEX (1)",
        "Found, and does not count (1)",
    ]
    browser.open(pages["scans"], 1000, media="print")
    assert browser.evaluate(folded + ".map(e => e.querySelector('table').checkVisibility())") == [True] * 3


def test_unknown_is_never_shown_as_verified(browser: Browser, pages: Dict[str, Path]) -> None:
    browser.open(pages["signatures"], 1400)
    rows = "[...document.querySelectorAll('#signatures-0 tbody tr')].map(e => e.cells[1].textContent + ' ' + e.cells[0].textContent)"
    assert browser.evaluate(rows) == [
        "not signed registry.example.com/shop/tool:1",
        "not known registry.example.com/shop/job:7",
        "verified registry.example.com/shop/web:2.1.0",
    ]
    assert browser.evaluate("document.querySelector('#signatures-2 .alert.bad').textContent") == "It gave no result."


def test_paper_shows_what_the_screen_folds(browser: Browser, pages: Dict[str, Path]) -> None:
    # The geometry of folded content can be asked for, so only its visibility tells.
    visible = "document.querySelector('details table').checkVisibility()"
    browser.open(pages["plan"], 1000)
    assert browser.evaluate(visible) is False
    browser.open(pages["plan"], 1000, media="print")
    assert browser.evaluate(visible) is True
