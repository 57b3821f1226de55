"""How the form klt is trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.neural.klt.recipe import KltRecipe
from benchmark.neural.training.train import train
from benchmark.plugins import codec_class
from tests.conftest import photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"crop": "40"}, "multiples of 16"),
        ({"coefficients": "999"}, "coefficients: .* of at most 768, got '999'"),
        ({"coefficients": "32", "context": "64"}, "context: .* of at most 32, got '64'"),
        ({"levels": "11"}, "levels: .* of at most 10, got '11'"),
        ({"loss": "mse"}, "loss: form klt has its own objective"),
        ({"price": "-1"}, "price: expected a number"),
        ({"epochs": "0", "restoration_epochs": "0"}, "nothing is trained"),
        ({"cell": "gru"}, "cell: expected one of gated, lstm, got 'gru'"),
        ({"hidden": "0"}, "hidden: expected a positive whole number"),
        ({"width": "small"}, "no training option 'width'"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        codec_class("rnn").recipe("folder:x", {"form": "klt", **options})


def test_the_recipe_of_a_form() -> None:
    assert isinstance(codec_class("rnn").recipe("folder:x", {"form": "klt"}), KltRecipe)
    assert not isinstance(codec_class("rnn").recipe("folder:x", {"form": "additive"}), KltRecipe)


def test_a_single_example_is_told(tmp_path: Path) -> None:
    """One is held out: nothing would be left to train on."""
    with pytest.raises(UsageError, match="at least 2 examples"):
        train(
            codec_class("rnn").recipe("folder:x", {"form": "klt", "block": "96"}),
            [photo(96, 96)[np.newaxis]],
            data="x",
            out=tmp_path,
            seed=1,
            precision="float32",
            command="",
        )
