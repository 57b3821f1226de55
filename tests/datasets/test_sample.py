"""The pictures that come along."""

from __future__ import annotations

import numpy as np

from benchmark.plugins import open_dataset


def test_sample_works_offline() -> None:
    sample = open_dataset("sample")
    assert sample.count() == len(sample.items()) == 6
    assert sample.label == "sample"
    for item in sample.items():
        images = sample.load(item)
        assert images.dtype == np.uint8
        assert images.shape[0] == 1
        assert images.ndim in (3, 4)
