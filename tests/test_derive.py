"""Laws of derivations: each line is true of the model, is short, and is shown whole."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import sympy as sp
from models_shown import ALL, FLOWS, by_lagrangian, derived, hopfield, model, system, two_layers

import amsym as am
from amsym.activated import opened
from amsym.derivation import LABELS, Derivation
from amsym.named_lines import is_long, named_lines, potential
from amsym.notation import Index, Total, derivative, free_indices, is_zero, rename
from amsym.notation.calculus import gradient_tensor
from amsym.prover import energy_never_increases, energy_rate, legendre_identity
from amsym.render import Rate, Slope
from amsym.render.names import letter


def spelled(expr: Any, rule: Callable[[Any], Any]) -> Any:
    """Replace nodes for which the rule has an answer, under sums as well."""
    new = rule(expr)
    if new is not None:
        return new
    if not expr.args or isinstance(expr, am.notation.Component):
        return expr
    return expr.func(*(spelled(a, rule) for a in expr.args))


def signs_of(model: am.System) -> Callable[[Any], Any]:
    """ẏ_i by the flow, ∂E/∂y_i by the derivative."""

    def rule(node: Any) -> Any:
        if isinstance(node, Rate):
            return model.right_side(node.args[0].tensor, node.args[0].where)
        return derivative(model.energy, node.wrt[0]) if isinstance(node, Slope) else None

    return rule


@pytest.mark.parametrize("name", ALL)
def test_gradient_lines_are_the_derivatives_of_the_energy(name: str) -> None:
    for line in derived(name):
        if line.label == "gradient":
            assert is_zero(line.right - derivative(system(name).energy, *line.left.wrt)), line.about


@pytest.mark.parametrize("name", sorted(set(ALL) - {"tokens"}))
def test_hessian_lines_are_the_second_derivatives_of_the_energy(name: str) -> None:
    for line in derived(name):
        if line.label == "Hessian":
            assert is_zero(line.right - derivative(system(name).energy, *line.left.wrt)), line.about


def test_a_hessian_too_long_to_read_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["amsym.derive"], "LONG_GRADIENT", 3)
    assert am.derive(hopfield())["Hessian"].right.startswith("not spelled out: the gradient alone has")


@pytest.mark.parametrize("name", ALL)
def test_energy_and_flow_lines_equal_what_the_author_wrote(name: str) -> None:
    assert is_zero(derived(name)["energy"].right - system(name).energy)
    for c, f in system(name).equations.items():
        line = derived(name)["flow" if system(name).flow is not None else "update", c.tensor.name]
        place = line.left.args[0] if system(name).flow is not None else line.left
        assert is_zero(line.right - rename(f, dict(zip(c.where, place.where, strict=True))))


@pytest.mark.parametrize("name", FLOWS)
def test_energy_rate_line_is_the_rate_along_the_flow(name: str) -> None:
    assert is_zero(derived(name)["energy rate"].right - energy_rate(system(name)))


@pytest.mark.parametrize("name", ["tanh", "relu", "softmax", "abstract", "two layers"])
def test_lyapunov_condition_equals_the_energy_rate_once_its_signs_are_spelled_out(name: str) -> None:
    d, rule = derived(name), signs_of(system(name))
    metrics = {line.left.tensor: line for line in d if line.label == "Lyapunov condition" and line.about}

    def with_metric(node: Any) -> Any:
        if isinstance(node, am.notation.Component) and node.tensor in metrics:
            line = metrics[node.tensor]
            return line.right.xreplace(dict(zip(line.left.where, node.where, strict=True)))
        return rule(node)

    claim = d["Lyapunov condition"].right
    assert isinstance(claim, sp.LessThan)
    assert claim.rhs == 0
    assert is_zero(spelled(claim.lhs, with_metric) - energy_rate(system(name)))


def test_a_wrong_gradient_would_be_noticed() -> None:
    line = derived("tanh")["gradient"]
    assert not is_zero(2 * line.right - derivative(system("tanh").energy, *line.left.wrt))


@pytest.mark.parametrize("name", ["softmax", "two layers"])
def test_lines_with_named_activations_equal_the_lines_that_spell_them_out(name: str) -> None:
    d = derived(name)
    formulas = {line.left.tensor: _formula(line) for line in d if line.label == "activation"}
    shorter = [line for line in d if line.short is not None and line.short != line.right]
    assert {"energy", "gradient", "Hessian"} <= {line.label for line in shorter}
    for line in shorter:
        assert is_zero(opened(line.short, formulas) - line.right), f"{line.label} {line.about}"


def _formula(line: Any) -> Callable[..., Any]:
    return lambda *where: line.right.xreplace(dict(zip(line.left.where, where, strict=True)))


def test_named_lines_of_a_memory_equal_the_explicit_derivatives() -> None:
    memory = two_layers().system
    found = Derivation(tuple(named_lines(memory)))
    formulas: dict[Any, Callable[..., Any]] = {}
    for s in memory.states:
        L, name = memory.activations[s], potential(memory, s)
        formulas[name] = lambda L=L, s=s: L.of(s)
        formulas[gradient_tensor(name)] = lambda i, L=L, s=s: L.activation(s[i])
        formulas[gradient_tensor(gradient_tensor(name))] = lambda i, j, L=L, s=s: L.hessian(s[i], s[j])
    assert is_zero(opened(found["energy"].right, formulas) - memory.energy)
    for s in memory.states:
        line = found["gradient", s.name]
        assert is_zero(opened(line.right, formulas) - derivative(memory.energy, *line.left.wrt))
        flow = found["flow", s.name]
        assert is_zero(opened(flow.right, formulas) - memory.right_side(s, flow.left.args[0].where))


def test_attention_over_normalised_tokens_fits_on_a_page() -> None:
    attention = am.zoo.attention().system
    assert is_long(attention)
    assert not is_long(system("two layers"))
    assert len(str(Derivation(tuple(named_lines(attention)))).splitlines()) < 40


@pytest.mark.parametrize("name", ALL)
def test_labels_come_in_order_and_no_line_is_wider_than_asked(name: str) -> None:
    d = derived(name)
    places = [LABELS.index(line.label) for line in d]
    assert places == sorted(places)
    assert all(len(row) <= 80 for row in str(d).splitlines())


@pytest.mark.parametrize("name", ALL)
def test_breaking_lines_loses_nothing(name: str) -> None:
    d = derived(name)
    wide, narrow = d.text(10_000), d.text(60)
    assert "".join(wide.split()) == "".join(narrow.split())


def test_the_authors_index_letters_are_used() -> None:
    m, n = am.indices("m n", "P")
    x, A = am.state("x", "P"), am.parameter("A", "P P", symmetric=True)
    quadratic = am.System(flow={x[m]: -am.total(A[m, n] * x[n], n)}, energy=am.total(A[m, n] * x[m] * x[n], m, n) / 2)
    d = am.derive(quadratic)
    assert str(d["gradient"]) == "∂E/∂x_m = Σ_n A_mn x_n"
    assert str(d["Hessian"]) == "∂²E/∂x_m∂x_n = A_mn"


def predictive() -> am.System:
    """Prediction errors x_i - Σ_a U_ia tanh(r_a), written with the letters i and a alone: inner sums use the outer letter again."""
    i, a = am.index("i", "N"), am.index("a", "K")
    x, r, U = am.state("x", "N"), am.state("r", "K"), am.parameter("U", "N K")
    error = x[i] - am.total(U[i, a] * sp.tanh(r[a]), a)
    energy = am.total(error**2, i) / 2 + am.total(r[a] ** 2, a) / 2
    pull = (1 - sp.tanh(r[a]) ** 2) * am.total(U[i, a] * error, i)
    return am.System(flow={x[i]: -error, r[a]: pull - r[a]}, energy=energy, name="predictive")


SEVERAL_AXES: dict[str, Callable[[], Any]] = {
    "predictive": predictive,
    "two layers": lambda: model("two layers"),
    "three layers": am.zoo.hierarchical,
    "attention": am.zoo.attention,
    "tokens": lambda: model("tokens"),
    "abstract": lambda: model("abstract"),
    "a letter for two axes": lambda: _shared("i j", "j i"),
    "one letter in two spellings": lambda: _shared("mu i", "μ j"),
}


def _shared(first: str, second: str) -> am.System:
    """x over N K and z over K K, with these letters."""
    (i, j), (k, m) = (
        (am.index(n, axis) for n, axis in zip(names.split(), axes, strict=True)) for names, axes in ((first, "NK"), (second, "KK"))
    )
    x, z, W = am.state("x", "N K"), am.state("z", "K K"), am.parameter("W", "N K")
    energy = am.total(x[i, j] ** 2 / 2 - W[i, j] * sp.tanh(x[i, j]), i, j) + am.total(z[k, m] ** 2, k, m) / 2
    return am.System(flow={x[i, j]: -am.derivative(energy, x[i, j]), z[k, m]: -z[k, m]}, energy=energy)


def _sides(d: Derivation) -> list[Any]:
    return [side for line in d for side in (line.left, line.right, line.shown) if isinstance(side, sp.Basic)]


def _shadowed(expr: Any, outside: frozenset[Index] = frozenset()) -> set[Index]:
    """Indices that a sum binds although they are free, or bound, around it."""
    bound = frozenset(expr.bound) if isinstance(expr, Total) else frozenset()
    inner = (_shadowed(a, outside | bound) for a in expr.args if not isinstance(a, sp.Tuple))
    return set().union({i for i in bound if i.name in {o.name for o in outside}}, *inner)


@pytest.mark.parametrize("name", SEVERAL_AXES)
def test_a_letter_belongs_to_one_axis_in_a_derivation_and_no_sum_binds_one_that_is_free(name: str) -> None:
    sides = _sides(am.derive(SEVERAL_AXES[name]()))
    axes: dict[str, set[str]] = {}
    for i in set().union(*(side.atoms(Index) for side in sides)):
        axes.setdefault(letter(i.name), set()).add(i.axis)
    assert not {name: found for name, found in axes.items() if len(found) > 1}
    for side in sides:
        assert not _shadowed(side, free_indices(side)), side


def test_a_second_index_is_the_neighbour_of_the_authors_letter() -> None:
    d = am.derive(predictive())
    assert str(d["Hessian", "r", "r"]).startswith("∂²E/∂r_a∂r_b = ")
    assert str(d["Hessian", "x", "x"]) == "∂²E/∂x_i∂x_j = δ_ij"
    mu, y, b = am.index("mu", "N"), am.state("y", "N"), am.parameter("nu", positive=True)
    d = am.derive(am.System(flow={y[mu]: -b * y[mu]}, energy=b * am.total(y[mu] ** 2, mu) / 2))
    assert str(d["Hessian"]) == "∂²E/∂y_μ∂y_ξ = ν δ_μξ", "ν is the name of a parameter already"


def test_a_gradient_with_a_rotation_added_is_derived_with_its_matrix_in_words() -> None:
    i, j = am.indices("i j", "N")
    x, W, J = am.state("x", "N"), am.parameter("W", "N N", symmetric=True), am.parameter("J", "N N", antisymmetric=True)
    energy = am.total(x[i] ** 4, i) / 4 + am.total(W[i, j] * x[i] * x[j], i, j) / 2
    slope = am.derivative(energy, x[i])
    d = am.derive(am.System(flow={x[i]: am.total(J[i, j] * am.derivative(energy, x[j]), j) - slope}, energy=energy))
    assert str(d["Lyapunov condition"]) == "dE/dt ≤ 0 is proved: dE/dt = -∇Eᵀ R ∇E ≤ 0 with R = I - J"


def test_two_states_that_share_a_letter_get_letters_of_their_own() -> None:
    d = am.derive(model("two layers"))
    assert [str(line) for line in d if line.label == "states"] == ["v_i ∈ ℝ^N", "h_j ∈ ℝ^K"]
    assert str(d["flow", "h"]) == "dh_j/dt = (Σ_i ξ_ij v_i - h_j) / τ_h"


def test_a_certificate_binds_no_letter_that_is_free_and_keeps_each_letter_to_one_axis() -> None:
    (step,) = [s["identity"] for s in energy_never_increases(predictive()).certificate["steps"] if "∂E/∂r[a]" in s.get("identity", "")]
    assert step == "∂E/∂r[a] + (-r[a] + (1 - tanh(r[a])**2)*(Σ_i U[i, a]*(x[i] - (Σ_b U[i, b]*tanh(r[b]))))) = 0"


def test_known_derivations_read_as_the_papers_write_them() -> None:
    assert str(derived("tanh")["energy rate"]) == "dE/dt = -Σ_i (1 - tanh²(y_i)) (b_i - y_i + Σ_j W_ij tanh(y_j))²"
    assert str(derived("relu")["gradient"]) == "∂E/∂y_i = [y_i > 0] (y_i - b_i - Σ_j W_ij max(0, y_j))"
    assert str(derived("softmax")["energy"]) == "E = Σ_i g_i (y_i - b_i) - log(Σ_i e^(y_i)) - ½ Σ_ij W_ij g_i g_j"
    assert str(derived("abstract")["gradient"]) == "∂E/∂y_i = Σ_j Λ_y,ij (y_j - b_j - Σ_k W_jk g_y,k)"
    assert "sign(0) keeps the value" in derived("spins")["update"].note


def test_a_missing_assumption_is_named() -> None:
    line = derived("asymmetric")["Lyapunov condition"]
    assert line.right.startswith("not proved")
    assert "W symmetric" in line.right


def test_kinks_and_sizes_are_part_of_the_lyapunov_condition() -> None:
    assert "almost every t" in derived("relu")["Lyapunov condition"].note
    assert derived("tanh")["Lyapunov condition"].note == "proved for N ≥ 1"


def test_declared_properties_stand_with_the_parameters() -> None:
    d = derived("two layers")
    assert str(d["parameters", "beta"]) == "β > 0"
    assert str(derived("tanh")["parameters", "W"]) == "W_ij ∈ ℝ^(N×N)   (symmetric)"


def test_a_label_that_several_lines_share_asks_for_the_state() -> None:
    d = derived("two layers")
    with pytest.raises(KeyError, match=r"2 lines are labelled 'gradient'.*\['gradient', 'v'\]"):
        d["gradient"]
    with pytest.raises(KeyError, match="its labels are states"):
        d["nothing"]
    assert d["Hessian", "v", "h"].about == ("v", "h")


def test_a_system_without_energy_shows_its_flow_only() -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    d = am.derive(am.System(flow={y[i]: -y[i]}))
    assert "flow" in d
    assert "energy" not in d
    assert "Lyapunov condition" not in d


@pytest.mark.parametrize("name", ["tanh", "softmax", "layernorm", "spherical", "relu"])
def test_a_lagrangian_shows_activation_energy_and_the_split_of_its_hessian(name: str) -> None:
    L = getattr(am.lagrangians, name)()
    d = am.derive(L)
    x = d["states"].left.tensor
    i, j = (d["Hessian"].left.wrt[n].where[0] for n in (0, 1))
    assert is_zero(d["activation"].right - L.activation(x[i]))
    assert is_zero(d["Hessian"].right - L.hessian(x[i], x[j]))
    assert is_zero(d["energy"].right - L.energy(x))


def test_only_models_are_derived() -> None:
    with pytest.raises(am.ModelError, match="a System, a Memory or a Lagrangian, got 3"):
        am.derive(3)  # type: ignore[arg-type]


def test_plain_data_holds_formulas_for_programs_and_for_readers() -> None:
    (line,) = [line for line in derived("decay").to_dict()["lines"] if line["label"] == "energy"]
    assert line["right"] == {"python": "(Σ_i y[i]**2)/2", "text": "½ Σ_i y_i²", "latex": r"\frac{1}{2} \sum_{i} y_{i}^{2}"}


def test_time_dependent_energies_show_their_explicit_rate() -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    energy = am.total(y[i] ** 2, i) * (1 + sp.exp(-am.time)) / 2
    cooling = am.System(flow={y[i]: -am.derivative(energy, y[i])}, energy=energy)
    d = am.derive(cooling)
    assert is_zero(d["energy rate"].right - energy_rate(cooling))
    claim = d["Lyapunov condition"].right
    assert is_zero(spelled(claim.lhs, signs_of(cooling)) - energy_rate(cooling))


def test_abstract_lagrangians_and_declared_ones_give_the_same_gradient_by_name() -> None:
    d = am.derive(by_lagrangian(am.Lagrangian.abstract("F"), declared=False))
    assert d["Lagrangian"].right == "any convex function of y"


@pytest.mark.parametrize("name", sorted(am.lagrangians.CATALOGUE))
def test_the_legendre_identity_of_every_lagrangian_is_proved(name: str) -> None:
    line = am.derive(am.lagrangians.CATALOGUE[name]())["Legendre identity"]
    assert str(line).startswith("∂E/∂g_i = x_i")


def test_the_legendre_identity_fails_for_an_energy_that_is_no_legendre_transform(monkeypatch: pytest.MonkeyPatch) -> None:
    right = am.lagrangians.tanh()
    monkeypatch.setattr(am.Lagrangian, "energy", lambda self, x, over=None: 2 * self.of(x))
    assert legendre_identity(right).holds is None
