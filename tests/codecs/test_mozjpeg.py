"""The codec mozjpeg, and jpegli beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.codec import Codec
from benchmark.dataset import read_image
from tests.codecs.classical import codec, psnr
from tests.conftest import ROOT, photo


def saved(one: Codec, other: Codec, image: npt.NDArray[np.uint8], qualities: tuple[int, ...]) -> float:
    """By how much `one` is shorter than `other` where their PSNR is equal, as a mean over a few such places."""
    points = np.array(
        [
            (
                psnr(type(other)(**{**other.settings, "quality": quality}), image),
                len(type(other)(**{**other.settings, "quality": quality}).encode(image)),
            )
            for quality in range(5, 100, 5)
        ]
    )
    shares = []
    for quality in qualities:
        at = type(one)(**{**one.settings, "quality": quality})
        size = np.exp(np.interp(psnr(at, image), points[:, 0], np.log(points[:, 1])))
        shares.append(1 - len(at.encode(image)) / size)
    return float(np.mean(shares))


def test_mozjpeg_searches() -> None:
    image = photo(128, 160)
    full = codec("mozjpeg")
    assert b"\xff\xc2" in full.encode(image)
    assert b"\xff\xc2" not in codec("mozjpeg", progressive=False).encode(image)
    assert len(full.encode(image)) < len(codec("mozjpeg", trellis=False).encode(image))
    sizes = {table: len(codec("mozjpeg", table=table).encode(image)) for table in ("annex-k", "flat", "robidoux")}
    assert len(set(sizes.values())) == 3
    assert psnr(codec("mozjpeg", subsampling="4:4:4"), image) > psnr(full, image)
    assert "with mozjpeg" in full.version()


def test_flat_table_has_equal_quantisers() -> None:
    stream = codec("mozjpeg").encode(photo(64, 64))
    start = stream.index(b"\xff\xdb") + 5
    assert len(set(stream[start : start + 64])) == 1


def test_libvips_without_mozjpeg_is_refused() -> None:
    """Any libjpeg takes the options of mozjpeg, and writes what it would have written without them."""
    assert codec("mozjpeg").version()
    program = (
        "import pyvips\n"
        "pyvips.Image.jpegsave_buffer = lambda self, **options: b'the same'\n"
        "from benchmark.plugins import codec_class; from benchmark.errors import MissingBackend\n"
        "try: codec_class('mozjpeg').version()\n"
        "except MissingBackend as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "built without mozjpeg" in done.stdout


@pytest.mark.slow
def test_mozjpeg_and_jpegli_are_shorter_than_jpeg_at_equal_psnr(kodak: Path) -> None:
    """The figures of several studies: mozjpeg saves a fifth with a flat table, jpegli a little by PSNR."""
    image, plain = read_image(kodak / "kodim03.png")[:384, :512], codec("jpeg")
    assert saved(codec("mozjpeg"), plain, image, (20, 50, 80)) == pytest.approx(0.25, abs=0.08)
    robidoux = saved(codec("mozjpeg", table="robidoux"), plain, image, (20, 50, 80))
    assert robidoux < saved(codec("mozjpeg"), plain, image, (20, 50, 80))
    assert saved(codec("jpegli"), plain, image, (10, 50, 80)) > 0.02
