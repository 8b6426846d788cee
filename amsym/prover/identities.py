"""Identities between ∇E and f for one state, ∇E = -M f or f = -R ∇E, with factors of any sign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from amsym.indexing import letters, said
from amsym.notation import Component, Index, Tensor, depends_on, fresh_indices, is_zero, tidy, total
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.definite import has_definite_hessian, is_nowhere_zero
from amsym.prover.factor import common_factor, hessian_factor, joint_factors, shared_part
from amsym.prover.lyapunov import lyapunov_arguments
from amsym.prover.patterns import Argument, gradient
from amsym.prover.regularity import conditions
from amsym.render.sentences import before, diagonal, factor_identity, hessian_identity, matrix_identity, scaled, slope_of
from amsym.system import System

# Seconds for one state where the arguments of the Lyapunov proof do not help.
SECONDS = 2.0


@dataclass(frozen=True)
class Way:
    """One identity between ∇E and f for one state: what it implies, in words, with its steps.

    forward: f = 0 gives ∇E = 0.  backward: ∇E = 0 gives f = 0.  potential: P with M = c ∇²P, where M is a Hessian.
    """

    state: Tensor
    forward: bool
    backward: bool
    words: str
    turned: str = ""
    steps: tuple[dict[str, Any], ...] = field(default=())
    potential: sp.Expr | None = None


def ways(system: System, c: Component) -> Iterator[Way]:
    """The identities found for one state, those of the Lyapunov proof first."""
    arguments = lyapunov_arguments(system) or []
    argument = next((a for a in arguments if a.state == c.tensor and a.pattern != "sign"), None)
    found = list(_from_argument(system, c, argument)) if argument is not None else []
    yield from found
    if found:
        return
    for pattern in (_by_factor, _by_square, _by_matrix, _by_mixture, _by_hessian):
        try:
            with time_limit(SECONDS):
                yield from pattern(system, c)
        except OutOfTime:
            continue


def _from_argument(system: System, c: Component, a: Argument) -> Iterator[Way]:
    """What the identity of a Lyapunov argument implies."""
    metric, steps = a.pattern == "metric", tuple(a.steps[: max(1, sum("identity" in s for s in a.steps))])
    if a.factor.potential is not None:
        yield _hessian_way(system, c, a.factor.potential, a.factor.scale, a.words, steps)
        return
    factors = [m for m in (a.factor.slope, a.factor.scale) if m is not None]
    if not all(_is_safe(system, m) for m in factors):
        return
    whole = a.factor.slope is not None and is_nowhere_zero(a.factor.slope)
    yield _way(c, metric, a.words, whole, steps)


def _way(c: Component, metric: bool, words: str, invertible: bool, steps: tuple[dict[str, Any], ...]) -> Way:
    letter, left = ("M", "∇E = -M f") if metric else ("R", "f = -R ∇E")
    turned = f"{letter} is invertible" if invertible else ""
    return Way(c.tensor, metric or invertible, invertible or not metric, f"{left} with {words}", turned, steps)


def _by_factor(system: System, c: Component) -> Iterator[Way]:
    """∇E = -m f, f = -r ∇E, or f = a p and ∇E = b p, with factors of any sign."""
    left, f = gradient(system, c.tensor), system.equations[c]
    if is_zero(left):
        yield _way(c, True, "M = 0", False, ({"identity": f"{slope_of(system, c)} = 0"},))
        return
    for metric, a, b in ((True, left, f), (False, f, left)):
        m = common_factor(a, b, c.where)
        if m is not None and _is_safe(system, m):
            m = tidy(m, letters(system))
            identity = {"identity": factor_identity(system, c, m, metric)}
            yield _way(c, metric, f"{'M' if metric else 'R'} = {diagonal(system, m)}", is_nowhere_zero(m), (identity,))
    yield from _by_shared_part(system, c, left, f)


def _by_shared_part(system: System, c: Component, left: sp.Expr, f: sp.Expr) -> Iterator[Way]:
    shared = shared_part(f, left)
    if shared is None:
        return
    r, a, b = shared
    if not all(_is_safe(system, e) for e in shared) or not (is_zero(f - a * r) and is_zero(left - b * r)):
        return
    first, other = (scaled(system, e, "r") for e in (a, b))
    steps = ({"identity": f"f = {first} and {slope_of(system, c)} = {other} with r = {said(system, r)}"},)
    forward, backward = is_nowhere_zero(a), is_nowhere_zero(b)
    divisor = " and ".join(said(system, e) for e, used in ((a, forward), (b, backward)) if used and not e.is_number)
    words = f"f = {first} and ∇E = {other}" + (f", where {divisor} is never zero" if divisor else "")
    yield Way(c.tensor, forward, backward, words, "", steps)


def _by_square(system: System, c: Component) -> Iterator[Way]:
    """E = a ½ Σ f² + const, so ∇E = a Jᵀ f with J the Jacobian of the flow."""
    assert system.flow is not None
    assert system.energy is not None
    squares = sp.Add(*(total(f**2, *at.where) for at, f in system.flow.items())) / 2
    a = common_factor(-system.energy, squares, ())
    if a is not None and not any(depends_on(a, s) for s in system.states) and _is_safe(system, a):
        squared, pulled = before(system, -a, "½ Σ f²", " "), "Jᵀ f" if a == 1 else "a Jᵀ f"
        steps = ({"identity": f"E {squared} = 0"}, {"lemma": f"chain rule, ∇E = {pulled}", "hypothesis": "f is differentiable"})
        factor = "" if a == 1 else f"a = {said(system, a)} and "
        yield Way(c.tensor, True, False, f"∇E = {pulled} with {factor}J the Jacobian of f", "", steps)


def _by_matrix(system: System, c: Component) -> Iterator[Way]:
    """∇E = -s Σ_j V_ij f_j, or f = -s Σ_j V_ij ∂E/∂y_j, for a parameter V."""
    left, f = gradient(system, c.tensor), system.equations[c]
    other = fresh_indices(c.tensor.axes, c.where)
    names = dict(zip(c.where, other, strict=True))
    for V in (V for V in system.parameters if V.axes == c.tensor.axes * 2):
        for weight in dict.fromkeys((V[c.where + other], V[other + c.where])):
            for metric, a, b in ((True, left, f), (False, f, left)):
                scale = common_factor(a, total(weight * b.xreplace(names), *other), c.where)
                if scale is not None and _is_safe(system, scale):
                    turned = weight != V[c.where + other]
                    identity = {"identity": matrix_identity(system, c, V, scale, metric=metric, turned=turned)}
                    shown = scaled(system, scale, f"{V.name}ᵀ" if turned else V.name)
                    yield _way(c, metric, f"{'M' if metric else 'R'} = {shown}", False, (identity,))


def _by_mixture(system: System, c: Component) -> Iterator[Way]:
    """∂E/∂q = -m f_p, or that plus or minus another state's flow; and f_q in the slopes ∂E/∂p likewise."""
    assert system.flow is not None
    alike = [at for at in system.flow if at.tensor.axes == c.tensor.axes]
    if len(alike) < 2:
        return
    names = {at: dict(zip(at.where, c.where, strict=True)) for at in alike}
    flows = {f"f_{at.tensor.name}": system.equations[at].xreplace(names[at]) for at in alike}
    slopes = {f"∂E/∂{at.tensor.name}": gradient(system, at.tensor).xreplace(names[at]) for at in alike}
    for forward, target, sources in ((True, slopes[f"∂E/∂{c.tensor.name}"], flows), (False, flows[f"f_{c.tensor.name}"], slopes)):
        words = _mixed(system, target, sources, c)
        if words:
            left = f"∂E/∂{c.tensor.name}" if forward else f"f_{c.tensor.name}"
            yield Way(c.tensor, forward, not forward, f"{left} = {words}", "", ({"identity": f"{left} = {words}"},))


