"""How learned-onescale is trained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.neural.onescale.recipe import OneScaleRecipe
from benchmark.neural.training.train import train
from benchmark.neural.weights import WEIGHTS_VARIABLE
from tests.conftest import photo
from tests.neural.onescale.examples import TINY, codec, pictures

pytestmark = [pytest.mark.neural, pytest.mark.slow]


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
