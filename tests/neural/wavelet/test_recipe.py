"""How learned-wavelet is trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from benchmark.errors import UsageError
from benchmark.neural.wavelet.model import (
    Model,
)
from benchmark.neural.weights import WEIGHTS_VARIABLE
from benchmark.plugins import codec_class
from tests.conftest import Run, photo

pytestmark = pytest.mark.neural


@pytest.mark.slow
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
