"""The codec learned-onescale: its exact entropy model, its start, its streams and its training."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.codec import Codec
from benchmark.errors import BitstreamError, MissingBackend, UsageError
from benchmark.neural.onescale import coder
from benchmark.neural.onescale.build import build
from benchmark.neural.onescale.model import QUALITIES, STARTS, TAPS, Model, Predictor, gather
from benchmark.neural.onescale.recipe import OneScaleRecipe
from benchmark.neural.onescale.tables import FRACTIONS, MOST, SCALES, new_tables
from benchmark.neural.streams.container import Frame, pack, unpack
from benchmark.neural.training.train import train
from benchmark.neural.wavelet.bands import PHASES
from benchmark.neural.wavelet.model import CLASSES
from benchmark.neural.weights import WEIGHTS_VARIABLE
from benchmark.plugins import codec_class
from tests.conftest import ROOT, Run, photo
from tests.needs import installed

pytestmark = [pytest.mark.neural, pytest.mark.slow]

TINY = {
    "width": "8",
    "blocks": "1",
    "latent": "20",
    "hidden": "6",
    "crop": "32",
    "block": "64",
    "batch_size": "2",
    "steps": "3",
    "epochs": "1",
    "warmup_steps": "1",
}
SIZES = [(1, 1), (1, 40), (17, 16), (33, 100), (64, 47)]


def pictures() -> npt.NDArray[np.uint8]:
    return np.stack([photo(128, 192, seed=seed) for seed in range(3)])


def random_model(seed: int = 0, channels: int = 20, hidden: int = 6) -> Model:
    rng = np.random.default_rng(seed)
    phases, taps = len(PHASES), STARTS[-1]

    def weights(*shape: int) -> npt.NDArray[np.int8]:
        return np.clip(np.rint(rng.normal(0, 15, shape)), -127, 127).astype(np.int8)

    def biases(*shape: int) -> npt.NDArray[np.int32]:
        return rng.integers(-2000, 2000, shape).astype(np.int32)

    return Model(
        weights(taps, channels, channels) // 8,
        biases(phases, channels) // 20,
        weights(taps, channels, hidden),
        biases(phases, hidden),
        weights(phases, hidden),
        weights(phases, hidden, hidden),
        biases(phases, hidden),
        weights(phases, hidden, channels),
        biases(phases, channels),
        weights(phases, channels),
        new_tables(),
    )


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of weights whose default set is a network as it starts."""
    root = tmp_path_factory.mktemp("weights")
    folder = root / "learned-onescale" / "photographs"
    folder.mkdir(parents=True)
    recipe = OneScaleRecipe(TINY)
    examples = {"image": pictures()}
    recipe.prepare(examples)
    points = recipe.finish(recipe.network(), recipe.stages()[0], examples, examples, folder)
    card = {"codec": recipe.codec, **recipe.describe(), "points": points}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    before = os.environ.get(WEIGHTS_VARIABLE)
    os.environ[WEIGHTS_VARIABLE] = str(root)
    yield root
    os.environ.pop(WEIGHTS_VARIABLE)
    if before is not None:
        os.environ[WEIGHTS_VARIABLE] = before


def codec(**settings: Any) -> Codec:
    return codec_class("learned-onescale").from_settings(settings)


def psnr(decoded: npt.NDArray[np.uint8], image: npt.NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / np.mean((decoded.astype(float) - image) ** 2)))


def test_without_weights_it_says_how_to_train_them(rdbench: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    cls = codec_class("learned-onescale")
    with pytest.raises(MissingBackend, match=r"python -m benchmark train learned-onescale .*--name photographs"):
        cls.version()
    with pytest.raises(MissingBackend, match="comes without weights"):
        cls().encode(photo(16, 16))
    assert cls().weights_digest() == ""
    with pytest.raises(UsageError, match="no weights named 'mine'"):
        codec(weights="mine").encode(photo(16, 16))
    done = rdbench("run", "--codecs", "learned-onescale", "--dataset", "sample", check=False)
    assert done.returncode != 0
    assert "comes without weights; train them" in done.stderr
    assert "Traceback" not in done.stderr


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


def test_tables_are_those_of_a_logistic_distribution() -> None:
    tables = new_tables()
    for scale in (20, 40, 63):
        spread = np.exp(scale / 8 - 3)
        for fraction in (0, 7, 15):
            centre = (fraction + 0.5) / FRACTIONS - 0.5
            beyond = 1 / (1 + np.exp((np.array([-0.5, *(CLASSES[1:] - 0.5)]) - centre) / spread))
            nonzero = 1 - (beyond[0] - beyond[1])
            found = [tables.nonzero[scale, fraction], tables.positive[scale, fraction], *tables.more[scale, fraction]]
            wanted = np.array([nonzero, beyond[1] / nonzero, *(beyond[2:] / beyond[1:-1])])
            sure = (wanted > 1e-5) & (wanted < 1 - 1e-5)
            error = np.array(found) / 32 - np.log(wanted / (1 - wanted))
            assert np.abs(error[sure]).max() < 0.02
    assert np.array_equal(tables.positive, -tables.positive[:, ::-1])
    assert np.array_equal(tables.nonzero, tables.nonzero[:, ::-1])
    assert len(tables.nonzero) == SCALES


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 1), (2, 3, 5), (1, 6, 8)])
@pytest.mark.parametrize("spread", [0.3, 20.0, 4000.0])
def test_symbols_come_back(shape: tuple[int, int, int], spread: float) -> None:
    model = random_model()
    symbols = np.random.default_rng(5).laplace(0, spread, (*shape, model.channels))
    whole = np.clip(np.rint(symbols), -MOST, MOST).astype(np.int32)
    payload = coder.encode(whole, model, 30)
    assert np.array_equal(coder.decode(payload, shape, model, 30), whole)


