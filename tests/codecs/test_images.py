"""JPEG XL, JPEG XR, JPEG-LS, QOI, and the JPEG encoders beside libjpeg-turbo: what is particular to each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.codec import Codec, Setting
from benchmark.dataset import read_image
from benchmark.errors import BitstreamError, SettingError, UnsupportedImage
from benchmark.plugins import codec_class, codec_of_stream
from tests.conftest import ROOT, photo
from tests.needs import needs

NEEDS = {
    "jxl": "imagecodecs",
    "jpegxr": "imagecodecs",
    "jpegls": "imagecodecs",
    "qoi": "imagecodecs",
    "jpegli": "pyjpegli",
    "mozjpeg": "pyvips",
}
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


def codec(name: str, **settings: Setting) -> Codec:
    if name in NEEDS:
        needs(NEEDS[name], extra=name if name in ("jpegli", "mozjpeg") else "imagecodecs")
    return codec_class(name).from_settings(settings)


def psnr(one: Codec, image: npt.NDArray[np.uint8]) -> float:
    error = np.mean((one.decode(one.encode(image)).astype(float) - image) ** 2)
    return float(10 * np.log10(255**2 / error))


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


def test_qoi_refuses_more_than_its_code_takes() -> None:
    huge = np.broadcast_to(np.uint8(0), (20_000, 20_000, 3))  # of one byte
    with pytest.raises(UnsupportedImage, match="expected less than 400000000 pixels, got 20000×20000"):
        codec("qoi").encode(huge)


def test_jpegxr_below_half_needs_two_macroblocks() -> None:
    one = codec("jpegxr", level=0.3)
    for channels in (1, 3):
        assert one.decode(one.encode(photo(5, 17, channels))).shape == photo(5, 17, channels).shape
    with pytest.raises(UnsupportedImage, match="at least 17 pixels a row, got 16×40"):
        one.encode(photo(40, 16))


@pytest.mark.parametrize(("name", "settings"), LOSSLESS)
@pytest.mark.parametrize("picture", ["kodim03", "kodim13"])
def test_lossless_on_photographs(name: str, settings: dict[str, Setting], picture: str, kodak: Path) -> None:
    image, one = read_image(kodak / f"{picture}.png"), codec(name, **settings)
    stream = one.encode(image)
    assert np.array_equal(one.decode(stream), image)
    assert len(stream) < 0.85 * image.nbytes


def test_near_is_the_largest_error() -> None:
    image = photo(64, 80)
    for near in (1, 4, 9):
        one = codec("jpegls", near=near)
        assert np.abs(one.decode(one.encode(image)).astype(int) - image).max() == near


def test_jpegls_transform_is_undone_by_the_decoder(kodak: Path) -> None:
    for image in (np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8), photo(64, 64)):
        stream = codec("jpegls", transform="hp2").encode(image)
        assert np.array_equal(codec("jpegls").decode(stream), image)
    image = read_image(kodak / "kodim03.png")
    assert len(codec("jpegls", transform="hp2").encode(image)) < 0.8 * len(codec("jpegls").encode(image))
    grey = photo(32, 32, 1)
    assert codec("jpegls", transform="hp2").encode(grey) == codec("jpegls").encode(grey)
    with pytest.raises(SettingError, match="it goes with near=0, got 2"):
        codec("jpegls", transform="hp2", near=2)


def test_jpegls_has_room_for_noise() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (1, 8193, 3), dtype=np.uint8)
    for near in (0, 9):
        one = codec("jpegls", near=near)
        assert np.abs(one.decode(one.encode(noise)).astype(int) - noise).max() == near


def test_jpegls_is_not_taken_for_jpeg() -> None:
    assert codec_of_stream(codec("jpegls").encode(photo(20, 20))) is codec_class("jpegls")
    for name in ("mozjpeg", "jpegli"):
        assert codec_of_stream(codec(name).encode(photo(20, 20))) is codec_class("jpeg")


def test_truncated_files_are_told_at_every_length() -> None:
    for name in ("qoi", "jpegls", "jpegxr", "jxl"):
        one = codec(name)
        stream = one.encode(photo(9, 20))
        for size in range(len(stream)):
            with pytest.raises(BitstreamError):
                one.decode(stream[:size])


def test_absurd_sizes_are_refused_before_they_are_allocated() -> None:
    image, huge = photo(20, 30), (1 << 20).to_bytes(4, "big")
    qoi = codec("qoi").encode(image)
    with pytest.raises(BitstreamError, match="claims 1048576×1048576 pixels"):
        codec("qoi").decode(qoi[:4] + huge + huge + qoi[12:])
    with pytest.raises(BitstreamError, match="holds at most"):
        codec("qoi").decode(qoi[:4] + (10_000).to_bytes(4, "big") * 2 + qoi[12:])
    jpegls = codec("jpegls").encode(image)
    frame = jpegls.index(b"\xff\xf7") + 5
    with pytest.raises(BitstreamError, match="claims 65535×65535 pixels"):
        codec("jpegls").decode(jpegls[:frame] + b"\xff" * 4 + jpegls[frame + 4 :])
    with pytest.raises(BitstreamError, match="claims 1073741824×1073741824 pixels"):
        sides = 0b11 << 1 | (2**30 - 1) << 3 | 0b11 << 36 | (2**30 - 1) << 38
        codec("jxl").decode(b"\xff\x0a" + sides.to_bytes(12, "little"))
    jpegxr = codec("jpegxr").encode(image)
    with pytest.raises(BitstreamError, match="container and codestream contradict each other"):
        codec("jpegxr").decode(jpegxr.replace((30).to_bytes(4, "little"), (31).to_bytes(4, "little"), 1))


def test_jpegxr_headers_are_as_written() -> None:
    """Each byte of them, since jxrlib crashes on some that contradict each other."""
    for level in (0.3, 0.6, 1.0):
        for channels in (1, 3):
            one = codec("jpegxr", level=level)
            stream = bytearray(one.encode(photo(40, 33, channels)))
            for place in range(134 + 17):
                stream[place] ^= 0x22
                with pytest.raises(BitstreamError):
                    one.decode(bytes(stream))
                stream[place] ^= 0x22


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (256, 256), (96, 128), (48, 40), (300, 300), (480, 640), (31, 70000)])
def test_jxl_size_header_is_read_right(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    one = codec("jxl", lossless=True, effort=1)
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(sys.modules[type(one).__module__], "check_size", lambda *sides: seen.append(sides))
    assert one.decode(one.encode(np.zeros(size, np.uint8))).shape == size
    assert seen == [size[::-1]]


def test_jxl_is_lossy_unless_asked() -> None:
    image = photo(128, 128)
    assert 30 < psnr(codec("jxl"), image) < 45
    assert codec("jxl", lossless=True, distance=3.0).encode(image) == codec("jxl", lossless=True).encode(image)
    assert codec("jxl", effort=4).encode(image) != codec("jxl").encode(image)


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


def test_mozjpeg_and_jpegli_are_shorter_than_jpeg_at_equal_psnr(kodak: Path) -> None:
    """The figures of several studies: mozjpeg saves a fifth with a flat table, jpegli a little by PSNR."""
    image, plain = read_image(kodak / "kodim03.png")[:384, :512], codec("jpeg")
    assert saved(codec("mozjpeg"), plain, image, (20, 50, 80)) == pytest.approx(0.25, abs=0.08)
    robidoux = saved(codec("mozjpeg", table="robidoux"), plain, image, (20, 50, 80))
    assert robidoux < saved(codec("mozjpeg"), plain, image, (20, 50, 80))
    assert saved(codec("jpegli"), plain, image, (10, 50, 80)) > 0.02


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


def test_jpegxr_level_chooses_the_subsampling() -> None:
    cells = np.indices((64, 64)).sum(axis=0) % 2
    chroma = np.stack([200 * cells, 90 + 0 * cells, 200 * (1 - cells)], axis=-1).astype(np.uint8)
    for level, subsampling in ((0.49, "4:2:0"), (0.5, "4:4:4")):
        one = codec("jpegxr", level=level)
        path = one.colour_path(3)
        assert path is not None and path.subsampling == subsampling
        assert (psnr(one, chroma) > 20) == (subsampling == "4:4:4")
