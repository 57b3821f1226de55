"""Files of weights: 8-bit kernels with scales, everything else in half precision, and what a damaged file is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.errors import BitstreamError, UsageError
from benchmark.neural.backend import load_keras
from benchmark.neural.weights import (
    WEIGHTS_VARIABLE,
    Storage,
    by_identity,
    damaged_sets,
    load_weights,
    points,
    save_weights,
    set_folders,
)
from benchmark.plugins import codec_names

pytestmark = [pytest.mark.neural, pytest.mark.slow]

Arrays = dict[str, npt.NDArray[Any]]


def network(seed: int = 1) -> Any:
    """Kernels of 27×10 and 490×20, no multiples of the group of weights that shares a scale."""
    keras = load_keras()
    layers = keras.layers

    class Projection(layers.Layer):  # type: ignore[misc, name-defined]  # Keras ships no types
        """A matrix that has to stay exact, and so is not called a kernel."""

        def build(self, shape: tuple[int | None, ...]) -> None:
            self.basis = self.add_weight(shape=(shape[-1], 5), initializer="orthogonal", name="basis")

        def call(self, values: Any) -> Any:
            return values @ self.basis

    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((9, 9, 3)),
            layers.Conv2D(10, 3, bias_initializer="normal"),
            layers.Flatten(),
            layers.Dense(20, bias_initializer="normal"),
            Projection(),
        ]
    )


def is_kernel(variable: Any) -> bool:
    return bool(variable.name == "kernel")


@pytest.mark.parametrize("storage", ["int8", "float16"])
def test_a_saved_network_is_what_its_file_says(tmp_path: Path, storage: Storage) -> None:
    path, saved = tmp_path / "q1.weights.npz", network()
    before = saved.get_weights()
    save_weights(saved, path, storage)
    other = network(seed=2)  # Keras gives its layers other names
    load_weights(other, path)
    for variable, old, new, read in zip(saved.weights, before, saved.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(new, read)
        if storage == "int8" and is_kernel(variable):
            assert np.sqrt(np.mean((new - old) ** 2) / np.mean(old**2)) < 0.008, "8 bits keep 42 dB"
        else:
            assert np.array_equal(new, old.astype(np.float16))
    with np.load(path) as stored:
        kinds = {key: array.dtype.name for key, array in stored.items()}
    kernel = {"int8": "int8", "float16": "float16"}[storage]
    scales = {"000.scale": "float16", "002.scale": "float16"} if storage == "int8" else {}
    assert kinds == {"000": kernel, "001": "float16", "002": kernel, "003": "float16", "004": "float16", **scales}
    written = path.read_bytes()
    save_weights(network(), path, storage)
    assert path.read_bytes() == written, "the same network gives the same file"


def test_rounding_keeps_the_sum_of_a_group(tmp_path: Path) -> None:
    """To half a step, where independent rounding would miss by two and more."""
    saved = network()
    kernel = saved.get_weights()[2]
    save_weights(saved, tmp_path / "q1.weights.npz")
    with np.load(tmp_path / "q1.weights.npz") as stored:
        scales = stored["002.scale"].astype(np.float64)
    drift = np.add.reduceat(saved.get_weights()[2].astype(np.float64) - kernel, range(0, 490, 64), axis=0)
    assert scales.shape == drift.shape == (8, 20)
    assert np.abs(drift / scales).max() <= 0.51


def test_channels_of_zeros_and_of_the_smallest_weights(tmp_path: Path) -> None:
    saved = network()
    kernel, *others = saved.get_weights()
    kernel[..., 0], kernel[..., 1] = 0, 1e-9
    saved.set_weights([kernel, *others])
    save_weights(saved, tmp_path / "q1.weights.npz")
    assert np.abs(saved.get_weights()[0][..., :2]).max() < 1e-7


def without(arrays: Arrays) -> Arrays:
    return {key: array for key, array in arrays.items() if key != "003"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (without, "expected 5 arrays of weights, got 4"),
        (lambda arrays: {**arrays, "005": arrays["004"]}, "expected 5 arrays of weights, got 6"),
        (lambda arrays: {**arrays, "001": arrays["003"]}, r"array 001 is float16 \(20,\); the network takes .*\(10,\)"),
        (lambda arrays: {**arrays, "001": arrays["001"].astype(np.float64)}, "array 001 is float64"),
        (lambda arrays: {**arrays, "000.scale": arrays["000.scale"][:, 1:]}, r"with scales float16 \(1, 9\)"),
        (lambda arrays: {**arrays, "001": np.array([{}], object)}, "is not a file of weights"),
    ],
)
def test_files_of_other_networks_are_refused(
    tmp_path: Path, change: Callable[[Arrays], Arrays], complaint: str
) -> None:
    path = tmp_path / "q1.weights.npz"
    save_weights(network(), path)
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez_compressed(path, **change(arrays))  # type: ignore[arg-type]  # its other keyword is a bool
    with pytest.raises(UsageError, match=complaint) as caught:
        load_weights(network(), path)
    assert str(path) in str(caught.value)


def test_damaged_and_missing_files(tmp_path: Path) -> None:
    path = tmp_path / "q1.weights.npz"
    with pytest.raises(UsageError, match="no such file of weights"):
        load_weights(network(), path)
    save_weights(network(), path)
    whole = path.read_bytes()
    for content in (b"", b"weights", whole[: len(whole) // 2], whole[:900] + bytes(64) + whole[964:]):
        path.write_bytes(content)
        with pytest.raises(UsageError, match="is not a file of weights"):
            load_weights(network(), path)


def test_all_sets_that_come_along_are_well() -> None:
    """Also those whose cards give their sizes part by part."""
    assert {codec: damaged_sets(codec) for codec in codec_names()} == {codec: {} for codec in codec_names()}


def test_cards_say_how_their_networks_are_stored() -> None:
    """Eight bits in all that come along: a set in half precision is an exception that its recipe has to make."""
    for codec in codec_names():
        for folder in set_folders(codec).values():
            for path in folder.glob("*.weights.npz"):
                with np.load(path) as stored:
                    kinds = {array.dtype.name for array in stored.values()}
                assert kinds == {"int8", "float16"}, path
                assert '"storage": "int8"' in (folder / "card.json").read_text(encoding="utf-8"), folder


POINT = '{"points": [{"quality": 1, "stem": "x"}]'
CARDS = {
    "cut": "{",
    "empty": "",
    "nothing": "{}",
    "a list": "[]",
    "a number": "5",
    "deep": "[" * 100_000,
    "deep and whole": '{"points":' + "[" * 50_000 + "]" * 50_000 + "}",
    "huge": f'{POINT}, "notes": "{"x" * (1 << 20)}"}}',
    "no quality": '{"points": [{"stem": "x"}]}',
    "no point": '{"points": []}',
    "a quality in words": '{"points": [{"quality": "1", "stem": "x"}]}',
    "no number": '{"points": [{"quality": NaN, "stem": "x"}]}',
    "steps without end": '{"points": [{"quality": 1, "stem": "x", "steps": 1e400}]}',
    "another folder": '{"points": [{"quality": 1, "stem": "../../x"}]}',
    "a byte of zero": '{"points": [{"quality": 1, "stem": "x\\u0000"}]}',
    "no levels": f'{POINT}, "levels": -1}}',
    "wide": f'{POINT}, "widths": [64, 1000000000000]}}',
    "wide in a part": f'{POINT}, "widths": {{"hidden": 1000000000000}}}}',
    "wide in a layer of a part": f'{POINT}, "filters": {{"encoder": [64, -1]}}}}',
    "a fraction of a level": f'{POINT}, "levels": 1.5}}',
    "endless": f'{POINT}, "width": {"9" * 5000}}}',
}


@pytest.mark.parametrize("text", [*CARDS.values(), None], ids=[*CARDS, "a folder"])
def test_a_damaged_card_is_told(text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "rnn" / "bad"
    folder.mkdir(parents=True)
    if text is None:
        (folder / "card.json").mkdir()
    else:
        (folder / "card.json").write_text(text, encoding="utf-8")
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path))
    with pytest.raises(UsageError, match=r"card\.json (is not|cannot be read as) a model card") as caught:
        points("rnn", "bad")
    assert len(str(caught.value).removeprefix(str(tmp_path))) < 250
    with pytest.raises(BitstreamError, match="which are not here"):  # it stands in the way of no other set
        by_identity("rnn", bytes(8))
