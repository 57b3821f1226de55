"""The codec learned-wavelet: its transform, what predicts coefficients, and that nothing in it depends on rounding."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import PIL.Image
import pytest

from benchmark.errors import BitstreamError, SettingError, UsageError
from benchmark.neural.streams.container import Frame, pack, unpack
from benchmark.neural.wavelet import coder, transform
from benchmark.neural.wavelet.bands import FEATURES, PHASES, DecodedBands, Part
from benchmark.neural.wavelet.chances import FIRST, LATER, SIGN, Chances
from benchmark.neural.wavelet.model import (
    BANDS,
    BINARY,
    CLASSES,
    KINDS,
    MOST_HIDDEN,
    MOST_ODD,
    SAID,
    Model,
    Predictor,
    evaluate,
)
from benchmark.neural.wavelet.restoration import DEPTH, MOST_CHANNELS, Restoration, detail
from benchmark.neural.wavelet.tables import LOGIT_LIMIT, LOW_LIMIT, Tables, first_tables, rate_index
from benchmark.neural.wavelet.transform import LEVELS, SCALES, UNIT, analyse, band_shape, image_of, planes_of
from benchmark.neural.weights import WEIGHTS_VARIABLE, set_folders
from benchmark.plugins import codec_class
from tests.conftest import ROOT, Run, photo
from tests.needs import installed

pytestmark = pytest.mark.neural

GOLDEN = ROOT / "tests" / "golden"
SIZES = [(1, 1), (1, 7), (7, 1), (2, 2), (2, 1), (3, 5), (65, 1), (33, 100), (64, 128)]


def random_model(seed: int = 0, odd: int = 6, hidden: int = 10) -> Model:
    rng = np.random.default_rng(seed)

    def weights(*shape: int) -> npt.NDArray[np.int8]:
        return np.clip(np.rint(rng.normal(0, 20, shape)), -127, 127).astype(np.int8)

    def biases(*shape: int) -> npt.NDArray[np.int32]:
        return rng.integers(-3000, 3000, shape).astype(np.int32)

    return Model(
        weights(KINDS, FEATURES, odd),
        biases(KINDS, BANDS, odd),
        weights(KINDS, odd),
        weights(KINDS, odd, SAID),
        weights(KINDS, BANDS, FEATURES, SAID),
        weights(KINDS, FEATURES + SAID, hidden),
        biases(KINDS, BANDS, hidden),
        weights(KINDS, hidden),
        weights(KINDS, hidden, hidden),
        biases(KINDS, hidden),
        weights(KINDS, hidden, BINARY),
        biases(KINDS, BANDS, BINARY) - 1500,
        first_tables(),
    )


def test_chances_follow_what_was_coded() -> None:
    chances = Chances(first_tables().probability)
    before = chances.of(FIRST, 0)
    assert np.array_equal(before, chances.table), "before anything is coded they are the model's"
    indices = np.full(5000, LOGIT_LIMIT)  # a half, says the model
    for _ in range(40):
        chances.learn(FIRST, 0, *chances.counted(indices, np.arange(5000) % 10 == 0))
    after = chances.of(FIRST, 0)
    assert after[LOGIT_LIMIT] / 65_536 == pytest.approx(0.1, abs=0.002)
    assert np.array_equal(after[:300], before[:300]), "other logits fare for themselves"
    for family, plane in ((LATER, 0), (SIGN, 0), (FIRST, 1)):
        assert np.array_equal(chances.of(family, plane), chances.table)
    chances.learn(LATER, 2, *chances.counted(np.zeros(1 << 20, np.int64), np.ones(1 << 20, np.bool_)))
    assert 1 <= chances.of(LATER, 1).min() <= chances.of(LATER, 1).max() <= 65_535


def random_restoration(seed: int = 0, channels: int = 8, layers: int = 4) -> Restoration:
    rng = np.random.default_rng(seed)
    return Restoration(
        rng.integers(-40, 40, (3, 3, DEPTH, channels)).astype(np.int8),
        rng.integers(-40, 40, (layers, 3, 3, channels, channels)).astype(np.int8),
        rng.integers(-40, 40, (3, 3, channels, DEPTH)).astype(np.int8),
        rng.integers(-200, 200, (layers + 1, 3, channels)).astype(np.int32),
    )


@cache
def coded(height: int, width: int, channels: int, step: int = 5 * UNIT, price: float = 0.08) -> coder.Coded:
    bands = [analyse(plane) for plane in planes_of(photo(height, width, channels))]
    return coder.encode(bands, height, width, random_model(), step, price)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_transform_comes_back_at_any_size(height: int, width: int, channels: int) -> None:
    image = np.random.default_rng(height).integers(0, 256, (height, width, channels)[: 2 + channels // 3], np.uint8)
    planes, step = [], UNIT // 4
    for plane in planes_of(image):
        bands = analyse(plane)
        whole = {key: np.rint(band * UNIT / step).astype(np.int64) * UNIT for key, band in bands.items()}
        assert {key: band.shape for key, band in bands.items()} == {
            key: band_shape(height, width, *key) for key in bands
        }
        assert sum(band.size for band in bands.values()) == height * width
        low = transform.dequantise(whole[LEVELS, 3], step, LEVELS, 3).astype(np.int16)
        for level in range(LEVELS, 0, -1):
            details = [transform.dequantise(whole[level, part], step, level, part) for part in range(3)]
            low = transform.synthesise(low, details)
        planes.append(low)
    assert np.array_equal(image_of(planes), image)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_bands_are_spread_as_they_are_synthesised_and_gathered_by_the_transpose(height: int, width: int) -> None:
    rng = np.random.default_rng(height)
    plane = rng.normal(size=(height, width)).astype(np.float32)
    shapes = [band_shape(height, width, 1, part) for part in range(4)]
    for part, shape in enumerate(shapes):
        band = rng.integers(-4000, 4000, shape)
        whole = [(band if part == at else np.zeros(other)).astype(np.int32) for at, other in enumerate(shapes)]
        found = transform.spread(band.astype(np.float32), part, (height, width))
        assert found == pytest.approx(transform.synthesise(whole[3].astype(np.int16), whole[:3]), abs=10)
        if part != transform.LOW_PASS and band.size:
            gathered = np.empty(shape, np.float32)
            for top, left in PHASES:
                gathered[top::2, left::2] = transform.gather(plane, part, (top, left))
            assert np.vdot(band, gathered) == pytest.approx(np.vdot(found, plane), rel=1e-3, abs=0.5)


def test_scales_are_those_of_the_synthesis_functions() -> None:
    size = 1 << (LEVELS + 3)
    for (level, orientation), scale in SCALES.items():
        found = np.zeros(band_shape(size, size, LEVELS, 3), np.int16)
        for at in range(LEVELS, 0, -1):
            details = [np.zeros(band_shape(size, size, at, part), np.int32) for part in range(3)]
            if at == level:
                target = found if orientation == 3 else details[orientation]
                target[target.shape[0] // 2, target.shape[1] // 2] = 1 << 13
            found = transform.synthesise(found, details)
        norm = np.sqrt(np.sum((found / (1 << 13)) ** 2))
        assert scale == pytest.approx((1 << 14) / norm, rel=0.004)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_any_size_is_decoded_as_the_encoder_had_it(height: int, width: int, channels: int) -> None:
    found = coded(height, width, channels)
    back = coder.decode(found.payload, height, width, channels, random_model(), 5 * UNIT)
    assert all(np.array_equal(one, other) for one, other in zip(found.planes, back.planes, strict=True))
    assert back.ideal_bits == pytest.approx(found.ideal_bits)
    assert back.macs == found.macs
    assert found.macs > 0 or height * width == 1


@pytest.mark.parametrize(("channels", "price"), [(1, 0.0), (3, 0.1)])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_corrected_coefficients_come_back(height: int, width: int, channels: int, price: float) -> None:
    bands = [analyse(plane) for plane in planes_of(photo(height, width, channels))]
    found = coder.encode(bands, height, width, random_model(), 5 * UNIT, price, corrected=True)
    back = coder.decode(found.payload, height, width, channels, random_model(), 5 * UNIT)
    assert all(np.array_equal(one, other) for one, other in zip(found.planes, back.planes, strict=True))


def test_effort_lessens_the_error_more_than_its_bits_cost() -> None:
    image, costs = photo(128, 160), []
    for effort in (1, 2):
        codec = codec_class("learned-wavelet").from_settings({"step": 20.0, "effort": effort, "restoration": "off"})
        stream = codec.encode(image)
        error = np.sum((codec.decode(stream).astype(float) - image) ** 2)
        costs.append(error / 20**2 + 0.1 * 8 * len(stream))
    assert costs[1] < 0.995 * costs[0]


def test_a_dearer_level_keeps_fewer_coefficients() -> None:
    def kept(shares: tuple[float, ...]) -> npt.NDArray[np.int64]:
        counts = np.zeros(LEVELS + 1, np.int64)

        def seen(part: Part, values: npt.NDArray[np.int32], exact: npt.NDArray[np.float32]) -> None:
            counts[part.level] += np.count_nonzero(values)

        bands = [analyse(plane) for plane in planes_of(photo(64, 128))]
        coder.encode(bands, 64, 128, random_model(), 5 * UNIT, 0.1, seen, shares=shares)
        return counts

    even, tuned = kept((1.0,) * LEVELS), kept((3.0, 1.0, 0.2, 0.2, 0.2, 0.2))
    assert tuned[1] < even[1]
    assert tuned[3:].sum() > even[3:].sum()


def test_a_tuning_changes_the_stream_and_not_the_format() -> None:
    image, streams = photo(48, 64), []
    for tune in ("psnr", "ms-ssim"):
        codec = codec_class("learned-wavelet").from_settings({"tune": tune})
        streams.append(codec.encode(image))
        assert np.mean((codec.decode(streams[-1]).astype(float) - image) ** 2) < 200
    assert streams[0] != streams[1]
    with pytest.raises(SettingError, match="tune"):
        codec_class("learned-wavelet").from_settings({"tune": "vmaf"})


def test_fewer_levels_give_a_smaller_picture() -> None:
    found = coded(64, 128, 3)
    small = coder.decode(found.payload, 64, 128, 3, random_model(), 5 * UNIT, last=2).planes
    assert [plane.shape for plane in small] == [(32, 64)] * 3
    halved = photo(64, 128, 3).reshape(32, 2, 64, 2, 3).mean(axis=(1, 3))
    assert np.mean((image_of(small) - halved) ** 2) < 40


def test_large_magnitudes_and_all_classes_come_back() -> None:
    rng = np.random.default_rng(1)
    height, width = 64, 96
    bands = {
        (level, part): np.float32(5)
        * rng.choice([0, 1, 2, 5, 9, 15, 30, 60, 300, 5000, 60_000], band_shape(height, width, level, part))
        * rng.choice([-1, 1], band_shape(height, width, level, part))
        for level, part in SCALES
    }
    found = coder.encode([bands], height, width, random_model(), 5 * UNIT, 0.0)
    back = coder.decode(found.payload, height, width, 1, random_model(), 5 * UNIT)
    assert np.array_equal(found.planes[0], back.planes[0])


def test_predictions_are_those_of_integers() -> None:
    """``float32`` products against sums of Python's own integers."""
    model, rng = random_model(3), np.random.default_rng(4)
    predictor = Predictor(model, 1234)
    known = tuple(sorted(int(place) for place in rng.permutation(FEATURES)[:40]))
    for kind, band in ((0, 0), (5, 17), (7, 35)):
        features = rng.integers(-127, 128, (40, 50))
        more, positive = evaluate(predictor.layers(kind, band, known), features.astype(np.float32))
        for place in range(50):
            seen = dict(zip(known, features[:, place].tolist(), strict=True))
            assert exactly(model, kind, band, seen, rate_index(1234)) == (
                more[:, place].tolist(),
                float(positive[place]),
            )


