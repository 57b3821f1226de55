"""The CVAE codec: its architecture, its streams, and the rates and qualities that are promised."""

from __future__ import annotations

import importlib
import zlib
from pathlib import Path

import numpy as np
import pytest

from benchmark.errors import BitstreamError, SettingError, UnsupportedImage, UsageError
from benchmark.neural.streams.container import unpack
from benchmark.neural.weights import WEIGHTS_VARIABLE, points, set_folders
from benchmark.plugins import codec_class, open_dataset
from tests.conftest import Run, photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]

Cvae = codec_class("cvae")
cvae = importlib.import_module(Cvae.__module__)


def test_architecture_is_that_of_the_original() -> None:
    network = cvae.build_network((28, 28, 1))
    encoder, decoder = network.get_layer("encoder"), network.get_layer("decoder")
    assert encoder.count_params() == 424_480
    assert decoder.count_params() == 108_993
    assert [tuple(output.shape) for output in encoder.outputs] == [(None, 16), (None, 16)]
    assert decoder.output_shape == (None, 28, 28, 1)
    kinds = [type(layer).__name__ for layer in (*encoder.layers, *decoder.layers)]
    assert kinds == [
        "InputLayer",
        "Conv2D",
        "Conv2D",
        "Flatten",
        "Dense",
        "Dense",
        "Dense",
        "InputLayer",
        "Dense",
        "Reshape",
        "Conv2DTranspose",
        "Conv2DTranspose",
        "Conv2DTranspose",
    ]


def test_three_sets_of_weights_are_shipped() -> None:
    assert {"mnist", "mnist-elbo", "natural"} <= set(set_folders("cvae"))
    for name in ("mnist", "mnist-elbo", "natural"):
        known = points("cvae", name)
        assert [point.quality for point in known] == list(range(1, 9))
        card = known[0].card
        for key in ("data", "seed", "points", "backend", "device", "training_seconds", "commit", "command", "versions"):
            assert card[key], key
        assert card["training_seconds"] * card["threads"] <= 2 * 3600, "more than an hour of two cores"
        for point in card["points"]:
            assert point["training_steps"] > 0
            assert point["validation"]["bits_per_tile"] > 0
    assert len({point.identity() for name in set_folders("cvae") for point in points("cvae", name)}) >= 13


def test_rows_name_the_weights() -> None:
    """Weights trained anew under an old name must make a second run redo its rows."""
    digests = [Cvae.from_settings({"weights": "mnist", "quality": quality}).weights_digest() for quality in range(1, 9)]
    assert len(set(digests)) == 6, "the outermost networks serve two points each"
    assert points("cvae", "mnist")[0].identity().hex()[:8] in digests[0]
    assert digests[4] != Cvae.from_settings({}).weights_digest()


@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (29, 57), (56, 28), (3, 200), (101, 77)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size(shape: tuple[int, int], channels: int) -> None:
    image = photo(*shape, channels)
    codec = Cvae.from_settings({"quality": 6})
    assert codec.decode(codec.encode(image)).shape == image.shape


def test_a_batch_has_one_header() -> None:
    images = np.stack([photo(28, 28, 1, seed) for seed in range(100)])
    codec = Cvae.from_settings({})
    (stream,) = codec.encode_batch(images)
    assert codec.overhead(stream) < 40
    assert codec.decode_batch([stream]).shape == (100, 28, 28)
    singles = codec.decode_batch([codec.encode(image) for image in images])
    # Networks may round differently in batches of another size; symbols, and so pixels, hardly ever do.
    assert np.mean(singles != codec.decode_batch([stream])) < 0.01
    with pytest.raises(BitstreamError, match="holds 100 images"):
        codec.decode(stream)


def test_weights_and_settings_travel_in_the_stream() -> None:
    image = photo(28, 28, 1)
    streams = {}
    for settings in ({"quality": 1}, {"quality": 6}, {"weights": "mnist-elbo"}, {"weights": "natural"}, {"step": 2.0}):
        stream = Cvae.from_settings(settings).encode(image)
        frame = unpack(stream, "cvae")
        streams[frame.weights, frame.settings] = stream
        assert Cvae.decode(stream).shape == image.shape
    assert len(streams) == 5


def test_a_wider_step_costs_fewer_bits(data_root: Path) -> None:
    digits = open_dataset("mnist", data_root).load("test-00000-00999")
    for weights in ("mnist", "mnist-elbo"):
        sizes = [
            len(Cvae.from_settings({"weights": weights, "step": step}).encode_batch(digits)[0])
            for step in (0.5, 1.0, 2.0)
        ]
        assert sizes[0] > sizes[1] > sizes[2]


@pytest.mark.parametrize("weights", ["mnist", "mnist-elbo"])
def test_search_finds_better_symbols(data_root: Path, weights: str) -> None:
    digits = open_dataset("mnist", data_root).load("test-00000-00999")[:200]
    outcomes = []
    for passes in (0, 2):
        codec = Cvae.from_settings({"weights": weights, "search": passes})
        streams = codec.encode_batch(digits)
        error = np.mean((codec.decode_batch(streams).astype(float) - digits) ** 2)
        outcomes.append((len(streams[0]), 10 * np.log10(255**2 / error)))
    (size, psnr), (searched_size, searched_psnr) = outcomes
    assert searched_psnr > psnr + 0.5
    assert searched_size < 1.1 * size


