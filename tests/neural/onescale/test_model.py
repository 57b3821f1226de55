"""What predicts latents, in integers."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.neural.onescale.model import STARTS, TAPS, Model, Predictor, gather
from benchmark.neural.onescale.tables import MOST
from benchmark.neural.wavelet.bands import PHASES
from tests.neural.onescale.examples import random_model

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_each_pass_knows_what_came_before() -> None:
    assert [len(taps) for taps in TAPS] == [0, 4, 4, 8]
    numbers = np.arange(2 * 35.0).reshape(2, 1, 7, 5)
    for phase, (top, left) in enumerate(PHASES):
        known = gather(numbers, phase)
        own = numbers[:, 0, 1:-1, 1:-1][:, top::2, left::2]
        assert known.shape == (2 * len(TAPS[phase]), own[0].size)
        for tap, (row, column) in enumerate(TAPS[phase]):
            assert np.array_equal(known[2 * tap : 2 * tap + 2], own.reshape(2, -1) + 5 * row + column)


def test_predictions_are_those_of_integers() -> None:
    """Products of floats against sums of Python's own integers."""
    model, rng = random_model(1), np.random.default_rng(2)
    for phase, quality in ((0, 63), (1, 0), (2, 17), (3, 63)):
        shape = (len(TAPS[phase]) * model.channels, 6)
        values = (rng.integers(-MOST, MOST + 1, shape) * rng.integers(0, 2, shape)).astype(np.float64)
        sizes = model.tables.sizes(values)
        expected, index = Predictor(model, quality)(phase, values, sizes)
        for place in range(6):
            seen, size = (array[:, place].astype(int).tolist() for array in (values, sizes))
            assert exactly(model, phase, quality, seen, size) == (expected[:, place].tolist(), index[:, place].tolist())


def exactly(model: Model, phase: int, quality: int, values: list[int], sizes: list[int]) -> tuple[list[int], list[int]]:
    part = slice(STARTS[phase], STARTS[phase + 1])

    def dot(weights: Any, column: int, inputs: list[int]) -> int:
        flat = weights.reshape(-1, weights.shape[-1])[:, column].tolist()
        return sum(weight * value for weight, value in zip(flat, inputs, strict=True))

    def active(total: int) -> int:
        return min(max((total + 32) >> 6, 0), 255)

    hidden = range(model.second.shape[-1])
    first = [
        active(
            dot(model.first[part], unit, sizes)
            + int(model.first_bias[phase, unit])
            + quality * int(model.first_rate[phase, unit])
        )
        for unit in hidden
    ]
    second = [active(dot(model.second[phase], unit, first) + int(model.second_bias[phase, unit])) for unit in hidden]
    channels = range(model.channels)
    scale = [
        (
            dot(model.last[phase], out, second)
            + int(model.last_bias[phase, out])
            + quality * int(model.last_rate[phase, out])
            + 64
        )
        >> 7
        for out in channels
    ]
    expected = [dot(model.linear[part], out, values) + int(model.linear_bias[phase, out]) for out in channels]
    return expected, [min(max(index + 24, 0), 63) for index in scale]


def test_damaged_models_are_refused(tmp_path: Path) -> None:
    model, path = random_model(), tmp_path / "network.contexts.npz"
    model.save(path)
    again = Model.load(path)
    assert np.array_equal(again.last_rate, model.last_rate)
    assert np.array_equal(again.tables.more, model.tables.more)
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(UsageError, match="is not a learned-onescale model"):
        Model.load(path)
    with pytest.raises(UsageError, match="first is int8"):
        dataclasses.replace(model, first=model.first[1:])
    with pytest.raises(UsageError, match="linear reaches too far"):
        dataclasses.replace(model, linear=np.full_like(model.linear, -128))
    with pytest.raises(UsageError, match="too many"):
        dataclasses.replace(model, linear=np.zeros((16, 129, 129), np.int8))
    with pytest.raises(UsageError, match="out of range"):
        dataclasses.replace(model.tables, nonzero=model.tables.nonzero * 0 + 400)
