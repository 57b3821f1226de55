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

BIASES = {"weights": "bias", "mixing": "mixing_bias", "heads": "heads_bias"}


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_logits_are_those_of_the_definition(
    depth: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that the coder sums in float32, with all the tricks of its order, is what integers give one by one."""
    seen = []
    bins = bit_model.bins_of

    def noting(found: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        seen.append(found.copy())
        return bins(found)

    monkeypatch.setattr(bits, "bins_of", noting)
    first, second = fields(2, 7, 6, seed=13)
    previous = [first, first ^ second, first[:, ::-1]][:depth]
    model = request.getfixturevalue({0: "model", 1: "second_model", 3: "fourth_model"}[depth])
    assert model.depth == depth
    encode_bits(second, model, previous)
    expected = logits(second, model, previous)
    groups = iter(seen)
    for top, left in bit_model.PHASES:
        for channel in range(CHANNELS):
            assert np.array_equal(next(groups), expected[:, top::2, left::2, channel].ravel())
    assert next(groups, None) is None


def test_sums_are_exact_in_any_order() -> None:
    """Weights as large as a model may have: float32 in shuffled orders and blocks agrees with integers."""
    rng = np.random.default_rng(10)
    inputs = 34 * 128
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
    for name in ("weights", "mixing", "heads"):
        table, bias = (np.zeros_like(getattr(model, part)) for part in (name, BIASES[name]))
        bias[..., 0] = bit_model.EXACT - 1
        BitModel(**{**vars(model), name: table, BIASES[name]: bias})
        table[..., 1, 0] = 1
        with pytest.raises(UsageError, match="sums reach"):
            BitModel(**{**vars(model), name: table, BIASES[name]: bias})


def test_saved_models_are_the_same(model: BitModel, second_model: BitModel, tmp_path: Path) -> None:
    codes, _ = fields(1, 16, 16, seed=11)
    for index, each in enumerate((model, second_model)):
        path = tmp_path / f"{index}.npz"
        each.save(path)
        loaded = BitModel.load(path)
        assert loaded.depth == each.depth == index
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
    good = vars(model)
    bad: list[dict[str, npt.NDArray[np.generic]]] = [
        {"weights": model.weights.astype(np.int32)},
        {"weights": model.weights[:8]},
        {"weights": model.weights[:, :7]},
        {"weights": np.concatenate([model.weights, model.weights[:1]])},
        {"weights": model.weights[0]},
        {"bias": model.bias[:, 1:]},
        {"bias": model.bias.astype(float)},
        {"bias": model.bias[0]},
        {"mixing": model.mixing[1:]},
        {"mixing": model.mixing.astype(float)},
        {"mixing_bias": model.mixing_bias[:1]},
        {"heads": model.heads[:, 1:]},
        {"heads": model.heads[1:]},
        {"heads_bias": model.heads_bias[1:]},
        {"counts": 0 * model.counts},
        {"counts": model.counts << 40},
        {"counts": model.counts[:, 1:]},
        {"weights": model.weights[:, :0], "heads": model.heads[:, :0], "heads_bias": model.heads_bias[:0]},
    ]
    for change in bad:
        np.savez(path, **{**good, **change})
        with pytest.raises(UsageError, match="not a model of bits"):
            BitModel.load(path)
    np.savez(path, weights=model.weights)
    for missing in (path, path.with_suffix(".npy"), tmp_path / "none.npz"):
        with pytest.raises(UsageError, match="not a model of bits"):
            BitModel.load(missing)
