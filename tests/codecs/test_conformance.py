"""What every codec must do: this suite runs over all that are discovered, unasked."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.codec import Codec, Setting
from benchmark.errors import BitstreamError, MissingBackend, SettingError, UnsupportedImage, UsageError
from benchmark.neural.codec import NeuralCodec
from benchmark.neural.training.recipe import Recipe
from benchmark.plugins import codec_class, codec_names
from benchmark.plugins.streams import codec_of_stream
from benchmark.run.pixels import like
from tests.conftest import ROOT, photo

SIZES = [(1, 1), (8, 8), (33, 17), pytest.param((512, 768), marks=pytest.mark.slow)]


LONG = {"av1": "each encode and decode is a program", "vvc": "as av1", "learned-wavelet": "networks in integers"}
"""Codecs that take as long as those of a framework, and why."""


def named(*names: str) -> Any:
    """Names of codecs as parameters; learned ones need an extra, and load a framework, which takes its time."""
    learned = any(issubclass(codec_class(name), NeuralCodec) for name in names)
    marks = [pytest.mark.neural] * learned + [pytest.mark.slow] * (learned or any(name in LONG for name in names))
    return pytest.param(*names, marks=marks)


@pytest.fixture(params=[named(name) for name in codec_names()])
def codec(request: pytest.FixtureRequest) -> Codec:
    return installed_codec(request.param)


def installed_codec(name: str) -> Codec:
    """A codec with its defaults; the test is skipped where the codec's library is not installed."""
    if missing := missing_backend(name):
        pytest.skip(missing)
    return codec_class(name).from_settings({})


@functools.cache
def missing_backend(name: str) -> str:
    """What a codec says of its library where that is not installed; to ask takes longer than most tests."""
    try:
        codec_class(name).version()
    except MissingBackend as error:
        return str(error)
    return ""


def decoded_like(codec: Codec, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return like(codec.decode(codec.encode(image))[np.newaxis], image[np.newaxis])[0]


@functools.cache
def stream_of(codec: Codec, height: int, width: int) -> bytes:
    """A picture's stream, encoded once for all tests that look at it."""
    return codec.encode(picture(codec, height, width))


def picture(codec: Codec, height: int, width: int) -> npt.NDArray[np.uint8]:
    """In colour where the codec takes it."""
    return photo(height, width, max(codec.channels))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
def test_round_trip(codec: Codec, size: tuple[int, int], channels: int) -> None:
    image = photo(*size, channels)
    if channels not in codec.channels:
        with pytest.raises(UnsupportedImage):
            codec.encode(image)
        return
    before = image.copy()
    decoded = decoded_like(codec, image)
    assert np.array_equal(image, before), "encode changed its input"
    assert decoded.shape == image.shape
    assert decoded.dtype == np.uint8
    if not codec.photographs:
        return
    error = np.mean((decoded.astype(float) - image) ** 2)
    if min(size) > 100:
        assert error < 0.5 * np.var(image), "the decoded image is hardly better than a flat one"
    else:
        assert error < 650, "less than 20 dB: this is not the picture"


def test_encoding_twice_gives_equal_bytes(codec: Codec) -> None:
    assert stream_of(codec, 96, 128) == type(codec)(**codec.settings).encode(picture(codec, 96, 128))


def test_non_contiguous_and_read_only_input(codec: Codec) -> None:
    wide = picture(codec, 64, 96)
    view = wide[::2, ::-1]
    view.flags.writeable = False
    assert codec.encode(view) == codec.encode(np.ascontiguousarray(view))


@pytest.mark.slow
def test_decodes_the_same_in_a_fresh_process(codec: Codec, tmp_path: Path) -> None:
    stream = stream_of(codec, 61, 75)
    (tmp_path / "stream").write_bytes(stream)
    program = (
        "import sys, numpy as np; from benchmark.plugins import codec_class; from pathlib import Path;"
        "np.save(sys.argv[3], codec_class(sys.argv[1]).decode(Path(sys.argv[2]).read_bytes()))"
    )
    subprocess.run(
        [sys.executable, "-c", program, codec.name, str(tmp_path / "stream"), str(tmp_path / "pixels.npy")],
        check=True,
        cwd=ROOT,
    )
    assert np.array_equal(np.load(tmp_path / "pixels.npy"), codec.decode(stream))


def test_batches(codec: Codec) -> None:
    images = np.stack([photo(44, 36, 1, seed) for seed in range(5)])
    decoded = like(codec.decode_batch(codec.encode_batch(images)), images)
    assert decoded.shape == images.shape
    if not codec.photographs:
        return
    for one, image in zip(decoded, images, strict=True):
        assert np.mean((one.astype(float) - image) ** 2) < np.var(image)


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.99])
def test_truncated_streams(codec: Codec, share: float) -> None:
    stream = stream_of(codec, 96, 128)
    try:
        decoded = codec.decode(stream[: int(share * len(stream))])
    except BitstreamError:
        return
    assert "truncated" in codec.undetected, f"{share:.0%} of a stream passed for a whole one"
    assert decoded.shape == picture(codec, 96, 128).shape


