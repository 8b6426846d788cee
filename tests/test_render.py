"""Laws of rendering: what is read is what was meant, in text, LaTeX and MathML."""

from __future__ import annotations

import re
from typing import Any
from xml.dom.minidom import parseString

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from models_shown import ALL, derived, system

import amsym as am
from amsym.render import latex, mathml, text, wrapped
from amsym.render.html import _pieces, line_html
from amsym.render.latex_words import in_latex
from amsym.render.mathml import MathMLPrinter
from amsym.render.prose import prose
from amsym.render.structure import terms_of_sum
from amsym.render.verdicts import verdicts_latex
from amsym.verdict import Report, Status, Verdict

x, y = sp.symbols("x y", real=True)
beta = sp.Symbol("beta", positive=True)
i, j = am.indices("i j", "N")
X, W = am.state("x", "N"), am.parameter("W", "N N")

# MathML Core, what Chromium, Firefox and Safari draw by themselves.
CORE = {"math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover"}
CORE |= {"mtable", "mtr", "mtd", "mpadded"}

READ = {
    am.total(W[i, j] * sp.tanh(beta * X[j]) ** 2, i, j) / 2: "½ Σ_ij W_ij tanh²(β x_j)",
    am.total(X[i], i) * am.total(X[i] ** 2, i): "(Σ_i x_i) Σ_i x_i²",
    am.total(X[i] ** 2, i) / beta: "(Σ_i x_i²) / β",
    am.total(X[i] + 1, i) * y: "y Σ_i (x_i + 1)",
    sp.exp(beta * X[i]) / am.total(sp.exp(beta * X[j]), j): "e^(β x_i) / (Σ_j e^(β x_j))",
    am.delta(i, j) - am.mask(sp.Ne(i, j)): "δ_ij - [i ≠ j]",
    am.mask(X[i] > 0) * sp.Max(0, X[i]): "max(0, x_i) [x_i > 0]",
    sp.Symbol("tau_v") / sp.Symbol("eps"): "τ_v/ε",
    -x / (2 * y): "-x / (2 y)",
    1 / sp.sqrt(x**2 + 1): "1 / √(x² + 1)",
    sp.exp(x**2): "e^(x²)",
    x**y: "x^y",
    sp.Rational(3, 7) * x: "(3/7) x",
    sp.Abs(x - y): "|x - y|",
    y - x: "y - x",
    sp.Piecewise((x, x > 0), (0, True)): "{x if x > 0; 0 otherwise}",
    sp.Function("g")(X[i]): "g(x_i)",
}


@pytest.mark.parametrize("expr", READ, ids=str)
def test_formulas_read_as_mathematics(expr: Any) -> None:
    assert text(expr) == READ[expr]


def test_str_of_an_expression_stays_what_can_be_typed() -> None:
    assert str(am.total(W[i, j] * X[j], j)) == "Σ_j W[i, j]*x[j]"


LEAVES = st.sampled_from([x, y, beta, sp.Integer(2), sp.Rational(1, 2), sp.Rational(-3, 5), sp.Integer(-1)])


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    functions = st.sampled_from(
        [sp.tanh, sp.exp, lambda u: sp.sqrt(u**2 + 1), lambda u: u**2, lambda u: 1 / (u**2 + 1), sp.Abs, lambda u: sp.Max(u, 0)]
    )
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(sum), pairs.map(lambda p: p[0] * p[1]), pairs.map(lambda p: p[0] - p[1]), st.builds(lambda f, u: f(u), functions, inner)
    )


def value_of_text(shown: str, at: dict[str, float]) -> float:
    """Read a text back as a number: adjacency is a product, ² a power, ½ a half."""
    for sign, number in {"½": "(1/2)", "⅓": "(1/3)", "⅔": "(2/3)", "¼": "(1/4)", "¾": "(3/4)", "⅛": "(1/8)"}.items():
        shown = shown.replace(sign, number)
    shown = re.sub(r"tanh([⁰¹²³⁴⁵⁶⁷⁸⁹]+)\(", lambda m: f"powered({_plain(m[1])})(", shown)
    shown = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda m: "**" + _plain(m[0]), shown).replace("^", "**")
    shown = re.sub(r"√(\w+)", r"sqrt(\1)", shown).replace("√", "sqrt")
    while "|" in shown:
        shown = re.sub(r"\|([^|]*)\|", r"abs(\1)", shown, count=1)
    shown = re.sub(r"(?<=[\w)]) (?=[\w(])", "*", shown)
    names = {"tanh": sp.tanh, "sqrt": sp.sqrt, "max": sp.Max, "abs": sp.Abs, "e": sp.E, "powered": lambda n: lambda u: sp.tanh(u) ** n}
    return float(sp.N(eval(shown, {"__builtins__": {}}, {**names, **at})))


def _plain(digits: str) -> str:
    return digits.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))


def _nested_bars(shown: str) -> bool:
    return shown.count("|") > 2


@given(st.recursive(LEAVES, _grown, max_leaves=6))
def test_text_read_back_has_the_value_of_the_formula(expr: Any) -> None:
    shown = text(expr)
    if _nested_bars(shown) or "…" in shown or "·" in shown or expr.has(sp.zoo, sp.nan):
        return
    at = {"x": sp.Rational(1, 3), "y": sp.Rational(-5, 7), "β": sp.Rational(6, 5)}
    exact = sp.N(expr.subs({x: at["x"], y: at["y"], beta: at["β"]}))
    assert value_of_text(shown, at) == pytest.approx(float(exact), rel=1e-9), shown


