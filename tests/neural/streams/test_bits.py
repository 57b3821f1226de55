"""The adaptive coder of bit planes: round trips, exactness, efficiency, damage."""

from __future__ import annotations

import dataclasses
import hashlib
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import gaussian_filter
from threadpoolctl import threadpool_limits

from benchmark.errors import BitstreamError, UsageError
from benchmark.neural.streams import bit_model, bits
from benchmark.neural.streams.bit_fit import fit_bit_model
from benchmark.neural.streams.bit_model import BitCode, BitModel
from benchmark.neural.streams.bits import decode_bits, encode_bits

pytestmark = pytest.mark.neural

CHANNELS = 8
SHAPES = [
    (1, 1, 1),
    (1, 1, 2),
    (1, 2, 1),
    (1, 1, 7),
    (1, 9, 1),
    (1, 5, 8),
    (3, 8, 5),
    (2, 7, 7),
    (1, 40, 30),
    (1000, 2, 2),
    (200, 8, 8),
]


def fields(count: int, height: int, width: int, *, blur: float = 1.5, seed: int = 0) -> tuple[BitCode, BitCode]:
    """A code and the one before it: smooth fields, mixed into channels, cut at zero; each with noise of its own."""
    rng = np.random.default_rng(seed)
    smooth = gaussian_filter(rng.normal(size=(count, height, width, 3)), (0, blur, blur, 0), mode="wrap")
    mixed = smooth / smooth.std() @ np.random.default_rng(99).normal(size=(3, CHANNELS))
    first, second = ((mixed + rng.normal(0, 0.4, mixed.shape) > 0).astype(np.uint8) for _ in range(2))
    return first, second


@pytest.fixture(scope="module")
def model() -> BitModel:
    return fit_bit_model(fields(40, 32, 32)[0], seed=1, steps=200)


@pytest.fixture(scope="module")
def second_model() -> BitModel:
    first, second = fields(40, 32, 32)
    return fit_bit_model(second, first, seed=1, steps=200)


def logits(codes: BitCode, model: BitModel, previous: BitCode | None = None) -> npt.NDArray[np.int64]:
    """The logit of each bit, position by position in Python's integers: the definition that the module makes fast."""
    _, height, width, channels = codes.shape
    phases = {phase: index for index, phase in enumerate(bit_model.PHASES)}
    sums = np.zeros(codes.shape, np.int64)
    for n, row, column, channel in np.ndindex(codes.shape):
        phase = phases[row % 2, column % 2]
        total = int(model.bias[phase, channel])
        for tap, (down, right) in enumerate(bit_model.OFFSETS):
            y, x = row + down, column + right
            if 0 <= y < height and 0 <= x < width:
                known = channel if (y, x) == (row, column) else channels * (phases[y % 2, x % 2] < phase)
                total += sum(
                    int(weight) * (1 if bit else -1)
                    for weight, bit in zip(model.weights[phase, tap, channel], codes[n, y, x, :known], strict=False)
                )
                if previous is not None:
                    weights = model.weights[phase, 9 + tap, channel].tolist()
                    total += sum(w * (1 if bit else -1) for w, bit in zip(weights, previous[n, y, x], strict=True))
        sums[n, row, column, channel] = total
    return sums


