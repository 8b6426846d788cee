"""Systems: what does not fit together is told when the System is made, with the remedy."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

import amsym as am
from amsym.errors import ModelError
from amsym.notation import indices, is_zero, parameter, state, total
from amsym.system import System, time

i, j = indices("i j", "N")
y, z = state("y", "N"), state("z", "N")
square = total(y[i] ** 2, i)

FAULTS: dict[str, tuple[Any, str]] = {
    "neither flow nor update": (lambda: System(energy=square), "exactly one"),
    "both": (lambda: System(flow={y[i]: y[i]}, update={y[i]: y[i]}), "exactly one"),
    "no equation": (lambda: System(flow={}), "no equation"),
    "an unknown order": (lambda: System(update={y[i]: y[i]}, order="random"), "order is one of"),
    "an unknown tie rule": (lambda: System(update={y[i]: y[i]}, tie="coin"), "tie one of"),
    "a bare state as key": (lambda: System(flow={y: y[i]}), r"y\[i\]"),
    "a parameter as key": (lambda: System(flow={parameter("b", "N")[i]: y[i]}), "components of states"),
    "a repeated index": (lambda: System(flow={state("x", "N N")[i, i]: y[i]}), "repeats an index"),
    "a state twice": (lambda: System(flow={y[i]: y[i], y[j]: y[j]}), "twice"),
    "a free index on the right": (lambda: System(flow={y[i]: y[j]}), "sum over it"),
    "a free index in the energy": (lambda: System(flow={y[i]: -y[i]}, energy=y[i]), "free index"),
    "a bare tensor": (lambda: System(flow={y[i]: y}), "bare tensor"),
    "a text": (lambda: System(flow={y[i]: "y"}), "formula"),
    "infinity": (lambda: System(flow={y[i]: sp.oo}), "infinity"),
    "the imaginary unit": (lambda: System(flow={y[i]: sp.I * y[i]}), "imaginary"),
    "SymPy's Sum": (lambda: System(flow={y[i]: sp.Sum(sp.Symbol("k"), (sp.Symbol("k"), 0, 3))}), "total"),
    "an explicit entry": (lambda: System(flow={y[i]: y[0]}), "explicit entry"),
    "a state without an equation": (lambda: System(flow={y[i]: z[i]}), "no equation"),
    "one name for two things": (lambda: System(flow={y[i]: parameter("q") * parameter("q", "N")[i]}), "two things"),
    "one name with two declarations": (
        lambda: System(flow={y[i]: total((parameter("W", "N N")[i, j] + parameter("W", "N N", symmetric=True)[i, j]) * y[j], j)}),
        "two things",
    ),
    "a parameter named like time, with time": (lambda: System(flow={y[i]: -y[i] * parameter("t")}, energy=square * time), "two things"),
    "a flow of a discrete state": (lambda: System(flow={state("s", "N", values=(0, 1))[i]: sp.S.One}), "continuously"),
    "activations of what is no state": (lambda: System(flow={y[i]: y[i]}, activations={"z": am.lagrangians.tanh()}), "no state"),
    "an activation that is no Lagrangian": (lambda: System(flow={y[i]: y[i]}, activations={y: sp.tanh}), "maps a state to a Lagrangian"),
    "an activation tensor without a state": (lambda: System(flow={y[i]: am.Layer("v", "N", am.lagrangians.tanh()).g[i]}), "Memory"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_when_the_system_is_made(fault: str) -> None:
    build, words = FAULTS[fault]
    with pytest.raises(ModelError, match=words):
        build()


def test_a_parameter_called_t_is_not_time() -> None:
    system = System(flow={y[i]: -y[i]}, energy=square + parameter("t"))
    assert not system.depends_on_time
    assert [s.name for s in system.scalars] == ["t"]
    assert System(flow={y[i]: -y[i]}, energy=square * time).depends_on_time


def test_decimals_are_read_as_fractions() -> None:
    assert System(flow={y[i]: -0.1 * y[i]}).flow == {y[i]: -y[i] / 10}


def test_the_right_side_is_renamed_without_capture() -> None:
    W = parameter("W", "N N")
    system = System(flow={y[i]: total(W[i, j] * y[j], j)})
    k = indices("k", "N")[0]
    assert is_zero(system.right_side(y, (j,)) - total(W[j, k] * y[k], k))
    with pytest.raises(ModelError, match="no state"):
        system.right_side(z, (i,))


def test_replacing_a_parameter_replaces_it_in_flow_energy_and_lagrangians() -> None:
    a, positive = parameter("a"), parameter("a", positive=True)
    system = am.zoo.hopfield(am.lagrangians.tanh(a)).substitute({a: positive})
    assert system.scalars == (positive,)
    assert a not in system.activations[system.states[0]].of(system.states[0]).free_symbols


def test_axes_parameters_and_scalars_are_listed() -> None:
    system = am.zoo.softmax_memory().system
    assert set(system.axes) == {"N", "K"}
    assert [p.name for p in system.parameters] == ["xi"]
    assert [s.name for s in system.scalars] == ["beta", "tau_h", "tau_v"]


def test_a_scalar_with_the_name_of_an_axis_is_refused_with_the_size_as_remedy() -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    with pytest.raises(ModelError, match=r"am.size\('N'\)"):
        am.System(flow={y[i]: -y[i] / sp.Symbol("N")}, energy=am.total(y[i] ** 2, i) / 2)


def test_an_update_must_give_declared_values() -> None:
    i = am.index("i", "N")
    q, h = am.state("q", "N", values=(0, 1)), am.parameter("h", "N")
    for update in (am.sign(h[i]), (1 + am.sign(h[i])) / 2, sp.tanh(h[i]), h[i]):
        with pytest.raises(ModelError, match="its values are"):
            am.System(update={q[i]: update})
    for update in (am.mask(h[i] > 0), 1 - am.mask(h[i] >= 0)):
        assert am.System(update={q[i]: update}).update


def test_a_flow_that_is_no_mapping_is_told() -> None:
    with pytest.raises(ModelError, match="maps each state to its formula"):
        am.System(flow=[1])


def test_the_size_of_an_axis_that_no_tensor_has_is_an_axis_of_the_system() -> None:
    u = am.state("u")
    assert am.System(flow={u: -u}, energy=u**2 / 2 / am.size("N")).axes == ("N",)
