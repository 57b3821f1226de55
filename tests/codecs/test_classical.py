"""What holds for all classical codecs: sizes, sides, grey, lossless settings, colour paths, missing libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmark.codec import Setting
from benchmark.dataset import read_image
from benchmark.errors import UnsupportedImage
from benchmark.plugins import codec_class
from tests.codecs.classical import NEEDS, codec
from tests.conftest import ROOT, photo


def test_settings_change_the_bytes() -> None:
    image = photo(128, 128)
    for name, settings in (
        ("webp", {"method": 6}),
        ("avif", {"speed": 9}),
        ("avif", {"tune": "ssim"}),
        ("avif", {"subsampling": "4:2:0"}),
        ("png", {"level": 0}),
    ):
        assert codec(name, **settings).encode(image) != codec(name).encode(image)


LOSSLESS: list[tuple[str, dict[str, Setting]]] = [
    ("png", {}),
    ("webp", {"lossless": True}),
    ("jpeg2000", {"lossless": True}),
    ("jxl", {"lossless": True}),
    ("jpegls", {}),
    ("jpegls", {"transform": "hp2"}),
    ("jpegxr", {"level": 1.0}),
    ("qoi", {}),
]


@pytest.mark.parametrize("name", sorted(NEEDS))
@pytest.mark.parametrize("size", [(1, 1), (15, 15), (16, 16), (17, 33), (1, 40), (64, 8193)], ids=str)
@pytest.mark.parametrize("channels", [1, 3])
def test_sizes(name: str, size: tuple[int, int], channels: int) -> None:
    image, one = photo(*size, channels), codec(name)
    decoded = one.decode(one.encode(image))
    if decoded.ndim > image.ndim:
        assert (decoded == decoded[..., :1]).all(), "grey became coloured"
        decoded = decoded[..., 0]
    assert decoded.shape == image.shape
    assert np.mean((decoded.astype(float) - image) ** 2) < 200


@pytest.mark.parametrize("name", ["jxl", "jpegls", "jpegxr", "mozjpeg"])
def test_grey_stays_grey(name: str) -> None:
    one = codec(name)
    assert one.decode(one.encode(photo(40, 50, 1))).shape == (40, 50)


@pytest.mark.parametrize(
    ("name", "side"), [("jpeg", 65500), ("mozjpeg", 65500), ("jpegli", 65500), ("jpegls", 65535), ("jxl", 2**18)]
)
def test_longest_sides(name: str, side: int) -> None:
    one = codec(name, lossless=True, effort=1) if name == "jxl" else codec(name)
    assert one.decode(one.encode(np.zeros((1, side), np.uint8))).shape[:2] == (1, side)
    with pytest.raises(UnsupportedImage, match=f"at most {side} pixels a side, got 1×{side + 1}"):
        one.encode(np.zeros((side + 1, 1), np.uint8))


@pytest.mark.parametrize(("name", "settings"), LOSSLESS)
@pytest.mark.parametrize("picture", ["kodim03", "kodim13"])
def test_lossless_on_photographs(name: str, settings: dict[str, Setting], picture: str, kodak: Path) -> None:
    image, one = read_image(kodak / f"{picture}.png")[:256, :384], codec(name, **settings)
    stream = one.encode(image)
    assert np.array_equal(one.decode(stream), image)
    assert len(stream) < 0.85 * image.nbytes


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_missing_libraries_are_told(name: str) -> None:
    program = (
        f"import sys; sys.modules[{NEEDS[name]!r}] = None\n"
        "from benchmark.plugins import codec_class; from benchmark.errors import MissingBackend\n"
        f"try: codec_class({name!r}).version()\n"
        "except MissingBackend as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "pip install 'rdbench[" in done.stdout


@pytest.mark.parametrize("channels", [1, 3])
def test_colour_paths_are_told(channels: int) -> None:
    names = ("jpeg", "jpeg2000", "webp", "avif", "png", *NEEDS)
    paths = {name: codec_class(name)().colour_path(channels) for name in names}
    for name, path in paths.items():
        assert path is not None and path.by, name
    subsampled = {name for name, path in paths.items() if path is not None and path.subsampling == "4:2:0"}
    # WebP and jpegli store grey as colour.
    assert subsampled == ({"jpeg", "mozjpeg", "webp", "jpegli"} if channels == 3 else {"webp", "jpegli"})


@pytest.mark.parametrize("name", ["jpeg2000", "webp", "jxl"])
def test_lossless_takes_a_reversible_colour_path(name: str) -> None:
    lossless, lossy = (codec(name, lossless=value).colour_path(3) for value in (True, False))
    assert lossless is not None and lossy is not None
    assert (lossless.subsampling, lossless.depth) == ("4:4:4", 8)
    assert lossless.matrix != lossy.matrix
