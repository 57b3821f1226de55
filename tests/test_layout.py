"""Promises about the package as a whole."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import ROOT, photo


@pytest.mark.parametrize("folder", ["codecs", "datasets"])
def test_plugin_folders_are_no_packages(folder: str) -> None:
    """A regular package of that name would hide the standard library's ``codecs``, or a well-known ``datasets``."""
    assert not (ROOT / folder / "__init__.py").exists()


@pytest.mark.parametrize("folder", ["codecs", "datasets"])
def test_plugins_are_not_named_after_packages_they_import(folder: str) -> None:
    for path in (ROOT / folder).glob("*.py"):
        words = path.read_text(encoding="utf-8")
        assert not re.search(rf"^\s*(import|from) {path.stem}\b", words, re.MULTILINE), path


def test_arrows_point_one_way() -> None:
    subprocess.run([Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, check=True)


def loaded_after(statement: str) -> set[str]:
    program = f"import sys; {statement}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    return set(done.stdout.splitlines()[-1].split())


def test_help_loads_no_array_library() -> None:
    heavy = {"numpy", "pandas", "matplotlib", "PIL", "scipy", "keras", "tensorflow", "rich"}
    assert not loaded_after("import benchmark.cli.main") & heavy


def test_a_run_that_begins_loads_nothing_of_tables_and_figures() -> None:
    statement = "import benchmark.cli.main, benchmark.cli.spread, benchmark.cli.terminal, benchmark.workflows.outputs"
    assert not loaded_after(statement) & {"pandas", "pyarrow", "matplotlib", "scipy"}


def test_listing_codecs_loads_no_framework() -> None:
    assert not loaded_after("from benchmark.cli.listings import print_codecs; print_codecs()") & {"tensorflow", "keras"}


def test_a_classical_task_loads_what_it_computes_with_alone(tmp_path: Path) -> None:
    Image.fromarray(photo(64, 64)).save(tmp_path / "one.png")
    run = (
        "from benchmark.plugins import all_metrics; from benchmark.run.task import Task, run_task; "
        f"rows = run_task(Task('folder:{tmp_path}', None, 'one.png', '', 'jpeg', [{{}}], ('psnr', 'ssim'), 1, 1)); "
        "assert rows[0].status == 'ok' and all_metrics(), rows"
    )
    heavy = {"tensorflow", "keras", "torch", "jax", "constriction", "scipy", "skimage", "pandas", "matplotlib", "pooch"}
    assert not loaded_after(run) & heavy


def test_wheel_names_every_package() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "benchmark").rglob("__init__.py")}
    assert folders <= set(listed)


def test_constraints_hold_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "tensorflow==" in text


WITHOUT_TESTS_OF_THEIR_NAME = {
    "__main__.py": "two lines; tests that start the program run it",
    "defaults.py": "values alone; tests of their users fail where one is not there",
    "version.py": "one value, which the manifests of tests/run/test_finish.py show",
    "neural/klt/build.py": "one call of the network, with which every test beside it begins",
    "report/content.py": "fields alone; tests/report/test_build.py fills all of them",
    "report/tables/table.py": "fields alone; the tests of the files beside it print them",
}


def test_every_module_has_a_test_file_of_its_name() -> None:
    """So that nobody has to search for the tests of a module, and none comes without. A package has them by module."""
    package, tests = ROOT / "benchmark", ROOT / "tests"
    modules = {path.relative_to(package) for path in package.rglob("*.py") if path.name != "__init__.py"}
    excepted = {Path(name) for name in WITHOUT_TESTS_OF_THEIR_NAME}
    assert excepted <= modules, "an exception for a module that is no longer there"
    lacking = {
        module for module in modules - excepted if not (tests / module.with_name(f"test_{module.name}")).exists()
    }
    assert not lacking
    assert not [module for module in excepted if (tests / module.with_name(f"test_{module.name}")).exists()]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in ("_replace", "_make")  # of named tuples


def private_names(path: Path) -> set[str]:
    """Private names of the package that a file imports, reaches through what it imports, or names in a text."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    imports = [
        node for node in nodes if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("benchmark.")
    ]
    aliases = [alias for node in imports for alias in node.names]
    ours = {alias.asname or alias.name for alias in aliases}
    found = {alias.name for alias in aliases if is_private(alias.name)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ours:
            found |= {f"{node.value.id}.{node.attr}"} if is_private(node.attr) else set()
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(re.findall(r"^benchmark(?:\.\w+)*\._[a-zA-Z]\w*", node.value))
    return found


def test_tests_go_through_public_names() -> None:
    """A test of a private function breaks when the inside of a module changes, though what it promises does not."""
    tests = ROOT / "tests"
    found = {(path.relative_to(tests).as_posix(), name) for path in tests.rglob("*.py") for name in private_names(path)}
    assert not found


SOURCES = ("benchmark", "codecs", "datasets", "scripts")
MOST_LINES_OF_A_FUNCTION = 60
"""Its docstring is not counted."""
MOST_LINES_OF_A_MODULE = 365


def functions_in(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef]:
    """All functions and methods; to walk over every expression would take a second."""
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield node
        yield from functions_in(getattr(node, "body", ()))


def lines_of(function: ast.FunctionDef) -> int:
    """How many lines a function has, from ``def`` to its end, without its docstring."""
    end = function.end_lineno or function.lineno
    told = ast.get_docstring(function, clean=False) is not None
    docstring = (function.body[0].end_lineno or end) - function.body[0].lineno + 1 if told else 0
    return end - function.lineno + 1 - docstring


def test_functions_and_modules_are_short() -> None:
    long = []
    for path in (path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MOST_LINES_OF_A_MODULE:
            long.append(str(path))
        functions = functions_in(ast.parse(text).body)
        long += [f"{path}: {found.name}" for found in functions if lines_of(found) > MOST_LINES_OF_A_FUNCTION]
    assert not long
