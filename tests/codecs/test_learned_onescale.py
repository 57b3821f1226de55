"""The codec learned-onescale with a network that was not trained: streams of any size, damage, costs."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.errors import BitstreamError, MissingBackend, UsageError
from benchmark.neural.onescale.recipe import OneScaleRecipe
from benchmark.neural.streams.container import Frame, pack, unpack
from benchmark.neural.weights import WEIGHTS_VARIABLE
from benchmark.plugins import codec_class
from tests.conftest import ROOT, Run, photo
from tests.needs import installed
from tests.neural.onescale.examples import TINY, codec, pictures

pytestmark = [pytest.mark.neural, pytest.mark.slow]


SIZES = [(1, 1), (1, 40), (17, 16), (33, 100), (64, 47)]


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
