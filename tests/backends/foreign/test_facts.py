"""What a worker tells of its environment."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmark.backends.foreign.facts import device_of, imported, is_ours, own_files, packages_of, told_of


def test_modules_that_code_imports() -> None:
    code = "import a.b, c\nfrom d.e import f\nfrom . import g\nfrom .h import i\ndef j():\n    import k\n"
    assert set(imported(ast.parse(code))) == {"a", "c", "d", "k"}


def test_packages_are_those_that_files_import(tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text("import json\nimport model\nfrom PIL import Image\nimport no_such_package\n")
    found = packages_of([str(file)])
    assert found.keys() == {"numpy", "pillow"}
    assert found["numpy"] == np.__version__


def test_own_files_lie_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("model.py", "below/part.py", "other.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    for name, path in (("one", tmp_path / "below" / "part.py"), ("two", tmp_path / "gone"), ("three", Path("/x.py"))):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(__file__=str(path)))
    monkeypatch.delitem(sys.modules, "two")
    assert own_files(str(tmp_path / "model.py")) == [str(tmp_path / "below" / "part.py"), str(tmp_path / "model.py")]


def test_devices() -> None:
    weight = SimpleNamespace(device="meta")
    layer = SimpleNamespace(parameters=lambda: iter([weight]))
    assert device_of(SimpleNamespace()) == "cpu"
    assert device_of(SimpleNamespace(device="tpu")) == "tpu"
    assert device_of(SimpleNamespace(layer=layer)) == "meta"
    assert device_of(SimpleNamespace(parameters=layer.parameters)) == "meta"


@pytest.mark.parametrize(
    ("error", "line", "kind"),
    [
        (ValueError("no\nsize"), "ValueError: no size", "ValueError"),
        (SystemExit(), "SystemExit", "SystemExit"),
        (MemoryError(), "MemoryError", "memory"),
        (RuntimeError("CUDA out of memory. Tried"), "RuntimeError: CUDA out of memory. Tried", "memory"),
    ],
)
def test_errors(error: BaseException, line: str, kind: str) -> None:
    assert told_of(error) == {"error": line, "kind": kind}
    try:
        raise error
    except BaseException as raised:
        assert told_of(raised)["error"].startswith(f"{line} (test_facts.py, line ")


def test_the_files_of_the_worker_are_no_place_of_an_error() -> None:
    from benchmark.backends.foreign import facts, worker

    assert is_ours(facts.__file__) and is_ours(worker.__file__) and is_ours("<frozen importlib._bootstrap>")
    assert not is_ours(__file__)
