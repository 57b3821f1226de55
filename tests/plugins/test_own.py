"""Plug-ins in files of this bench."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmark.dataset import Dataset
from benchmark.errors import PluginError
from benchmark.plugins.own import classes_of, registry

CODE = """
from benchmark.dataset import Dataset

class Base(Dataset):
    pass

class Sky(Dataset):
    name, summary = "sky", "clouds"
    def items(self): return []
    def load(self, item): ...
    def count(self): return 0
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "their_sets"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "one.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("their_sets", "their_sets.one", "their_sets.two"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder


def test_concrete_classes_with_a_name_are_found(package: Path) -> None:
    (found,) = classes_of("their_sets.one", Dataset)  # type: ignore[type-abstract]
    assert found.name == "sky"
    assert registry("their_sets", Dataset) == {"sky": found}  # type: ignore[type-abstract]


def test_two_of_one_name_are_told(package: Path) -> None:
    (package / "two.py").write_text(CODE)
    with pytest.raises(PluginError, match=r"two plug-ins are named 'sky': their_sets\.one and their_sets\.two"):
        registry("their_sets", Dataset)  # type: ignore[type-abstract]