def test_the_network_behaves_like_the_integers_that_it_becomes() -> None:
    from keras import ops

    rng = np.random.default_rng(6)
    contexts = build(OneScaleRecipe(TINY).widths).contexts
    contexts.begin_from(np.geomspace(400, 4, 20).astype(np.float32), 200.0, 8.0)
    for variable in (contexts.linear, contexts.told, contexts.linear_bias):
        variable.assign(rng.normal(0, 0.1, variable.shape))
    symbols = np.rint(rng.laplace(0, 3, (1, 6, 4, 20)))
    model, padded = contexts.integers(), np.moveaxis(np.pad(symbols, ((0, 0), (1, 1), (1, 1), (0, 0))), -1, 0)
    for phase, (expected, scale) in enumerate(contexts(symbols.astype(np.float32), np.array([40]))):
        known = gather(padded, phase)
        wanted, index = Predictor(model, 40)(phase, known, model.tables.sizes(known))
        found, logarithm = (
            np.broadcast_to(ops.convert_to_numpy(value), (1, 3, 2, 20)).reshape(-1, 20).T for value in (expected, scale)
        )
        assert np.abs(found * 64 - wanted).max() <= 1, "a bias that is rounded"
        assert np.abs((logarithm + 3) * 8 - index).max() <= 1, "a rounding that falls the other way"


def test_the_rate_is_the_one_that_is_trained_for() -> None:
    from keras import ops

    from benchmark.neural.onescale.contexts import passes
    from benchmark.neural.onescale.objective import nats_of

    contexts = build(OneScaleRecipe(TINY).widths).contexts
    deviations = np.geomspace(400, 4, 20).astype(np.float32)
    contexts.begin_from(deviations, 200.0, 8.0)
    scales = deviations * 3**0.5 / np.pi / 8  # at the last step
    symbols = np.rint(np.random.default_rng(9).logistic(0, scales, (1, 24, 32, 20))).astype(np.float32)
    nats = sum(
        float(ops.sum(nats_of(part - expected, scale)))
        for part, (expected, scale) in zip(passes(symbols), contexts(symbols, np.array([63])), strict=True)
    )
    payload = coder.encode(symbols.astype(np.int32), contexts.integers(), 63)
    assert 8 * len(payload) == pytest.approx(nats / np.log(2), rel=0.01)


def test_a_network_that_was_not_trained_is_a_transform_codec(untrained: Path) -> None:
    image, rates, qualities = photo(130, 190), [], []
    for quality in (0, 21, 42, 63):
        stream = codec(quality=quality).encode(image)
        rates.append(len(stream) - codec().overhead(stream))
        qualities.append(psnr(codec().decode(stream), image))
    assert np.diff(rates).min() > 0
    assert np.diff(qualities).min() > 0
    flat = psnr(np.broadcast_to(np.rint(image.mean((0, 1))).astype(np.uint8), image.shape), image)
    assert qualities[0] > flat + 8
    assert qualities[-1] > flat + 14
    assert 8 * rates[-1] < 3 * image.size / 3, "not even entropy-coded"


def test_steps_shrink_with_the_quality_whatever_is_learned() -> None:
    from keras import ops

    transform = build(OneScaleRecipe(TINY).widths).transform
    transform.rises.assign(np.random.default_rng(7).normal(0, 3, transform.rises.shape))
    scales = ops.convert_to_numpy(transform.scales(np.arange(QUALITIES)))
    assert scales.shape == (QUALITIES, 1, 1, 20)
    assert (np.diff(scales, axis=0) >= 0).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_comes_back(untrained: Path, channels: int) -> None:
    for height, width in SIZES:
        image = photo(height, width, channels)
        stream = codec(quality=63).encode(image)
        decoded = codec().decode(stream)
        assert decoded.shape == image.shape
        assert decoded.dtype == np.uint8
        assert codec(quality=63).encode(image) == stream
        assert 0 < codec().overhead(stream) <= len(stream)
    images = np.stack([photo(20, 30, channels, seed) for seed in range(3)])
    (stream,) = codec().encode_batch(images)
    assert codec().decode_batch([stream]).shape == images.shape


