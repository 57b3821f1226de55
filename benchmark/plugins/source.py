"""Digests of what plug-ins are made of, so that their rows are made again once their code has changed.

What counts:

- of a plug-in in a file of this bench or of a checkout: the file, and the files of :data:`_SHARED` that it imports,
  directly or through one another. The interface, the flow of a run and what is there to train do not count;
- of a plug-in of another package: name and version of its distribution, all files of its package, and the files of
  :data:`_SHARED` that these import.

Of Python files the code counts, and neither comments, docstrings nor layout.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path

_SHARED = (
    "benchmark.backends",
    "benchmark.colour",
    "benchmark.metrics",
    "benchmark.neural",
    "benchmark.plugins.codecs",
)
"""Modules that do the work of plug-ins."""

_TRAINING = ("training", "recipe")
"""Parts of their names that tell that only a training needs them."""


def class_digest(cls: type, point: EntryPoint | None, beside: Iterable[Path] = ()) -> str:
    """The digest of a plug-in.

    Args:
        cls: its class.
        point: the entry point that it came from; None for a file of this bench.
        beside: other files that do its work, whatever their names are.
    """
    name = cls.__module__
    files = {name: Path(str(sys.modules[name].__file__))}
    told = []
    if point is not None:
        told = [point.dist.name, point.dist.version] if point.dist is not None else []
        files = _package_files(name)
    waiting = [imported for name, path in files.items() for imported in _imports(name, path)]
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if name not in files and path is not None:
            files[name] = path
            waiting += _imports(name, path)
    parts = [*told, *(f"{name} {file_digest(path)}" for name, path in sorted(files.items())), *map(file_digest, beside)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def file_digest(path: Path) -> str:
    """The digest of a file: of its code, where it is Python, or else of its bytes."""
    about = path.stat()
    return _file_digest(path, about.st_mtime_ns, about.st_size)


@cache
def _file_digest(path: Path, changed: int, size: int) -> str:
    tree = _tree(path, changed, size)
    if tree is not None:
        return hashlib.sha256(_outline(tree).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _tree(path: Path, changed: int, size: int) -> ast.Module | None:
    """The code of a file as it is now; None where it is no Python."""
    try:
        return ast.parse(path.read_bytes()) if path.suffix == ".py" else None
    except (SyntaxError, ValueError):
        return None


def _outline(node: object) -> str:
    """A text of code without docstrings, the same with every version of Python: fields that are empty do not count."""
    if isinstance(node, list):
        return "[" + ",".join(_outline(part) for part in node if not _is_docstring(part)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = (f"{name}={_outline(value)}" for name, value in ast.iter_fields(node) if value is not None and value != [])
    return f"{type(node).__name__}({','.join(fields)})"


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _imports(module: str, path: Path) -> Iterator[str]:
    """Modules of :data:`_SHARED` that a module may import, by name; some of the names are those of their members."""
    about = path.stat()
    tree = _tree(path, about.st_mtime_ns, about.st_size)
    for node in ast.walk(tree) if tree is not None else ():
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = module if path.name == "__init__.py" else module.rpartition(".")[0]
            parts = package.split(".")
            above = parts[: len(parts) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for name in names:
            shared = any(f"{name}.".startswith(f"{package}.") for package in _SHARED)
            if shared and not set(_TRAINING) & set(name.split(".")):
                yield name


def _file_of(name: str) -> Path | None:
    """The file of a module of :data:`_SHARED`, which is not imported for this; None where the name is none of one."""
    package = next(shared for shared in _SHARED if name.startswith(shared))
    parts = name.removeprefix(package).split(".")[1:]
    for folder in map(Path, importlib.import_module(package).__path__):
        place = folder.joinpath(*parts)
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                return path
    return None


def _package_files(module: str) -> dict[str, Path]:
    """All files of the package that a module belongs to, by name."""
    root = module.partition(".")[0]
    top = sys.modules[root]
    folders = [Path(folder) for folder in getattr(top, "__path__", ())]
    if root == "benchmark" or not folders:
        return {module: Path(str(sys.modules[module].__file__))}
    return {
        ".".join([root, *path.relative_to(folder).with_suffix("" if path.suffix == ".py" else path.suffix).parts]): path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
