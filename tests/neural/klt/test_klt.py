"""Form klt of rnn: its linear start, its network, its restoration and its recipe."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.errors import UsageError
from benchmark.neural.klt.build import build_klt
from benchmark.neural.klt.recipe import KltRecipe
from benchmark.neural.klt.start import BLOCK, Start, blocks_of, linear_start
from benchmark.neural.training.train import train
from benchmark.plugins import codec_class
from tests.conftest import photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]

SMALL = {"coefficients": 48, "context": 32, "hidden": 16, "narrow": 8, "restoration": 8, "levels": 4}
Floats = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def images() -> npt.NDArray[np.uint8]:
    """Noise, of which no coefficient takes more bits than there are rounds of decisions."""
    return np.random.default_rng(3).integers(0, 256, (4, 96, 96, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def start(images: npt.NDArray[np.uint8]) -> Start:
    return linear_start(blocks_of(images, 144, np.random.default_rng(0)), 48, 32, 4)


def quantised(target: Floats, start: Start, levels: int) -> Floats:
    """What the start alone makes of coefficients (N, M), bit after bit."""
    decoded = np.zeros_like(target)
    for level in range(levels):
        deviation = start.deviations[level]
        units = (target - decoded) / deviation
        for bit in range(32):
            index = int(np.argmax(start.project[level][:, bit]))
            amount = start.expand[level, bit, index]
            step = np.where(units[:, index] >= 0, amount, -amount)
            units[:, index] -= step
            decoded[:, index] += step * deviation[index]
    return decoded


def test_blocks_are_those_of_the_images(images: npt.NDArray[np.uint8]) -> None:
    found = blocks_of(images, 10_000, np.random.default_rng(0))
    assert found.shape == (4 * 36, 3 * BLOCK**2)
    expected = images[2, 16:32, 32:48].reshape(-1)
    assert (found == expected).all(axis=1).any()


def test_the_start_is_an_embedded_quantiser(images: npt.NDArray[np.uint8], start: Start) -> None:
    assert np.allclose(start.basis.T @ start.basis, np.eye(48), atol=1e-4)
    blocks = blocks_of(images, 144, np.random.default_rng(0))
    target = ((blocks - start.mean) @ start.basis).astype(np.float32)
    errors = [float(np.mean((quantised(target, start, levels) - target) ** 2)) for levels in range(5)]
    assert all(after < 0.7 * before for before, after in itertools.pairwise(errors)), errors


def test_a_new_network_is_its_start(images: npt.NDArray[np.uint8], start: Start) -> None:
    from keras import ops

    network = build_klt(SMALL)
    network.begin_from(start)
    network.nudge.kernel.assign(np.zeros(network.nudge.kernel.shape))
    target = network.coefficients(ops.convert_to_tensor(images.astype(np.float32)))
    flat = ops.convert_to_numpy(target)
    assert np.allclose(ops.convert_to_numpy(network.coefficients(network.pixels(target))), flat, atol=0.05)
    decoded = [ops.convert_to_numpy(level) for level in network.levels(target, 4)[0]]
    expected = [quantised(flat.reshape(-1, 48), start, levels).reshape(flat.shape) for levels in range(1, 5)]
    for level, (found, wanted) in enumerate(zip(decoded, expected, strict=True)):
        error, least = (float(np.mean((values - flat) ** 2)) for values in (found, wanted))
        assert error < 1.001 * least, f"level {level + 1}"
    codes = network.codes(images.astype(np.float32), 4)
    assert [code.shape for code in codes] == [(4, 6, 6, 32)] * 4
    restored = network.image(codes[:2])
    assert np.allclose(restored, ops.convert_to_numpy(network.pixels(decoded[1])), atol=0.01), "nothing is added yet"


def test_restoration_repairs_by_level(images: npt.NDArray[np.uint8]) -> None:
    from keras import ops

    network = build_klt(SMALL).restoration
    network.last.kernel.assign(np.full(network.last.kernel.shape, 0.01))
    network.errors.assign(np.array([16, 8, 4, 2]))
    given = images.astype(np.float32)
    added = [
        float(np.abs(ops.convert_to_numpy(network(given, np.full(4, level, np.int32))) - given).mean())
        for level in range(4)
    ]
    assert added == sorted(added, reverse=True)
    assert added[3] > 0
    flat = np.full((1, 16, 16, 3), 77, np.float32)
    network.first.bias.assign(np.zeros(8))
    assert np.allclose(ops.convert_to_numpy(network(flat, np.zeros(1, np.int32))), flat, atol=1e-3)


def test_multiply_accumulates_are_those_of_the_layers() -> None:
    network = build_klt(SMALL)
    blocks, samples, count, narrow, hidden = 6, 768, 48, 8, 16
    linear = count * 32
    analysis = linear + 4 * 32 * 32 + (count + 32 + hidden) * narrow + 9 * narrow * narrow + narrow * 32
    synthesis = (
        linear
        + 32 * narrow
        + 9 * (32 + narrow) * 2 * hidden
        + hidden * 2 * hidden
        + 9 * hidden * hidden
        + 2 * hidden * count
    )
    restoration = (2 * 12 * 8 + 4 * 8 * 8) * 9 * 16 * 24
    encode, decode = network.macs(32, 48, 3)
    assert encode == blocks * (samples * count + 3 * analysis + 2 * synthesis)
    assert decode == blocks * (samples * count + 3 * synthesis) + restoration


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


@pytest.mark.parametrize("shape", [(1, 1), (17, 40)])
def test_grey_and_small_images(shape: tuple[int, int]) -> None:
    codec = codec_class("rnn").from_settings({"levels": 2})
    image = photo(*shape, 1)
    assert codec.decode(codec.encode(image)).shape == image.shape


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
