"""A tree over partial patterns: nodes split on [t_k > 0], leaves are refuted, left with one candidate, or whole patterns.

With z_k = max(0, t_k), w_k = z_k - t_k and slacks u_k, all of z, w, u are ≥ 0 at steady states, and z_k w_k = 0.
Multipliers refute by Farkas' lemma; a linear complementarity problem with S + Sᵀ ≻ 0 has one solution (Cottle, Pang, Stone 1992).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flint import arb_mat, fmpq_mat

from proofs.checker.affine import ONE, ZERO, Cell, Condition, Form, form_of, name_of, put, reduced, same_flow, summed
from proofs.checker.balls import precision
from proofs.checker.definite import is_positive
from proofs.checker.domains import Refused
from proofs.checker.model import Model, exact, is_definite
from proofs.checker.reader import Unreadable

CHUNK = 500  # leaves whose multipliers are checked in one product of matrices


class Tree:
    """The tree's leaves, judged; `cells` are the patterns that are left."""

    def __init__(self, model: Model, c: Mapping[str, Any], box: Mapping[str, Any]) -> None:
        names = [name_of(q) for q in model.components]
        self.nodes, self.K = c["tree"], len(c["ramps"])
        if set(names) & {f"{a}{k}" for a in "zwu" for k in range(self.K + len(c["slacks"]))} | {"1"} & set(names):
            raise Unreadable("a state has a name that the certificate uses")
        self.flow, self.ramps = [form_of(c["flow"][name]) for name in names], [form_of(t) for t in c["ramps"]]
        same_flow(model, c, self.flow, self.ramps)
        slacks = {name: form_of(u) for name, u in c["slacks"].items()}
        for name, u in slacks.items():
            if not name.startswith("u") or not _follows(u, self.ramps, box):
                raise Refused(f"the slack {name} does not follow from the domain or the order of cuts")
        self.left = list(c["left"])
        variables = [f"{a}{k}" for a in "wz" for k in range(self.K)]
        self.free = [v for v in variables if v not in self.left]
        own = [summed([({f"w{k}": ONE, f"z{k}": -ONE}, 1), (t, 1)]) for k, t in enumerate(self.ramps)]
        own += [summed([({name: ONE}, 1), (u, -1)]) for name, u in slacks.items() if name in self.left]
        known = reduced([*self.flow, *own], [*names, *self.left, *self.free, "1"])
        if not all(v in known for v in self.left):
            raise Refused("by flow = 0 what is left does not follow from the others")
        self.table = [[-known[v].get(f, ZERO) for f in self.free] for v in self.left]
        self.constants = [-known[v].get("1", ZERO) for v in self.left]

    def cells(self) -> Iterator[Cell]:
        """The cell of every whole pattern that is not ruled out."""
        refuted = []
        for node, path in self._leaves():
            if isinstance(node, Mapping) and set(node) != {"unique"}:
                refuted.append((node, path))
                continue
            pattern = self._unique(node["unique"], path) if isinstance(node, Mapping) else node
            if not isinstance(node, Mapping) and (node != path or "-" in path):
                raise Refused("a leaf is left open" if node is None else "a leaf is not the pattern of its place")
            if pattern is not None:
                yield self._cell(pattern)
        for k in range(0, len(refuted), CHUNK):
            self._refuted(refuted[k : k + CHUNK])

    def _leaves(self) -> Iterator[tuple[Any, str]]:
        """Each leaf and its path, 0, 1 or - (undecided) for each ramp."""
        stack, seen = [(0, "-" * self.K)], set[Any]()
        while stack:
            n, path = stack.pop()
            if type(n) is not int or n in seen or not 0 <= n < len(self.nodes):
                raise Refused("a split names a node twice, or one that is not there")
            seen.add(n)
            if not isinstance(self.nodes[n], list):
                yield self.nodes[n], path
                continue
            k, *halves = self.nodes[n]
            if type(k) is not int or not 0 <= k < self.K or path[k] != "-" or len(halves) != 2:
                raise Refused("a split is not one of an undecided ramp")
            stack += [(half, f"{path[:k]}{on}{path[k + 1 :]}") for on, half in enumerate(halves)]

    def _cell(self, pattern: str) -> Cell:
        rule: dict[str, Form] = {}
        conditions: list[Condition] = []
        for k, t in enumerate(self.ramps):
            u = put(t, rule)
            conditions.append((u, ">") if pattern[k] == "1" else (summed([(u, -1)]), "≥"))
            rule[f"z{k}"] = u if pattern[k] == "1" else {}
        return [put(f, rule) for f in self.flow], conditions

    def _refuted(self, leaves: list[tuple[Mapping[str, Any], str]]) -> None:
        """Σ λ_r v_r - Σ_j (λ T)_j v_j = λ·constants < 0 with coefficients ≥ 0 but where v = 0; or = 0, and a z > 0 is in it."""
        if not all(leaf.keys() <= set(self.left) for leaf, _ in leaves) or not self.left:
            raise Refused("multipliers are those of the variables that are left")
        lam = fmpq_mat([[exact(leaf.get(v, 0)) for v in self.left] for leaf, _ in leaves])
        rows = (lam * fmpq_mat([[*row, x] for row, x in zip(self.table, self.constants, strict=True)])).tolist()
        for (_, path), own, row in zip(leaves, lam.tolist(), rows, strict=True):
            coefficient = dict(zip([*self.left, *self.free], [*own, *(-x for x in row[:-1])], strict=True))
            zero = {("w" if on == "1" else "z") + str(k) for k, on in enumerate(path) if on != "-"}
            if any(a < 0 for v, a in coefficient.items() if v not in zero):
                raise Refused("a leaf's multipliers have a wrong sign")
            strict = any(coefficient.get(f"z{k}", ZERO) > 0 for k, on in enumerate(path) if on == "1")
            if not (row[-1] < 0 or (row[-1] == 0 and strict)):
                raise Refused("a leaf's multipliers make no contradiction")

    def _unique(self, pattern: str, path: str) -> str | None:
        """The only pattern that is left: w = S z + q over undecided ramps with S + Sᵀ ≻ 0 has one candidate."""
        on, rest = ([k for k in range(self.K) if path[k] == c] for c in "1-")
        if [f"w{k}" for k in range(self.K)] != self.left[: self.K] or self.free != [f"z{k}" for k in range(self.K)]:
            raise Refused("the w are no functions of the z")
        if len(pattern) != self.K or any(a != b for a, b in zip(pattern, path, strict=True) if b != "-"):
            raise Refused("a candidate is one of another leaf")
        if rest and not self._is_monotone(on, rest):
            raise Refused("S + Sᵀ is not positive definite where a candidate should be the only one")
        active = [k for k in range(self.K) if pattern[k] == "1"]
        solved = self._block(active, active).solve(fmpq_mat([[-self.constants[k]] for k in active])).entries() if active else []
        z = [dict(zip(active, solved, strict=True)).get(k, ZERO) for k in range(self.K)]
        w = [q + sum((row[k] * z[k] for k in active), ZERO) for row, q in zip(self.table, self.constants[: self.K], strict=False)]
        if any(z[k] < 0 or w[k] < 0 for k in rest):
            raise Refused("a candidate does not satisfy its own pattern")
        fits = all(z[k] > 0 if path[k] == "1" else w[k] >= 0 for k in range(self.K) if path[k] != "-")
        return "".join("01"[x > 0] for x in z) if fits else None

    def _block(self, rows: list[int], columns: list[int]) -> fmpq_mat:
        return fmpq_mat([[self.table[i][j] for j in columns] for i in rows])

    def _is_monotone(self, on: list[int], rest: list[int]) -> bool:
        """Whether S + Sᵀ ≻ 0, S the Schur complement: in balls, and exactly where these do not show it."""

        def schur(number: Any) -> Any:
            S = number(self._block(rest, rest))
            return S - number(self._block(rest, on)) * number(self._block(on, on)).solve(number(self._block(on, rest))) if on else S

        with precision(256):
            try:
                S = schur(arb_mat)
                if is_positive(S + S.transpose()):
                    return True
            except ZeroDivisionError:
                pass
        S = schur(fmpq_mat)
        return is_definite((S + S.transpose()).tolist(), strict=True)


def _follows(u: Form, ramps: list[Form], box: Mapping[str, Any]) -> bool:
    """u ≥ 0 at its least: over the box, or over 0 ≤ z_a - z_b ≤ t_a - t_b where that is a number ≥ 0."""
    least, parts = u.get("1", ZERO), {name: a for name, a in u.items() if name != "1"}
    if all(name in box for name in parts):
        ends = [(a, box[name][0 if a > 0 else 1]) for name, a in parts.items()]
        return all(end is not None for _, end in ends) and sum((a * end for a, end in ends), least) >= 0
    forms = {f"z{k}": t for k, t in enumerate(ramps)}
    if len(parts) != 2 or not set(parts) <= set(forms) or sum(parts.values(), ZERO) != 0:
        return False
    gap = summed((forms[name], a) for name, a in parts.items())
    return set(gap) <= {"1"} and least + min(ZERO, gap.get("1", ZERO)) >= 0
