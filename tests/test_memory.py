"""Memories: flow and energy are eq. (3.1) and (3.2), and faults of the graph are told when it is made."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

import amsym as am
from amsym import lagrangians, synapses
from amsym.errors import ModelError
from amsym.notation import components, derivative, index, is_zero, parameter, total

SIZES = {"N": 2, "K": 3, "T": 2, "D": 2}


def pair(**kwargs: Any) -> tuple[am.Layer, am.Layer]:
    return am.Layer("v", "N", lagrangians.identity(), **kwargs), am.Layer("h", "K", lagrangians.softmax())


def explicit_flow(memory: am.Memory, layer: am.Layer, where: tuple[Any, ...]) -> Any:
    return components(memory.system.right_side(layer.x, where), SIZES, order=where)


def test_the_flow_of_a_dense_memory_is_eq_3_2_by_hand() -> None:
    v, h = pair()
    memory = am.Memory([v, h], [synapses.dense(v, h, weights="xi")])
    xi = memory.system.parameters[0]
    a = index("a", "K")
    weights = [sp.exp(h.x[k]) for k in range(3)]
    for k in range(3):
        hand = sum(xi[n, k] * v.x[n] for n in range(2)) - h.x[k]
        assert sp.simplify(explicit_flow(memory, h, (a,))[k] - hand) == 0
    for n in range(2):
        hand = sum(xi[n, k] * weights[k] for k in range(3)) / sum(weights) - v.x[n]
        assert sp.simplify(explicit_flow(memory, v, (index("i", "N"),))[n] - hand) == 0


def test_the_total_energy_is_eq_3_1_by_hand() -> None:
    v, h = pair()
    memory = am.Memory([v, h], [synapses.dense(v, h, weights="xi")])
    xi = memory.system.parameters[0]
    e = [sp.exp(h.x[k]) for k in range(3)]
    g = [e[k] / sum(e) for k in range(3)]
    hand = sum(v.x[n] ** 2 for n in range(2)) / 2 + sum(h.x[k] * g[k] for k in range(3)) - sp.log(sum(e))
    hand -= sum(v.x[n] * xi[n, k] * g[k] for n in range(2) for k in range(3))
    gap = components(memory.energy, SIZES) - hand
    assert abs(sp.N(gap.subs({s: sp.Rational(n + 1, 7) for n, s in enumerate(sorted(gap.free_symbols, key=str))}), 30)) < 1e-20


def test_a_time_constant_divides_the_whole_right_side_once() -> None:
    v, h = pair(tau=3)
    slow, fast = am.Memory([v, h], [synapses.dense(v, h)]), am.Memory(list(pair()), [synapses.dense(*pair())])
    i = index("i", "N")
    assert is_zero(3 * slow.system.right_side(v.x, (i,)) - fast.system.right_side(v.x, (i,)))


def test_an_inverse_temperature_is_applied_once() -> None:
    beta = parameter("beta", positive=True)
    h = am.Layer("h", "K", lagrangians.softmax(beta))
    a = index("a", "K")
    explicit = components(h.activation(a), {"K": 2})
    assert sp.simplify(explicit[0] - sp.exp(beta * h.x[0]) / (sp.exp(beta * h.x[0]) + sp.exp(beta * h.x[1]))) == 0


def test_a_bias_over_tokens_is_added_once_to_each_neuron() -> None:
    x = am.Layer("x", "T D", lagrangians.tanh())
    memory = am.Memory([x], [synapses.bias(x, "b")])
    t, d = index("t", "T"), index("d", "D")
    b = memory.system.parameters[0]
    assert memory.system.right_side(x.x, (t, d)) == b[t, d] - x.x[t, d]


def test_tokens_that_share_weights_are_coupled_token_by_token() -> None:
    x, y = am.Layer("x", "T D", lagrangians.identity()), am.Layer("y", "T K", lagrangians.identity())
    W = parameter("W", "D K")
    memory = am.Memory([x, y], [synapses.dense(x, y, weights=W)])
    t, d, a = index("t", "T"), index("d", "D"), index("a", "K")
    assert is_zero(memory.system.right_side(x.x, (t, d)) - (total(W[d, a] * y.x[t, a], a) - x.x[t, d]))


def test_weights_within_a_layer_enter_the_flow_symmetrised() -> None:
    x = am.Layer("x", "N", lagrangians.identity())
    W = parameter("W", "N N")
    memory = am.Memory([x], [synapses.self_(x, W)])
    i, j = am.indices("i j", "N")
    assert is_zero(memory.system.right_side(x.x, (i,)) - (total((W[i, j] + W[j, i]) * x.x[j], j) / 2 - x.x[i]))


def test_the_flow_is_minus_the_derivative_of_the_energy_by_the_activation() -> None:
    """∂E/∂x = -Λ τ f, for every layer of a chain."""
    memory = am.zoo.hierarchical(3)
    for layer in memory.layers:
        (at,) = layer.indices()
        slope = derivative(memory.energy, layer.x[at])
        assert is_zero(slope + (1 - sp.tanh(layer.x[at]) ** 2) * memory.system.right_side(layer.x, (at,)))


def test_the_graph_has_a_node_for_each_layer_and_each_synapse() -> None:
    graph = am.zoo.hierarchical(3).graph
    kinds = [data["kind"] for _, data in graph.nodes(data=True)]
    assert (kinds.count("layer"), kinds.count("synapse"), graph.number_of_edges()) == (3, 5, 2 * 2 + 3)


def faults() -> dict[str, tuple[Any, str]]:
    v, h = pair()
    edge = synapses.dense(v, h)
    return {
        "a missing layer": (lambda: am.Memory([v], [edge]), "layer 'h'"),
        "a layer on another axis": (lambda: am.Memory([v, am.Layer("h", "M", lagrangians.softmax())], [edge]), "'K'"),
        "an edge listed twice": (lambda: am.Memory([v, h], [edge, synapses.dense(v, h)]), "list the edge once"),
        "two layers of one name": (lambda: am.Memory([v, am.Layer("v", "K", lagrangians.tanh())], []), "two layers are called 'v'"),
        "no layer": (lambda: am.Memory([], []), "at least one layer"),
        "a formula in place of a synapse": (lambda: am.Memory([v], [edge.energy]), "expected a Synapse"),
        "a layer with itself": (lambda: synapses.dense(v, v), "self_"),
        "weights over other axes": (lambda: synapses.dense(v, h, parameter("W", "K N")), "fit neither"),
        "a bias over other axes": (lambda: synapses.bias(v, parameter("b", "K")), "same axes"),
        "weights of a layer with itself over other axes": (lambda: synapses.self_(v, parameter("W", "K K")), "'N N'"),
        "a synapse in states": (lambda: synapses.expression(total(v.x[index("i", "N")], index("i", "N"))), "layer.g"),
        "a synapse with a free index": (lambda: synapses.expression(v.g[index("i", "N")]), "free indices"),
        "a synapse without activations": (lambda: synapses.expression(parameter("beta")), "no activation"),
        "a time constant that is not positive": (lambda: am.Layer("v", "N", lagrangians.tanh(), tau=-1), "positive"),
        "no axis": (lambda: am.Layer("v", "", lagrangians.tanh()), "needs an axis"),
        "a name in place of a Lagrangian": (lambda: am.Layer("v", "N", "tanh"), "expected a Lagrangian"),
        "a joint Lagrangian over two axes": (lambda: am.Layer("v", "N K", lagrangians.softmax()), "over="),
    }


@pytest.mark.parametrize("fault", faults())
def test_a_fault_of_the_graph_is_told_when_it_is_made(fault: str) -> None:
    build, words = faults()[fault]
    with pytest.raises(ModelError, match=words):
        build()


def test_time_constants_may_differ_from_neuron_to_neuron() -> None:
    tau = am.parameter("tau", "N", positive=True)
    v = am.Layer("v", "N", am.lagrangians.tanh(), tau=tau)
    (i,) = v.indices()
    assert am.Memory([v], [am.synapses.bias(v)]).system.flow[v.x[i]] == (am.parameter("b", "N")[i] - v.x[i]) / tau[i]
    with pytest.raises(ModelError, match="tau is a scalar or a parameter over axes of 'N'"):
        am.Layer("v", "N", am.lagrangians.tanh(), tau=am.parameter("tau", "K"))


def test_tokens_may_have_a_time_constant_each() -> None:
    tau = am.parameter("tau", "T", positive=True)
    x = am.Layer("x", "T D", am.lagrangians.softmax(), over="D", tau=tau)
    t, d = x.indices()
    memory = am.Memory([x], [am.synapses.bias(x)])
    assert memory.system.flow[x.x[t, d]] == (am.parameter("b", "T D")[t, d] - x.x[t, d]) / tau[t]
    assert am.verify(memory)["energy never increases"].holds


def test_one_name_for_two_weights_and_parts_that_are_no_list_are_told() -> None:
    v, h = am.Layer("v", "N", am.lagrangians.tanh()), am.Layer("h", "K", am.lagrangians.tanh())
    with pytest.raises(ModelError, match="'W' stands for two weights"):
        am.Memory([v, h], [am.synapses.self(v), am.synapses.dense(v, h)])
    with pytest.raises(ModelError, match="come as a list"):
        am.Memory(v, [am.synapses.self(v)])