@pytest.mark.skipif(not installed("torch"), reason="torch is not installed: extra torch")
def test_another_backend_decodes_the_same_pixels(untrained: Path, tmp_path: Path) -> None:
    """To a grey level: symbols are the same, and the synthesis rounds."""
    stream = codec(quality=63).encode(photo(40, 50))
    (tmp_path / "stream").write_bytes(stream)
    program = (
        "import numpy as np; from pathlib import Path; from benchmark.plugins import codec_class;"
        f"folder = Path({str(tmp_path)!r});"
        "np.save(folder / 'out.npy', codec_class('learned-onescale').decode((folder / 'stream').read_bytes()))"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        check=True,
        timeout=120,
        env={**os.environ, "KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "2"},
    )
    found = np.load(tmp_path / "out.npy").astype(int)
    assert np.abs(found - codec().decode(stream)).max() <= 1


def test_damage_is_told(untrained: Path) -> None:
    stream = codec().encode(photo(40, 56))
    rng = np.random.default_rng(8)
    for cut in (0, 3, 30, len(stream) // 2, len(stream) - 1):
        with pytest.raises(BitstreamError):
            codec().decode(stream[:cut])
    for place in rng.integers(0, len(stream), 30):
        broken = bytearray(stream)
        broken[place] ^= 1 << rng.integers(8)
        with pytest.raises(BitstreamError):
            codec().decode(bytes(broken))
    frame = unpack(stream, "learned-onescale")
    for change in (
        {"settings": (64,)},
        {"settings": ()},
        {"settings": (1, 1)},
        {"weights": bytes(8)},
        {"height": 1 << 15, "width": 1 << 15},
    ):
        with pytest.raises(BitstreamError):
            codec().decode(pack(Frame(**{**vars(frame), **change})))
    survived = 0
    for _ in range(60):  # under a checksum that fits, only the decoder itself can object
        payload = rng.bytes(int(rng.integers(0, 2 * len(frame.payload))))
        try:
            decoded = codec().decode(pack(dataclasses.replace(frame, payload=payload)))
        except BitstreamError:
            continue
        survived += 1
        assert decoded.shape == (40, 56, 3)
    assert survived


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


def test_multiply_accumulates_are_those_of_the_layers(untrained: Path) -> None:
    width, latent, hidden, samples = 8, 20, 6, 768
    block = width * 9 + 2 * width**2 + 6 * width**2
    places, deep = 4 * 6, 2 * 3  # of 20×40 pixels, padded
    analysis = places * (192 * width + block) + deep * (4 * width**2 + block + width * latent + samples * latent)
    synthesis = places * (192 * width + block) + deep * (4 * width**2 + block + width * latent + samples * latent)
    taps = 0 * 2 + 4 * 1 + 4 * 1 + 8 * 2  # of 2, 1, 1 and 2 places in the passes
    entropy = taps * latent * (latent + hidden) + 6 * hidden * (hidden + latent)
    found = codec().complexity(20, 40, 3)
    assert found is not None
    assert (found.encode_macs, found.decode_macs) == (analysis + entropy, synthesis + entropy)


def test_default_widths_fit_a_carried_checkpoint() -> None:
    network = build({})
    assert 12 * network.count_params() < 90_000_000
    macs = sum(network.transform.macs(512, 768)) + 2 * network.contexts.integers().macs(32, 48)
    assert 70e3 < macs / (512 * 768) < 85e3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": "3"}, "no training option 'depth'"),
        ({"latent": "129"}, "latent: expected a positive whole number of at most 128"),
        ({"crop": "48"}, "expected a crop of a multiple of 32"),
        ({"price": "0"}, "price: expected a positive number"),
        ({"downscale": "2"}, "downscale: expected a factor from 0.1 to 1"),
    ],
)
def test_options_are_checked(options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        OneScaleRecipe(options)


def test_a_training_in_half_precision_goes_on_and_its_streams_are_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threadpoolctl import threadpool_limits

    folder = tmp_path / "learned-onescale" / "photographs"
    for epochs, resume in ((1, None), (2, tmp_path / "carried.npz")):
        recipe = OneScaleRecipe({**TINY, "epochs": str(epochs)})
        out = folder if epochs == 2 else tmp_path / "first"
        card = json.loads(
            train(
                recipe,
                iter([pictures()]),
                data="photographs",
                out=out,
                seed=0,
                precision="mixed_bfloat16",
                command="train",
                resume=resume,
            ).read_text(encoding="utf-8")
        )
        (out / "training" / "checkpoint.npz").replace(tmp_path / "carried.npz")
        assert card["points"][0]["training_steps"] == 3 * epochs
        assert [point["quality"] for point in card["points"][0]["validation"]] == [8, 24, 40, 56]

    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path))
    image, streams, pixels = photo(70, 90), [], []
    for threads in (1, 2):
        with threadpool_limits(threads):
            streams.append(codec(quality=45).encode(image))
            pixels.append(codec().decode(streams[-1]))
    assert streams[0] == streams[1]
    assert np.array_equal(pixels[0], pixels[1])
