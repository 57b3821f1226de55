"""What the networks of learned-wavelet are trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmark.neural.wavelet.bands import FEATURES
from benchmark.neural.wavelet.examples import CROP, Coded, ContextSource, PlaneSource, coded
from benchmark.neural.wavelet.model import KINDS
from benchmark.neural.wavelet.restoration import DEPTH
from benchmark.neural.wavelet.tables import first_tables
from benchmark.neural.wavelet.transform import UNIT
from tests.conftest import photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]


@pytest.fixture(scope="module")
def kept() -> Coded:
    return coded([photo(512, 512, 3, seed) for seed in range(2)], 1, None, first_tables())


def test_each_kind_has_places_that_stand_for_all(kept: Coded) -> None:
    assert len(kept.contexts) == KINDS
    for rows in kept.contexts:
        assert rows["features"].shape == (len(rows["value"]), FEATURES)
        assert {len(values) for values in rows.values()} == {len(rows["value"])}
        assert rows["weight"].min() >= 1
    places = sum(float(rows["weight"].sum()) for rows in kept.contexts)
    low = (CROP // 64) ** 2
    assert places == pytest.approx(2 * 3 * (CROP**2 - low), rel=1e-4), "all coefficients but the low-pass ones"
    assert kept.shrink[0].sum() == pytest.approx(places)
    assert kept.planes["before"].shape == kept.planes["after"].shape == (2, CROP, CROP, 3)


def test_decoded_planes_are_off_by_less_than_their_step(kept: Coded) -> None:
    for before, after, step in zip(kept.planes["before"], kept.planes["after"], kept.planes["step"], strict=True):
        error = np.sqrt(np.mean((before.astype(float) - after) ** 2))
        assert 0 < error < step
    shrunk = kept.tables(first_tables())
    assert (shrunk.shrink[:, 0] == 0).all()
    assert np.abs(shrunk.shrink).max() <= UNIT // 2


def test_the_same_seed_keeps_the_same_and_a_file_too(kept: Coded, tmp_path: Path) -> None:
    again = coded([photo(512, 512, 3, seed) for seed in range(2)], 1, None, first_tables())
    again.save(tmp_path / "coded.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["coded.npz"]
    loaded = Coded.load(tmp_path / "coded.npz")
    for one, other in zip(loaded.contexts, kept.contexts, strict=True):
        assert all(np.array_equal(one[name], other[name]) for name in other)
    assert all(np.array_equal(loaded.planes[name], kept.planes[name]) for name in kept.planes)
    assert np.array_equal(loaded.shrink, kept.shrink)


def test_batches_have_as_many_of_each_kind(kept: Coded) -> None:
    batch = ContextSource(kept.contexts, 5)(np.arange(1), np.random.default_rng(0))
    assert batch["features"].shape == (KINDS, 5, FEATURES)
    assert batch["features"].dtype == np.int8
    assert batch["weight"].shape == (KINDS, 5)


def test_crops_of_planes_go_with_their_errors(kept: Coded) -> None:
    whole = PlaneSource(kept.planes, first_tables(), 64, 0)(np.array([1]), np.random.default_rng(0))
    assert whole["seen"].shape == whole["error"].shape == (1, CROP // 2, CROP // 2, DEPTH)
    rest = kept.planes["before"][1, ::2, 1::2, 2].astype(float) - kept.planes["after"][1, ::2, 1::2, 2]
    ratio = whole["error"][0, ..., 9] / np.where(rest == 0, 1, rest)
    assert np.ptp(ratio[rest != 0]) < 1e-4 * ratio.max(), "in units that go with the step"
    some = PlaneSource(kept.planes, first_tables(), 64, 3)(np.arange(2), np.random.default_rng(0))
    assert some["seen"].shape == (3, 32, 32, DEPTH)
    assert set(some["step"] * UNIT) <= set(kept.planes["step"].astype(np.float32))