def exactly(model: Model, kind: int, band: int, seen: dict[int, int], rate: int) -> tuple[list[int], int]:
    def active(total: int) -> int:
        return min(max(0, (total + 32) >> 6), 255)

    def dot(weights: Any, values: dict[int, int]) -> int:
        return sum(int(weights[place]) * value for place, value in values.items())

    inner = [dot(model.odd_first[kind, :, unit], seen) for unit in range(model.odd_first.shape[-1])]
    base = [
        int(bias) + rate * int(by) for bias, by in zip(model.odd_bias[kind, band], model.odd_rate[kind], strict=True)
    ]
    both = {unit: active(base[unit] + inner[unit]) - active(base[unit] - inner[unit]) for unit in range(len(inner))}
    said = [
        dot(model.odd_last[kind, :, out], both) + dot(model.odd_direct[kind, band, :, out], seen) for out in range(SAID)
    ]
    known = {place: abs(value) for place, value in seen.items()}
    known |= {FEATURES + out: min(127, abs(value) >> 6) for out, value in enumerate(said)}
    hidden = {
        unit: active(dot(model.first[kind, :, unit], known) + int(bias) + rate * int(by))
        for unit, (bias, by) in enumerate(zip(model.first_bias[kind, band], model.first_rate[kind], strict=True))
    }
    hidden = {
        unit: active(dot(model.second[kind, :, unit], hidden) + int(bias))
        for unit, bias in enumerate(model.second_bias[kind])
    }
    more = [
        (dot(model.last[kind, :, out], hidden) + int(bias) + 16) >> 5
        for out, bias in enumerate(model.last_bias[kind, band])
    ]
    return [min(max(value, -LOGIT_LIMIT), LOGIT_LIMIT) for value in more], min(
        max((said[0] + 16) >> 5, -LOGIT_LIMIT), LOGIT_LIMIT
    )


