"""A folder of the user's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmark.errors import MissingData, UsageError
from benchmark.plugins import open_dataset
from tests.conftest import photo


def test_folder_is_recursive_ordered_and_strict(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    Image.fromarray(photo(9, 7)).save(tmp_path / "b" / "z.png")
    Image.fromarray(photo(9, 7, 1)).save(tmp_path / "a.PNG")
    (tmp_path / "notes.txt").write_text("no image")
    folder = open_dataset(f"folder:{tmp_path}")
    assert list(folder.items()) == ["a.PNG", "b/z.png"]
    assert folder.load("a.PNG").shape == (1, 9, 7)
    assert np.array_equal(folder.load("b/z.png")[0], photo(9, 7))


def test_folder_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a path"):
        open_dataset("folder")
    with pytest.raises(MissingData, match="not a directory"):
        _ = open_dataset(f"folder:{tmp_path / 'none'}").items()
    with pytest.raises(MissingData, match="no image below"):
        _ = open_dataset(f"folder:{tmp_path}").items()
