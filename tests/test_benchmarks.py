"""The benchmarks run and say what they promise; their figures are not looked at here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_all_benchmarks_print_one_json_object_with_the_ratios():
    result = subprocess.run([sys.executable, str(ROOT / "benchmarks")], capture_output=True, text=True, check=True, timeout=900)
    found = json.loads(result.stdout)
    assert set(found) == {"derive", "flow", "jets", "stiff"}
    assert found["jets"]["series"]["series_ratio"] > 0
    assert found["flow"]["float64"]["flow_ratio"] > 0
    assert set(found["derive"]) == {"N = 10", "N = 10000"}
    assert found["stiff"]["64 x 256"]["BDF 1e-06"]["layered"]["ratio"] > 0
