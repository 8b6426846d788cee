"""Laws of the command line: what it prints, its exit codes, and errors that name the user's own line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from amsym import __version__
from amsym.cli import FINE, REFUTED, UNUSABLE, main

MODEL = """
import amsym as am
i, y = am.index("i", "N"), am.state("y", "N")
decay = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i]**2, i)/2, name="decay")
"""
WRONG = MODEL + 'growth = am.System(flow={y[i]: y[i]}, energy=am.total(y[i]**2, i)/2, name="growth")\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my_model.py"
    path.write_text(MODEL)
    return path


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main([str(a) for a in argv])
    out, err = capsys.readouterr()
    return code, out, err


def test_derive_prints_every_model_of_a_file(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    file.write_text(WRONG)
    code, out, err = said(capsys, "derive", file)
    assert (code, err) == (FINE, "")
    assert "E = ½ Σ_i y_i²" in out
    assert out.index("decay") < out.index("growth")


def test_derive_prints_latex_html_and_json(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    assert r"\label{eq:energy}" in said(capsys, "derive", file, "--latex")[1]
    assert "<math" in said(capsys, "derive", file, "--html")[1]
    (found,) = json.loads(said(capsys, "derive", file, "--json")[1])
    assert found["lines"][0]["label"] == "states"


def test_a_zoo_name_stands_for_its_model(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "derive", "hopfield")
    assert code == FINE
    assert "tanh(y_i)" in out
    assert "hopfield" in said(capsys, "zoo")[1]


def test_verify_exits_with_1_when_something_is_refuted(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    assert said(capsys, "verify", file)[0] == FINE
    file.write_text(WRONG)
    code, out, _ = said(capsys, "verify", file)
    assert code == REFUTED
    assert "REFUTED" in out
    assert said(capsys, "verify", f"{file}:decay")[0] == FINE


def test_verify_prints_json_latex_and_html(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    (found,) = json.loads(said(capsys, "verify", file, "--json")[1])
    assert found["verdicts"]["energy never increases"]["status"] == "PROVED"
    assert "PROVED" in said(capsys, "verify", file, "--latex")[1]
    assert "<td>PROVED</td>" in said(capsys, "verify", file, "--html")[1]


def test_verdicts_fit_80_columns_and_a_pipe_gets_no_colour(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    file.write_text(WRONG)
    out = said(capsys, "verify", file)[1]
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "\x1b" not in out


def test_report_writes_a_page_with_the_files_own_figures(capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path) -> None:
    file.write_text(MODEL + "def figures():\n    from matplotlib.figure import Figure\n    return [('my caption', Figure())]\n")
    page = tmp_path / "out.html"
    code, out, err = said(capsys, "report", file, "-o", page)
    assert (code, err) == (FINE, "")
    assert "my caption" in page.read_text(encoding="utf-8")
    assert "PROVED" in out
    assert f"wrote {page}" in out


def test_a_report_on_a_refuted_model_is_a_report_all_the_same(capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path) -> None:
    file.write_text(WRONG)
    code, out, _ = said(capsys, "report", file, "-o", tmp_path / "out.html")
    assert code == FINE
    assert "REFUTED" in out


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--version") == (FINE, f"amsym {__version__}\n", "")
    code, out, _ = said(capsys, "--help")
    assert code == FINE
    assert "amsym report my_model.py -o report.html" in out


PLAIN, WESTERN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "latin-1"}


@pytest.mark.parametrize(("command", "settings"), [("derive", PLAIN), ("verify", WESTERN), ("zoo", PLAIN)])
def test_a_terminal_that_cannot_show_sigma_gets_a_substitute_and_a_hint(command: str, settings: dict[str, str], file: Path) -> None:
    target = [] if command == "zoo" else [str(file)]
    run = subprocess.run([sys.executable, "-m", "amsym", command, *target], capture_output=True, env={**os.environ, **settings}, timeout=60)
    assert run.returncode == FINE
    assert b"?" in run.stdout
    assert b"PYTHONIOENCODING=utf-8" in run.stderr
    assert b"Traceback" not in run.stderr


@pytest.mark.parametrize(("form", "sign"), [("--json", b"\\u03a3"), ("--html", b"&#8721;")])
def test_json_and_html_lose_nothing_on_such_a_terminal(form: str, sign: bytes, file: Path) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run([sys.executable, "-m", "amsym", "derive", str(file), form], capture_output=True, env=env, timeout=60)
    assert (run.returncode, run.stderr) == (FINE, b"")
    assert sign in run.stdout


WANDER = MODEL + 'wander = am.System(flow={y[i]: -y[i]}, name="wander")\n'
NET = WANDER + "net = am.zoo.hopfield()\n"


def test_a_model_without_energy_is_named_and_the_others_are_verified(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path
) -> None:
    file.write_text(WANDER)
    for command in (["verify", file], ["report", file, "-o", tmp_path / "out.html"]):
        code, out, _ = said(capsys, *command)
        assert code == FINE
        assert "wander\n\nno verdicts: the system has no energy" in out
        assert "PROVED" in out
    names = [found["name"] for found in json.loads(said(capsys, "verify", file, "--json")[1])]
    assert names == ["decay", "wander"]
    code, _, err = said(capsys, "verify", f"{file}:wander")
    assert code == UNUSABLE
    assert "wander: without an energy there is nothing to verify" in err


def test_each_model_takes_the_parameters_that_it_has(capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path) -> None:
    numbers, page = tmp_path / "p.json", tmp_path / "out.html"
    file.write_text(NET)
    numbers.write_text('{"W": [[0, 1], [-1, 0]], "b": [0, 0]}')
    for command in (["verify", file, "--params", numbers], ["report", file, "--params", numbers, "-o", page]):
        assert "parameter 'W' is declared symmetric" in said(capsys, *command)[2]
    numbers.write_text('{"W": [[0, 1], [1, 0]], "b": [0, 0]}')
    assert "two steady states" in said(capsys, "verify", f"{file}:net")[1]
    assert said(capsys, "verify", file, "--params", numbers)[0] != UNUSABLE
    assert said(capsys, "report", file, "--params", numbers, "-o", page, "--no-pictures")[0] == FINE
    assert "verified for the given values of W, b; decay for every size" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ('{"W": [[0, 1], [1, 0]]}', "hopfield (tanh): parameter 'b' is missing"),
        ('{"bb": 1}', "parameter 'bb' fits no model; decay has no parameters; wander has no parameters; hopfield (tanh) has W, b: did you"),
        ('{"zeta": 1}', "hopfield (tanh) has W, b: leave it out"),
    ],
)
def test_parameters_that_do_not_fit_name_the_model(
    numbers: str, message: str, capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path
) -> None:
    file.write_text(NET)
    (tmp_path / "p.json").write_text(numbers)
    for command in (["verify", file], ["report", file, "-o", tmp_path / "out.html"]):
        code, _, err = said(capsys, *command, "--params", tmp_path / "p.json")
        assert code == UNUSABLE
        assert message in err


def test_verify_says_how_long_each_verdict_took(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    out = said(capsys, "verify", file)[1]
    assert re.search(r"energy never increases +PROVED .* \d+\.\d\d s\n", out)


def test_lagrangians_alone_are_judged_in_their_network(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    lagrangian = "import amsym as am, sympy as sp\nL = am.Lagrangian(lambda x: sp.log(sp.cosh(x)))\n"
    file.write_text(lagrangian)
    code, out, _ = said(capsys, "derive", file)
    assert code == FINE
    assert "hopfield (L)" in out
    file.write_text(lagrangian + MODEL)
    assert "hopfield" not in said(capsys, "derive", file)[1]


def test_a_folder_for_the_page_is_refused_before_the_work(capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path) -> None:
    code, out, err = said(capsys, "report", file, "-o", tmp_path)
    assert (code, out) == (UNUSABLE, "")
    assert f"it is a folder, a file was expected: write {tmp_path}" in err


BAD = {
    "a missing file": ("my_modle.py", None, "does not exist; expected a Python file"),
    "a syntax error": ("f.py", "import amsym\nx = = 1\n", "f.py, line 2: invalid syntax"),
    "no model": ("f.py", "import amsym\ndef build():\n    pass\n", "found build; write `model = build()`"),
    "an unknown name": ("f.py:decai", MODEL, "no model 'decai', did you mean 'decay'?; its models are decay"),
    "an error in the file": ("f.py", "a = 1\nb = a / 0\n", "f.py, line 2: ZeroDivisionError: division by zero\n    b = a / 0"),
    "a misused amsym": (
        "f.py",
        "import amsym as am\ny = am.state('y', 'N')\ny + 1\n",
        "f.py, line 3: state 'y' over axes 'N' needs its indices",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_cannot_be_used_exits_with_2_and_says_why(case: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target, content, message = BAD[case]
    if content is not None:
        (tmp_path / "f.py").write_text(content)
    code, out, err = said(capsys, "derive", tmp_path / target)
    assert (code, out) == (UNUSABLE, "")
    assert message in err
    assert "Traceback" not in err


def test_an_unknown_zoo_name_offers_the_close_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "verify", "hopfeld")
    assert code == UNUSABLE
    assert "did you mean 'hopfield'?" in err


def test_an_error_in_the_files_figures_names_its_line(capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path) -> None:
    file.write_text(MODEL + "def figures():\n    return [1 / 0]\n")
    code, _, err = said(capsys, "report", file, "-o", tmp_path / "out.html")
    assert code == UNUSABLE
    assert "line 6: ZeroDivisionError" in err


def test_bad_usage_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "verify")[0] == UNUSABLE
    assert said(capsys, "prettify", "x")[0] == UNUSABLE
    assert said(capsys, "report", "spins", "-o", "/no/such/folder/page.html")[0] == UNUSABLE


def test_a_file_named_like_one_of_our_packages_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "numeric.py").write_text("x = 1\n")
    (tmp_path / "my_model.py").write_text(MODEL)
    run = subprocess.run([sys.executable, "-m", "amsym", "verify", "my_model.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert run.returncode == UNUSABLE
    assert "amsym needs its own package 'numeric'" in run.stderr
    assert str(tmp_path / "numeric.py") in run.stderr


def test_a_terminal_gets_colour_unless_no_color_is_set(
    capsys: pytest.CaptureFixture[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[1;32mPROVED" in said(capsys, "verify", file)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "32m" not in said(capsys, "verify", file)[1]