def test_altered_streams(codec: Codec) -> None:
    stream = stream_of(codec, 96, 128)
    rng = np.random.default_rng(3)
    for _ in range(16):
        broken = bytearray(stream)
        for place in rng.integers(0, len(stream), 16):
            broken[place] ^= 1 << rng.integers(8)
        try:
            codec.decode(bytes(broken))
        except BitstreamError:
            continue
        assert "altered" in codec.undetected


def test_foreign_streams(codec: Codec) -> None:
    for junk in (b"", b"\0" * 100, b"not a stream of any kind", bytes(range(256)) * 4):
        with pytest.raises(BitstreamError):
            codec.decode(junk)


def test_recognises_its_own_streams_or_none(codec: Codec) -> None:
    stream = stream_of(codec, 40, 40)
    assert not codec.recognises(stream) or codec_of_stream(stream) is type(codec)


@pytest.mark.parametrize(
    ("codec", "name"), [named(*pair) for pair in itertools.permutations(codec_names(), 2)], indirect=["codec"]
)
def test_rejects_the_streams_of_others(codec: Codec, name: str) -> None:
    other = installed_codec(name)
    stream = stream_of(other, 40, 40)
    if codec.stream_format and codec.stream_format == other.stream_format:
        assert np.array_equal(codec.decode(stream), other.decode(stream))
        return
    with pytest.raises(BitstreamError):
        codec.decode(stream)


@pytest.mark.parametrize(
    ("image", "what"),
    [
        (np.zeros((8, 8, 4), np.uint8), "RGBA"),
        (np.zeros((8, 8, 3), np.uint16), "uint16"),
        (np.zeros((8, 8), np.float32), "float32"),
        (np.zeros((0, 8, 3), np.uint8), "1×1"),
        (np.zeros((8, 8, 2), np.uint8), "shape"),
        (np.zeros(8, np.uint8), "shape"),
    ],
)
def test_refuses_what_it_cannot_hold(codec: Codec, image: npt.NDArray[np.uint8], what: str) -> None:
    with pytest.raises(UnsupportedImage, match=what):
        codec.encode(image)


def test_lossless_settings_are_lossless(codec: Codec) -> None:
    if codec.lossless_at is None:
        fixed = codec.nominal_bits(stream_of(codec, 40, 40))
        assert codec.knob is not None or fixed is not None, "a codec is lossless, has a knob, or a fixed rate"
        return
    lossless = dataclasses.replace(codec, **dict(codec.lossless_at))
    for image in (photo(33, 17), photo(33, 17, 1), photo(1, 1), photo(128, 200)):
        assert np.array_equal(decoded_like(lossless, image), image)


