"""Affine and discrete symmetries of energies: found, proved for every size, and complete; near and accidental ones are not claimed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy as sp

import amsym as am
import proofs.symmetry.found
from amsym.verdict import Status, Verdict
from proofs.properties.symmetries import decide, verdict_of
from proofs.question import question
from proofs.symmetry import numbers as symmetry_numbers
from proofs.symmetry import search as symmetry_search
from proofs.symmetry.found import symmetries

i, j, k = am.indices("i j k", "N")
a, b = am.indices("a b", "K")
A, B = am.indices("A B", "T")
d, e = am.indices("d e", "D")
y, u, v, h, x = am.state("y", "N"), am.state("u", "N"), am.state("v", "N"), am.state("h", "K"), am.state("x", "T D")
W, S = am.parameter("W", "N N"), am.parameter("S", "N N", symmetric=True)
skew, bias = am.parameter("Q", "N N", antisymmetric=True), am.parameter("b", "N")
xi = am.parameter("xi", "N K")
beta = am.parameter("beta", positive=True)


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found must not depend on how busy the machine is."""
    caps = {
        proofs.symmetry.found: ("ALL", "DISCRETE", "FOR_EVERY_SIZE"),
        symmetry_search: ("SAMPLING", "AGAIN", "FITTING", "PROVING"),
        symmetry_numbers: ("SAMPLING", "CHECKS"),
    }
    for module, name in ((m, n) for m, names in caps.items() for n in names):
        monkeypatch.setattr(module, name, 60.0)


def still(energy: Any, *components: Any) -> am.System:
    """A system with this energy; its flow does not matter here."""
    return am.System(flow={c: -c for c in components}, energy=energy)


def verdict(system: am.System, params: Any = None) -> Verdict:
    found = decide(question(system, params))
    assert found is not None
    return found


def norm2(s: Any = y) -> Any:
    return am.total(s[i] ** 2, i)


PROVED: dict[str, tuple[Callable[[], am.System], tuple[str, ...]]] = {
    "log-sum-exp less the mean": (
        lambda: still(sp.log(am.total(sp.exp(beta * y[i]), i)) / beta - am.total(y[i], i) / i.size, y[i]),
        ("shift of y by one constant", "permutations of N"),
    ),
    "double well": (lambda: still((norm2() - 1) ** 2, y[i]), ("rotations of y over N", "y → -y", "permutations of N")),
    "differences of two states": (
        lambda: still(am.total(bias[i] * (u[i] - v[i]) ** 4, i), u[i], v[i]),
        ("shift of u and v by anything", "u and v exchanged", "u → -u, v → -v"),
    ),
    "rms without epsilon": (
        lambda: still(am.total(y[i] * bias[i], i) / sp.sqrt(norm2()), y[i]),
        ("scaling of y",),
    ),
    "phases of pairs": (
        lambda: still(am.total(bias[i] * (u[i] ** 2 + v[i] ** 2) ** 2, i), u[i], v[i]),
        ("rotation between u and v, one for each N",),
    ),
    "one phase for all": (
        lambda: still(am.total(S[i, j] * (u[i] * u[j] + v[i] * v[j]), i, j), u[i], v[i]),
        ("rotation between u and v",),
    ),
    "a state that does not enter": (
        lambda: still(am.total(bias[i] * u[i] ** 4, i), u[i], h[a]),
        ("shift of h by anything (it does not enter the energy)",),
    ),
    "a skew form is nothing": (
        lambda: still(am.total(skew[i, j] * y[i] * y[j], i, j), y[i]),
        ("shift of y by anything (it does not enter the energy)",),
    ),
    "the mean alone": (
        lambda: still(am.total(y[i], i) ** 2 / i.size**2 + am.total(y[i], i) / i.size, y[i]),
        ("shift of y by any vector over N of mean zero",),
    ),
    "both layers turned": (
        lambda: still(-am.total(xi[i, a] * v[i] * sp.tanh(h[a]), i, a) + am.total(v[i] ** 2, i) / 2, v[i], h[a]),
        ("v → -v, h → -h",),
    ),
}


TOKENS: dict[str, tuple[Callable[[], am.System], tuple[str, ...]]] = {
    "translation along one axis": (
        lambda: still(
            am.total(
                (x[A, d] - am.total(x[A, e], e) / d.size) ** 4 * am.parameter("c", "T")[A] * am.parameter("q", "D", positive=True)[d], A, d
            ),
            x[A, d],
        ),
        ("shift of x along D by a constant, one for each T",),
    ),
    "tokens with a metric between them": (
        lambda: still(
            sp.exp(-am.total(am.parameter("M", "T T", symmetric=True)[A, B] * x[A, d] * x[B, d], A, B, d))
            + am.total(x[A, d] ** 2, A, d) ** 2,
            x[A, d],
        ),
        ("rotations of x over D", "x → -x", "permutations of D"),
    ),
    "each token on its own": (
        lambda: still(am.total(am.parameter("c", "T")[A] * am.total(x[A, d] ** 2, d) ** 2, A), x[A, d]),
        ("rotations of x over D, one for each T",),
    ),
}


