"""The command line: amsym derive | verify | report | check-certificates | zoo.

Exit code 0: fine; 1: something is refuted, or a certificate refused; 2: bad usage, no model or a bad file.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from amsym.errors import AmsymError, InputError, ModelError
from amsym.floors import load
from amsym.loading import Model, load_models, zoo_models
from amsym.verdict import Report, Status

FINE, REFUTED, UNUSABLE = 0, 1, 2

_TARGET = "a Python file, FILE:NAME for one model in it, or the name of a zoo model"
_EXAMPLES = """examples:
  amsym zoo                                 the ready-made models
  amsym derive hopfield                     energy, gradient, Hessian, flow ...
  amsym verify my_model.py                  verdicts on every model in the file
  amsym verify my_model.py:net --json       one of them, for a program to read
  amsym verify my_model.py --params p.json  for these numbers alone
  amsym report my_model.py -o report.html   all on one page, with its figures()
  amsym verify hopfield --json | amsym check-certificates -

A FILE is a Python module with models at its top level:
  import amsym as am
  i, y = am.index("i", "N"), am.state("y", "N")
  model = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i]**2, i)/2)

exit code: 0 fine, 1 `verify` REFUTED something or a certificate was refused,
2 bad usage or a file that cannot be loaded"""

_CHECKED = """examples:
  amsym verify hopfield --json | amsym check-certificates -
  amsym verify my_model.py --json > found.json
  amsym check-certificates found.json --every

outcomes: CONFIRMED, what the certificate says was computed again;
REFUSED, it is false or does not carry the verdict; NOT CHECKED, it is evidence
of a search, or says what is not read here

exit code: 0 fine, 1 a certificate was REFUSED, 2 a file that cannot be read"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    >>> main(["verify", "hopfield:", "--nonsense"])
    2
    """
    _never_fail_to_print("replace")
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else UNUSABLE
    if getattr(arguments, "form", None) == "html":
        _never_fail_to_print("xmlcharrefreplace")
    elif getattr(arguments, "form", None) != "json" and not _is_unicode(sys.stdout):
        print(f"amsym: ? stands for what {sys.stdout.encoding} cannot show; with PYTHONIOENCODING=utf-8 it is shown", file=sys.stderr)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except (AmsymError, ImportError, OSError) as error:
        print(f"amsym: {error}", file=sys.stderr)
        return UNUSABLE
    return code


def _never_fail_to_print(errors: str) -> None:
    """A stream that cannot encode Σ, as in the C locale, gets what stands for it there, and no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and not _is_unicode(stream):
            stream.reconfigure(errors=errors)


