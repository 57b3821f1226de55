"""A data set that was just fetched."""

from __future__ import annotations

from pathlib import Path

from benchmark.dataset import Dataset


def fetched(cls: type[Dataset], destination: Path) -> Dataset:
    folder = cls.fetch(destination)
    assert folder.is_dir()
    return cls([destination])