def test_features_are_what_the_decoder_knows() -> None:
    """A coefficient that comes later changes no earlier prediction."""
    height, width = 48, 64
    rng = np.random.default_rng(5)
    tables = first_tables()

    def walk(changed: int) -> list[npt.NDArray[np.float32]]:
        values_rng = np.random.default_rng(6)
        low = [np.zeros(band_shape(height, width, LEVELS, 3), np.int32) for _ in range(3)]
        bands, seen = DecodedBands(height, width, 300, low, tables), []
        for number, (part, values) in enumerate(bands.parts()):
            seen.append(part.features(slice(None)))
            values[...] = values_rng.integers(-3, 4, values.shape)
            if number == changed:
                values[...] += 1
        return seen

    first = walk(-1)
    for changed in rng.integers(20, len(first), 5):
        second = walk(int(changed))
        assert all(np.array_equal(first[at], second[at]) for at in range(changed + 1))
        assert (
            any(
                one.shape != other.shape or not np.array_equal(one, other)
                for one, other in zip(first[changed + 1 :], second[changed + 1 :], strict=True)
            )
            or changed == len(first) - 1
        )


def test_slopes_are_differences_of_the_decoded_low_pass_plane() -> None:
    """In eighths of a step, to the eight samples around and four beyond them; samples at the edge go on beyond it."""
    height, width, step = 52, 70, 300
    rng = np.random.default_rng(8)
    low = [rng.integers(-40, 40, band_shape(height, width, LEVELS, 3)).astype(np.int32) for _ in range(3)]
    bands, tables = DecodedBands(height, width, step, low, first_tables()), first_tables()
    places = [(-2, 0), (-1, -1), (-1, 0), (-1, 1), (0, -2), (0, -1), (0, 1), (0, 2), (1, -1), (1, 0), (1, 1), (2, 0)]
    met = 0
    for part, values in bands.parts():
        units = bands.low[part.plane].astype(np.int64) * ((1 << (part.level + 23)) // step) >> 20
        padded = np.pad(units, 2, mode="edge")
        seen = part.features(slice(None))[-len(places) :]
        for place, lively in enumerate(part.lively.tolist()):
            row, column = (2 * at + first for at, first in zip(divmod(lively, part.shape[1]), part.first, strict=True))
            for number, (down, across) in enumerate(places):
                difference = int(padded[row + 2 + down, column + 2 + across] - padded[row + 2, column + 2])
                assert seen[number, place] == np.sign(difference) * tables.difference[abs(difference) + 2 * LOW_LIMIT]
                met += difference != 0
        values[...] = rng.integers(-1, 2, values.shape)
    assert met > 1000


def test_passes_cover_a_band_once() -> None:
    seen = np.zeros((4, 6), int)
    for top, left in PHASES:
        seen[top::2, left::2] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 3), (64, 40), (151, 61), (20, 800)])
