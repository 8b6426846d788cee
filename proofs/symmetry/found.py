"""The symmetries of an energy: affine generators v(y) = A y + c with v·∇E = 0, and discrete ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amsym.judged import judged
from amsym.symmetry import Symmetries
from proofs.question import Question, question
from proofs.symmetry.clock import Clock
from proofs.symmetry.discrete import discrete_symmetries
from proofs.symmetry.numbers import at_numbers
from proofs.symmetry.points import specialised
from proofs.symmetry.search import search

# Seconds for everything; of these, for discrete symmetries, and where numbers are given, for generators that serve every size.
ALL, DISCRETE, FOR_EVERY_SIZE = 4.6, 1.2, 2.2


def symmetries(model: Any, params: Mapping[str, Any] | None = None) -> Symmetries:
    """The affine and discrete symmetries of the energy of a System, a Memory or a Lagrangian, as functions of the state.

    A Lagrangian is judged in the network `zoo.hopfield(L)`.
    A generator acts on all states at once; parameters stay as they are. Without params a generator must serve every size
    and every parameter as declared, and is listed once an identity shows it. With params it must serve these numbers:
    those found at their sizes only are listed apart. `basis(sizes)` gives pairs (A, c).

    >>> from amsym.system import System
    >>> from amsym.notation import index, state, total
    >>> import sympy as sp
    >>> h, i = state("h", "N"), index("i", "N")
    >>> E = sp.log(total(sp.exp(h[i]), i)) - total(h[i], i)/i.size
    >>> print(symmetries(System(flow={h[i]: -h[i]}, energy=E)))
    Symmetries of the energy of System
      shift of h by one constant: δh[i] = c  proved for every size
      permutations of N                      proved for every size
      no further affine generators at N = 4 (rank certified from 26 exact samples)
      no further affine generators at N = 3 (rank certified from 18 exact samples)

    Raises ModelError where there is no energy.
    """
    return of_question(question(judged(model, "symmetries"), params))


def of_question(asked: Question) -> Symmetries:
    """The same for a question that has been read already."""
    clock = Clock(ALL)
    system = asked.system if asked.fixed is None else specialised(asked.system, asked.fixed)
    discrete, open_ones = discrete_symmetries(system, clock.share(DISCRETE))
    found = search(system, clock if asked.fixed is None else clock.share(FOR_EVERY_SIZE))
    at_sizes, complete, open_ones = [], found.complete, [*found.open, *open_ones]
    if asked.fixed is not None:
        more = at_numbers(asked.system, asked.fixed, asked.sizes, found.proved, clock)
        at_sizes, complete = more.at_sizes, more.complete
        open_ones += more.open
    return Symmetries(
        system.name,
        system.states,
        tuple(found.proved),
        tuple(discrete),
        tuple(at_sizes),
        tuple(complete),
        tuple(found.unproved),
        tuple(open_ones),
    )
