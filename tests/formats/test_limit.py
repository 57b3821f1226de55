"""One limit on pixels for all that reads, encodes and decodes."""

from __future__ import annotations

import csv
import io
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmark.codec import check_image
from benchmark.errors import BitstreamError, UnsupportedImage, UsageError
from benchmark.formats.limit import DEFAULT, VARIABLE, max_pixels, no_other_limit, too_large
from benchmark.formats.read import read_pixels
from benchmark.plugins import codec_class
from tests.conftest import Run, photo
from tests.formats.writers import png


def claimed(width: int, height: int) -> bytes:
    """A small JPEG file that claims another size."""
    buffer = io.BytesIO()
    Image.fromarray(photo(16, 16)).save(buffer, "JPEG")
    data = bytearray(buffer.getvalue())
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def test_the_limit_is_what_the_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert max_pixels() == DEFAULT
    monkeypatch.setenv(VARIABLE, "1000")
    assert max_pixels() == 1000
    assert not too_large(100, 10)
    assert "raises it" in too_large(1001, 1)
    for text in ("0", "-1", "many", "1e6"):
        monkeypatch.setenv(VARIABLE, text)
        with pytest.raises(UsageError, match=VARIABLE):
            max_pixels()


def test_a_claim_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    data = claimed(13000, 13000)
    with pytest.raises(UnsupportedImage, match=r"13000×13000 is 169,000,000 pixels, the limit is 100,000,000"):
        read_pixels(data, "x.jpg")
    with pytest.raises(BitstreamError, match=r"the limit is 100,000,000"):
        codec_class("jpeg").decode(data)


@pytest.mark.parametrize("name", ["jpeg", "png", "webp"])
def test_who_encodes_can_decode_and_the_other_way_round(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = photo(32, 40)
    codec = codec_class(name)()
    monkeypatch.setenv(VARIABLE, str(32 * 40))
    stream = codec.encode(image)
    assert codec.decode(stream).shape == image.shape
    monkeypatch.setenv(VARIABLE, str(32 * 40 - 1))
    with pytest.raises(UnsupportedImage, match="the limit is 1,279"):
        codec.encode(image)
    with pytest.raises(BitstreamError, match="the limit is 1,279"):
        codec.decode(stream)


def test_files_and_arrays_have_the_same_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    image = photo(8, 9)
    monkeypatch.setenv(VARIABLE, "71")
    with pytest.raises(UnsupportedImage, match="9×8 is 72 pixels"):
        check_image(image, codec="x")
    with pytest.raises(UnsupportedImage, match="9×8 is 72 pixels"):
        read_pixels(png(image, "rgb", 8), "x")


def test_pillow_has_no_limit_of_its_own() -> None:
    before = Image.MAX_IMAGE_PIXELS
    with no_other_limit(), warnings.catch_warnings():
        warnings.simplefilter("error")
        with Image.open(io.BytesIO(claimed(20000, 20000))) as picture:
            assert picture.size == (20000, 20000)
    assert before == Image.MAX_IMAGE_PIXELS
    assert np.prod((20000, 20000)) > 178_956_970


@pytest.mark.usefixtures("serial", "undrawn")
@pytest.mark.parametrize("by", ["the option", "the variable"])
def test_a_picture_above_the_limit_is_a_skipped_row(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    (tmp_path / "set").mkdir()
    for name, width in (("fits", 10), ("large", 11)):
        Image.fromarray(photo(10, width)).save(tmp_path / "set" / f"{name}.png")
    words = ["run", "--codecs", "png", "--dataset", "folder:set", "--metrics", "psnr", "--out", "out"]
    if by == "the option":
        monkeypatch.setenv(VARIABLE, "1")  # over which the option wins
        words = ["--max-pixels", "100", *words]
    else:
        monkeypatch.setenv(VARIABLE, "100")
    done = rdbench(*words)
    assert "skipped large.png: 11×10 is 110 pixels, the limit is 100" in done.stdout
    with (tmp_path / "out" / "records.csv").open(newline="") as file:
        rows = {row["image"]: row for row in csv.DictReader(file)}
    assert {name: row["status"] for name, row in rows.items()} == {"fits.png": "ok", "large.png": "skipped"}
    assert "11×10 is 110 pixels, the limit is 100" in rows["large.png"]["reason"]
    assert rows["large.png"]["bytes"] == ""
    monkeypatch.setenv(VARIABLE, "110")
    again = rdbench(*[word for word in words if word not in ("--max-pixels", "100")])
    assert "rows: 2 ok; 1 of them from an earlier run" in again.stdout


@pytest.mark.parametrize("text", ["0", "many", "1000000000001", "9" * 5000])
def test_a_variable_that_is_no_limit_is_refused(rdbench: Run, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(VARIABLE, text)
    done = rdbench("list", "metrics", check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert VARIABLE in done.stderr
