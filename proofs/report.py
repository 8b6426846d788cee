"""report(model): derivation, verdicts with their certificates, and pictures, on one page that stands alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from amsym.derive import derive
from amsym.errors import InputError, ModelError
from amsym.lagrangian import Lagrangian
from amsym.memory import Memory
from amsym.system import System
from amsym.verdict import Report
from amsym.zoo import hopfield
from numeric.parameter_files import parameters_of_each
from numeric.plot.picks import Pick
from numeric.progress import Progress
from proofs.hypergraph import hypergraph_svg
from proofs.page import (
    anchor,
    contents,
    derivation_section,
    document,
    fragment,
    legend,
    picture,
    picture_section,
    verdict_section,
)
from proofs.pictures import pictures as pictures_of

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
        """Write the page and return where; raises InputError when the folder is missing or the path is one."""
        path = writable(path)
        path.write_text(self.html, encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        return fragment(self.body)

    def __repr__(self) -> str:
        return f"ReportPage on {', '.join(self.reports)}: {len(self.html) // 1000} kB of HTML; .save('report.html') writes it"


def writable(path: str | Path) -> Path:
    """Where a page can be written; raises InputError for a folder, and for a place in none."""
    path = Path(path)
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder, a file was expected: write {path / 'report.html'}")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {path.parent}; make it first or choose another place")
    return path


def report(
    model: Any,
    path: str | Path | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    domain: Mapping[Any, Any] | None = None,
    figures: Figures = (),
    title: str | None = None,
    pictures: bool = True,
    plane: Sequence[Pick] | None = None,
) -> ReportPage:
    """A page on a System, a Memory or a Lagrangian, or on several given as {name: model}; written to `path` if there is one.

    title: of the page, else the models' names. params and domain go to `verify`; of several models each gets the params that it has.
    pictures: a phase portrait, energies along trajectories and a spectrum for each model, drawn with params, else with the
    numbers of a counterexample to "energy never increases", else with a small sample; the page says which.
    plane: the two components of the portrait, as in `am.plot.phase_portrait`.
    figures: matplotlib figures of your own, pairs (caption, figure), or a function that returns them.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> page = report(am.System(flow={y[i]: -y[i]}, energy=am.total(y[i]**2, i)/2, name="decay"))
    >>> print(page.reports["decay"]["energy never increases"].status)
    PROVED

    Raises ModelError for anything that is no model, InputError for params that do not fit and a path that cannot be written.
    """
    if path is not None:
        writable(path)
    models = _named(model)
    given = parameters_of_each(models, params)
    title = title or _listed(list(models))
    reports: dict[str, Report | None] = {}
    sections = []
    with Progress("report") as bar:
        for n, (name, m) in enumerate(models.items()):
            reports[name] = found = _verified(name, m, given[name], domain)
            bar.update((n + 0.8) / len(models))
            drawn = picture_section(*pictures_of(m, given[name], found, plane)) if pictures else ""
            heading = "" if len(models) == 1 and name == title else f'<h2 id="{anchor(n)}">{escape(name)}</h2>\n'
            sections.append(heading + _section(m, found, drawn))
            bar.update((n + 1) / len(models))
    own = [picture(caption, figure) for caption, figure in _pairs(figures)]
    known = {name: found for name, found in reports.items() if found is not None}
    figures_shown = [f"<h2>{'Figure' if len(own) == 1 else 'Figures'}</h2>", *own] if own else []
    body = [_head(title, {name: given[name] for name in known}), contents(reports), *sections, *figures_shown, legend(known.values())]
    page = ReportPage(title, "<main>\n" + "\n".join(part for part in body if part) + "\n</main>", known)
    if path is not None:
        page.save(path)
    return page


def _named(model: Any) -> dict[str, System | Memory]:
    models = dict(model) if isinstance(model, Mapping) else {getattr(model, "name", "model"): model}
    for name, m in models.items():
        if not isinstance(m, (System, Memory, Lagrangian)):
            raise ModelError(
                f"report() takes a System, a Memory, a Lagrangian or {{name: model}}, got {m!r} for '{name}': build a model first"
            )
    if not models:
        raise ModelError("report() got no model; give a System, a Memory or {name: model}")
    return {name: hopfield(m) if isinstance(m, Lagrangian) else m for name, m in models.items()}


def _listed(names: list[str]) -> str:
    """a, b and c; from six on their number."""
    if len(names) > 5:
        return f"{len(names)} models"
    return " and ".join([*([", ".join(names[:-1])] if names[:-1] else []), names[-1]])


def _verified(name: str, model: Any, params: Mapping[str, Any] | None, domain: Mapping[Any, Any] | None) -> Report | None:
    """The verdicts, or None for a system without an energy, of which there is nothing to say."""
    from proofs.verify import verify

    system = getattr(model, "system", model)
    try:
        return verify(model, params=params, domain=domain) if system.energy is not None else None
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def _head(title: str, given: Mapping[str, Mapping[str, Any] | None]) -> str:
    """The title, and for which sizes and numbers the verdicts are, from what each model with verdicts was given."""
    from amsym import __version__

    numbers = sorted({p for own in given.values() for p in own or ()})
    rest = [name for name, own in given.items() if not own]
    words = f"Derived by amsym {__version__} for every size, verified for the given values of {', '.join(numbers)}"
    if not numbers:
        words = f"Derived{' and verified' if given else ''} by amsym {__version__}, for every size"
    elif rest:
        words += f"; {_listed(rest)} for every size"
    return f'<h1>{escape(title)}</h1>\n<p class="faint">{escape(words)}.</p>'


def _section(model: Any, found: Report | None, drawn: str) -> str:
    graph = f'<figure class="amsym-graph">{hypergraph_svg(model)}</figure>\n' if isinstance(model, Memory) else ""
    verdicts = verdict_section(found) if found is not None else '<h3>Verdicts</h3>\n<p class="faint">None: the system has no energy.</p>'
    return f"{graph}{derivation_section(derive(model))}\n{verdicts}\n{drawn}"


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
