"""Promises about the package as a whole."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT


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


def test_listing_codecs_loads_no_framework() -> None:
    assert not loaded_after("from benchmark.cli.listings import print_codecs; print_codecs()") & {"tensorflow", "keras"}


def test_a_classical_task_loads_no_framework() -> None:
    run = (
        "from benchmark.run.task import Task, run_task; "
        "rows = run_task(Task('sample', None, 'camera', 'sample', 'jpeg', [{}], ('psnr', 'ssim'), 1, 1)); "
        "assert rows[0].status == 'ok', rows"
    )
    assert not loaded_after(run) & {"tensorflow", "keras", "torch", "jax", "constriction"}


def test_wheel_names_every_package() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "benchmark").rglob("__init__.py")}
    assert folders <= set(listed)


def test_constraints_hold_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "tensorflow==" in text
