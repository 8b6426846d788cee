"""All benchmarks, one JSON object: python benchmarks"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def run(script: Path) -> object:
    """The JSON that a benchmark prints."""
    result = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


if __name__ == "__main__":
    scripts = sorted(p for p in Path(__file__).parent.glob("*.py") if not p.name.startswith("_"))
    print(json.dumps({p.stem: run(p) for p in scripts}, indent=1))
