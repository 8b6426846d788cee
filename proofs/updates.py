"""How much the energy rises in one update from an exact state, as a ball: one neuron, one after the other, or all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from flint import arb

from amsym.activated import opened
from amsym.notation import Component, Tensor
from amsym.prover.choice import Choice, choice_of, with_value
from amsym.system import System
from numeric.rigorous import Evaluator, Undetermined
from proofs.draws import Values, flattened, nested
from proofs.probes import Probe

Table = dict[tuple[int, ...], Fraction]


def can_be_probed(system: System) -> bool:
    """Whether every state is real or moves between two values; not both kinds in one synchronous update."""
    kinds = {c.tensor.values == () or None if choice_of(c, f) is None else False for c, f in system.equations.items()}
    return None not in kinds and not (len(kinds) > 1 and system.order == "synchronous")


def update_probe(system: System) -> Probe:
    """The largest rise over the single updates (or the one synchronous update) from a state."""
    rises = _rises_together if system.order == "synchronous" else _rises_one_by_one
    what = f"E after a {'synchronous' if system.order == 'synchronous' else 'single'} update minus E before"

    def probe(sizes: Mapping[str, int], values: Values) -> tuple[arb, str]:
        return max(rises(system, sizes, values), key=float), what

    return probe


def _rises_together(system: System, sizes: Mapping[str, int], values: Values) -> list[arb]:
    here = Evaluator(sizes, values)
    after, new = system.energy, dict(values)
    for c, f in system.equations.items():
        choice = choice_of(c, f)
        if choice is not None:
            new[c.tensor] = _nested(c.tensor, _changed(system, c, choice, here, flattened(values[c.tensor])), sizes)
    if new == values:
        after = opened(after, {s: lambda *where, s=s: system.right_side(s, where) for s in system.states if not s.values})
    return [Evaluator(sizes, new)(after) - here(system.energy)]


def _rises_one_by_one(system: System, sizes: Mapping[str, int], values: Values) -> Iterator[arb]:
    for c, f in system.equations.items():
        choice = choice_of(c, f)
        for place in flattened(values[c.tensor]):
            here = Evaluator(sizes, values)
            if choice is None:
                at = dict(zip(c.where, place, strict=True))
                yield here(with_value(system.energy, c, f), at) - here(system.energy)
                # The state after a real update is no exact number: a sequence cannot be followed further.
                if system.order == "sequential":
                    return
                continue
            table = _changed(system, c, choice, here, flattened(values[c.tensor]), [place])
            moved = {**values, c.tensor: _nested(c.tensor, table, sizes)}
            yield Evaluator(sizes, moved)(system.energy) - here(system.energy)
            # One after the other in a fixed order: the next neuron finds the state that this one has left.
            values = moved if system.order == "sequential" else values


def _changed(
    system: System, c: Component, choice: Choice, here: Evaluator, table: Table, places: Iterable[tuple[int, ...]] | None = None
) -> Table:
    """The state after the neurons at these places (all of them by default) have been updated, all from the same state."""
    chosen = table if places is None else places
    new = {p: _chosen(system, choice, here(choice.field, dict(zip(c.where, p, strict=True))), table[p]) for p in chosen}
    return {**table, **new}


def _nested(state: Tensor, table: Table, sizes: Mapping[str, int]) -> object:
    return nested(table, tuple(sizes[a] for a in state.axes))


def _chosen(system: System, choice: Choice, h: arb, old: Fraction) -> Fraction:
    if h > 0:
        return Fraction(choice.high)
    if h < 0:
        return Fraction(choice.low)
    if h.is_exact() and h == 0:
        tie = {"keep": "keep", "up": "high", "down": "low"}[system.tie] if choice.at_zero == "tie" else choice.at_zero
        return {"keep": old, "high": Fraction(choice.high), "low": Fraction(choice.low)}[tie]
    raise Undetermined("the sign of the field is not settled")
