"""How long derive and compile of a two-layer softmax memory take, and that the size does not matter: prints JSON.

    python benchmarks/derive.py

The symbolic part knows no size; binding parameters of 10 and of 10 000 neurons is timed apart, with one flow.
"""

from __future__ import annotations

import json
import subprocess
import sys
from time import perf_counter

HIDDEN = 16


def measure(visible: int) -> dict[str, float]:
    """Seconds of one fresh process: import, derive, compile, bind and one flow at this size."""
    start = perf_counter()
    import numpy as np

    import amsym as am

    imported = perf_counter()
    memory = am.zoo.softmax_memory()
    text = str(am.derive(memory))
    model = am.compile(memory)
    derived = perf_counter()
    params = {"xi": np.ones((visible, HIDDEN)), "beta": 1.0, "tau_v": 1.0, "tau_h": 1.0}
    model.flow({"v": np.zeros(visible), "h": np.zeros(HIDDEN)}, params)
    done = perf_counter()
    assert "proved" in text
    return {"import": imported - start, "derive and compile": derived - imported, "bind and one flow": done - derived}


def fresh(visible: int) -> dict[str, float]:
    """The same in a process of its own, so that no cache helps."""
    result = subprocess.run([sys.executable, __file__, str(visible)], capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        print(json.dumps({f"N = {n}": {k: round(v, 3) for k, v in fresh(n).items()} for n in (10, 10_000)}, indent=1))