@pytest.mark.parametrize("name", PROVED)
def test_what_is_there_is_proved(name: str) -> None:
    _is_proved(*PROVED[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", TOKENS)
def test_what_tokens_have_is_proved(name: str) -> None:
    _is_proved(*TOKENS[name])


def _is_proved(make: Callable[[], am.System], words: tuple[str, ...]) -> None:
    found = symmetries(make())
    listed = [f.words for f in found.generators] + [d.words for d in found.discrete]
    assert set(words) <= set(listed), (listed, found)
    assert not found.unproved
    assert all(c.certified for c in found.complete), found
    assert all(f.steps for f in found.generators)


NOTHING: dict[str, Callable[[], am.System]] = {
    "declared symmetric": lambda: still(am.total(S[i, j] * y[i] * y[j], i, j) + am.total(bias[i] * y[i] ** 3, i), y[i]),
    "relu layer": lambda: am.zoo.hopfield("relu"),
    "tanh layer": lambda: am.zoo.hopfield("tanh"),
    "chain": lambda: am.zoo.hierarchical(2).system,
    "absolute values": lambda: still(am.total(bias[i] * abs(y[i] - 1), i), y[i]),
    "shift broken by 1e-9": lambda: still(
        sp.log(am.total(sp.exp(y[i]), i)) - am.total(y[i], i) / i.size + am.total(bias[i] * y[i], i) / 10**9, y[i]
    ),
    "rotation broken by 1e-9": lambda: still(norm2() ** 2 + am.total(bias[i] * y[i] ** 4, i) / 10**9 + am.total(bias[i] * y[i], i), y[i]),
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_claimed_where_nothing_is(name: str) -> None:
    found = symmetries(NOTHING[name]())
    assert not found.generators
    assert not found.at_sizes
    assert all(c.certified for c in found.complete)
    assert verdict_of(found).status is Status.CERTIFIED or found.discrete


def test_dead_rays_of_a_relu_are_no_symmetry_and_no_flip() -> None:
    found = symmetries(still(am.total(sp.Max(0, y[i]) ** 2, i), y[i]))
    assert not found.generators
    assert [d.words for d in found.discrete] == ["permutations of N"]


def test_a_large_dead_region_is_left_and_nothing_is_claimed() -> None:
    found = symmetries(still(am.total(sp.Max(0, y[i] - 10**6) ** 2, i), y[i]))
    assert not found.generators
    assert not found.unproved
    assert all(c.certified for c in found.complete)


def test_a_step_is_not_flat_because_its_formal_gradient_is() -> None:
    found = symmetries(still(am.total(am.mask(y[i] > 0), i), y[i]))
    assert not found.generators


def test_a_shift_of_steps_is_proved_by_the_finite_identity() -> None:
    found = symmetries(still(am.total(am.mask(y[i] - y[j] > 0) * bias[i], i, j), y[i]))
    assert "shift of y by one constant" in [f.words for f in found.generators]


def test_what_holds_for_two_neurons_only_is_not_generalised() -> None:
    # For N = 2 this is a function of y_0 - y_1 alone times what N = 2 makes of the mask; for N = 3 the shift is broken.
    far = am.total(am.mask(sp.And(sp.Ne(i, j), sp.Ne(j, k), sp.Ne(i, k))) * y[i] * y[j] * y[k], i, j, k)
    near = am.total((y[i] - y[j]) ** 2, i, j)
    found = symmetries(still(near + far, y[i]))
    assert not found.generators
    assert all(c.certified for c in found.complete)


def test_order_of_places_breaks_permutations() -> None:
    ordered = still(am.total(am.mask(i < j) * y[i] * y[j] ** 2, i, j), y[i])
    assert not symmetries(ordered).discrete
    assert [d.kind for d in symmetries(still(am.total(am.mask(sp.Ne(i, j)) * y[i] * y[j] ** 2, i, j), y[i])).discrete] == ["permutation"]
    weighted = still(am.total(i * y[i] ** 3, i), y[i])
    assert not symmetries(weighted).discrete


def test_spins_flip_and_so_do_zeros_and_ones() -> None:
    verdict_on_spins = verdict(am.zoo.spins())
    assert verdict_on_spins.status is Status.PROVED
    assert "s → -s" in verdict_on_spins.reason
    s = am.state("s", "N", values=(0, 1))
    field = am.total(am.mask(sp.Ne(i, j)) * S[i, j] * (2 * s[j] - 1), j)
    energy = -am.total(field * (2 * s[i] - 1), i) / 2
    turned = verdict(am.System(update={s[i]: am.mask(field > 0)}, energy=energy))
    assert "s → 1 - s" in turned.reason
    broken = verdict(am.System(update={s[i]: am.mask(field > 0)}, energy=energy + am.total(bias[i] * s[i], i)))
    assert broken.status is not Status.PROVED


def test_named_lagrangians_are_not_taken_for_even_or_alike() -> None:
    g = am.state("g", "N")
    L = am.Lagrangian.abstract()
    found = symmetries(still(L.of(g), g[i]))
    assert not found.generators
    assert not found.discrete
    assert verdict_of(found).status is Status.UNDECIDED


def test_what_cannot_be_drawn_is_tried_by_the_usual_families() -> None:
    R = am.parameter("R", "N N N N", psd=True)
    found = symmetries(still(am.total(R[i, j, k, k] * (y[i] - y[j]) ** 2, i, j, k), y[i]))
    assert [f.words for f in found.generators] == ["shift of y by one constant"]
    assert found.open


def test_named_functions_of_differences_are_shifted() -> None:
    f = sp.Function("f", real=True)
    found = symmetries(still(am.total(f(y[i] - y[j]), i, j), y[i]))
    assert "shift of y by one constant" in [g.words for g in found.generators]


def test_where_the_energy_is_not_defined_is_said() -> None:
    found = verdict(PROVED["rms without epsilon"][0]())
    assert "y[i]**2" in found.certificate["steps"][1]["hypothesis"]


def test_numbers_add_null_directions_of_the_coupling() -> None:
    system = still(am.total(S[i, j] * y[i] * y[j], i, j) / 2 + sp.log(sp.cosh(am.total(S[i, j] * y[i], i, j))), y[i])
    rows = np.array([[1.0, -1.0, 0.5], [-1.0, 1.0, -0.5], [0.5, -0.5, 0.25]])
    found = symmetries(system, {"S": rows})
    shifts = [g for g in found.at_sizes if g.exact and not g.field[:, :-1].any()]
    assert len(shifts) == 2
    assert all(np.allclose(rows @ g.field[:, -1], 0) for g in shifts)
    assert all(c.certified for c in found.complete)
    assert verdict(system, {"S": rows}).status in (Status.CERTIFIED, Status.PROVED)


def test_numbers_that_are_zero_or_the_identity_count_as_written() -> None:
    system = am.zoo.hopfield("identity")
    zero = symmetries(system, {"W": np.zeros((3, 3)), "b": np.zeros(3)})
    assert [f.words for f in zero.generators] == ["rotations of y over N"]
    identity = symmetries(system, {"W": 2 * np.eye(3), "b": np.zeros(3)})
    assert [f.words for f in identity.generators] == ["rotations of y over N"]
    assert not symmetries(system, {"W": np.diag([1.0, 2.0, 4.0]), "b": np.array([1.0, 0.5, 3.0])}).generators


def test_numbers_close_to_a_null_direction_are_not_certified_to_have_one() -> None:
    system = still(am.total(am.total(S[i, j] * y[j], j) ** 4, i), y[i])
    rows = np.array([[1.0, -1.0], [-1.0, 1.0 + 2.0**-40]])
    found = symmetries(system, {"S": rows})
    assert not [g for g in found.at_sizes if g.exact]


def test_the_basis_spans_what_the_gradients_leave_open() -> None:
    found = symmetries(still((norm2(u) + norm2(v)) ** 2, u[i], v[i]))
    basis = found.basis({"N": 2})
    assert len(basis) == 6
    for matrix, constant in basis:
        assert np.allclose(matrix, -matrix.T)
        assert not constant.any()


def test_generators_annihilate_the_gradient_at_random_states() -> None:
    system = still(am.total(bias[i] * (u[i] ** 2 + v[i] ** 2) ** 2, i), u[i], v[i])
    rng = np.random.default_rng(0)
    bound = am.compile(system).bind({"b": rng.normal(size=4)})
    basis = symmetries(system).basis({"N": 4})
    assert len(basis) == 4
    for _ in range(5):
        state = {"u": rng.normal(size=4), "v": rng.normal(size=4)}
        slope, at = bound.gradient(state), np.concatenate([state["u"], state["v"]])
        g = np.concatenate([slope["u"], slope["v"]])
        for matrix, constant in basis:
            assert abs(g @ (matrix @ at + constant)) < 1e-9


def test_the_certificate_is_plain_data_and_counts_dimensions() -> None:
    found = verdict(am.zoo.softmax_memory().system)
    assert Verdict.from_json(found.to_json()) == found
    assert found.certificate["steps"][1]["hypothesis"] == "E is continuous"
    assert found.certificate["steps"][0]["identity"] == "Σ v·∇E = 0 with δh[i] = c"
    assert all(c["rank certified"] for c in found.certificate["complete"])
    # One shift direction, times 1 and the seven entries of the state.
    assert found.certificate["complete"][0]["dimension"] == 8


def test_it_prints_as_a_table() -> None:
    text = str(symmetries(am.zoo.softmax_memory()))
    assert "shift of h by one constant" in text
    assert "proved for every size" in text


def test_a_model_without_energy_is_refused() -> None:
    with pytest.raises(am.ModelError, match="energy"):
        symmetries(am.System(flow={y[i]: -y[i]}))


@pytest.mark.slow
def test_attention_over_normalised_tokens_is_shifted_token_by_token() -> None:
    found = verdict(am.zoo.attention().system)
    assert found.status is Status.PROVED
    assert "shift of x along D by a constant, one for each T" in found.reason
    assert "permutations of T" in found.reason
