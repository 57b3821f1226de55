"""The codec binary-ae: its three models, and the quality that it promises."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmark.errors import BitstreamError, UsageError
from benchmark.neural.backend import load_keras
from benchmark.neural.levels.network import codes_of
from benchmark.neural.streams.container import pack_levels, unpack_levels
from benchmark.neural.weights import WEIGHTS_VARIABLE
from benchmark.plugins import codec_class, open_dataset
from tests.conftest import Run, photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]


BinaryAe, Rnn = codec_class("binary-ae"), codec_class("rnn")


binary_ae, rnn = (importlib.import_module(cls.__module__) for cls in (BinaryAe, Rnn))


@pytest.mark.parametrize(
    ("model", "parameters", "layers", "code"),
    [
        (1, 1_282_243, [(256, 5, 2, "relu"), (128, 5, 2, "linear"), (64, 2, 2, "relu"), (256, 5, 2, "relu")], 128),
        (2, 1_282_243, [(256, 5, 2, "relu"), (128, 5, 2, "tanh"), (64, 2, 2, "relu"), (256, 5, 2, "relu")], 128),
        (
            3,
            2_696_355,
            [
                (64, 3, 2, "relu"),
                (256, 3, 1, "relu"),
                (512, 3, 2, "linear"),
                (32, 1, 1, "tanh"),
                (128, 3, 1, "relu"),
                (512, 2, 2, "relu"),
                (512, 2, 2, "relu"),
            ],
            32,
        ),
    ],
)
def test_models_are_those_of_the_original(
    model: int, parameters: int, layers: list[tuple[int, int, int, str]], code: int
) -> None:
    network = binary_ae.build_network(model)
    assert network.count_params() == parameters
    found = [
        (layer.filters, layer.kernel_size[0], layer.strides[0], layer.activation.__name__)
        for part in (network.encoder, network.decoder)
        for layer in part.layers
    ]
    assert found == [*layers, (3, 1, 1, "relu")]
    (bits,) = network.codes(np.zeros((1, 32, 32, 3), np.float32), 1)
    assert bits.shape == (1, 8, 8, code)
    assert bits.dtype == (np.float32 if model == 1 else np.uint8)


def test_model_3_starts_from_a_klt() -> None:
    """Its bits are balanced and say little of each other, and its encoder stays as it is."""
    images = np.stack([photo(64, 64, seed=seed) for seed in range(8)])
    recipe = binary_ae.BinaryAutoencoderCodec.recipe("folder:x", {"init": "klt"})
    recipe.prepare({"image": np.pad(images, ((0, 0), (0, 64), (0, 64), (0, 0)))})
    assert recipe.sample.shape == images.shape, "of larger blocks a corner is enough"
    network = recipe.network()
    assert not network.encoder.trainable and network.decoder.trainable
    (codes,) = codes_of(network, images, 1)
    signs = 2.0 * codes.reshape(-1, 32) - 1
    assert np.abs(signs.mean(axis=0)).mean() < 0.2
    related = np.abs(np.asarray(np.corrcoef(signs.T))[np.triu_indices(32, 1)]).mean()
    load_keras().utils.set_random_seed(1)
    (plain,) = codes_of(binary_ae.build_network(3), images, 1)
    with np.errstate(invalid="ignore"):
        usual = np.nanmean(np.abs(np.asarray(np.corrcoef(2.0 * plain.reshape(-1, 32).T - 1))[np.triu_indices(32, 1)]))
    assert related < 0.75 * usual, (related, usual)


def test_a_start_from_a_klt_is_for_model_3_alone() -> None:
    with pytest.raises(UsageError, match="init: klt is for model 3"):
        binary_ae.BinaryAutoencoderCodec.recipe("folder:x", {"init": "klt", "model": "1"})


def test_model_1_is_stored_as_it_is(rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no codec: its float code is an expansion, and the rate says so."""
    (tmp_path / "photos").mkdir()
    for index in range(4):
        Image.fromarray(photo(256, 256, 3, index)).save(tmp_path / "photos" / f"{index}.png")
    words = ["train", "binary-ae", "--dataset", "photos", "--out", "weights/binary-ae/model1"]
    for option in ("model=1", "epochs=1", "steps=1", "batch_size=2", "crop=32"):
        words += ["--option", option]
    rdbench(*words)
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "weights"))
    codec = BinaryAe.from_settings({"weights": "model1"})
    image = photo(32, 48)
    stream = codec.encode(image)
    assert len(stream) - codec.overhead(stream) == 32 * 48 * 256 // 8
    assert codec.nominal_bits(stream) is None
    assert codec.decode(stream).shape == image.shape
    frame, (payload,) = unpack_levels(stream, "binary-ae")
    with pytest.raises(BitstreamError, match="expected a code of"):
        codec.decode(pack_levels(frame, [payload[:-4]]))


def test_promised_quality_on_patches(data_root: Path) -> None:
    """What a nominal 2 bpp must be worth: better than 25 dB on photographs never trained on."""
    clic = open_dataset("clic2025-validation", data_root)
    image = clic.load(clic.items()[0])[0][:256, :256]
    codec = BinaryAe.from_settings({})
    error = np.mean((codec.decode(codec.encode(image)).astype(float) - image) ** 2)
    assert 10 * np.log10(255**2 / error) > 25
