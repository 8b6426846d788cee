"""One self-contained HTML page: derivation, verdicts, pictures; no script, no network, light and dark, phone and paper."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from amsym.derivation import Derivation
from amsym.render.html import STYLE as DERIVATION_STYLE
from amsym.render.html import derivation_rows
from amsym.render.prose import prose
from amsym.verdict import Report, Status, Verdict
from proofs.style import STYLE

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


def document(title: str, body: str) -> str:
    """A whole page around a body."""
    head = (
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{escape(title)}</title>'
    )
    style = f"<style>{STYLE}{DERIVATION_STYLE}</style>"
    return f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n{style}\n</head>\n<body class="amsym-page">\n{body}\n</body>\n</html>\n'


def fragment(body: str) -> str:
    """The same body for a notebook's cell."""
    return f'<style>{STYLE}{DERIVATION_STYLE}</style>\n<div class="amsym-page">\n{body}\n</div>'


def derivation_section(derivation: Derivation) -> str:
    """The derivation of one model; the heading above names it already."""
    return f"<h3>Derivation</h3>\n{derivation_rows(derivation, heading=False)}"


def verdict_section(report: Report) -> str:
    """The verdicts of one model, each with its certificate folded away."""
    rows = [_verdict(name, verdict, report.seconds.get(name)) for name, verdict in report.items()]
    return "<h3>Verdicts</h3>\n" + "\n".join(rows)


def _verdict(name: str, verdict: Verdict, seconds: float | None) -> str:
    status = f'<div class="amsym-status {_kind(verdict)}">{SIGNS[verdict.status]} {verdict.status}</div>'
    reason = f"<div>{escape(prose(verdict.reason))}</div>" if verdict.reason else ""
    took = f" ({seconds:.2g} s)" if seconds is not None and seconds >= 0.01 else ""
    inside = _value(_shown(verdict))
    details = (
        f'<details><summary>certificate{took}</summary><div class="amsym-certificate">{inside}</div></details>'
        if verdict.certificate
        else ""
    )
    return f'<div class="amsym-verdict">{status}<div><div class="amsym-claim">{escape(name)}</div>{reason}{details}</div></div>'


def _kind(verdict: Verdict) -> str:
    return {True: "amsym-good", False: "amsym-bad", None: "amsym-open"}[verdict.holds]


def _shown(verdict: Verdict) -> dict[str, Any]:
    source = {"source": verdict.source} if verdict.source else {}
    return {**verdict.certificate, **source}


def _value(value: Any) -> str:
    """Plain data as nested lists: a mapping as terms and values, steps as a numbered list."""
    if isinstance(value, Mapping):
        return _short(value) or "<dl>" + "".join(f"<dt>{escape(str(k))}</dt><dd>{_value(v)}</dd>" for k, v in value.items()) + "</dl>"
    if isinstance(value, (list, tuple)) and any(isinstance(v, Mapping) for v in value):
        return "<ol>" + "".join(f"<li>{_value(v)}</li>" for v in value) + "</ol>"
    if isinstance(value, (list, tuple)):
        return escape(prose(_listed(value)))
    return escape(prose(str(value)))


def _listed(value: Any) -> str:
    """A list on one line, lists in it in brackets: [1, 2], [-1, 0]."""
    return ", ".join(f"[{_listed(v)}]" if isinstance(v, (list, tuple)) else str(v) for v in value)


def _short(value: Mapping[str, Any]) -> str:
    """A few names with small values on one line: N ≥ 1, K ≥ 1."""
    words = [f"{k} {v}" if str(v).startswith(("≥", ">", "=")) else f"{k}: {v}" for k, v in value.items()]
    small = all(isinstance(v, (str, int, float)) and len(str(v)) < 12 for v in value.values())
    return escape(", ".join(words)) if small and value else ""


def legend(reports: Iterable[Report]) -> str:
    """What the statuses that occur mean."""
    used = {v.status for report in reports for v in report.values()}
    items = [f"<li><strong>{SIGNS[s]} {s}</strong> {escape(MEANINGS[s])}</li>" for s in Status if s in used]
    return f'<h3>What the words mean</h3>\n<ul class="amsym-legend faint">{"".join(items)}</ul>' if items else ""


def picture(caption: str, figure: Any, dpi: int = 160) -> str:
    """A matplotlib figure as a PNG inside the page."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=dpi, bbox_inches="tight", facecolor="white")
    encoded = base64.b64encode(data.getvalue()).decode("ascii")
    text = escape(caption)
    return f'<figure><img src="data:image/png;base64,{encoded}" alt="{text}"><figcaption>{text}</figcaption></figure>'
