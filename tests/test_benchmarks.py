"""The benchmarks run and say what they promise; their figures are not looked at here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_all_benchmarks_print_one_json_object_with_the_ratios():
    result = subprocess.run([sys.executable, str(ROOT / "benchmarks")], capture_output=True, text=True, check=True, timeout=1800)
    found = json.loads(result.stdout)
    assert set(found) == {p.stem for p in (ROOT / "benchmarks").glob("[a-z]*.py")}
    assert found["patterns"]["relu"]["N = 12, radius 3.0, b = 0"]["certified"] == found["patterns"]["seeds"]
    assert (found["certificates"]["entries"], "REFUSED" in found["certificates"]["outcomes"]) == (1000, False)
    assert found["enclosure"]["agreement"]["missed"] == 0
    assert found["jets"]["series"]["series_ratio"] > 0
    assert found["flow"]["float64"]["flow_ratio"] > 0
    assert set(found["derive"]) == {"N = 10", "N = 10000"}
    assert found["stiff"]["64 x 256"]["BDF 1e-06"]["layered"]["ratio"] > 0
    assert max(found["memory"]["GiB"].values()) < found["memory"]["bound"]
    assert all(found["steady"][n]["misassigned"] == 0 for n in ("N = 64", "N = 256"))
    assert found["falsify"]["refuted wrongly"] == 0
    assert found["falsify"]["found by draws"] < found["falsify"]["found"]
    assert all(0 < found["certified_basins"][n]["ball"]["median"] < 1 for n in ("N = 2", "N = 4", "N = 8", "N = 32"))
    assert 0 < found["trajectories"]["order 8"]["of the roofline"] < 1
