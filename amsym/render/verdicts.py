"""The verdicts on a model as a table for the terminal, as LaTeX, or as an HTML fragment."""

from __future__ import annotations

import shutil
import sys
from html import escape

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from amsym.render.latex_words import in_latex
from amsym.render.prose import prose
from amsym.verdict import Report, Status

COLUMNS = 80
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
    """The table of verdicts, coloured on a terminal, plain in a pipe and under NO_COLOR.

    >>> from amsym.verdict import Verdict
    >>> print(verdicts_text(Report({"smooth": Verdict("smooth", Status.PROVED, reason="no kink")}, name="net"), 40))
    net
    <BLANKLINE>
     property   status      reason
     ──────────────────────────────────────
     smooth     PROVED      no kink
    <BLANKLINE>
    """
    out = Console(width=width, highlight=False)
    with out.capture() as captured:
        out.print(verdict_table(report))
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))


def verdict_table(report: Report) -> Table:
    """Property, status and reason; reasons are wrapped, not cut."""
    table = Table(title=Text(report.name, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=True, expand=True)
    table.add_column("property", max_width=26, overflow="fold")
    table.add_column("status", width=9, no_wrap=True)
    table.add_column("reason", ratio=1, overflow="fold")
    for name, verdict in report.items():
        table.add_row(Text(name), Text(str(verdict.status), style=_STYLES[verdict.status]), Text(prose(verdict.reason)))
    return table


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
