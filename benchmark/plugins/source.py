"""Digests of what plug-ins are made of, so that their rows are made again once their code has changed.

What counts:

- of a plug-in in a file of this bench or of a checkout: the file, and what it imports, directly or through one another:
  files of :data:`_SHARED`, and packages that lie in no folder of installed ones, such as another checkout. The
  interface, the flow of a run and what is there to train do not count;
- of a plug-in of another package: name and version of its distribution, all files of its package, and what these
  import, by the same rule.

Installed libraries do not count: a plug-in tells their versions.

Of Python files the code counts, and neither comments, docstrings nor layout.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path

_SHARED = (
    "benchmark.backends",
    "benchmark.colour",
    "benchmark.formats",
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
    looked_for = set[str]()
    while waiting:
        # Of another package all files count, whichever of its modules is imported.
        name = waiting.pop()
        name = name if name.startswith("benchmark.") else name.partition(".")[0]
        if name in looked_for:
            continue
        looked_for.add(name)
        for found, path in _files_of(name).items():
            if found not in files:
                files[found] = path
                waiting += _imports(found, path)
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
    if isinstance(node, ast.AST):
        fields = []
        for name in node._fields:
            value = getattr(node, name, None)
            if value is not None and value != []:
                fields.append(f"{name}={_outline(value)}")
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return "[" + ",".join([_outline(part) for part in node if not _is_docstring(part)]) + "]"
    return repr(node)


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _imports(module: str, path: Path) -> tuple[str, ...]:
    """Modules that a module may import, by name; some of the names are those of members of modules."""
    about = path.stat()
    return _imports_of(module, path, about.st_mtime_ns, about.st_size)


@cache
def _imports_of(module: str, path: Path, changed: int, size: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_names_in(module, path, _tree(path, changed, size))))


def _names_in(module: str, path: Path, tree: ast.Module | None) -> Iterator[str]:
    for node in _statements(tree) if tree is not None else ():
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = module if path.name == "__init__.py" else module.rpartition(".")[0]
            parts = package.split(".")
            above = parts[: len(parts) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        yield from names


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """A module, a statement or a branch of one, and all statements inside: their expressions import nothing."""
    yield node
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        inner = getattr(node, name, ())
        for part in inner if isinstance(inner, list) else ():  # the body of a lambda is an expression
            yield from _statements(part)


def _files_of(name: str) -> dict[str, Path]:
    """The files that count of a module that a plug-in imports, by name. It is not imported for this."""
    root, *parts = name.split(".")
    if root != "benchmark":
        return _checkout_files(root)
    package = next((shared for shared in _SHARED if f"{name}.".startswith(f"{shared}.")), "")
    if not package or set(_TRAINING) & set(parts):
        return {}
    for folder in map(Path, importlib.import_module(package).__path__):
        place = folder.joinpath(*name.removeprefix(package).split(".")[1:])
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                return {name: path}
    return {}


def _checkout_files(root: str) -> dict[str, Path]:
    """The Python files of a package or module that is not an installed one, by name."""
    if root in sys.stdlib_module_names:
        return {}
    try:
        spec = importlib.util.find_spec(root)
    except (ImportError, ValueError):
        return {}
    if spec is None or not spec.has_location or not spec.origin:
        return {}
    if {"site-packages", "dist-packages"} & set(Path(spec.origin).parts):
        return {}
    if not spec.submodule_search_locations:
        return {root: Path(spec.origin)}
    return {
        name: path
        for name, path in _named(root, map(Path, spec.submodule_search_locations)).items()
        if path.suffix == ".py"
    }


def _package_files(module: str) -> dict[str, Path]:
    """All files of the package that a module belongs to, by name."""
    root = module.partition(".")[0]
    top = sys.modules[root]
    folders = [Path(folder) for folder in getattr(top, "__path__", ())]
    if root == "benchmark" or not folders:
        return {module: Path(str(sys.modules[module].__file__))}
    return _named(root, folders)


def _named(root: str, folders: Iterable[Path]) -> dict[str, Path]:
    """All files of a package in folders, by name."""
    return {
        ".".join([root, *path.relative_to(folder).with_suffix("" if path.suffix == ".py" else path.suffix).parts]): path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
