"""Every formula prints: as text, as LaTeX, as MathML that an XML parser reads, and at the prompt."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
import sympy as sp
from hypothesis import given
from strategies_index import P, R, T, W, a, b, beta, gain, i, j, k, opened, x, y, z
from sympy.printing.mathml import mathml

from amsym.notation import Delta, Index, Mask, Total, canonical, delta, derivative, index, mask, parameter, size, state, tidy, total
from amsym.notation.tensors import Component

# MathML names a few characters that bare XML does not know; a browser does.
ENTITIES = "".join(
    f'<!ENTITY {name} "{mark}">'
    for name, mark in {
        "InvisibleTimes": "&#8290;",
        "ExponentialE": "e",
        "ImaginaryI": "i",
        "dd": "d",
        "pi": "&#960;",
        "ApplyFunction": "&#8289;",
        "geq": "&#8805;",
        "leq": "&#8804;",
        "approx": "&#8776;",
        "and": "&#8743;",
        "or": "&#8744;",
        "not": "&#172;",
        "infin": "&#8734;",
        "compfn": "&#8728;",
    }.items()
)


def presentation(expr):
    """The expression in MathML, as a tree."""
    return ET.fromstring(f"<!DOCTYPE math [{ENTITIES}]><math>{mathml(expr, printer='presentation')}</math>")


def shown(expr):
    """Every piece of text that the MathML shows."""
    return "".join(presentation(expr).itertext())


@given(opened)
def test_every_expression_prints_in_every_way(expr):
    for e in (expr, canonical(expr), tidy(expr)):
        assert str(e)
        assert sp.latex(e).count("{") == sp.latex(e).count("}")
        assert sp.latex(e).count(r"\left") == sp.latex(e).count(r"\right")
        assert sp.pretty(e)
        assert sp.srepr(e)
        assert ("∑" in shown(e)) == e.has(Total)


@given(opened)
def test_mathml_shows_every_tensor_and_every_index(expr):
    tree = presentation(expr)
    letters = {node.text for node in tree.iter() if node.tag in ("mi", "mn")}
    for mark in expr.atoms(Component, Delta, Mask, Total):
        assert {w.name for w in mark.atoms(Index)} <= letters
    assert {c.tensor.name for c in expr.atoms(Component)} <= letters


@given(opened)
def test_latex_shows_every_sum_and_every_tensor(expr):
    text = sp.latex(expr)
    assert (r"\sum" in text) == expr.has(Total)
    assert all(c.tensor.name in text for c in expr.atoms(Component))


TEXTS = {
    "Σ_i y[i]": total(y[i], i),
    "Σ_i (y[i] + 1)": total(y[i] + 1, i),
    "(Σ_i y[i])**2": total(y[i], i) ** 2,
    "-(Σ_i y[i])": -total(y[i], i),
    "-(Σ_ij W[i, j]*y[i]*y[j])/2": -total(W[i, j] * y[i] * y[j], i, j) / 2,
    "y[i]*(Σ_j y[j])": y[i] * total(y[j], j),
    "δ[i, j]": delta(j, i),
    "Σ_j exp(y[j])*[i ≠ j]": total(mask(sp.Ne(j, i)) * sp.exp(y[j]), j),
    "[y[i] > 0]": mask(y[i] > 0),
    "Σ_q10,r1 P[q10, r1]": total(P[index("q10", "N"), index("r1", "N")], index("q10", "N"), index("r1", "N")),
    "beta*R[i, a]*x[i, a]": beta * R[i, a] * x[i, a],
    "gain*P[i, j]*y[j]*tanh(y[i])": gain * P[i, j] * sp.tanh(y[i]) * y[j],
    "y_0": y[0],
}
LATEX = {
    r"y_{i}^{2}": y[i] ** 2,
    r"W_{i j}^{\beta}": W[i, j] ** beta,
    r"\sum_{i} y_{i}^{2}": total(y[i] ** 2, i),
    r"\left(\sum_{i} y_{i}\right)^{2}": total(y[i], i) ** 2,
    r"- \sum_{i} y_{i}": -total(y[i], i),
    r"\sum_{i j} W_{i j} y_{i} y_{j}": total(W[i, j] * y[i] * y[j], i, j),
    r"\delta_{i j}": delta(i, j),
    r"\left[i \neq j\right]": mask(sp.Ne(i, j)),
    r"\sum_{i} \left(y_{i} + 1\right)": total(y[i] + 1, i),
    r"{\xi_{0}}_{i}": parameter("xi_0", "N")[i],
    r"\xi_{i}": parameter("xi", "N")[i],
    r"N": size("N"),
}


@pytest.mark.parametrize("text", TEXTS)
def test_text_reads_as_mathematics(text):
    assert str(TEXTS[text]) == text


@pytest.mark.parametrize("text", LATEX)
def test_latex_reads_as_mathematics(text):
    assert sp.latex(LATEX[text]) == text


def test_mathml_has_the_sum_sign_with_its_indices_below():
    tree = presentation(total(W[i, j] * y[j], j))
    under = tree.find(".//munder")
    assert "".join(under.itertext()) == "∑j"
    assert "W" in "".join(tree.itertext())


def test_a_sum_in_a_product_or_a_power_stands_in_brackets():
    assert shown(y[i] * total(y[j], j)).count("(") == 1
    assert shown(total(y[j], j) ** 2).count("(") == 1
    assert shown(total(y[j] + 1, j)).count("(") == 1


def test_derived_formulas_print():
    E = -sp.log(total(mask(sp.Ne(i, j)) * sp.exp(beta * W[i, j]), j)) / beta + total(T[i, j, k] * y[j] * y[k], j, k) + sp.Max(0, y[i]) ** 2
    for e in (derivative(E, y[k]), derivative(E, beta), derivative(E, y[k], y[j]), tidy(derivative(E, beta))):
        assert "∑" in shown(e) or not e.has(Total)
        assert sp.latex(e)
        assert sp.pretty(e)


def test_piecewise_and_conditions_print():
    e = sp.Piecewise((total(z[b], b), sp.Ne(i, j) & (y[i] > 0)), (mask(sp.Or(i < j, y[i] < 0, y[j] <= 0)), True))
    assert "∑" in shown(e)
    assert sp.latex(e)
    assert str(e)
    assert sp.pretty(e)


def test_scalars_and_whole_tensors_print():
    assert str(y) == "y"
    assert sp.latex(y) == "y"
    assert sp.latex(parameter("xi", "N K")) == r"\xi"
    assert str(state("s") ** 2) == "s**2"
    assert "s" in shown(state("s") ** 2)