def test_restoration_is_one_whole(height: int, width: int, channels: int) -> None:
    """It works on blocks, whose seams must not show, and on whole numbers in floats."""
    rng = np.random.default_rng(7)
    planes = [rng.integers(-8000, 8000, (height, width)).astype(np.int16) for _ in range(channels)]
    network = random_restoration()
    out = network(planes, 20 * UNIT, first_tables())
    assert [plane.shape for plane in out] == [(height, width)] * channels
    assert any(not np.array_equal(one, other) for one, other in zip(out, planes, strict=True))
    assert all(
        np.array_equal(one, other)
        for one, other in zip(out, reference_restoration(network, planes, 20 * UNIT), strict=True)
    )


def reference_restoration(
    network: Restoration, planes: list[npt.NDArray[np.int16]], step: int
) -> list[npt.NDArray[np.int16]]:
    """In one piece, by 64-bit integers and loops over the kernels."""
    height, width = planes[0].shape
    even = [
        np.pad(detail(plane, step, first_tables()), ((0, height % 2), (0, width % 2))).astype(np.int64)
        for plane in planes
    ]
    even += [np.zeros_like(even[0])] * (3 - len(even))
    values = np.stack([plane[row::2, column::2] for plane in even for row in (0, 1) for column in (0, 1)], -1)

    def convolve(source: npt.NDArray[np.int64], kernel: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
        padded = np.pad(source, ((1, 1), (1, 1), (0, 0)))
        rows, columns = source.shape[:2]
        return sum(
            (
                padded[row : row + rows, column : column + columns, :, np.newaxis]
                * kernel[row, column].astype(np.int64)
            ).sum(axis=2)
            for row in range(3)
            for column in range(3)
        )

    rate = rate_index(step) - 176
    bias = network.bias[:, 0] + rate * network.bias[:, 1] + (rate**2 >> 6) * network.bias[:, 2]
    values = np.clip((convolve(values, network.first) + bias[0] + 32) >> 6, 0, 255)
    for pair in range(0, len(network.inner), 2):
        before, after = network.inner[pair : pair + 2]
        between = np.clip((convolve(values, before) + bias[pair + 1] + 32) >> 6, 0, 255)
        values = np.clip(values + ((convolve(between, after) + bias[pair + 2] + 32) >> 6), 0, 255)
    added = (convolve(values, network.last) * step + (1 << 14)) >> 15
    out = []
    for number, plane in enumerate(planes):
        grown = np.zeros((height + height % 2, width + width % 2), np.int64)
        for place in range(4):
            grown[place // 2 :: 2, place % 2 :: 2] = added[..., 4 * number + place]
        out.append(np.clip(plane + grown[:height, :width], -32767, 32767).astype(np.int16))
    return out


def test_networks_behave_like_the_integers_they_become() -> None:
    from keras import ops

    from benchmark.neural.wavelet.networks import ContextNetwork, RestorationNetwork

    rng = np.random.default_rng(8)
    network = ContextNetwork(6, 10, seed=1)
    for variable in network.variables:
        variable.assign(rng.normal(0, 0.3, variable.shape))
    model = network.integers(first_tables())
    features = rng.integers(-127, 128, (KINDS, 20, FEATURES))
    band, rate = rng.integers(0, BANDS, (KINDS, 20)), np.full((KINDS, 20), rate_index(2000))
    more, positive, _ = network(features.astype(np.int8), band.astype(np.int32), rate.astype(np.float32))
    predictor = Predictor(model, 2000)
    for kind in range(KINDS):
        for place in range(20):
            layers = predictor.layers(kind, int(band[kind, place]), tuple(range(FEATURES)))
            whole, sign = evaluate(layers, features[kind, place, :, np.newaxis].astype(np.float32))
            exact = np.clip(ops.convert_to_numpy(more)[kind, place] * 32, -LOGIT_LIMIT, LOGIT_LIMIT)
            assert np.abs(whole[:, 0] - exact).max() <= 8, "a few roundings that fall the other way, at most"
            exact = np.clip(float(ops.convert_to_numpy(positive)[kind, place]) * 32, -LOGIT_LIMIT, LOGIT_LIMIT)
            assert abs(sign[0] - exact) <= 8

    repair = RestorationNetwork(8, 2, seed=1)
    repair.last.assign(rng.normal(0, 0.2, repair.last.shape))
    repair.bias.assign(rng.normal(0, 0.2, repair.bias.shape))
    planes = [rng.integers(-3000, 3000, (32, 48)).astype(np.int16) for _ in range(3)]
    step = 24 * UNIT
    seen = np.stack(
        [
            detail(plane, step, first_tables())[row::2, column::2]
            for plane in planes
            for row in (0, 1)
            for column in (0, 1)
        ],
        axis=-1,
    )
    added = ops.convert_to_numpy(repair(seen[np.newaxis], np.array([rate_index(step)], np.float32)))[0]
    out = repair.integers()(planes, step, first_tables())
    for number, plane in enumerate(out):
        for place in range(4):
            found = (plane.astype(int) - planes[number])[place // 2 :: 2, place % 2 :: 2] / UNIT
            assert np.abs(found - added[..., 4 * number + place] * 24 / 32).max() < 1


def test_checkpoints_of_all_stages_hold_the_whole_network() -> None:
    from benchmark.neural.wavelet.networks import WaveletNetwork
    from benchmark.neural.wavelet.objective import ContextObjective, RestorationObjective

    network = WaveletNetwork(6, 10, 8, 2)
    for objective in (ContextObjective, RestorationObjective):
        held = {id(variable) for variable in objective(network).variables}
        assert {id(variable) for variable in network.variables} <= held


def test_rate_index() -> None:
    steps = range(32, 16_384)
    indices = [rate_index(step) for step in steps]
    assert indices == sorted(indices)
    assert max(abs(16 * np.log2(step) - index - 0) for step, index in zip(steps, indices, strict=True)) < 2.5
    assert [rate_index(1 << place) for place in (5, 8, 13)] == [80, 128, 208]


def test_damaged_models_are_refused(tmp_path: Path) -> None:
    model = random_model()
    path = tmp_path / "network.contexts.npz"
    model.save(path)
    again = Model.load(path)
    assert np.array_equal(again.first, model.first)
    assert np.array_equal(again.tables.probability, model.tables.probability)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(UsageError, match="not a learned-wavelet model"):
        Model.load(path)
    with pytest.raises(UsageError, match="first is int8"):
        Model(**{**vars(model), "first": model.first[:, 1:]})
    with pytest.raises(UsageError, match="not a restoration"):
        Restoration.load(path)
    assert len(CLASSES) == BINARY + 1


def test_settings() -> None:
    codec = codec_class("learned-wavelet")
    with pytest.raises(SettingError, match=r"learned-wavelet.step: expected 0.5 to 255.0, got 0.1"):
        codec.from_settings({"step": 0.1})
    with pytest.raises(SettingError, match="restoration: expected one of on, off"):
        codec.from_settings({"restoration": "perhaps"})
    image = photo(48, 64)
    plain, repaired = (
        codec.from_settings({"step": 30.0, "restoration": choice}).encode(image) for choice in ("off", "on")
    )
    assert unpack(plain, "learned-wavelet").payload == unpack(repaired, "learned-wavelet").payload
    assert not np.array_equal(codec.decode(plain), codec.decode(repaired))
    rounded = codec.from_settings({"step": 30.0, "rdoq": 0}).encode(image)
    assert len(rounded) > len(plain)


def test_a_smaller_picture_is_decoded(tmp_path: Path, rdbench: Run) -> None:
    image = photo(130, 201)
    codec = codec_class("learned-wavelet")()
    (tmp_path / "photo.rdb").write_bytes(codec.encode(image))
    done = rdbench("decode", "--level", "2", str(tmp_path / "photo.rdb"), str(tmp_path / "small.png"))
    assert "51×33" in done.stdout
    assert codec.decode_smaller((tmp_path / "photo.rdb").read_bytes(), 6).shape == (3, 4, 3)
    done = rdbench("decode", "--level", "7", str(tmp_path / "photo.rdb"), str(tmp_path / "small.png"), check=False)
    assert (done.returncode, "a level of at most 6" in done.stderr) == (2, True)
    jpeg = codec_class("jpeg")()
    with pytest.raises(UsageError, match="no levels of resolution"):
        jpeg.decode_smaller(jpeg.encode(image), 1)


def test_absurd_settings_in_a_stream_are_refused() -> None:
    codec = codec_class("learned-wavelet")
    frame = unpack(codec.from_settings({}).encode(photo(20, 20)), "learned-wavelet")
    for change in (
        {"settings": (0, 1)},
        {"settings": (1 << 20, 1)},
        {"settings": (640, 2)},
        {"settings": (640,)},
        {"count": 2},
    ):
        with pytest.raises(BitstreamError, match="absurd settings"):
            codec.decode(pack(Frame(**{**vars(frame), **change})))


def test_rates_are_those_of_the_model() -> None:
    codec = codec_class("learned-wavelet")
    for step in (8.0, 40.0):
        stream = codec.from_settings({"step": step}).encode(photo(256, 384))
        account = codec().account(stream)
        assert account is not None
        assert 8 * len(stream) <= 1.01 * account.estimated_bits + 8 * 48
        assert 0 < account.encode_macs < account.decode_macs


def test_streams_are_coded_without_keras_and_by_any_number_of_threads(tmp_path: Path) -> None:
    from threadpoolctl import threadpool_limits

    codec = codec_class("learned-wavelet").from_settings({"step": 20.0})
    image = photo(120, 200)
    streams, pixels = [], []
    for threads in (1, 2):
        with threadpool_limits(threads):
            streams.append(codec.encode(image))
            pixels.append(codec.decode(streams[-1]))
    assert streams[0] == streams[1]
    assert np.array_equal(pixels[0], pixels[1])
    (tmp_path / "stream").write_bytes(streams[0])
    program = (
        "import sys, numpy as np; from pathlib import Path; from benchmark.plugins import codec_class;"
        f"folder = Path({str(tmp_path)!r});"
        "np.save(folder / 'out.npy', codec_class('learned-wavelet').decode((folder / 'stream').read_bytes()));"
        "assert not {'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=120)
    assert np.array_equal(np.load(tmp_path / "out.npy"), pixels[0])


def test_a_run_tells_what_each_stream_cost(tmp_path: Path, rdbench: Run) -> None:
    (tmp_path / "photos").mkdir()
    PIL.Image.fromarray(photo(64, 96)).save(tmp_path / "photos" / "a.png")
    rdbench(
        "run",
        "--codecs",
        "learned-wavelet",
        "--dataset",
        "folder:photos",
        "--set",
        "learned-wavelet.step=20,60",
        "--metrics",
        "psnr",
        "--jobs",
        "1",
        "--out",
        "results",
    )
    table = pd.read_csv(tmp_path / "results" / "records.csv")
    assert list(table["status"]) == ["ok", "ok"]
    assert (table["estimated_bpp"] <= table["payload_bpp"] + 0.01).all()
    assert (table["estimated_bpp"] >= 0.98 * table["payload_bpp"] - 0.02).all()
    assert (table["decode_kmac_per_pixel"] > table["encode_kmac_per_pixel"]).all()
    assert table["encode_kmac_per_pixel"].is_monotonic_decreasing
    assert (table["parameters"] > 100_000).all()


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
@pytest.mark.parametrize("threads", ["1", "2"])
def test_stored_streams_decode_to_the_very_pixels(backend: str, threads: str, tmp_path: Path) -> None:
    if not installed(backend):
        pytest.skip(f"{backend} is not installed")
    paths = sorted(GOLDEN.glob("learned-wavelet-*.bin"))
    assert len(paths) == 3
    program = (
        f"import sys, numpy as np, {backend}; from pathlib import Path; from benchmark.plugins import codec_class\n"
        "for path in map(Path, sys.argv[2:]):\n"
        "    pixels = codec_class('learned-wavelet').decode(path.read_bytes())\n"
        "    np.save(Path(sys.argv[1], path.stem + '.npy'), pixels)"
    )
    subprocess.run(
        [sys.executable, "-c", program, tmp_path, *paths],
        cwd=ROOT,
        check=True,
        timeout=300,
        env={**os.environ, "KERAS_BACKEND": backend, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
    )
    for path in paths:
        assert np.array_equal(np.load(tmp_path / f"{path.stem}.npy"), np.load(path.with_suffix(".npy"))), path.stem


def test_training_goes_on_and_its_weights_code(tmp_path: Path, rdbench: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training of two steps a stage, stopped by its limit of time, goes on where it was."""
    (tmp_path / "photos").mkdir()
    for index in range(3):
        PIL.Image.fromarray(photo(512, 512, 3, index)).save(tmp_path / "photos" / f"{index}.png")
    words = [
        "train",
        "learned-wavelet",
        "--dataset",
        "photos",
        "--out",
        "weights/learned-wavelet/mine",
        "--evaluate-every",
        "0",
    ]
    options = {
        "odd": 4,
        "hidden": 8,
        "channels": 4,
        "layers": 2,
        "first_epochs": 1,
        "epochs": 1,
        "restoration_epochs": 1,
        "steps": 2,
        "contexts": 64,
        "crops": 2,
    }
    words += [word for name, value in options.items() for word in ("--option", f"{name}={value}")]
    rdbench(*words)
    folder = tmp_path / "weights" / "learned-wavelet" / "mine"
    before = Model.load(folder / "network.contexts.npz")
    done = rdbench(*words)
    assert "trained before" in done.stderr + done.stdout
    after = Model.load(folder / "network.contexts.npz")
    assert np.array_equal(before.first, after.first), "nothing was left to train"
    assert np.abs(after.first_bias).max() > 0
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "weights"))
    codec = codec_class("learned-wavelet").from_settings({"weights": "mine"})
    image = photo(70, 90)
    assert np.mean((codec.decode(codec.encode(image)).astype(float) - image) ** 2) < 200
    rdbench(
        *words[:4],
        "--out",
        "weights/learned-wavelet/further",
        *words[8:],
        "--option",
        "start=mine",
        "--option",
        "epochs=0",
    )
    further = Model.load(tmp_path / "weights" / "learned-wavelet" / "further" / "network.contexts.npz")
    assert np.array_equal(further.first, after.first), "the restoration alone was trained on"
    bad = rdbench(*words[:4], "--option", "hidden=none", check=False)
    assert (bad.returncode, "hidden: expected a positive whole number" in bad.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": "49"}, "channels: .* of at most 48, got '49'"),
        ({"hidden": "257"}, "hidden: .* of at most 256"),
        ({"odd": "91"}, "odd: .* of at most 90"),
        ({"crop": "258"}, "crop: .* of at most 256"),
        ({"crop": "7"}, "crop: expected an even number"),
        ({"crops": "0"}, "crops: expected a positive whole number"),
        ({"passes": "x"}, "passes: expected a positive whole number"),
        ({"layers": "-1"}, "layers: expected a positive whole number"),
        ({"layers": "3"}, "layers: expected an even number"),
        ({"limit": "x"}, "limit: expected a positive whole number"),
        ({"learning_rate": "abc"}, "learning_rate: expected a positive number"),
        ({"first_epochs": "0", "epochs": "0", "restoration_epochs": "0"}, "nothing is trained"),
    ],
)
def test_options_of_a_training_are_checked_before_it_begins(options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        codec_class("learned-wavelet").recipe("folder:x", options)


def test_the_largest_widths_are_exact() -> None:
    random_model(odd=MOST_ODD, hidden=MOST_HIDDEN)
    random_restoration(channels=MOST_CHANNELS)
    for widths in ({"odd": MOST_ODD + 1}, {"hidden": MOST_HIDDEN + 2}):
        with pytest.raises(UsageError, match="inexact"):
            random_model(**widths)


def test_damaged_files_of_a_set_are_told_before_a_stream_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a set of a user's own, of the name of ours, leaves the streams of ours readable."""
    codec = codec_class("learned-wavelet").from_settings({})
    image = photo(40, 56)
    stream = codec.encode(image)
    shipped = set_folders("learned-wavelet")["photographs"]
    mine = tmp_path / "learned-wavelet" / "photographs"
    shutil.copytree(shipped, mine)
    (mine / "network.restoration.npz").write_bytes(b"")
    monkeypatch.setenv("RDBENCH_WEIGHTS", str(tmp_path))
    assert codec.decode(stream).shape == image.shape
    with pytest.raises(UsageError, match="is not a restoration of learned-wavelet"):
        codec.encode(image)
    shutil.copytree(shipped, mine.with_name("empty"))
    (mine.with_name("empty") / "card.json").write_text('{"points": []}')
    with pytest.raises(UsageError, match="names no operating point"):
        codec_class("learned-wavelet").from_settings({"weights": "empty"}).encode(image)


def test_types_of_tables_are_checked() -> None:
    tables = first_tables()
    with pytest.raises(UsageError, match="shapes or types differ"):
        Tables(tables.size, tables.difference, tables.probability.astype(np.float32), tables.shrink)
