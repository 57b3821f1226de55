"""Every kind of image file gives its exact pixels, or is refused with what to do."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmark.errors import MissingData, UnsupportedImage
from benchmark.formats.read import read_pixels
from tests.formats.matrix import SRGB, Cell, all_cells
from tests.formats.writers import Samples, chunk, icc, png, to_srgb
from tests.needs import needs

CELLS = all_cells()
_TURNED = {
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    5: lambda image: np.swapaxes(image, 0, 1),
    6: lambda image: np.swapaxes(image[::-1], 0, 1),
    7: lambda image: np.swapaxes(image[::-1, ::-1], 0, 1),
    8: lambda image: np.swapaxes(image[:, ::-1], 0, 1),
}


def test_the_matrix_is_one() -> None:
    assert len(CELLS) >= 400
    assert len({cell.name for cell in CELLS}) == len(CELLS)


def expected(cell: Cell, ground: int = 255) -> Samples:
    """The pixels of a cell once all that it needs is allowed, in exact arithmetic: (H, W, C)."""
    samples = cell.samples
    if cell.lossy:
        samples = np.asarray(needs("imagecodecs", extra="imagecodecs").jpeg_decode(cell.data))
        samples = samples.reshape(*samples.shape[:2], -1)
    colours: Samples = samples.astype(int)
    whole, cover = cell.highest, np.full_like(colours[..., :1], cell.highest)
    if colours.shape[-1] in (2, 4):
        colours, cover = colours[..., :-1], colours[..., -1:]
    if cell.profile == "P3":
        colours, whole = to_srgb(colours * 255 / cell.highest), 255
    # One rounding, of the quotient of whole numbers.
    scale = whole * cell.highest
    blend = 255 * (colours * cover + ground // 255 * whole * (cell.highest - cover))
    colours = (2 * blend + scale) // (2 * scale)
    return np.asarray(_TURNED[cell.orientation](colours))


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_file_gives_its_pixels_or_says_what_to_do(cell: Cell) -> None:
    if not cell.needs:
        check(read_pixels(cell.data, "x"), cell)
        return
    with pytest.raises(UnsupportedImage, match="expected an 8-bit grey or RGB image in sRGB, got ") as refused:
        read_pixels(cell.data, "x")
    if "never" in cell.needs:
        assert "convert it with another program" in str(refused.value)
        everything = ["depth=8", "flatten=white", "orientation", "srgb", "first-frame"]
        with pytest.raises(UnsupportedImage):
            read_pixels(cell.data, "x", everything)
        return
    told = str(refused.value).partition("--convert ")[2].partition(" ")[0].split(",")
    assert set(told) == cell.needs
    check(read_pixels(cell.data, "x", told), cell)
    for left in cell.needs:
        with pytest.raises(UnsupportedImage):
            read_pixels(cell.data, "x", sorted(cell.needs - {left}))


def check(pixels: Samples, cell: Cell) -> None:
    wanted = expected(cell)
    found = pixels.reshape(*pixels.shape[:2], -1).astype(int)
    assert pixels.dtype == np.uint8
    if found.shape[-1] == 1 and wanted.shape[-1] == 3:  # a palette of greys may be read as grey
        found = found.repeat(3, axis=-1)
    assert found.shape == wanted.shape
    # What a profile comes to is rounded in another way by each library.
    assert np.abs(found - wanted).max() <= (2 if cell.profile == "P3" else 0)


@pytest.mark.parametrize("form", ["png", "tiff", "webp", "gif", "bmp"])
def test_independent_readers_find_what_was_written(form: str) -> None:
    """imagecodecs (libpng, libwebp and its own) and tifffile read the samples that the cells say."""
    imagecodecs: Any = needs("imagecodecs", extra="imagecodecs")
    tifffile: Any = needs("tifffile", extra="imagecodecs")
    told_otherwise = ("frames2", "frames3", "never", "trns", "miniswhite", "palette", "bmp-16")
    cells = [cell for cell in CELLS if cell.name.startswith(form) and "never" not in cell.needs]
    cells = [cell for cell in cells if not any(word in cell.name for word in told_otherwise)]
    cells = [cell for cell in cells if cell.highest >= 255 or form != "png"]
    assert len(cells) >= {"png": 30, "tiff": 20, "webp": 10, "gif": 2, "bmp": 2}[form]
    for cell in cells:
        if form == "tiff":
            samples = tifffile.imread(io.BytesIO(cell.data))
        else:
            samples = getattr(imagecodecs, f"{form}_decode")(cell.data)
        samples = np.moveaxis(samples, 0, -1) if cell.name == "tiff-planar" else np.asarray(samples)
        written: Samples = cell.samples.astype(int)
        found: Samples = samples.reshape(written.shape).astype(int)
        if form == "gif" and found.shape[-1] == 4:  # the colours of clear pixels are nobody's
            found, written = found * (found[..., 3:] > 0), written * (written[..., 3:] > 0)
        assert np.array_equal(found, written), cell.name


def test_black_ground_is_another_choice() -> None:
    cell = next(cell for cell in CELLS if cell.needs == {"flatten=white"} and cell.name.startswith("png-rgb+alpha-8"))
    found = read_pixels(cell.data, "x", ["flatten=black"])
    assert np.array_equal(found, expected(cell, 0))


def test_colours_that_no_profile_tells_are_asked_for() -> None:
    samples = np.zeros((4, 4, 3), np.uint8)
    for name, content, why in (
        (b"gAMA", (100000).to_bytes(4, "big"), "a gamma of 1/1"),
        (b"cICP", bytes([9, 16, 0, 1]), "cICP of primaries 9"),
    ):
        data = png(samples, "rgb", 8, more=chunk(name, content))
        with pytest.raises(UnsupportedImage, match=why):
            read_pixels(data, "x")
        assert read_pixels(data, "x", as_stored=True).shape == (4, 4, 3)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if not cell.needs][::7], ids=lambda cell: cell.name)
def test_cut_files_are_no_images(cell: Cell) -> None:
    for length in (0, 1, 10, len(cell.data) // 2):
        with pytest.raises(MissingData, match="x: cannot be read as an image"):
            read_pixels(cell.data[:length], "x")


def test_grey_with_a_profile() -> None:
    """Of grey or of colours; one that fits no grey, or is none, has no cure."""
    grey = np.arange(0, 256, 5, dtype=np.uint8)[np.newaxis, :, np.newaxis]
    plain = png(grey, "grey", 8, profile=SRGB)
    assert np.array_equal(read_pixels(plain, "x"), grey[..., 0])
    for profile in (icc(grey=True), icc()):
        data = png(grey, "grey", 8, profile=profile)
        with pytest.raises(UnsupportedImage, match="--convert srgb"):
            read_pixels(data, "x")
        found = read_pixels(data, "x", ["srgb"])
        assert np.abs(found.astype(int) - to_srgb(grey)[..., 0]).max() <= 2
    colour = grey.repeat(3, axis=-1)
    for profile in (icc(grey=True), b"no profile at all"):
        with pytest.raises(UnsupportedImage, match="convert it with another program"):
            read_pixels(png(colour, "rgb", 8, profile=profile), "x", ["srgb"])


def test_the_unused_byte_of_a_bitmap_is_asked_for() -> None:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(3).integers(0, 256, (5, 6, 4), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "BMP")
    with pytest.raises(UnsupportedImage, match="a fourth sample"):
        read_pixels(buffer.getvalue(), "x")


@pytest.mark.parametrize("data", [b"", b"text", b"PF\n2 2\n-1.0\n" + bytes(48)])
def test_other_files_are_told_in_the_same_words_each_time(data: bytes) -> None:
    with pytest.raises(
        MissingData, match=r"^x: cannot be read as an image: its first bytes are of no format that is read$"
    ):
        read_pixels(data, "x")
