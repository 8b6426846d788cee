"""The floors: the symbolic floor stands alone, and a package in the way is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import amsym as am
from amsym import floors


def test_importing_amsym_loads_neither_numeric_nor_proofs() -> None:
    code = "import sys, amsym; print(sorted({m.split('.')[0] for m in sys.modules} & {'numeric', 'proofs'}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    for name in am.__all__:
        assert getattr(am, name) is not None
    assert set(am.__all__) <= set(dir(am))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'verifi'"):
        am.verifi  # noqa: B018


def test_a_package_of_the_same_name_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "proofs.py").write_text("")
    code = "import amsym\ntry:\n    amsym.verify\nexcept ImportError as error:\n    print(error)"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}
    ).stdout
    assert "proofs.py" in said
    assert "rename or remove" in said


def test_an_entry_point_is_the_object_of_its_module() -> None:
    from proofs.verify import verify

    assert floors.entry_point("verify", "proofs.verify") is verify is am.verify
