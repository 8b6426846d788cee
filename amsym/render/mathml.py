"""Formulas in presentation MathML Core, which browsers draw by themselves: no script, no network, no font to load."""

from __future__ import annotations

from typing import Any
from xml.dom.minidom import Element

import sympy as sp
from sympy.printing.mathml import MathMLPresentationPrinter

from amsym.render.names import Name, component_name, index_name, letter, name_of, tensor_name
from amsym.render.numbers import decimal, is_long
from amsym.render.structure import POWERED, Product, is_atom, needs_brackets, product_of, terms_of_sum

_RELATIONS = {"==": "=", "!=": "≠", ">": "&gt;", "<": "&lt;", ">=": "≥", "<=": "≤"}
_WORDS = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arsinh", "Heaviside": "θ"}
THIN = "0.17em"


def mathml(expr: Any) -> str:
    """The formula as MathML, without the `math` element around it.

    >>> mathml(sp.Symbol("beta")**2)
    '<msup><mi>β</mi><mn>2</mn></msup>'
    """
    return str(MathMLPrinter().doprint(sp.sympify(expr)))


class MathMLPrinter(MathMLPresentationPrinter):
    """SymPy's printer with MathML Core only: no mfenced, no invisible operators, stretchy brackets of our own."""

    printmethod = "_amsym_mathml"

    def doprint(self, expr: Any) -> str:
        """The formula as text in MathML."""
        return str(self._print(expr).toxml())

    def tag(self, name: str, *children: Any, **attributes: str) -> Element:
        """An element; children are elements or text."""
        node: Element = self.dom.createElement(name)
        for key, value in attributes.items():
            node.setAttribute(key, value)
        for child in children:
            node.appendChild(self.dom.createTextNode(child) if isinstance(child, str) else child)
        return node

    def row(self, *children: Any) -> Element:
        """A row; a single child stands for itself."""
        return children[0] if len(children) == 1 else self.tag("mrow", *children)

    def brackets(self, inner: Any, left: str = "(", right: str = ")") -> Element:
        """Stretchy brackets around an element."""
        return self.tag("mrow", self.tag("mo", left), inner, self.tag("mo", right))

    def spaced(self, parts: list[Any]) -> Element:
        """Factors with thin spaces between them."""
        found = [parts[0]]
        for part in parts[1:]:
            found += [self.tag("mspace", width=THIN), part]
        return self.row(*found)

    def _bracketed(self, expr: sp.Expr, needed: bool) -> Element:
        return self.brackets(self._print(expr)) if needed else self._print(expr)

    def named(self, name: Name, dotted: bool = False) -> Element:
        """A name with what stands above and below it."""
        head = self.tag("mi", name.head.rstrip("'"))
        if dotted:
            head = self.tag("mover", head, self.tag("mo", "˙", stretchy="false"), accent="true")
        primes = name.head.count("'")
        above = [self.tag("mo", "′" * primes)] if primes else []
        above += [self.tag("mi", a) for a in name.above]
        below = self._below(name)
        if below and above:
            return self.tag("msubsup", head, self.row(*below), self.row(*above))
        if below:
            return self.tag("msub", head, self.row(*below))
        return self.tag("msup", head, self.row(*above)) if above else head

    def _below(self, name: Name) -> list[Any]:
        groups = [[self._word(b)] for b in name.below] + ([[self._word(i) for i in name.indices]] if name.indices else [])
        found: list[Any] = []
        for n, group in enumerate(groups):
            found += [*([self.tag("mo", ",", separator="true")] if n else []), *group]
        return found

    def _word(self, word: str) -> Element:
        return self.tag("mn" if word.isdigit() else "mi", word)

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> Element:
        return self.named(name_of(expr.name))

    def _print_Index(self, expr: Any) -> Element:
        return self.tag("mi", index_name(expr))

    def _print_Size(self, expr: Any) -> Element:
        return self.tag("mi", expr.name)

    def _print_Component(self, expr: Any) -> Element:
        return self.named(component_name(expr))

    def _print_Entry(self, expr: Any) -> Element:
        return self.named(tensor_name(expr.tensor)._replace(indices=tuple(map(str, expr.position))))

    def _print_Tensor(self, expr: Any) -> Element:
        return self.named(tensor_name(expr))

    def _print_Delta(self, expr: Any) -> Element:
        return self.tag("msub", self.tag("mi", "δ"), self.row(*(self._print(a) for a in expr.args)))

    def _print_Mask(self, expr: Any) -> Element:
        return self.brackets(self._print(expr.condition), "[", "]")

    def _print_Total(self, expr: Any) -> Element:
        return self.tag("mrow", self.sum_sign(expr), self._bracketed(expr.body, isinstance(expr.body, sp.Add)))

    def sum_sign(self, expr: Any) -> Element:
        """∑ with the bound indices below."""
        return self.tag("munder", self.tag("mo", "∑"), self.row(*(self._print(i) for i in expr.bound)))

    def _print_Add(self, expr: sp.Add, order: Any = None) -> Element:
        found: list[Any] = []
        for n, (minus, term) in enumerate(terms_of_sum(expr)):
            found += [*([self.sign(minus)] if n or minus else []), self._print(term)]
        return self.row(*found)

    def sign(self, minus: bool) -> Element:
        """+ or −."""
        return self.tag("mo", "−" if minus else "+")

    def _print_Mul(self, expr: sp.Expr) -> Element:
        p = product_of(expr)
        body = self.spaced(self.parts(p))
        return self.row(self.sign(True), body) if p.negative else body

    def parts(self, p: Product, followed: bool = False) -> list[Element]:
        """The factors of a product, a fraction in front where it divides; `followed` when more comes after them."""
        if not p.under:
            return self._factors(p.number, p.over, followed)
        above, beside = p.parted()
        fraction = self.tag("mfrac", self._alone(p.above, above), self._alone(p.below, p.under))
        return [fraction, *(self._factors(sp.S.One, beside, followed) if beside else [])]

    def _factors(self, number: sp.Expr, factors: tuple[sp.Expr, ...], followed: bool = False) -> list[Element]:
        numbers = [] if number == 1 and factors else [self._print(number)]
        return [*numbers, *(self._bracketed(f, needs_brackets(f, f is factors[-1] and not followed)) for f in factors)]

    def _alone(self, number: sp.Expr, factors: tuple[sp.Expr, ...]) -> Element:
        """What stands above or below a fraction bar: a single sum needs no brackets there."""
        if len(factors) == 1 and number == 1:
            return self._print(factors[0])
        return self.spaced(self._factors(number, factors))

    def _print_Pow(self, expr: sp.Pow) -> Element:
        base, exponent = expr.base, expr.exp
        if exponent.could_extract_minus_sign():
            return self._print_Mul(expr)
        if exponent == sp.Rational(1, 2):
            return self.tag("msqrt", self._print(base))
        if isinstance(base, POWERED) and exponent.is_Integer:
            return self._applied(self.tag("msup", self._function_name(base), self._print(exponent)), base.args)
        return self.tag("msup", self._bracketed(base, not is_atom(base)), self._raised(exponent))

    def _raised(self, exponent: sp.Expr) -> Element:
        if exponent.is_Rational and not exponent.is_Integer and not is_long(exponent):
            return self.row(self.tag("mn", str(exponent.p)), self.tag("mo", "/"), self.tag("mn", str(exponent.q)))
        return self._print(exponent)

    def _print_exp(self, expr: sp.exp) -> Element:
        return self.tag("msup", self.tag("mi", "e"), self._raised(expr.args[0]))

    def _print_Exp1(self, expr: Any) -> Element:
        return self.tag("mi", "e")

    def _print_Pi(self, expr: Any) -> Element:
        return self.tag("mi", "π")

    def _print_Integer(self, expr: Any) -> Element:
        if is_long(expr):
            return self._decimal(expr)
        number = self.tag("mn", str(abs(expr)))
        return self.row(self.sign(True), number) if expr < 0 else number

    def _print_int(self, expr: int) -> Element:
        return self._print_Integer(expr)

    def _print_Rational(self, expr: sp.Rational) -> Element:
        if is_long(expr):
            return self._decimal(expr)
        fraction = self.tag("mfrac", self.tag("mn", str(abs(expr.p))), self.tag("mn", str(expr.q)))
        return self.row(self.sign(True), fraction) if expr.p < 0 else fraction

    def _decimal(self, expr: sp.Rational) -> Element:
        """A long fraction by its first digits and a power of ten."""
        found = decimal(expr)
        power = self.tag("mn", str(abs(found.power)))
        ten = self.tag("msup", self.tag("mn", "10"), self.row(self.sign(True), power) if found.power < 0 else power)
        shown = [self.tag("mn", found.mantissa)] if not found.power or found.mantissa != "1" else []
        shown += [*([self.tag("mo", "·")] if shown else []), ten] if found.power else []
        return self.row(*([self.sign(True)] if expr.p < 0 else []), *shown)

    def _function_name(self, expr: sp.Function) -> Element:
        name = type(expr).__name__
        if name == "Li2":
            return self.tag("msub", self.tag("mi", "Li"), self.tag("mn", "2"))
        return self.named(Name(_WORDS.get(name, letter(name))))

    def _applied(self, name: Element, args: tuple[Any, ...]) -> Element:
        found: list[Any] = []
        for n, a in enumerate(args):
            found += [*([self.tag("mo", ",", separator="true")] if n else []), self._print(a)]
        return self.tag("mrow", name, self.brackets(self.row(*found)))

    def _print_Function(self, expr: sp.Function) -> Element:
        return self._applied(self._function_name(expr), expr.args)

    def _print_besseli(self, expr: Any) -> Element:
        return self._applied(self.tag("msub", self.tag("mi", "I"), self._print(expr.args[0])), expr.args[1:])

    def _print_Max(self, expr: Any) -> Element:
        return self._applied(self.tag("mi", type(expr).__name__.lower()), tuple(sorted(expr.args, key=sp.default_sort_key)))

    _print_Min = _print_Max

    def _print_Abs(self, expr: sp.Abs, exp: Any = None) -> Element:
        return self.brackets(self._print(expr.args[0]), "|", "|")

    def _print_Relational(self, expr: Any) -> Element:
        return self.row(self._print(expr.lhs), self.tag("mo", _RELATIONS[expr.rel_op]), self._print(expr.rhs))

    def _print_Piecewise(self, expr: sp.Piecewise) -> Element:
        rows = []
        for value, when in expr.args:
            condition = self.tag("mtext", "otherwise") if when == True else self.row(self.tag("mtext", "if\u00a0"), self._print(when))  # noqa: E712
            rows.append(self.tag("mtr", self.tag("mtd", self._print(value)), self.tag("mtd", condition)))
        return self.tag("mrow", self.tag("mo", "{"), self.tag("mtable", *rows))

    def _print_Rate(self, expr: Any) -> Element:
        return self.named(component_name(expr.args[0]), dotted=True)

    def _print_TimeDerivative(self, expr: Any) -> Element:
        return self.tag(
            "mfrac", self.row(self.tag("mi", "d"), self._print(expr.args[0])), self.row(self.tag("mi", "d"), self.tag("mi", "t"))
        )

    def _print_Slope(self, expr: Any) -> Element:
        partial = self.tag("mi", "∂")
        above = self.tag("msup", partial, self.tag("mn", str(len(expr.wrt)))) if len(expr.wrt) > 1 else partial
        below = [part for v in expr.wrt for part in (self.tag("mi", "∂"), self._print(v))]
        return self.tag("mfrac", self.row(above, self._print(expr.of)), self.row(*below))

    def _print_Space(self, expr: Any) -> Element:
        values = [part for v in expr.values for part in (self.tag("mo", ",", separator="true"), self._print(v))][1:]
        base = self.brackets(self.row(*values), "{", "}") if values else self.tag("mi", "ℝ")
        sizes = [part for n in expr.sizes for part in (self.tag("mo", "×"), self._print(n))][1:]
        return self.tag("msup", base, self.row(*sizes)) if sizes else base
