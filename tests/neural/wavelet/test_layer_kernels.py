"""The compiled loops of networks against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.streams.integers import activated
from benchmark.neural.wavelet.model import SAID
from benchmark.neural.wavelet.tables import LOGIT_LIMIT
from tests.needs import needs

needs("numba", extra="numba")

from benchmark.neural.wavelet import layer_kernels as kernels  # noqa: E402 (needs it)

pytestmark = pytest.mark.neural


def test_activations_are_those_of_numpy() -> None:
    rng = np.random.default_rng(2)
    sums = (rng.integers(-(1 << 20), 1 << 20, (24, 501)) / 64).astype(np.float32)
    found = sums.copy()
    kernels.activate(found)
    assert np.array_equal(found, activated(sums.copy()))
    bias, out = (rng.integers(-9000, 9000, (24, 1)) / 64).astype(np.float32), np.empty_like(sums)
    kernels.oppose(sums, bias, out)
    assert np.array_equal(out, activated(bias + sums) - activated(bias - sums))
    features = rng.integers(-127, 128, (76, 501)).astype(np.float32)
    said, seen = sums[:SAID], np.empty((76 + SAID + 1, 501), np.float32)
    kernels.magnitudes(features, said, seen)
    expected = [np.abs(features), np.minimum(np.floor(np.abs(said)), 127), np.ones((1, 501), np.float32)]
    assert np.array_equal(seen, np.concatenate(expected))


def test_logits_are_rounded_down_within_their_limits() -> None:
    sums = (np.random.default_rng(5).integers(-(1 << 16), 1 << 16, (16, 301)) / 64).astype(np.float32)
    out = np.empty((301, 16), np.int16)
    kernels.logits(sums, out)
    assert np.array_equal(out, np.floor(np.clip(sums, -LOGIT_LIMIT, LOGIT_LIMIT)).T)
    assert (out.min(), out.max()) == (-LOGIT_LIMIT, LOGIT_LIMIT)