@pytest.mark.parametrize("name", ALL)
def test_every_formula_is_well_formed_mathml_core_without_invisible_signs(name: str) -> None:
    for line in derived(name):
        shown = line_html(line)
        nodes = parseString(f"<div>{shown}</div>").getElementsByTagName("*")
        assert {n.tagName for n in nodes} - {"div", "span"} <= CORE
        assert not re.search("[\u2061-\u2064]|nan|None", shown)


@pytest.mark.parametrize("name", ALL)
def test_cutting_a_long_formula_into_pieces_keeps_every_sign_of_it(name: str) -> None:
    for line in derived(name):
        for term in sp.Add.make_args(line.shown) if isinstance(line.shown, sp.Expr) else ():
            printer, magnitude = MathMLPrinter(), terms_of_sum(term)[0][1]
            pieces, whole = "".join(_text_of(piece) for piece in _pieces(printer, magnitude)), _text_of(printer._print(magnitude))
            if any(f.is_Pow and f.exp.could_extract_minus_sign() for f in sp.preorder_traversal(magnitude)):
                # A sum leaves the fraction in front of it: its signs change places, and 1 may stand above the bar.
                pieces, whole = ("".join(sorted(re.sub("[()1]", "", shown))) for shown in (pieces, whole))
            assert pieces == whole


def _text_of(node: Any) -> str:
    return node.data if node.nodeType == node.TEXT_NODE else "".join(map(_text_of, node.childNodes))


@pytest.mark.parametrize("name", ALL)
def test_latex_has_balanced_brackets_and_one_label_a_line(name: str) -> None:
    shown = derived(name).latex()
    assert shown.count("{") == shown.count("}")
    assert shown.count(r"\left(") == shown.count(r"\right)")
    assert shown.count(r"\begin{align}") == len(derived(name)) == len(set(re.findall(r"\\label\{(.*?)\}", shown)))


def test_latex_and_mathml_know_greek_letters_and_put_one_subscript() -> None:
    tau = am.parameter("tau_v", "N")[i]
    assert latex(tau) == r"\tau_{v,i}"
    assert text(tau) == "τ_v,i"
    assert mathml(tau) == '<msub><mi>τ</mi><mrow><mi>v</mi><mo separator="true">,</mo><mi>i</mi></mrow></msub>'
    assert latex(X[am.index("mu", "N")]) == r"x_{\mu}"


def test_mathml_escapes_what_html_would_read_as_a_tag() -> None:
    shown = mathml(am.mask(X[i] > 0) + sp.Function("g'")(x))
    assert "&gt;" in shown
    parseString(f"<a>{shown}</a>")


@pytest.mark.parametrize("width", [30, 45, 70])
def test_wrapping_keeps_every_word_and_stays_within_the_width(width: int) -> None:
    for name in ALL:
        shown = text(system(name).energy)
        lines = wrapped(shown, width)
        assert " ".join(" ".join(lines).split()) == shown
        assert all(len(line) <= width for line in lines)


def test_a_word_without_a_place_to_break_stays_whole() -> None:
    assert wrapped("x" * 50, 20) == ["x" * 50]


def test_sentences_read_their_formulas() -> None:
    assert prose("diag(1 - tanh(beta*y[i])**2) for W[i, j]") == "diag(1 - tanh(β y_i)²) for W_ij"
    assert prose("[y[i] > 0] at tau_h") == "[y_i > 0] at τ_h"
    assert prose("1.05070…*[y[i] <= 0] + 1.5e-12*x with 1e-12") == "1.05070… [y_i ≤ 0] + 1.5·10⁻¹² x with 10⁻¹²"


def test_indices_that_a_proof_made_up_are_read_as_letters() -> None:
    assert prose("b[site0]*Max(0, y1[site0]) ~ t") == "b_i Max(0, y_1,i) ~ t"
    assert prose("|Σ__1,_2 U[_2, _1]*x[_2]| ≤ C for W[i, j] and Σ_k a[k]") == "|Σ_lm U_ml x_m| ≤ C for W_ij and Σ_k a_k"
    assert prose("dy[0]/dt along y_0 at W = ((1)), y_1 = 2") == "dy_0/dt along y_0 at W = ((1)), y_1 = 2"


# Whatever stands in a reason or a note; é and 漢 are somebody's name and stay.
SIGNS = "±²³·¼½¾×ΓΔΛΠΣΦαβγδεθλμξπρστφψωᵀᵇᵏẏẋ‖…⁰⁹⁺⁻⁽⁾ⁿ₀₁₊₋ℝ⅓⅛←→∂∅∇∈−∓√∞∫≈≠≤≥⊗⟨⟩⪯⪰θ̇"


def test_sentences_in_latex_hold_no_sign_that_an_engine_may_not_know() -> None:
    assert in_latex(SIGNS).isascii()
    assert in_latex("E → -∞ as |r₊| ≥ 10⁻¹²") == r"E $\to$ -$\infty$ as $|$r$_{+}$$|$ $\geq$ 10$^{-12}$"
    assert in_latex("50% of a_b & {c}") == r"50\% of a\_b \& \{c\}"
    assert in_latex("é漢") == "é漢"


def test_a_table_of_verdicts_in_latex_is_plain_ascii() -> None:
    reasons = {"smooth": "C^∞, kinks at y[i] ≤ 0: Λ ⪰ 0", "bounded": "E ~ -½ r² → -∞ as r → ∞ on ẏ"}
    table = verdicts_latex(Report({k: Verdict(k, Status.REFUTED, reason=v) for k, v in reasons.items()}))
    assert table.isascii()
    assert r"$\to$ -$\infty$" in table
