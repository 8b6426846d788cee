"""Verdicts as rows of HTML: a sign and the status, the claim, the reason, and the certificate folded away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from amsym.render.certificates import certificate_html
from amsym.render.prose import prose
from amsym.verdict import Report, Status, Verdict

# A sign besides the colour, so that nobody has to tell red from green.
SIGNS = {
    Status.PROVED: "✓",
    Status.CERTIFIED: "✓",
    Status.SUPPORTED: "≈",
    Status.REFUTED: "✗",
    Status.VACUOUS: "∅",
    Status.UNDECIDED: "?",
}
MEANINGS = {
    Status.PROVED: "an exact argument covers all that the claim allows",
    Status.CERTIFIED: "interval or rational arithmetic covers the stated domain",
    Status.SUPPORTED: "a search found no counterexample: evidence, no proof",
    Status.REFUTED: "an explicit counterexample, confirmed exactly",
    Status.VACUOUS: "the hypotheses cannot hold",
    Status.UNDECIDED: "none of these; the reason says what was tried",
}

# On paper a certificate stands where the reader opened it, and nowhere else: six models with all of theirs fill 36 pages.
# `--good` and its kin are the page's; a notebook's cell, which has none, takes the colours after the comma.
STYLE = """
.amsym-verdict { border-top: 1px solid var(--rule, #8885); padding: .55rem 0; display: grid; gap: 0 1rem;
  grid-template-columns: 9em minmax(0, 1fr); overflow-wrap: anywhere; }
.amsym-status { font-weight: 600; font-size: .85rem; letter-spacing: .02em; padding-top: .12em; white-space: nowrap; }
.amsym-good { color: var(--good, #2a9157); } .amsym-bad { color: var(--bad, #d5494e); } .amsym-open { color: var(--open, #b07a10); }
.amsym-claim { font-weight: 600; }
.amsym-verdict details { margin-top: .25rem; }
.amsym-verdict summary { cursor: pointer; opacity: .75; font-size: .9rem; }
.amsym-certificate { background: var(--card, #8881); border-radius: .4rem; padding: .6rem .9rem; margin: .4rem 0; font-size: .9rem;
  overflow-x: auto; }
.amsym-certificate ol { margin: .2rem 0; padding-left: 1.6rem; }
.amsym-certificate dt { opacity: .7; } .amsym-certificate dd { margin: 0 0 .2rem; }
.amsym-certificate dl { margin: 0; display: grid; grid-template-columns: minmax(7.5em, max-content) minmax(0, 1fr); gap: 0 .8em; }
.amsym-matrix { border-collapse: collapse; margin: .1rem 0 .3rem; border: solid currentColor; border-width: 0 1px; border-radius: .4em; }
.amsym-matrix td { padding: 0 .5em; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; border: 0; }
@media (max-width: 40em) { .amsym-verdict { grid-template-columns: minmax(0, 1fr); } .amsym-certificate dl { display: block; } }
@media print { .amsym-verdict { break-inside: auto; } .amsym-verdict summary { list-style: none; }
  .amsym-verdict > div > details:not([open]) { display: none; }
  .amsym-certificate { padding: 0 0 0 .9rem; border-left: 2px solid #bbb; border-radius: 0; } }
"""


def verdict_rows(report: Report) -> str:
    """A row for each verdict, without the style."""
    return "\n".join(_row(name, verdict, report.seconds.get(name)) for name, verdict in report.items())


def verdicts_shown(report: Report) -> str:
    """What a notebook shows for a Report."""
    return f"<style>{STYLE}</style>\n<div><strong>{escape(report.name)}</strong>\n{verdict_rows(report)}\n</div>"


def verdict_shown(verdict: Verdict) -> str:
    """What a notebook shows for one Verdict."""
    return f"<style>{STYLE}</style>\n{_row(verdict.claim, verdict, None)}"


def kind(status: Status) -> str:
    """The class of its colour."""
    good, bad = (Status.PROVED, Status.CERTIFIED), (Status.REFUTED,)
    return "amsym-good" if status in good else "amsym-bad" if status in bad else "amsym-open"


def _row(name: str, verdict: Verdict, seconds: float | None) -> str:
    status = f'<div class="amsym-status {kind(verdict.status)}">{SIGNS[verdict.status]} {verdict.status}</div>'
    reason = f"<div>{escape(prose(verdict.reason))}</div>" if verdict.reason else ""
    took = f" ({seconds:.2g} s)" if seconds is not None and seconds >= 0.01 else ""
    inside = f'<div class="amsym-certificate">{certificate_html(_shown(verdict))}</div>'
    details = f"<details><summary>certificate{took}</summary>{inside}</details>" if verdict.certificate else ""
    return f'<div class="amsym-verdict">{status}<div><div class="amsym-claim">{escape(name)}</div>{reason}{details}</div></div>'


def _shown(verdict: Verdict) -> Mapping[str, Any]:
    source = {"source": verdict.source} if verdict.source else {}
    # The model stands above the verdicts; in a certificate it is for the checker.
    return {**{k: v for k, v in verdict.certificate.items() if k != "model"}, **source}


def legend(reports: Iterable[Report]) -> str:
    """What the statuses that occur mean."""
    used = {v.status for report in reports for v in report.values()}
    items = [f"<li><strong>{SIGNS[s]} {s}</strong> {escape(MEANINGS[s])}</li>" for s in Status if s in used]
    return f'<h3>What the words mean</h3>\n<ul class="amsym-legend faint">{"".join(items)}</ul>' if items else ""
