"""(u v)_k = Σ_j u_j v_{k-j}, and what follows for quotients, roots and powers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from numeric.series.series import Array, Operand, Operation, Series, convolution


class Linear(Operation):
    """Σ c u; terms that stand still count at order 0 only. Of a state it takes k u_k, c/k times."""

    values = False

    def __init__(self, out: Series, terms: Sequence[tuple[float, Operand]]) -> None:
        super().__init__(out, [a for _, a in terms])
        self._terms = sorted(terms, key=lambda term: (term[1].series.is_state, term[0] != 1))
        self._moving = [(c, a) for c, a in self._terms if not a.still]
        self._spare = np.empty(0)

    def lodge(self, readers: Mapping[Series, int]) -> None:
        """Let the first term that nothing else reads be made in the memory of the sum: a pass and an array less in the cache."""
        straight = tuple(range(len(self.out.shape)))
        for n, (c, a) in enumerate(self._terms):
            u = a.series
            temporary = not (a.still or u.is_state or u.deep or u.rated or u.hosting) and readers.get(u) == 1
            if c == 1 and temporary and a.places == straight and u.shape == self.out.shape:
                u.host, self.out.hosting = self.out, True
                self._terms.insert(0, self._terms.pop(n))
                self._moving = [(d, x) for d, x in self._terms if not x.still]
                return

    def first(self) -> None:
        """Σ c u_0."""
        self._sum([(c, a.at(0)) for c, a in self._terms], self.at(0))

    def next(self, k: int) -> None:
        """Σ c u_k."""
        self._sum([(c / k, a.rates[k]) if a.series.is_state else (c, a.at(k)) for c, a in self._moving], self.at(k))

    def _sum(self, terms: Sequence[tuple[float, Array]], out: Array) -> None:
        c, total = terms[0]
        if c != 1 or len(terms) == 1:
            total = np.multiply(total, c, out=out)
        for c, a in terms[1:]:
            if abs(c) == 1:
                (np.add if c == 1 else np.subtract)(total, a, out=out)
            else:
                np.add(total, self._times(c, a), out=out)
            total = out

    def _times(self, c: float, a: Array) -> Array:
        """c a, in memory that is kept."""
        if self._spare.shape != a.shape:
            self._spare = np.empty(a.shape, a.dtype)
        return np.multiply(a, c, out=self._spare)


class Scaled(Operation):
    """u s, or u / s, with an s that stands still."""

    def __init__(self, out: Series, u: Operand, s: Operand, how: np.ufunc = np.multiply) -> None:
        super().__init__(out, (u, s), (s,))
        self._u, self._s, self._how = u, s, how

    def first(self) -> None:
        """u_0 s."""
        self.next(0)

    def next(self, k: int) -> None:
        """u_k s."""
        self._how(self._u.at(k), self._s.at(0), out=self.at(k))


class Product(Operation):
    """u v."""

    def __init__(self, out: Series, u: Operand, v: Operand) -> None:
        super().__init__(out, (u.deep(), v.deep()), (u, v))
        self._u, self._v = u, v

    def first(self) -> None:
        """u_0 v_0."""
        np.multiply(self._u.at(0), self._v.at(0), out=self.at(0))

    def next(self, k: int) -> None:
        """Σ_j u_j v_{k-j}."""
        convolution(self._u.stack[: k + 1], self._v.stack[: k + 1], self.at(k))


class Square(Operation):
    """a (u² + c) by the half of the sum that is not its mirror image: 2 Σ_{2j<k} u_j u_{k-j} + u_{k/2}²; free of scaling for a = ½."""

    def __init__(self, out: Series, u: Operand, scale: float = 1.0, constant: float = 0.0) -> None:
        super().__init__(out, (u.deep(),), (u,))
        self._u, self._scale, self._constant = u, scale, constant
        self._spare = np.empty(0)

    def lay(self) -> None:
        """Room for one more array, which is in cache while it is used."""
        super().lay()
        self._spare = np.empty_like(self.at(0))

    def first(self) -> None:
        """a (u_0² + c)."""
        out = self.at(0)
        np.square(self._u.at(0), out=out)
        np.add(out, self._constant, out=out)
        np.multiply(out, self._scale, out=out)

    def next(self, k: int) -> None:
        """a times the k-th coefficient of u²."""
        u, out, half = self._u.stack, self.at(k), (k + 1) // 2
        convolution(u[:half], u[k - half + 1 : k + 1], out)
        if self._scale != 0.5:
            np.multiply(out, 2 * self._scale, out=out)
        if k % 2 == 0:
            np.multiply(u[half], u[half], out=self._spare)
            np.multiply(self._spare, self._scale, out=self._spare)
            np.add(out, self._spare, out=out)


class Quotient(Operation):
    """q = u / v from q v = u."""

    remembers = True

    def __init__(self, out: Series, u: Operand | None, v: Operand) -> None:
        """`u` None is 1."""
        super().__init__(out, (v.deep(),) if u is None else (u, v.deep()), (v,))
        out.deep = True
        self._u, self._v = u, v
        self._inverse: Any = None

    def first(self) -> None:
        """u_0 / v_0."""
        np.divide(1.0 if self._u is None else self._u.at(0), self._v.at(0), out=self.at(0))

    def next(self, k: int) -> None:
        """(u_k - Σ_{j>=1} v_j q_{k-j}) / v_0."""
        if k == 1:
            self._inverse = -np.reciprocal(self._v.at(0))
        out = self.at(k)
        convolution(self._v.stack[1 : k + 1], self.out.stack[:k], out)
        if self._u is not None and not self._u.still:
            np.subtract(out, self._u.at(k), out=out)
        np.multiply(out, self._inverse, out=out)


class Root(Operation):
    """r = √u from r² = u; where u_0 = 0 the series is taken to vanish."""

    remembers = True

    def __init__(self, out: Series, u: Operand) -> None:
        super().__init__(out, (u,))
        out.deep = True
        self._u = u
        self._inverse: Any = None

    def first(self) -> None:
        """√u_0."""
        np.sqrt(self._u.at(0), out=self.at(0))

    def next(self, k: int) -> None:
        """(u_k - Σ_{0<j<k} r_j r_{k-j}) / (2 r_0)."""
        if k == 1:
            self._inverse = inverse(2 * self.out.stack[0])
        out = self.at(k)
        if k == 1:
            np.copyto(out, self._u.at(1))
        else:
            convolution(self.out.stack[1:k], self.out.stack[1:k], out)
            np.subtract(self._u.at(k), out, out=out)
        np.multiply(out, self._inverse, out=out)


class Power(Operation):
    """p = u^c for a number c from u p' = c p u'; where u_0 = 0 the series is taken to vanish."""

    remembers = True

    def __init__(self, out: Series, u: Operand, c: float) -> None:
        super().__init__(out, (u.deep().rated(),), (u,))
        out.deep = out.rated = True
        self._u, self._c = u, c
        self._inverse: Any = None

    def first(self) -> None:
        """u_0^c."""
        np.power(self._u.at(0), self._c, out=self.at(0))

    def next(self, k: int) -> None:
        """(c Σ_{j>=1} j u_j p_{k-j} - Σ_{0<j<k} j p_j u_{k-j}) / (k u_0)."""
        if k == 1:
            self._inverse = inverse(self._u.at(0))
        out = self.at(k)
        convolution(self._u.rates[1 : k + 1], self.out.stack[:k], out)
        np.multiply(out, self._c, out=out)
        if k > 1:
            rest = np.empty_like(out)
            convolution(self.out.rates[1:k], self._u.stack[1:k], rest)
            np.subtract(out, rest, out=out)
        np.multiply(out, self._inverse / k, out=out)


def inverse(array: Array) -> Array:
    """1 / a, and 0 where a = 0."""
    return np.asarray(np.where(array == 0, 0, np.reciprocal(np.where(array == 0, 1, array))))
