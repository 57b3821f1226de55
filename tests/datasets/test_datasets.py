"""All data sets: where they are found, and what they say when they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.errors import MissingData, UsageError
from benchmark.plugins import dataset_class, dataset_names, open_dataset


def test_unknown_names_list_the_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"unknown data set 'kodac'; did you mean kodak\? known: .*kodak"):
        open_dataset("kodac")
    with pytest.raises(UsageError, match=r"'pictures'; a folder of pictures is folder:pictures; known: "):
        (tmp_path / "pictures").mkdir()
        monkeypatch.chdir(tmp_path)
        open_dataset("pictures")
    with pytest.raises(UsageError, match="takes nothing after the colon"):
        open_dataset("kodak:train")
    with pytest.raises(UsageError, match="splits test and train"):
        open_dataset("mnist:valid")


@pytest.mark.parametrize("name", [name for name in dataset_names() if dataset_class(name).fetchable])
def test_missing_sets_say_where_they_looked_and_what_to_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RDBENCH_DATA", raising=False)
    cls = dataset_class(name)
    if hasattr(cls, "system_folder"):
        monkeypatch.setattr(cls, "system_folder", None)
    with pytest.raises(MissingData) as caught:
        _ = open_dataset(name, tmp_path / "here").items()
    text = str(caught.value)
    assert str(tmp_path / "here") in text
    assert str(tmp_path / "cache") in text
    assert f"python -m benchmark data fetch {name}" in text
    assert "RDBENCH_DATA" in text


@pytest.mark.slow
def test_shared_sets(data_root: Path) -> None:
    assert open_dataset("kodak", data_root).label == "kodak"
    assert open_dataset("kodak", data_root).load("kodim01").shape == (1, 512, 768, 3)
    assert open_dataset("clic2020-professional-valid", data_root).label == "clic2020-professional-valid"
    assert open_dataset("clic2025-validation", data_root).label == "clic2025-validation"
    cid22 = open_dataset("cid22-validation", data_root)
    assert (cid22.label, cid22.load(cid22.items()[0]).shape) == ("cid22-validation", (1, 512, 512, 3))
    for name in ("mnist", "fashion-mnist"):
        for split, count in (("test", 10_000), ("train", 60_000)):
            dataset = open_dataset(f"{name}:{split}", data_root)
            assert dataset.count() == count
            assert sum(len(dataset.load(item)) for item in dataset.items()) == count
        assert open_dataset(name, data_root).label == name
        assert next(open_dataset(name, data_root).training_images()).shape == (1000, 28, 28)