def _mixed(system: System, target: sp.Expr, sources: dict[str, sp.Expr], c: Component) -> str:
    """The target as -m s, or as ± s - m s', in words; nothing where it is neither."""
    for name, s in sources.items():
        m = common_factor(target, s, c.where)
        if m is not None and _is_safe(system, m):
            return scaled(system, -m, name)
    for name, s in sources.items():
        for sign in (1, -1):
            for also, rest in sources.items():
                m = common_factor(target - sign * s, rest, c.where) if also != name else None
                if m is not None and _is_safe(system, m):
                    return f"{'' if sign > 0 else '-'}{name} {before(system, -m, also, ' ')}"
    return ""


def _by_hessian(system: System, c: Component) -> Iterator[Way]:
    """∇E = -s Λ f with Λ the Hessian of the declared Lagrangian, or of a log or root of a sum in the formulas; convex or not."""
    left = gradient(system, c.tensor)
    declared = system.activations.get(c.tensor)
    potentials = ([declared.of(c.tensor)] if declared is not None else []) + list(joint_factors(c.tensor, system.formulas))

    def flow(where: tuple[Index, ...]) -> sp.Expr:
        return system.right_side(c.tensor, where)

    for potential in potentials:
        found = hessian_factor(left, flow, c, potential)
        if found is not None:
            name = f"the Hessian of {said(system, potential)}"
            identity = {"identity": hessian_identity(system, c, found.scale, name), "potential": said(system, potential)}
            yield _hessian_way(system, c, potential, found.scale, f"M = {scaled(system, found.scale, name)}", (identity,))


def _hessian_way(system: System, c: Component, potential: sp.Expr, scale: sp.Expr, words: str, steps: tuple[dict[str, Any], ...]) -> Way:
    safe = _is_safe(system, potential) and _is_safe(system, scale)
    definite = safe and is_nowhere_zero(scale) and has_definite_hessian(potential, c.tensor)
    turned = "M is invertible" if definite else ""
    return Way(c.tensor, safe, definite, f"∇E = -M f with {words}", turned, steps, potential)


def _is_safe(system: System, m: sp.Expr) -> bool:
    """Whether m is defined wherever the formulas are: a factor 1/y would hide the point y = 0."""
    allowed = {c.text for c in conditions(*system.formulas)}
    return all(c.sizes or c.text in allowed or c.text.replace("≠ 0", "> 0") in allowed for c in conditions(m))


__all__ = ["Way", "ways"]
