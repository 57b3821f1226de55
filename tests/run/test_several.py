"""A study of several data sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.run.several import each_dataset
from benchmark.run.study import dataset_names, read_study, resolve


def test_several_data_sets_get_a_folder_each(tmp_path: Path) -> None:
    path = tmp_path / "both.toml"
    path.write_text("dataset = ['kodak', 'folder:a,b/c', 'kodak']\n[published]\nreference = [[0.1, 24.4]]")
    document = read_study(path)
    assert "published" not in document
    study, _ = resolve(**document, codecs=["png"])
    assert study.dataset == "kodak"
    names = dataset_names(document["dataset"])
    parts = each_dataset(study, names)
    assert [(part.dataset, part.name) for part in parts] == [
        ("kodak", "both/kodak"),
        ("folder:a,b/c", "both/folder-a-b-c"),
    ]
    assert each_dataset(study, ["mnist:train"])[0].name == "both"
    assert resolve(dataset="kodak,mnist:train", codecs=["png"])[0].name == "kodak-mnist-png"
    with pytest.raises(UsageError, match="share a folder"):
        each_dataset(study, ["folder:a/b", "folder:a-b"])
