"""python -m amsym: the command line."""

from __future__ import annotations

import sys

from amsym.cli import main

if __name__ == "__main__":
    sys.exit(main())