def test_unknown_weights_in_a_stream_and_in_settings() -> None:
    stream = bytearray(Cvae.from_settings({}).encode(photo(28, 28, 1)))
    stream[9] ^= 255  # the identity begins after magic, length and name
    sealed = bytes(stream[:-4]) + zlib.crc32(stream[:-4]).to_bytes(4, "little")
    with pytest.raises(BitstreamError, match="made with weights"):
        Cvae.decode(sealed)
    with pytest.raises(UsageError, match=r"no weights named 'kodak'; found: .*mnist"):
        Cvae.from_settings({"weights": "kodak"}).encode(photo(28, 28))
    with pytest.raises(SettingError, match=r"cvae\.step"):
        Cvae.from_settings({"step": 100.0}).encode(photo(28, 28))
    with pytest.raises(UnsupportedImage, match="grey"):
        Cvae.from_settings({"weights": "mnist"}).encode(photo(28, 28, 3))


def test_mutated_streams_raise_or_decode_to_the_declared_size() -> None:
    """Payloads altered under a fitting checksum: the decoder survives whatever they say."""
    codec = Cvae.from_settings({"quality": 6})
    image = photo(60, 90)
    stream = codec.encode(image)
    header = codec.overhead(stream) - 4
    rng = np.random.default_rng(4)
    for _ in range(60):
        broken = bytearray(stream)
        for place in rng.integers(header, len(stream) - 4, 3):
            broken[place] = rng.integers(256)
        broken[-4:] = zlib.crc32(broken[:-4]).to_bytes(4, "little")
        try:
            assert codec.decode(bytes(broken)).shape == image.shape
        except BitstreamError:
            continue


def test_promised_rate_and_quality_on_mnist(data_root: Path) -> None:
    """56 bits an image at 20.3 dB of the pooled error, on the 10,000 test digits, from real streams."""
    mnist = open_dataset("mnist", data_root)
    digits = np.concatenate([mnist.load(item) for item in mnist.items()])
    curve = []
    for quality in range(1, 9):
        codec = Cvae.from_settings({"quality": quality})
        streams = codec.encode_batch(digits)
        error = np.mean((codec.decode_batch(streams).astype(float) - digits) ** 2)
        curve.append((8 * sum(map(len, streams)) / len(digits), 10 * np.log10(255**2 / error)))
    bits, psnr = np.array(curve).T
    assert (np.diff(bits) > 0).all()
    assert (np.diff(psnr) > 0).all()
    assert np.interp(56, bits, psnr) >= 20.3


def test_rates_span_a_decade(data_root: Path) -> None:
    digits = open_dataset("mnist", data_root).load("test-00000-00999")
    sizes = [len(Cvae.from_settings({"quality": quality}).encode_batch(digits)[0]) for quality in (1, 8)]
    assert sizes[1] >= 10 * sizes[0]


def test_training_command_resumes_and_its_weights_work(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training of one epoch on two photographs: files, card, resume, and a codec that uses them."""
    from PIL import Image

    (tmp_path / "photos").mkdir()
    for index in range(2):
        Image.fromarray(photo(256, 256, 3, index)).save(tmp_path / "photos" / f"{index}.png")
    words = (
        "train",
        "cvae",
        "--dataset",
        "photos",
        "--out",
        "weights/cvae/mine",
        "--option",
        "epochs=1",
        "--option",
        "tiles_per_image=64",
    )
    assert "wrote" in rdbench(*words).stdout
    folder = tmp_path / "weights" / "cvae" / "mine"
    card = (folder / "card.json").read_text()
    assert '"objective": "rd"' in card
    stamp = (folder / "training" / "checkpoint.npz").stat().st_mtime_ns
    again = rdbench(*words)
    assert "trained before" in again.stderr
    assert (folder / "training" / "checkpoint.npz").stat().st_mtime_ns == stamp
    refused = rdbench(*words, "--seed", "2", check=False)
    assert refused.returncode == 2
    assert "training with other arguments" in refused.stderr

    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "weights"))
    codec = Cvae.from_settings({"weights": "mine"})
    image = photo(60, 60)
    stream = codec.encode(image)
    assert codec.decode(stream).shape == image.shape
    monkeypatch.delenv(WEIGHTS_VARIABLE)
    with pytest.raises(BitstreamError, match="made with weights"):
        Cvae.decode(stream)


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("colour=red", "no training option 'colour'"),
        ("epochs=many", "epochs: expected a positive"),
        ("batch_size=0", "batch_size: expected a positive"),
        ("tiling=hex", "expected one of"),
        ("objective=fun", "expected rd or elbo"),
        ("epochs", "expected KEY=VALUE"),
    ],
)
def test_bad_training_options_are_explained(rdbench: Run, option: str, complaint: str) -> None:
    done = rdbench("train", "cvae", "--dataset", "sample", "--option", option, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr
