"""A Derivation is the labelled lines of a model's mathematics, from its states to its Lyapunov condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# The labels in the order in which a derivation shows them.
LABELS = (
    "states",
    "parameters",
    "Lagrangian",
    "activation",
    "energy",
    "Legendre identity",
    "gradient",
    "Hessian",
    "flow",
    "update",
    "energy rate",
    "Lyapunov condition",
)


@dataclass(frozen=True)
class Line:
    """`left` `relation` `right`, with a label, a note in words, and the names of the states that it is about.

    `short` is `right` with softmax quotients written by name, where an earlier line defines the name.

    >>> import sympy as sp
    >>> print(Line("energy", sp.Symbol("E"), sp.Symbol("x")**2/2))
    E = ½ x²
    """

    label: str
    left: Any
    right: Any
    note: str = ""
    about: tuple[str, ...] = ()
    relation: str = "="
    short: Any = None

    @property
    def shown(self) -> Any:
        """The right side to be read."""
        return self.right if self.short is None else self.short

    def __str__(self) -> str:
        from amsym.render.layout import line_text

        return line_text(self)


@dataclass(frozen=True)
class Derivation:
    """The lines of a derivation; print it, or render it as LaTeX or HTML.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> d = am.derive(am.System(flow={y[i]: -y[i]}, energy=am.total(y[i]**2, i)/2))
    >>> d["gradient"].right
    y[i]
    >>> print(d["energy"])
    E = ½ Σ_i y_i²
    """

    lines: tuple[Line, ...]
    name: str = "System"

    def __getitem__(self, key: str | tuple[str, ...]) -> Line:
        """The line with a label; with the names of its states where several lines share it: d["Hessian", "v", "h"]."""
        label, about = (key, ()) if isinstance(key, str) else (key[0], tuple(key[1:]))
        found = [line for line in self.lines if line.label == label and (not about or line.about == about)]
        exact = [line for line in found if line.about == about]
        if len(found) == 1 or len(exact) == 1:
            return (exact or found)[0]
        raise KeyError(_ambiguous(label, found) if found and not about else self._unknown(label, about))

    def __contains__(self, label: object) -> bool:
        return any(line.label == label for line in self.lines)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def _unknown(self, label: str, about: tuple[str, ...]) -> str:
        asked = ", ".join(map(repr, (label, *about)))
        known = dict.fromkeys(line.label for line in self.lines)
        return f"the derivation of {self.name} has no line {asked}; its labels are {', '.join(known)}"

    def text(self, width: int = 80) -> str:
        """Aligned text in lines of at most `width` columns; long formulas go on below, none is cut."""
        from amsym.render.layout import derivation_text

        return derivation_text(self, width)

    def latex(self) -> str:
        r"""An `align` environment for each line, with a \label such as eq:energy."""
        from amsym.render.latex_lines import derivation_latex

        return derivation_latex(self)

    def html(self) -> str:
        """An HTML fragment whose formulas are MathML: a browser draws it without network and script."""
        from amsym.render.html import derivation_html

        return derivation_html(self)

    def to_dict(self) -> dict[str, Any]:
        """The derivation as plain data: each formula as text that Python reads, as text to read, and as LaTeX."""
        from amsym.render.layout import line_data

        return {"name": self.name, "lines": [line_data(line) for line in self.lines]}

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.html()

    def _repr_latex_(self) -> str:
        from amsym.render.latex_lines import derivation_display

        return derivation_display(self)


def _ambiguous(label: str, found: list[Line]) -> str:
    keys = " or ".join("[" + ", ".join(map(repr, (label, *line.about))) + "]" for line in found)
    return f"{len(found)} lines are labelled {label!r}; ask for one of {keys}"
