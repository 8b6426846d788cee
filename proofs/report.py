"""report(model): derivation, verdicts with their certificates, and pictures, on one page that stands alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from amsym.derive import derive
from amsym.errors import InputError, ModelError
from amsym.memory import Memory
from amsym.system import System
from amsym.verdict import Report
from proofs.hypergraph import hypergraph_svg
from proofs.page import derivation_section, document, fragment, legend, picture, verdict_section

Figures = Iterable[Any] | Callable[[], Iterable[Any]]


class ReportPage:
    """A page: `html` is the whole document, `save(path)` writes it, a notebook shows it; `reports` holds the verdicts by name."""

    def __init__(self, title: str, body: str, reports: Mapping[str, Report]) -> None:
        self.title, self.body, self.reports = title, body, dict(reports)

    @property
    def html(self) -> str:
        """The page as one HTML document."""
        return document(self.title, self.body)

    def save(self, path: str | Path) -> Path:
        """Write the page and return where; raises InputError when the folder is missing."""
        path = Path(path)
        if not path.parent.is_dir():
            raise InputError(f"cannot write {path}: there is no folder {path.parent}; make it first or choose another place")
        path.write_text(self.html, encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        return fragment(self.body)

    def __repr__(self) -> str:
        return f"ReportPage on {', '.join(self.reports)}: {len(self.html) // 1000} kB of HTML; .save('report.html') writes it"


def report(
    model: Any,
    path: str | Path | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    domain: Mapping[Any, Any] | None = None,
    figures: Figures = (),
    title: str | None = None,
) -> ReportPage:
    """A page on a System or Memory, or on several given as {name: model}; written to `path` if there is one.

    title: of the page, else the models' names. params and domain go to `verify`.
    figures: matplotlib figures, pairs (caption, figure), or a function that returns them.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> page = report(am.System(flow={y[i]: -y[i]}, energy=am.total(y[i]**2, i)/2, name="decay"))
    >>> print(page.reports["decay"]["energy never increases"].status)
    PROVED

    Raises ModelError for anything that is no model.
    """
    models = _named(model)
    reports = {name: found for name, m in models.items() if (found := _verified(m, params, domain)) is not None}
    title = title or _listed(list(models))
    sections = [_section(name, m, reports.get(name)) for name, m in models.items()]
    pictures = [picture(caption, figure) for caption, figure in _pairs(figures)]
    body = [_head(title, params), *sections, *(["<h2>Pictures</h2>", *pictures] if pictures else []), legend(reports.values())]
    page = ReportPage(title, "<main>\n" + "\n".join(body) + "\n</main>", reports)
    if path is not None:
        page.save(path)
    return page


def _named(model: Any) -> dict[str, Any]:
    models = dict(model) if isinstance(model, Mapping) else {getattr(model, "name", "model"): model}
    for name, m in models.items():
        if not isinstance(m, (System, Memory)):
            raise ModelError(f"report() takes a System, a Memory or {{name: model}}, got {m!r} for '{name}'")
    if not models:
        raise ModelError("report() got no model; give a System, a Memory or {name: model}")
    return models


def _listed(names: list[str]) -> str:
    """a, b and c; from six on their number."""
    if len(names) > 5:
        return f"{len(names)} models"
    return " and ".join([*([", ".join(names[:-1])] if names[:-1] else []), names[-1]])


def _verified(model: Any, params: Mapping[str, Any] | None, domain: Mapping[Any, Any] | None) -> Report | None:
    """The verdicts, or None for a system without an energy, of which there is nothing to say."""
    from proofs.verify import verify

    system = getattr(model, "system", model)
    return verify(model, params=params, domain=domain) if system.energy is not None else None


def _head(title: str, params: Mapping[str, Any] | None) -> str:
    from amsym import __version__

    given = f" The verdicts are for the given values of {', '.join(sorted(params))}." if params else ""
    return f'<h1>{escape(title)}</h1>\n<p class="faint">Derived and verified by amsym {__version__}, for every size.{escape(given)}</p>'


def _section(name: str, model: Any, found: Report | None) -> str:
    graph = f'<figure class="amsym-graph">{hypergraph_svg(model)}</figure>\n' if isinstance(model, Memory) else ""
    verdicts = verdict_section(found) if found is not None else '<h3>Verdicts</h3>\n<p class="faint">None: the system has no energy.</p>'
    return f"<h2>{escape(name)}</h2>\n{graph}{derivation_section(derive(model))}\n{verdicts}"


def _pairs(figures: Figures) -> list[tuple[str, Any]]:
    """(caption, figure) for each figure, whose title is its caption where none is given."""
    found = []
    for item in figures() if callable(figures) else figures:
        caption, figure = item if isinstance(item, tuple) and len(item) == 2 else (_title(item), item)
        if not hasattr(figure, "savefig"):
            raise InputError(f"figures holds matplotlib figures or pairs (caption, figure), got {item!r}")
        found.append((str(caption), figure))
    return found


def _title(figure: Any) -> str:
    titles = [figure.get_suptitle()] if hasattr(figure, "get_suptitle") else []
    titles += [axes.get_title() for axes in getattr(figure, "axes", ())]
    return next((t for t in titles if t), "")
