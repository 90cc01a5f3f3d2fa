# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page's one style sheet: light and dark, screen and paper, 360 px and up."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #f3f5f8; --card: #ffffff; --ink: #14202c; --soft: #51606f; --line: #d9e0e7; --faint: #eef2f6;
  --accent: #0a5fb8; --track: #e3eaf1; --good: #08703f; --warn: #8a4b00; --bad: #b1241b;
  --good-ground: #e4f5ec; --warn-ground: #fdf0da; --bad-ground: #fdeae8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1319; --card: #161e27; --ink: #e9eff5; --soft: #a5b4c3; --line: #2a3643; --faint: #1c2631;
    --accent: #71b7ff; --track: #263341; --good: #62d99e; --warn: #f4bd57; --bad: #ff938a;
    --good-ground: #12301f; --warn-ground: #35270d; --bad-ground: #3a1a18;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; overflow-wrap: anywhere; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
header, main, footer { max-width: 1320px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 26px; }
.brand { margin: 0; color: var(--soft); font-size: 13px; letter-spacing: .04em; }
h1 {
  margin: 2px 0 0; font-size: 29px; line-height: 1.2; font-weight: 700; letter-spacing: -.015em;
  text-wrap: balance;
}
h2 { margin: 34px 0 10px; font-size: 19px; line-height: 1.3; letter-spacing: -.01em; }
h3, h4 { margin: 18px 0 4px; font-size: 14.5px; }
p { margin: 6px 0; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 12px; top: 12px; background: var(--card); padding: 8px 12px; z-index: 1; }
.soft { color: var(--soft); }
.name, code {
  font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace;
  font-size: .92em;
}
.tiles { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 12px; margin: 18px 0 0; }
.tile {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px;
  min-width: 0; border-top: 4px solid var(--line);
}
.tile.good { border-top-color: var(--good); }
.tile.warn { border-top-color: var(--warn); }
.tile.bad { border-top-color: var(--bad); }
.tile dt { color: var(--soft); font-size: 13px; font-weight: 600; }
.tile dd { margin: 0; }
.tile .figure {
  font-size: 27px; line-height: 1.2; font-weight: 700; letter-spacing: -.02em; margin: 2px 0 4px;
  font-variant-numeric: tabular-nums;
}
.tile .figure.long { font-size: 20px; }
.tile .more { font-size: 13.5px; color: var(--soft); }
.alert { border-radius: 10px; padding: 10px 14px; margin: 12px 0 0; border: 1px solid transparent; }
.alert.warn { background: var(--warn-ground); border-color: var(--warn); }
.alert.bad { background: var(--bad-ground); border-color: var(--bad); }
.alert ul { margin: 4px 0 0; padding-left: 20px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 4px 16px 10px; }
.host { margin-top: 16px; padding-top: 14px; }
.host .title { margin: 0; font-size: 18px; }
.host > table > caption { color: var(--ink); font-weight: 600; font-size: 14.5px; padding: 14px 0 4px; }
.chip {
  display: inline-block; max-width: 100%; border-radius: 999px; padding: 1px 10px; font-size: 12.5px;
  font-weight: 600; white-space: nowrap; background: var(--faint); color: var(--ink);
  border: 1px solid var(--line);
}
.chip.good { background: var(--good-ground); color: var(--good); border-color: currentColor; }
.chip.warn { background: var(--warn-ground); color: var(--warn); border-color: currentColor; }
.chip.bad { background: var(--bad-ground); color: var(--bad); border-color: currentColor; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
caption { text-align: left; color: var(--soft); font-size: 13px; padding: 6px 0; }
th, td { text-align: left; vertical-align: top; padding: 8px 14px 8px 0; border-top: 1px solid var(--line); }
thead th {
  border-top: 0; color: var(--soft); font-size: 12.5px; font-weight: 600; white-space: nowrap;
  overflow-wrap: normal;
}
tbody th { font-weight: 600; }
th:last-child, td:last-child { padding-right: 0; }
.cell { display: block; min-width: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar {
  display: block; width: 100%; min-width: 90px; height: 6px; margin-top: 5px; border-radius: 3px;
  overflow: hidden;
}
.bar .track { fill: var(--track); }
.bar .fill { fill: var(--accent); }
.bar .maybe { fill: var(--accent); opacity: .4; }
.plan th:first-child { width: 26%; }
@media (min-width: 761px) { section[id^="distribution-"] .plan th:first-child { width: 11%; } }
.top th:nth-child(2) { width: 15%; } .misses th:nth-child(2) { width: 15%; } .misses th:nth-child(3) { width: 26%; }
.hosts th:first-child { width: 18%; } .hosts th:nth-child(6) { width: 20%; }
.hosts td, .hosts th { vertical-align: middle; }
ul.plain { margin: 6px 0; padding-left: 20px; } ul.plain li { margin: 4px 0; }
.about { display: block; color: var(--soft); font-weight: 400; font-size: .93em; }
.image { border-top: 1px solid var(--line); margin-top: 18px; padding-top: 4px; } .image h4 { font-size: 15.5px; }
.image > table > caption { color: var(--ink); font-weight: 600; }
.findings th:nth-child(2) { width: 12%; } .findings th:nth-child(3) { width: 17%; } .findings th:nth-child(4) { width: 12%; } .findings th:nth-child(5) { width: 9%; }
details { margin-top: 10px; } summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
dl.audit {
  display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 14px; margin: 6px 0;
  font-size: 13.5px;
}
dl.audit dt { color: var(--soft); } dl.audit dd { margin: 0; }
footer { color: var(--soft); font-size: 13px; padding-top: 26px; padding-bottom: 40px; }
@media (max-width: 980px) { .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (max-width: 760px) {
  header, main, footer { padding-left: 12px; padding-right: 12px; }
  header { padding-top: 16px; }
  h1 { font-size: 22px; }
  .tiles { gap: 8px; margin-top: 12px; }
  .tile { padding: 9px 11px; }
  .tile .figure { font-size: 20px; }
  .tile .figure.long { font-size: 16px; }
  .card { padding: 2px 12px 6px; }
  table, tbody, tr, th, td, caption { display: block; width: auto; }
  thead { position: absolute; left: -9999px; }
  tbody tr { border-top: 1px solid var(--line); padding: 9px 0; }
  tbody tr:first-child { border-top: 0; }
  tbody th, tbody td { border: 0; padding: 1px 0; }
  tbody td { display: grid; grid-template-columns: 92px minmax(0, 1fr); gap: 8px; }
  tbody td::before { content: attr(data-label); color: var(--soft); font-size: 12.5px; }
  tbody th, .plan th:first-child, .hosts th:first-child { width: auto; }
  .number { text-align: left; white-space: normal; } .bar { margin: 3px 0 5px; }
  dl.audit { grid-template-columns: 1fr; } dl.audit dd { margin-bottom: 6px; }
}
@media print {
  :root { --ground: #fff; --card: #fff; --ink: #000; --soft: #333; --line: #bbb; --faint: #fff;
  --accent: #0a5fb8; --track: #ddd; --good: #064; --warn: #630; --bad: #900;
    --good-ground: #fff; --warn-ground: #fff; --bad-ground: #fff; }
  body { font-size: 10.5pt; } header, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  .tiles { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  tr, .tile, .alert { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  .bar { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
}
"""
