"""What the restoration of the form klt is trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.klt.build import build_klt
from benchmark.neural.klt.start import Start
from benchmark.neural.training.train import train
from benchmark.plugins import codec_class
from tests.conftest import photo
from tests.neural.klt.examples import SMALL

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_few_of_many_images_are_decoded(
    images: npt.NDArray[np.uint8], start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All levels of all images of a large set would fill the memory, and be too many to count."""
    from benchmark.neural.klt import examples as klt_examples

    monkeypatch.setattr(klt_examples, "MOST", 2)
    network = build_klt(SMALL)
    network.begin_from(start)
    stack = klt_examples.decoded(network, images, tmp_path / "decoded.npy")
    assert stack.shape == (5, 2, 96, 96, 3)
    held = klt_examples.DecodedCrops(stack, 32, 0)(np.arange(4), np.random.default_rng(0))
    assert held["image"].shape == (16, 32, 32, 3)
    drawn = klt_examples.DecodedCrops(stack, 96, 6)(np.arange(1), np.random.default_rng(0))
    wanted = {image.tobytes() for image in (*stack[0], *stack[0][:, :, ::-1])}
    assert all(np.asarray(image).tobytes() in wanted for image in drawn["image"])
    for level, crop in zip(drawn["level"], np.asarray(drawn["decoded"]), strict=True):
        assert any(np.array_equal(crop, one) for one in (*stack[level + 1], *stack[level + 1][:, :, ::-1]))


def test_the_restoration_is_trained_on_what_levels_leave(tmp_path: Path) -> None:
    """Decoded images are made once, are the network's own, and a carried checkpoint makes the same ones anew."""
    from benchmark.neural.klt.examples import decoded, errors_of_levels
    from benchmark.neural.weights import load_weights

    photos = [photo(96, 96, seed=seed)[np.newaxis] for seed in range(4)]
    options = {
        "form": "klt",
        **{name: str(width) for name, width in SMALL.items()},
        "levels": "2",
        "block": "96",
        "crop": "64",
        "batch_size": "2",
        "steps": "2",
        "epochs": "1",
        "restoration_epochs": "1",
    }

    def run(out: Path, changes: dict[str, str], resume: Path | None = None) -> Path:
        wanted = codec_class("rnn").recipe("folder:x", {**options, **changes})
        return train(wanted, photos, data="x", out=out, seed=1, precision="float32", command="", resume=resume)

    run(tmp_path / "here", {})
    scratch = tmp_path / "here" / "training"
    stack = np.load(scratch / "decoded-train.npy")
    assert stack.shape == (3, 3, 96, 96, 3)
    network = build_klt({**SMALL, "levels": 2})
    load_weights(network, tmp_path / "here" / "network.weights.npz")
    for level in (1, 2):
        codes = network.codes(stack[0].astype(np.float32), level)
        network.restoration.last.kernel.assign(np.zeros((3, 3, 8, 12)))
        network.restoration.last.bias.assign(np.zeros(12))
        unrestored = np.clip(np.rint(network.image(codes)), 0, 255)
        assert np.abs(unrestored - stack[level]).mean() < 1, "weights in the file are rounded"
    errors = errors_of_levels(stack)
    assert errors[0] > errors[1] > 0
    assert np.allclose(network.restoration.errors.numpy(), errors, rtol=0.01)

    run(tmp_path / "there", {"restoration_epochs": "2"}, scratch / "checkpoint.npz")
    again = np.load(tmp_path / "there" / "training" / "decoded-train.npy")
    assert np.array_equal(again, stack), "by the levels as they were trained, not by new ones"
    assert decoded(None, stack[0], scratch / "decoded-train.npy").shape == stack.shape, "they are made once"