def test_rate_grows_with_the_knob(codec: Codec) -> None:
    if codec.knob is None:
        return  # lossless, or of a fixed rate: see above
    field, grid = codec.knob.field, codec.grid[codec.knob.field]
    values = [grid[place] for place in sorted({round(place) for place in np.linspace(0, len(grid) - 1, 7)})]
    image = picture(codec, 96, 96)
    sizes = [len(dataclasses.replace(codec, **{field: value}).encode(image)) for value in values]
    steps = np.diff(sizes) if codec.knob.increasing else -np.diff(sizes)
    if codec.photographs:
        assert (steps > 0).mean() >= 0.9, sizes
    assert steps.sum() > 0.5 * min(sizes)
    for value in (codec.knob.low, codec.knob.high):
        kind = type(getattr(codec, field))
        assert dataclasses.replace(codec, **{field: kind(value)}).encode(image)


def test_overhead_is_a_part_of_the_stream(codec: Codec) -> None:
    for image in (picture(codec, 1, 1), picture(codec, 200, 150), photo(40, 40, 1)):
        stream = codec.encode(image)
        assert 0 <= codec.overhead(stream) <= len(stream)


def test_nominal_bits_are_told_or_not(codec: Codec) -> None:
    sizes = [codec.nominal_bits(codec.encode(photo(64, 64, max(codec.channels), seed))) for seed in range(2)]
    assert sizes[0] == sizes[1], "the size of the code is that of the image, whatever it shows"
    assert sizes[0] is None or sizes[0] > 0


def test_prefixes_are_what_would_have_been_encoded(codec: Codec) -> None:
    cls = type(codec)
    images = np.stack([photo(40, 56, max(codec.channels), seed) for seed in range(2)])
    if not cls.embedded:
        with pytest.raises(UsageError, match="no embedded streams"):
            codec.prefix(codec.encode(images[0]))
        return
    assert codec.knob is not None, "what can be cut has a knob"
    ladder = [dataclasses.replace(codec, **{codec.knob.field: value}) for value in codec.grid[codec.knob.field]]
    top = max(ladder, key=lambda step: step.settings[codec.knob.field])  # type: ignore[union-attr]
    stream, streams = top.encode(images[0]), top.encode_batch(images)
    for step in ladder:
        assert step.prefix(stream) == step.encode(images[0])
        assert [step.prefix(data) for data in streams] == step.encode_batch(images)
        assert codec.decode(step.prefix(stream)).shape == images[0].shape


def test_settings_are_checked(codec: Codec) -> None:
    unknown = max((field.name for field in dataclasses.fields(codec)), key=len, default="setting") + "_not"
    with pytest.raises(SettingError, match=f"no setting '{unknown}'"):
        type(codec).from_settings({unknown: 1})
    for field in dataclasses.fields(codec):
        with pytest.raises(SettingError, match=field.name):
            type(codec).from_settings({field.name: None})


def test_default_sweep_is_valid_and_described(codec: Codec) -> None:
    for field, values in codec.grid.items():
        for value in values:
            assert type(codec).from_settings({field: value}).settings[field] == value
    assert codec.summary
    assert type(codec).__doc__
    assert codec.version()


def test_has_a_recipe_or_says_that_it_has_no_training(codec: Codec) -> None:
    try:
        recipe = codec.recipe("folder:x", {})
    except UsageError as error:
        assert str(error) == f"codec {codec.name!r} has no training: it is not a learned one"
    else:
        assert isinstance(recipe, Recipe)
        assert recipe.codec == codec.name
        with pytest.raises(UsageError, match="no training option 'hue'"):
            codec.recipe("folder:x", {"hue": "red"})


def test_settings_are_frozen_and_hashable(codec: Codec) -> None:
    same = type(codec).from_settings(codec.settings)
    assert same == codec
    assert hash(same) == hash(codec)
    settings: dict[str, Setting] = codec.settings
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(codec, next(iter(settings), "name"), 1)  # QOI has no settings
