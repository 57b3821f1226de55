"""Settings of the classical codecs: each does what its name says."""

from __future__ import annotations

import io
import subprocess
import sys
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import AvifImagePlugin, Image, ImageFile

from benchmark.codec import Codec, Setting
from benchmark.errors import BitstreamError, SettingError, UnsupportedImage
from benchmark.plugins import codec_class
from tests.conftest import ROOT, photo
from tests.needs import installed, needs


def codec(name: str, **settings: Setting) -> Codec:
    return codec_class(name).from_settings(settings)


def psnr(one: Codec, image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> float:
    error = np.mean((one.decode(one.encode(image)).astype(float) - image) ** 2)
    return float(10 * np.log10(255**2 / error))


def test_jpeg_settings() -> None:
    image = photo(128, 160)
    plain = codec("jpeg", optimize=False)
    assert len(codec("jpeg").encode(image)) < len(plain.encode(image))
    assert len(codec("jpeg", subsampling="4:4:4").encode(image)) > len(codec("jpeg").encode(image))
    assert psnr(codec("jpeg", subsampling="4:4:4"), image) > psnr(codec("jpeg"), image)
    progressive = codec("jpeg", progressive=True).encode(image)
    assert b"\xff\xc2" in progressive
    assert np.array_equal(codec("jpeg").decode(progressive), codec("jpeg").decode(plain.encode(image)))


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_overhead_is_the_headers(progressive: bool) -> None:
    one = codec("jpeg", optimize=False, progressive=progressive)
    flat, rich = (one.encode(image) for image in (np.full((64, 64, 3), 128, np.uint8), photo(256, 256)))
    if not progressive:
        assert one.overhead(flat) == one.overhead(rich) == pytest.approx(623, abs=10)
    assert one.overhead(rich) < len(rich) / 2


def test_jpeg2000_is_irreversible_with_its_colour_transform() -> None:
    stream = codec("jpeg2000").encode(photo(64, 64))
    style = stream.index(b"\xff\x52")
    assert stream[style + 8] == 1, "multiple component transform is off"
    assert stream[style + 13] == 0, "the wavelet is not the irreversible 9/7"
    lossless = codec("jpeg2000", lossless=True).encode(photo(64, 64))
    assert lossless[lossless.index(b"\xff\x52") + 13] == 1


def test_jpeg2000_aims_at_its_target() -> None:
    for target in (30.0, 36.0, 42.0):
        assert psnr(codec("jpeg2000", psnr=target), photo(256, 256)) == pytest.approx(target, abs=2.5)


def test_webp_holds_16383_pixels_and_says_so() -> None:
    assert codec("webp").encode(np.zeros((1, 16383), np.uint8))
    with pytest.raises(UnsupportedImage, match="at most 16383 pixels a side, got 16384×1"):
        codec("webp").encode(np.zeros((1, 16384), np.uint8))


# Not by needs(): an import of the plugin takes over Pillow's registries for all tests that follow.
@pytest.mark.skipif(not installed("pillow_avif"), reason="pillow_avif is not installed: extra avif")
def test_avif_encoders_come_from_the_plugin_which_does_not_stay() -> None:
    image = photo(128, 128)
    before = codec("avif").encode(image)
    native = Image.SAVE["AVIF"], Image.OPEN["AVIF"]
    assert native[1][0] is AvifImagePlugin.AvifImageFile
    streams = [codec("avif", encoder=name, subsampling="4:2:0").encode(image) for name in ("aom", "svt", "rav1e")]
    assert len(set(streams)) == 3
    for stream in streams:
        assert np.mean((codec("avif").decode(stream).astype(float) - image) ** 2) < 100
    assert (Image.SAVE["AVIF"], Image.OPEN["AVIF"]) == native
    assert codec("avif").encode(image) == before
    assert codec("avif", encoder="svt", subsampling="4:2:0").encode(image) == streams[1]
    with pytest.raises(SettingError, match="svt takes subsampling 4:2:0 alone"):
        codec("avif", encoder="svt")
    with pytest.raises(UnsupportedImage, match="svt refused an image of 2×2"):
        codec("avif", encoder="svt", subsampling="4:2:0").encode(photo(2, 2))


def test_avif_keeps_grey_grey() -> None:
    decoded = codec("avif").decode(codec("avif").encode(photo(40, 40, 1)))
    if int(version("pillow").partition(".")[0]) < 13:  # it decodes grey as three planes that are alike
        assert (decoded == decoded[..., :1]).all()
    else:
        assert decoded.shape == (40, 40)


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


def test_streams_hold_no_metadata() -> None:
    for name in ("jpeg", "webp", "avif", "png"):
        with Image.open(io.BytesIO(codec(name).encode(photo(64, 64)))) as picture:
            assert not {"exif", "icc_profile", "xmp"} & set(picture.info)


def test_tolerance_of_truncation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = codec("jpeg").encode(photo(64, 64))
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(BitstreamError, match="LOAD_TRUNCATED_IMAGES"):
        codec("jpeg").decode(stream)


def test_avif_decodes_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow has no argument for it: its module variable must still be what its decoder is given."""
    stream = codec("avif").encode(photo(40, 40))
    own: Any = vars(AvifImagePlugin)["_avif"]
    given = []

    def decoder(data: bytes, name: str, threads: int) -> Any:
        given.append(threads)
        return own.AvifDecoder(data, name, threads)

    monkeypatch.setattr(AvifImagePlugin, "_avif", SimpleNamespace(AvifDecoder=decoder))
    assert codec("avif").decode(stream).shape == (40, 40, 3)
    assert given == [1]


@pytest.mark.slow
@pytest.mark.neural
def test_png_names_the_library_that_deflates() -> None:
    """Not the zlib that some other module of the process has loaded, which Pillow would tell."""
    program = "import h5py, tensorflow; from benchmark.plugins import codec_class; print(codec_class('png').version())"
    needs("tensorflow", extra="neural")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == codec("png").version()
    assert "unknown" not in done.stdout
