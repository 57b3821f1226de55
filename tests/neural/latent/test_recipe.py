"""How latent codecs are trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from benchmark.errors import UsageError
from benchmark.neural.streams.container import unpack
from benchmark.neural.weights import WEIGHTS_VARIABLE, by_identity, load_weights, points
from benchmark.plugins import codec_class
from tests.conftest import Run, photo
from tests.neural.latent.examples import network_of

pytestmark = [pytest.mark.neural, pytest.mark.slow]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"colour": "red"}, "no training option 'colour'"),
        ({"learning_rate": "fast"}, "learning_rate: expected a positive number, got 'fast'"),
        ({"epochs": "many"}, "whole number"),
        ({"schedule": "steep"}, "expected one of constant, cosine"),
        ({"tiling": "planes28"}, "expected one of grey28"),
        ({"objective": "elbo"}, "expected rd or mse"),
    ],
)
def test_bad_training_options_are_explained(options: dict[str, str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        codec_class("conv-ae").recipe("fashion-mnist", options)


def test_a_start_with_other_layers_is_refused() -> None:
    starts = {"vae/rd": "of another network", "jpeg/x": "no weights named", "conv-ae/x": "no weights named"}
    for start, complaint in starts.items():
        with pytest.raises(UsageError, match=complaint):
            codec_class("denoising-ae").recipe("fashion-mnist", {"start": start}).network()
    started = codec_class("denoising-ae").recipe("fashion-mnist", {"start": "conv-ae/mse"}).network().get_weights()
    plain = network_of("conv-ae")
    load_weights(plain, points("conv-ae", "mse")[0].weights_path)
    assert all(np.array_equal(one, other) for one, other in zip(started, plain.get_weights(), strict=True))


def test_training_for_squared_error_then_for_rate_and_distortion(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An epoch of the original's objective on two photographs, then of the other from its weights; both code images."""
    (tmp_path / "photos").mkdir()
    for index in range(2):
        PIL.Image.fromarray(photo(256, 256, 1, index)).save(tmp_path / "photos" / f"{index}.png")
    image = photo(28, 28, 1)
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "weights"))
    for name, options in (("first", ["objective=mse"]), ("second", ["start=first"])):
        words = [word for option in ("epochs=1", "tiles_per_image=80", *options) for word in ("--option", option)]
        rdbench("train", "denoising-ae", "--dataset", "photos", "--out", f"weights/denoising-ae/{name}", *words)
        codec = codec_class("denoising-ae").from_settings({"weights": name})
        stream = codec.encode(image)
        assert codec.decode(stream).shape == image.shape
        assert by_identity("denoising-ae", unpack(stream, "denoising-ae").weights).folder.name == name
    assert points("denoising-ae", "second")[0].card["start"] == "first"
