"""The codec denoising-ae: the noise that it is trained on, and the quality that it promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.plugins import codec_class
from tests.neural.latent.examples import all_images, coded, squared_error

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_promised_denoising_on_fashion_mnist(data_root: Path) -> None:
    """Squared errors of the original's 0.0085 from noisy images, a sixth of theirs, and 0.0064 from clean ones."""
    clothes = all_images("fashion-mnist", data_root)
    noisy = all_images("fashion-mnist:noisy", data_root)
    assert squared_error(clothes, noisy) == pytest.approx(0.0527, abs=2e-4)
    codec = codec_class("denoising-ae")()
    rate, decoded = coded(codec, noisy)
    assert squared_error(clothes, decoded) <= 0.0085
    assert rate < 5
    assert squared_error(clothes, coded(codec, clothes)[1]) <= 0.0064


def test_noise_is_fresh_clipped_and_not_asked_for() -> None:
    rows = {"tile": np.full((64, 28, 28, 1), 0.5, np.float32), "kind": np.zeros(64, np.int32)}
    made = codec_class("denoising-ae").recipe("fashion-mnist", {})
    first, second = (made.batch(rows, np.random.default_rng((1, epoch))) for epoch in (0, 1))
    assert np.array_equal(first["tile"], rows["tile"])
    some = codec_class("denoising-ae").recipe("fashion-mnist", {"clean": "0.5"}).batch(rows, np.random.default_rng(1))
    untouched = np.all(some["source"] == rows["tile"], axis=(1, 2, 3))
    assert 16 < untouched.sum() < 48
    with pytest.raises(UsageError, match="clean: expected a share"):
        codec_class("denoising-ae").recipe("fashion-mnist", {"clean": "2"})
    assert not np.array_equal(first["source"], second["source"])
    assert (first["source"].min(), first["source"].max()) == (0, 1)
    inside = first["source"][(first["source"] > 0) & (first["source"] < 1)]
    assert inside.std() == pytest.approx(0.2388, abs=0.01)  # of a Gaussian of 0.3 cut at ±0.5
    plain = codec_class("conv-ae").recipe("fashion-mnist", {})
    assert plain.batch(rows, np.random.default_rng(1)) is rows