def _is_unicode(stream: Any) -> bool:
    return (getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")


def parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    from amsym import __version__

    plain = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(
        prog="amsym", description="Derive and verify energy-based associative memories.", epilog=_EXAMPLES, formatter_class=plain
    )
    top.add_argument("--version", action="version", version=f"amsym {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    derive = _command(commands, "derive", _derive, "print the mathematics of a model, line by line")
    _choice(derive, "--latex", "--html", "--json")
    verify = _command(commands, "verify", _verify, "prove or refute the properties of a model")
    _choice(verify, "--latex", "--html", "--json")
    _params(verify, "parameters to verify with")
    report = _command(commands, "report", _report, "write derivation, verdicts and pictures on one page")
    report.add_argument("-o", "--output", default="report.html", metavar="FILE", help="where to write the page (default: report.html)")
    _params(report, "parameters to verify and draw with")
    report.add_argument("--no-pictures", action="store_false", dest="pictures", help="draw no portraits, energies and spectra")
    _checking(commands)
    zoo = commands.add_parser("zoo", help="list the ready-made models", description="List the ready-made models.")
    zoo.set_defaults(run=_zoo)
    return top


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
    found: argparse.ArgumentParser = commands.add_parser(
        name,
        help=words,
        description=words[0].upper() + words[1:] + ".",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("target", metavar="TARGET", help=_TARGET)
    found.set_defaults(run=run)
    return found


def _checking(commands: Any) -> None:
    words = "compute again what certificates say, by a checker of its own"
    check = commands.add_parser(
        "check-certificates",
        help=words,
        description=words[0].upper() + words[1:] + ".",
        epilog=_CHECKED,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("file", metavar="FILE", help="what `amsym verify MODEL --json` prints, or verdicts as JSON; - reads standard input")
    check.add_argument("--every", action="store_true", help="say also what was computed again for those that were confirmed")
    check.set_defaults(run=_check)


def _choice(command: argparse.ArgumentParser, *options: str) -> None:
    words = {"--latex": "LaTeX", "--html": "an HTML fragment", "--json": "JSON"}
    group = command.add_mutually_exclusive_group()
    for option in options:
        group.add_argument(option, action="store_const", const=option[2:], dest="form", help=f"print {words[option]} instead of text")


def _params(command: argparse.ArgumentParser, words: str) -> None:
    form = 'JSON {"W": [[0, 1], [1, 0]], "beta": 2} or a .npz file'
    command.add_argument("--params", metavar="FILE", help=f"{words}: {form}; of several models each takes those that it has")


def _derive(arguments: argparse.Namespace) -> int:
    from amsym.derive import derive

    derivations = [derive(model) for model in load_models(arguments.target).models.values()]
    if arguments.form == "json":
        _print_json([d.to_dict() for d in derivations])
        return FINE
    show: Callable[[Any], str] = {"latex": lambda d: d.latex(), "html": lambda d: d.html(), None: lambda d: d.text(_width())}[
        arguments.form
    ]
    print("\n\n".join(show(d) for d in derivations))
    return FINE


def _verify(arguments: argparse.Namespace) -> int:
    from amsym.render.verdicts import verdicts_html, verdicts_latex

    reports = _reports(load_models(arguments.target).titled, arguments.params)
    if arguments.form == "json":
        _print_json([json.loads(r.to_json()) for r in reports])
    elif arguments.form is not None:
        show = verdicts_latex if arguments.form == "latex" else verdicts_html
        print("\n\n".join(show(r) for r in reports))
    else:
        _print_verdicts(reports)
    return _code(reports)


def _reports(models: Mapping[str, Model], file: str | None) -> list[Report]:
    """A report on each model, empty for one without an energy; raises ModelError where none has one."""
    load("numeric")
    if all(m.energy is None for m in models.values()):
        raise ModelError(f"{', '.join(models)}: without an energy there is nothing to verify; give System(..., energy=...)")
    given = load("numeric.parameter_files").parameters_of_each(models, _numbers(file))
    return [_report_on(name, model, given[name]) for name, model in models.items()]


def _report_on(name: str, model: Model, params: Mapping[str, Any] | None) -> Report:
    if model.energy is None:
        return Report({}, name=name)
    try:
        return _called(name, load("proofs.verify").verify(model, params=params))
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def _numbers(file: str | None) -> dict[str, Any] | None:
    """The parameters in a file, if one is given."""
    return load("numeric.parameter_files").read_parameters(file) if file else None


def _called(name: str, report: Report) -> Report:
    return Report(dict(report), name=name, seconds=report.seconds)


def _report(arguments: argparse.Namespace) -> int:
    loaded = load_models(arguments.target)
    load("numeric")
    options = {"params": _numbers(arguments.params), "pictures": arguments.pictures, "figures": loaded.figures, "title": loaded.title}
    page = load("proofs.report").report(loaded.titled, arguments.output, **options)
    _print_verdicts([_called(name, page.reports.get(name, Report({}))) for name in loaded.titled])
    print(f"wrote {arguments.output} ({os.path.getsize(arguments.output) / 1e6:.2g} MB)")
    return FINE


def _check(arguments: argparse.Namespace) -> int:
    entries = load("proofs.checker.entries")
    try:
        text = sys.stdin.read() if arguments.file == "-" else Path(arguments.file).read_text(encoding="utf-8")
        found = entries.check_text(text)
    except FileNotFoundError as error:
        raise InputError(f"the file {arguments.file} does not exist; expected what `amsym verify MODEL --json` prints") from error
    except (entries.BadFile, UnicodeDecodeError) as error:
        raise InputError(f"{arguments.file}: {error}") from error
    print(load("proofs.certificates.shown").checked_text(found, _width(), every=arguments.every))
    return REFUTED if any(c.outcome is entries.Outcome.REFUSED for c in found) else FINE


def _zoo(arguments: argparse.Namespace) -> int:
    models = zoo_models()
    width = max(map(len, models), default=0)
    for name, make in models.items():
        first = next(iter((make.__doc__ or "").strip().splitlines()), "")
        print(textwrap.fill(first, _width(), initial_indent=f"{name:<{width}}  ", subsequent_indent=" " * (width + 2)))
    return FINE


def _print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=not _is_unicode(sys.stdout), indent=1))


def _print_verdicts(reports: Sequence[Report]) -> None:
    for report in reports:
        print(
            f"{report.text(_width())}\n"
            if report
            else f"{report.name}\n\nno verdicts: the system has no energy; give System(..., energy=...)\n"
        )


def _width() -> int:
    from amsym.render.verdicts import columns

    return columns()


def _code(reports: Sequence[Report]) -> int:
    return REFUTED if any(v.status is Status.REFUTED for r in reports for v in r.values()) else FINE


if __name__ == "__main__":
    sys.exit(main())
