"""Bits of binary codes, and back."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from threadpoolctl import threadpool_limits

from benchmark.errors import BitstreamError, UsageError
from benchmark.neural.streams import bit_model
from benchmark.neural.streams.bit_fit import fit_bit_model
from benchmark.neural.streams.bit_model import BitCode, BitModel
from benchmark.neural.streams.bits import decode_bits, encode_bits
from tests.neural.streams.codes import CHANNELS, fields, logits

pytestmark = pytest.mark.neural


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
    payload = encode_bits(second, second_model, [first])
    assert np.array_equal(decode_bits(payload, second.shape, second_model, [first]), second)


@pytest.mark.parametrize("value", [0, 1])
def test_constant_codes_cost_little(model: BitModel, value: int) -> None:
    """The counts learn what the model was never shown: a long run of one value."""
    codes = np.full((1, 128, 128, CHANNELS), value, np.uint8)
    payload = encode_bits(codes, model)
    assert np.array_equal(decode_bits(payload, codes.shape, model), codes)
    assert 8 * len(payload) < 0.05 * codes.size


@pytest.mark.slow
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
    assert len(encode_bits(second, second_model, [first])) < 0.8 * len(encode_bits(second, model))


@pytest.mark.slow
def test_adaptation_wins_where_the_statistic_is_another(model: BitModel) -> None:
    codes, _ = fields(2, 32, 32, seed=9)
    noise = np.random.default_rng(9).integers(0, 2, codes.shape, dtype=np.uint8)
    inverted = codes ^ (np.arange(CHANNELS) % 2).astype(np.uint8)
    for other in (noise, inverted):
        assert 8 * len(encode_bits(other, model)) < 0.97 * without_adaptation(other, model)


def test_threads_do_not_matter(model: BitModel) -> None:
    codes, _ = fields(1, 64, 64, seed=14)
    with threadpool_limits(1):
        payload = encode_bits(codes, model)
    with threadpool_limits(2):
        assert np.array_equal(decode_bits(payload, codes.shape, model), codes)


def test_requests_that_make_no_sense(model: BitModel, second_model: BitModel) -> None:
    codes, _ = fields(1, 4, 4)
    for call in (
        lambda: encode_bits(codes[..., :3], model),
        lambda: encode_bits(codes[0], model),
        lambda: encode_bits(codes, model, [codes]),
        lambda: encode_bits(codes, second_model),
        lambda: encode_bits(codes, second_model, [codes[:, :2]]),
        lambda: decode_bits(b"", (1, 4, 4, 3), model),
        lambda: decode_bits(b"", codes.shape, second_model),
        lambda: fit_bit_model(codes, seed=1),
        lambda: fit_bit_model(codes, [codes[:, :2]], seed=1),
    ):
        with pytest.raises(UsageError):
            call()


def test_garbage_decodes_to_some_code_or_an_error(model: BitModel) -> None:
    rng = np.random.default_rng(12)
    shape = (1, 6, 5, CHANNELS)
    genuine = encode_bits(fields(1, 6, 5, seed=12)[0], model)
    payloads = [rng.integers(0, 256, rng.integers(0, 60), dtype=np.uint8).tobytes() for _ in range(60)]
    payloads += [genuine[:size] for size in range(0, len(genuine), 3)]
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

    def table(kind: type[np.int16] | type[np.int32], *shape: int) -> npt.NDArray[np.signedinteger[Any]]:
        return (np.arange(np.prod(shape)).reshape(shape) * 7919 % 201 - 100).astype(kind)

    ones = np.arange(1, bit_model.BINS + 1)
    model = BitModel(
        weights=table(np.int16, 18, 4, 7),
        bias=table(np.int32, 4, 7),
        mixing=table(np.int16, 3, 3),
        mixing_bias=table(np.int32, 3),
        heads=table(np.int16, 3, 8),
        heads_bias=table(np.int32, 8),
        counts=np.stack([bit_model.BINS + 1 - ones, ones]) * bit_model.OBSERVATION,
    )
    codes = (np.arange(70 * 60 * 4).reshape(1, 70, 60, 4) ** 2 % 11 < 5).astype(np.uint8)
    for part, length, digest in ((codes[:, :5, :6], 16, "a59dba962524475a"), (codes, 1900, "ec7358b0ea4ad4f0")):
        payload = encode_bits(part, model, [part[:, ::-1]])
        assert (len(payload), hashlib.sha256(payload).hexdigest()[:16]) == (length, digest)
        assert np.array_equal(decode_bits(payload, part.shape, model, [part[:, ::-1]]), part)
