"""The verdicts on a model as lines for the terminal, as LaTeX, or as an HTML fragment."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator
from html import escape

from rich.console import Console
from rich.text import Text

from amsym.render.latex_words import in_latex
from amsym.render.prose import prose
from amsym.verdict import Report, Status, took

# The width of a pipe, and how far a reason is indented.
COLUMNS, INDENT = 80, 4
_STYLES = {
    Status.PROVED: "bold green",
    Status.CERTIFIED: "bold green",
    Status.SUPPORTED: "yellow",
    Status.REFUTED: "bold red",
    Status.VACUOUS: "yellow",
    Status.UNDECIDED: "yellow",
}


def columns() -> int:
    """The terminal's width, at most 100; 80 where the output goes to a pipe or a file."""
    return min(shutil.get_terminal_size((COLUMNS, 24)).columns, 100) if sys.stdout.isatty() else COLUMNS


def verdicts_text(report: Report, width: int = COLUMNS) -> str:
    """A line for each property with status and seconds, its reason below; coloured on a terminal, plain elsewhere.

    >>> from amsym.verdict import Verdict
    >>> found = Report({"smooth": Verdict("smooth", Status.PROVED, reason="no kink anywhere")}, name="net", seconds={"smooth": 0.034})
    >>> print(verdicts_text(found, 30))
    net
    <BLANKLINE>
    smooth  PROVED     0.03 s
        no kink anywhere
    """
    out = Console(width=max(width, 2 * INDENT), highlight=False, soft_wrap=True)
    with out.capture() as captured:
        for line in _lines(report, max(width, 2 * INDENT)):
            out.print(line)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def _lines(report: Report, width: int) -> Iterator[Text]:
    yield Text(report.name, style="bold")
    yield Text("")
    names, times = max(map(len, report), default=0), {key: took(report.seconds.get(key)) for key in report}
    for key, verdict in report.items():
        status = f"{verdict.status:<9}"
        yield Text.assemble(f"{key:<{names}}  ", (status, _STYLES[verdict.status]), f"  {times[key]:>{max(map(len, times.values()))}}")
        hang = " " * INDENT
        for line in textwrap.wrap(prose(verdict.reason), width, initial_indent=hang, subsequent_indent=hang, break_on_hyphens=False):
            yield Text(line)


def verdicts_latex(report: Report) -> str:
    """A tabular of three columns."""
    rows = [f"  {in_latex(prose(k))} & {v.status} & {in_latex(prose(v.reason))} \\\\" for k, v in report.items()]
    head = f"% {report.name}\n\\begin{{tabular}}{{l l p{{0.55\\textwidth}}}}\n  property & status & reason \\\\ \\hline"
    return "\n".join([head, *rows, "\\end{tabular}"])


def verdicts_html(report: Report) -> str:
    """A table of three columns."""
    rows = [f"<tr><td>{escape(k)}</td><td>{v.status}</td><td>{escape(prose(v.reason))}</td></tr>" for k, v in report.items()]
    head = "<thead><tr><th>property</th><th>status</th><th>reason</th></tr></thead>"
    return f"<table><caption>{escape(report.name)}</caption>{head}<tbody>" + "".join(rows) + "</tbody></table>"
