"""From a word on the command line to models: FILE, FILE:NAME, or the name of a model of the zoo.

A file's models are the Systems and Memories at its top level; where there is none, each Lagrangian there is judged as
`verify` judges one, in the network dy/dt = W g(y) - y + b.
"""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from amsym.errors import AmsymError
from amsym.lagrangian import Lagrangian
from amsym.memory import Memory
from amsym.system import System

Model = System | Memory


class LoadError(AmsymError):
    """A target that holds no model: the message says what was looked for, what is there, and what to do."""


@dataclass(frozen=True)
class Loaded:
    """Models by name, the file's `figures()` if it has one, and a title where there are several: the docstring's first sentence."""

    models: dict[str, Model]
    figures: Callable[[], Iterable[Any]] = field(default=lambda: ())
    title: str | None = None

    @property
    def titled(self) -> dict[str, Model]:
        """The models by their own names, or by their variables' where these are none or not told apart."""
        own = [model.name for model in self.models.values()]
        plain = ("System", "Memory")
        return {m.name if m.name not in plain and own.count(m.name) == 1 else variable: m for variable, m in self.models.items()}


def load_models(target: str) -> Loaded:
    """The models that a target names.

    >>> list(load_models("hopfield").models)
    ['hopfield (tanh)']

    Raises LoadError for a missing file, an error in it, a file without models, or an unknown name.
    """
    path, name = _split(target)
    if path is None:
        return _from_zoo(target)
    module = _imported(path)
    models = _models_in(module)
    if not models:
        raise LoadError(_no_models(path, module))
    chosen = models if name is None else {name: _chosen(models, name, path)}
    title = (module.__doc__ or "").strip().splitlines()[0].rstrip(".") if len(chosen) > 1 and (module.__doc__ or "").strip() else None
    return Loaded(chosen, _figures(module, path), title)


def zoo_models() -> dict[str, Callable[..., Any]]:
    """The zoo's functions by name, each with defaults for all that it takes."""
    from amsym import zoo

    found = getattr(zoo, "MODELS", None) or {n: getattr(zoo, n) for n in getattr(zoo, "__all__", ())}
    return {name: f for name, f in found.items() if callable(f)}


def _split(target: str) -> tuple[Path | None, str | None]:
    """A path and a name: what ends in .py, or has a slash, or exists, is a file; a colon before the name separates it."""
    file, colon, name = target.rpartition(":")
    if colon and (file.endswith(".py") or Path(file).is_file()):
        return Path(file), name
    is_file = target.endswith(".py") or "/" in target or "\\" in target or Path(target).exists()
    return (Path(target), None) if is_file else (None, None)


def _from_zoo(name: str) -> Loaded:
    models = zoo_models()
    if name not in models:
        raise LoadError(
            f"there is no zoo model {name!r}{_near(name, models)}; `amsym zoo` lists them, and a file is named with its .py: {name}.py"
        )
    model = models[name]()
    return Loaded({getattr(model, "name", name): model})


def _imported(path: Path) -> ModuleType:
    """Run the file as a module of its own; its folder is where it may import from."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise LoadError(
            f"the file {path} {what}; expected a Python file with a System, a Memory or a Lagrangian at its top level{_beside(path)}"
        )
    spec = importlib.util.spec_from_file_location(f"_amsym_file_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise LoadError(f"{path} is no Python file; give it the ending .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise LoadError(f"{error.filename or path}, line {error.lineno}: {error.msg}\n    {(error.text or '').strip()}") from error
    except (Exception, SystemExit) as error:  # whatever the user's file raises is the user's to read
        raise LoadError(_users_line(error, path)) from error
    finally:
        sys.path.remove(str(path.resolve().parent))
    return module


def _figures(module: ModuleType, path: Path) -> Callable[[], Iterable[Any]]:
    """The file's own figures(), whose errors name the file's own line."""
    make = getattr(module, "figures", None)

    def figures() -> Iterable[Any]:
        try:
            return list(make()) if callable(make) else ()
        except Exception as error:  # whatever the user's function raises is the user's to read
            raise LoadError(_users_line(error, path)) from error

    return figures


def _users_line(error: BaseException, path: Path) -> str:
    """The last line of the user's own file that led to the error, and the error."""
    own = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() == path.resolve()]
    what = f"{type(error).__name__}: {error}" if not isinstance(error, AmsymError) else str(error)
    if not own:
        return f"{path} cannot be loaded: {what}"
    return f"{path}, line {own[-1].lineno}: {what}\n    {own[-1].line}"


def _models_in(module: ModuleType) -> dict[str, Model]:
    """Systems and Memories at the top level by their variable's name, else the networks of the Lagrangians there."""
    from amsym.zoo import hopfield

    return _of_kind(module, (System, Memory)) or {name: hopfield(L) for name, L in _of_kind(module, (Lagrangian,)).items()}


def _of_kind(module: ModuleType, kinds: tuple[type, ...]) -> dict[str, Any]:
    """The module's public objects of these kinds by name; one object counts once."""
    found: dict[str, Any] = {}
    for name, value in vars(module).items():
        if isinstance(value, kinds) and not name.startswith("_") and all(value is not known for known in found.values()):
            found[name] = value
    return found


def _chosen(models: dict[str, Model], name: str, path: Path) -> Model:
    if name not in models:
        raise LoadError(f"{path} has no model {name!r}{_near(name, models)}; its models are {', '.join(models)}")
    return models[name]


def _no_models(path: Path, module: ModuleType) -> str:
    names = [n for n, v in vars(module).items() if not n.startswith("_") and not inspect.ismodule(v)]
    makers = [n for n in names if inspect.isfunction(vars(module)[n]) and vars(module)[n].__module__ == module.__name__]
    there = f"found {', '.join(names[:8])}{' ...' if len(names) > 8 else ''}" if names else "found nothing"
    remedy = f"write `model = {makers[0]}()`" if makers else "write `model = am.System(flow={...}, energy=...)`"
    return f"{path} holds no model: expected a System, a Memory or a Lagrangian at its top level, {there}; {remedy}"


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _beside(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    files = sorted(p.name for p in path.parent.glob("*.py"))
    close = difflib.get_close_matches(path.name, files, n=1)
    return f"; did you mean {path.parent / close[0]}?" if close else ""