def without_adaptation(codes: BitCode, model: BitModel) -> float:
    """Bits that codes would take by the model's own counts, which learn nothing: its cross-entropy."""
    shares = model.counts / model.counts.sum(axis=0)
    bins = np.clip(logits(codes, model) // 64 + 48, 0, 95)
    return float(-np.log2(shares[codes, bins]).sum())


@pytest.mark.parametrize("shape", SHAPES)
def test_round_trip(model: BitModel, second_model: BitModel, shape: tuple[int, int, int]) -> None:
    first, second = fields(*shape, seed=5)
    payload = encode_bits(first, model)
    decoded = decode_bits(payload, first.shape, model)
    assert decoded.dtype == np.uint8
    assert np.array_equal(decoded, first)
    assert encode_bits(first, model) == payload
    payload = encode_bits(second, second_model, first)
    assert np.array_equal(decode_bits(payload, second.shape, second_model, first), second)


@pytest.mark.parametrize("value", [0, 1])
def test_constant_codes_cost_little(model: BitModel, value: int) -> None:
    """The counts learn what the model was never shown: a long run of one value."""
    codes = np.full((1, 128, 128, CHANNELS), value, np.uint8)
    payload = encode_bits(codes, model)
    assert np.array_equal(decode_bits(payload, codes.shape, model), codes)
    assert 8 * len(payload) < 0.05 * codes.size


def test_the_rate_is_the_cross_entropy_of_the_definition(model: BitModel) -> None:
    """On data like the training's, the adaptive coder comes within 2 % of the fixed counts, or below."""
    codes, _ = fields(4, 32, 32, seed=6)
    ideal = without_adaptation(codes, model)
    assert 0.9 * ideal < 8 * len(encode_bits(codes, model)) < 1.02 * ideal + 64


def test_the_rate_is_below_that_of_general_compressors(model: BitModel, second_model: BitModel) -> None:
    first, second = fields(1, 192, 128, seed=7)
    packed = len(zlib.compress(np.packbits(np.moveaxis(first, -1, 0)).tobytes(), 9))
    alone = len(encode_bits(first, model))
    assert alone < 0.75 * packed
    assert 8 * alone < 0.65 * first.size
    # What the level before knows is worth more than a fifth of the next.
    assert len(encode_bits(second, second_model, first)) < 0.8 * len(encode_bits(second, model))


def test_noise_hardly_grows() -> None:
    rng = np.random.default_rng(8)
    noise = rng.integers(0, 2, (2, 128, 128, 32), dtype=np.uint8)
    model = fit_bit_model(noise[:1], seed=2, steps=100)
    assert 8 * len(encode_bits(noise[1:], model)) < 1.005 * noise[1:].size


def test_adaptation_wins_where_the_statistic_is_another(model: BitModel) -> None:
    codes, _ = fields(2, 32, 32, seed=9)
    noise = np.random.default_rng(9).integers(0, 2, codes.shape, dtype=np.uint8)
    inverted = codes ^ (np.arange(CHANNELS) % 2).astype(np.uint8)
    for other in (noise, inverted):
        assert 8 * len(encode_bits(other, model)) < 0.97 * without_adaptation(other, model)


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


def test_threads_do_not_matter(model: BitModel) -> None:
    codes, _ = fields(1, 64, 64, seed=14)
    with threadpool_limits(1):
        payload = encode_bits(codes, model)
    with threadpool_limits(2):
        assert np.array_equal(decode_bits(payload, codes.shape, model), codes)


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


def test_a_fit_is_reproducible() -> None:
    codes, _ = fields(4, 16, 16)
    one, two = (fit_bit_model(codes, seed=3, steps=20) for _ in range(2))
    for name in ("weights", "bias", "counts"):
        assert np.array_equal(getattr(one, name), getattr(two, name))


def test_channels_that_repeat_the_first_are_almost_free() -> None:
    twins = np.repeat(fields(4, 16, 16)[0][..., :1], CHANNELS, axis=-1)
    model = fit_bit_model(twins, seed=3, steps=300)
    assert 8 * len(encode_bits(twins, model)) < 1.05 * twins[..., 0].size


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


def test_requests_that_make_no_sense(model: BitModel, second_model: BitModel) -> None:
    codes, _ = fields(1, 4, 4)
    for call in (
        lambda: encode_bits(codes[..., :3], model),
        lambda: encode_bits(codes[0], model),
        lambda: encode_bits(codes, model, codes),
        lambda: encode_bits(codes, second_model),
        lambda: encode_bits(codes, second_model, codes[:, :2]),
        lambda: decode_bits(b"", (1, 4, 4, 3), model),
        lambda: decode_bits(b"", codes.shape, second_model),
        lambda: fit_bit_model(codes, seed=1),
        lambda: fit_bit_model(codes, codes[:, :2], seed=1),
    ):
        with pytest.raises(UsageError):
            call()


def test_garbage_decodes_to_some_code_or_an_error(model: BitModel) -> None:
    rng = np.random.default_rng(12)
    shape = (1, 6, 5, CHANNELS)
    genuine = encode_bits(fields(1, 6, 5, seed=12)[0], model)
    payloads = [rng.integers(0, 256, rng.integers(0, 60), dtype=np.uint8).tobytes() for _ in range(300)]
    payloads += [genuine[:size] for size in range(len(genuine))]
    payloads += [bytes(400), b"\xff" * 400, b"\xff" * 3, b"\x7f" + b"\xff" * 30]
    for payload in payloads:
        try:
            decoded = decode_bits(payload, shape, model)
        except BitstreamError:
            continue
        assert decoded.shape == shape
        assert decoded.dtype == np.uint8
        assert decoded.max() <= 1


def test_a_payload_longer_than_any_code_is_refused(model: BitModel) -> None:
    with pytest.raises(BitstreamError, match="too long"):
        decode_bits(bytes(1000), (1, 2, 2, CHANNELS), model)


def test_known_model_and_payload() -> None:
    """Frozen: model and coder must give these bytes on every machine and version, or old streams are lost."""
    index = np.arange(4 * 18 * 16).reshape(4, 18, 4, 4)
    ones = np.arange(1, bit_model.BINS + 1)
    model = BitModel(
        (index * 7919 % 401 - 200).astype(np.int16),
        (np.arange(16).reshape(4, 4) * 37 % 101 - 50).astype(np.int32),
        np.stack([bit_model.BINS + 1 - ones, ones]) * bit_model.OBSERVATION,
    )
    codes = (np.arange(70 * 60 * 4).reshape(1, 70, 60, 4) ** 2 % 11 < 5).astype(np.uint8)
    for part, length, digest in ((codes[:, :5, :6], 16, "20f0ad9157388b82"), (codes, 2012, "fde5e9cd19eab3cb")):
        payload = encode_bits(part, model, part[:, ::-1])
        assert (len(payload), hashlib.sha256(payload).hexdigest()[:16]) == (length, digest)
        assert np.array_equal(decode_bits(payload, part.shape, model, part[:, ::-1]), part)
