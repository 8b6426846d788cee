"""The style of a report page: light and dark, phone and paper, no font to load."""

from __future__ import annotations

STYLE = """
.amsym-page { --ink: #1c2024; --paper: #ffffff; --faint: #60646c; --rule: #d9dce1; --card: #f5f6f8;
  --good: #1a7f45; --bad: #c22f34; --open: #946100; color: var(--ink); background: var(--paper);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) { .amsym-page { --ink: #e6e8eb; --paper: #15171a; --faint: #9ba1a9; --rule: #33373d;
  --card: #1e2125;
  --good: #4cc38a; --bad: #ff8083; --open: #f0b54a; } }
body.amsym-page { margin: 0; }
.amsym-page main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; overflow-wrap: break-word; }
.amsym-page h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
.amsym-page h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-top: 1rem; border-top: 2px solid var(--rule); }
.amsym-page h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
.amsym-page .faint, .amsym-page figcaption { color: var(--faint); font-size: .9rem; }
.amsym-verdict { border-top: 1px solid var(--rule); padding: .55rem 0; display: grid; grid-template-columns: 9em minmax(0, 1fr);
  gap: 0 1rem; }
.amsym-status { font-weight: 600; font-size: .85rem; letter-spacing: .02em; padding-top: .12em; white-space: nowrap; }
.amsym-good { color: var(--good); } .amsym-bad { color: var(--bad); } .amsym-open { color: var(--open); }
.amsym-claim { font-weight: 600; }
.amsym-page details { margin-top: .25rem; }
.amsym-page summary { cursor: pointer; color: var(--faint); font-size: .9rem; }
.amsym-certificate { background: var(--card); border-radius: .4rem; padding: .6rem .9rem; margin: .4rem 0; font-size: .9rem;
  overflow-x: auto; }
.amsym-certificate ol, .amsym-certificate ul { margin: .2rem 0; padding-left: 1.3rem; }
.amsym-certificate dt { color: var(--faint); } .amsym-certificate dd { margin: 0 0 .2rem; }
.amsym-certificate dl { margin: 0; display: grid; grid-template-columns: 7.5em minmax(0, 1fr); }
.amsym-page figure { margin: 1.2rem 0; }
.amsym-page figure img { max-width: 100%; height: auto; background: #fff; border-radius: .4rem; }
.amsym-graph svg { max-width: 100%; height: auto; display: block; }
.amsym-legend { columns: 2; column-gap: 2rem; padding: 0; list-style: none; }
@media (max-width: 40em) { .amsym-page main { padding: 1.25rem .9rem 2rem; } .amsym-verdict { grid-template-columns: minmax(0, 1fr); }
  .amsym-legend { columns: 1; } .amsym-certificate dl { display: block; } }
@media print { .amsym-page { --ink: #000; --paper: #fff; --faint: #444; --rule: #bbb; --card: #fff; --good: #000; --bad: #000;
  --open: #000; font-size: 10.5pt; }
  .amsym-page main { max-width: none; padding: 0; } .amsym-verdict, .amsym-page figure { break-inside: avoid; }
  .amsym-page h2, .amsym-page h3 { break-after: avoid; } .amsym-page details::details-content { content-visibility: visible;
  block-size: auto; } }
"""
