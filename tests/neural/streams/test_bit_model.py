"""What predicts bits, in integers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.errors import UsageError
from benchmark.neural.streams import bit_model, bits
from benchmark.neural.streams.bit_model import BitModel
from benchmark.neural.streams.bits import encode_bits
from tests.neural.streams.codes import CHANNELS, fields, logits

pytestmark = pytest.mark.neural


def test_logits_are_those_of_the_definition(second_model: BitModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the coder sums in float32, with all the tricks of its order, is what integers give one by one."""
    seen = []
    bins = bit_model.bins_of

    def noting(sums: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
        seen.append(sums.copy())
        return bins(sums)

    monkeypatch.setattr(bits, "bins_of", noting)
    first, second = fields(2, 7, 6, seed=13)
    encode_bits(second, second_model, first)
    expected = logits(second, second_model, first)
    groups = iter(seen)
    for top, left in bit_model.PHASES:
        for channel in range(CHANNELS):
            assert np.array_equal(next(groups), expected[:, top::2, left::2, channel].ravel())
    assert next(groups, None) is None


def test_sums_are_exact_in_any_order() -> None:
    """Weights as large as a model may have: float32 in shuffled orders and blocks agrees with integers."""
    rng = np.random.default_rng(10)
    inputs = 18 * 128
    limit = (bit_model.EXACT - 1) // (inputs + 1)
    weights = rng.integers(-limit, limit + 1, (16, inputs))
    weights[0] = limit
    signs = rng.choice([-1, 1], (inputs, 300))
    signs[:, 0] = 1  # the sum that comes closest to the bound
    exact = weights @ signs
    for _ in range(3):
        order = rng.permutation(inputs)
        sums = weights[:, order].astype(np.float32) @ signs[order].astype(np.float32)
        assert np.array_equal(sums.astype(np.int64), exact)
        parts = [weights[:, part].astype(np.float32) @ signs[part].astype(np.float32) for part in np.split(order, 8)]
        assert np.array_equal(sum(parts[1:], parts[0]).astype(np.int64), exact)


def test_models_whose_sums_would_round_are_refused(model: BitModel) -> None:
    weights = np.zeros((4, 18, 64, 64), np.int16)
    weights[:, :, 0] = 32767
    with pytest.raises(UsageError, match="logits reach"):
        BitModel(weights, np.zeros((4, 64), np.int32), model.counts)


def test_saved_models_are_the_same(model: BitModel, second_model: BitModel, tmp_path: Path) -> None:
    codes, _ = fields(1, 16, 16, seed=11)
    for index, each in enumerate((model, second_model)):
        path = tmp_path / f"{index}.npz"
        each.save(path)
        loaded = BitModel.load(path)
        assert loaded.uses_previous == each.uses_previous == bool(index)
        for field in dataclasses.fields(BitModel):
            before, after = getattr(each, field.name), getattr(loaded, field.name)
            assert before.dtype == after.dtype
            assert np.array_equal(before, after)
    assert encode_bits(codes, BitModel.load(tmp_path / "0.npz")) == encode_bits(codes, model)


def test_files_that_are_no_models_are_refused(model: BitModel, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model.save(path)
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[200:260] = bytes(60)
    for content in (b"", b"hello", whole[:100], whole[:-30], bytes(damaged)):
        path.write_bytes(content)
        with pytest.raises(UsageError):
            BitModel.load(path)
    np.save(path.with_suffix(".npy"), model.weights)
    good = {"weights": model.weights, "bias": model.bias, "counts": model.counts}
    bad: list[dict[str, npt.NDArray[np.generic]]] = [
        {"weights": model.weights.astype(np.int32)},
        {"weights": model.weights[:3]},
        {"weights": model.weights[:, :8]},
        {"weights": model.weights[0]},
        {"bias": model.bias[:, 1:]},
        {"bias": model.bias.astype(float)},
        {"bias": model.bias[0]},
        {"counts": 0 * model.counts},
        {"counts": model.counts << 40},
        {"counts": model.counts[:, 1:]},
        {"weights": model.weights[:, :, :0, :0], "bias": model.bias[:, :0]},
    ]
    for change in bad:
        np.savez(path, **{**good, **change})  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="not a model of bits"):
            BitModel.load(path)
    np.savez(path, weights=model.weights)
    for missing in (path, path.with_suffix(".npy"), tmp_path / "none.npz"):
        with pytest.raises(UsageError, match="not a model of bits"):
            BitModel.load(missing)
