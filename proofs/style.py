"""The style of a report page: light and dark, phone and paper, no font to load."""

from __future__ import annotations

# For a whole document only: a notebook's own pages are its own.
PAGE = """
@page { size: A4; margin: 15mm 14mm; }
body.amsym-page { margin: 0; }
"""

# A formula or a graph that is wider than the page scrolls: where there is more, its edge is in shadow, as phones hide scrollbars.
# Pictures of ours have dark lines on white: in the dark they are turned, with their hues kept.
STYLE = """
.amsym-page { --ink: #1c2024; --paper: #ffffff; --faint: #60646c; --rule: #d9dce1; --card: #f5f6f8;
  --good: #1a7f45; --bad: #c22f34; --open: #946100; color: var(--ink); background: var(--paper);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) { .amsym-page { --ink: #e6e8eb; --paper: #15171a; --faint: #9ba1a9; --rule: #33373d;
  --card: #1e2125; --good: #4cc38a; --bad: #ff8083; --open: #f0b54a; }
  .amsym-page .amsym-drawn { filter: invert(.915) hue-rotate(180deg); } }
.amsym-page main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; overflow-wrap: break-word; }
.amsym-page h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
.amsym-page h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-top: 1rem; border-top: 2px solid var(--rule); }
.amsym-page h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
.amsym-page .faint, .amsym-page figcaption { color: var(--faint); font-size: .9rem; }
.amsym-page figure { margin: .6rem 0; }
.amsym-page figcaption { line-height: 1.45; margin-top: .3rem; }
.amsym-page figure img { max-width: 100%; height: auto; background: #fff; border-radius: .4rem; }
.amsym-pictures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .6rem 2rem; align-items: start; }
.amsym-pictures figure:first-child:not(:last-child) { grid-row: span 2; }
.amsym-pictures .amsym-drawn { width: 100%; max-width: 30rem; }
.amsym-graph { overflow-x: auto; } .amsym-graph svg { max-width: 100%; height: auto; display: block; }
.amsym-page .amsym-formula, .amsym-page .amsym-graph { scrollbar-width: thin; background:
  linear-gradient(90deg, var(--paper) 40%, transparent) 0 0 / 2rem 100% no-repeat local,
  linear-gradient(270deg, var(--paper) 40%, transparent) 100% 0 / 2rem 100% no-repeat local,
  linear-gradient(90deg, #8886, transparent) 0 0 / .7rem 100% no-repeat scroll,
  linear-gradient(270deg, #8886, transparent) 100% 0 / .7rem 100% no-repeat scroll; }
.amsym-contents ol { margin: 1rem 0 0; padding-left: 1.4rem; } .amsym-contents li { margin: .15rem 0; }
.amsym-contents a { color: inherit; } .amsym-counts { font-size: .8rem; font-weight: 600; margin-left: .5em; }
.amsym-counts span { white-space: nowrap; margin-right: .5em; }
.amsym-legend { columns: 2; column-gap: 2rem; padding: 0; list-style: none; }
@media (max-width: 40em) { .amsym-page main { padding: 1.25rem .9rem 2rem; } .amsym-legend { columns: 1; }
  .amsym-pictures { grid-template-columns: minmax(0, 1fr); } .amsym-pictures figure:first-child:not(:last-child) { grid-row: auto; } }
@media print { .amsym-page { --ink: #000; --paper: #fff; --faint: #444; --rule: #bbb; --card: #fff; --good: #000; --bad: #000;
  --open: #000; font-size: 10pt; }
  .amsym-page main { max-width: none; padding: 0; } .amsym-page figure, .amsym-page li { break-inside: avoid; }
  .amsym-page .amsym-formula, .amsym-page .amsym-graph { background: none; }
  .amsym-page h2, .amsym-page h3, .amsym-claim { break-after: avoid; } .amsym-page .amsym-drawn { filter: none; }
  .amsym-pictures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .amsym-pictures figure:first-child:not(:last-child) { grid-row: span 2; } }
"""
