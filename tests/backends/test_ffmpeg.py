"""The still pictures of video codecs through ffmpeg: VVC and AV1."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.backends import ffmpeg
from benchmark.codec import Codec, Setting
from benchmark.colour.convert import ColourPath, from_planes, pad, to_planes
from benchmark.errors import BitstreamError, MissingBackend, ProgramError
from benchmark.plugins import codec_class
from benchmark.plugins.streams import codec_of_stream
from tests.conftest import photo
from tests.needs import needs

needs("imageio_ffmpeg", extra="av1")

QUICK: dict[str, dict[str, Setting]] = {"av1": {"cpu_used": 6}, "vvc": {"preset": "faster"}}


def codec(name: str, **settings: Setting) -> Codec:
    return codec_class(name).from_settings({**QUICK[name], **settings})


def nal_types(stream: bytes) -> list[int]:
    return [part[1] >> 3 for part in stream.split(b"\0\0\1")[1:]]


def psnr(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("size", [(1, 1), (15, 15), (16, 16), (17, 16), (33, 17), (8193, 64)], ids=str)
def test_sizes(name: str, size: tuple[int, int]) -> None:
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    image = np.stack([y // 40, x * 2, x + y // 80], axis=-1).astype(np.uint8)  # smooth, so that it is quickly encoded
    decoded = codec(name).decode(codec(name).encode(image))
    assert decoded.shape == image.shape
    assert np.mean((decoded.astype(float) - image) ** 2) < 65


def test_a_vvc_stream_is_one_picture_and_its_parameters() -> None:
    stream = codec("vvc", qp=27).encode(photo(64, 96))
    kinds = nal_types(stream)
    assert kinds[:2] == [15, 16], "not a sequence and a picture parameter set"
    assert set(kinds[2:-1]) <= {17}, "more than adaptation parameters before the slice"
    assert kinds[-1] in (7, 8), "the last unit is no slice of a picture that starts anew"
    assert 40 < codec("vvc").overhead(stream) < 80
    assert b"warning" not in stream, "what the library prints is in the stream"


@pytest.mark.parametrize(("size", "below", "right"), [((33, 18), 1, 0), ((32, 17), 0, 1), ((5, 2), 11, 14)])
def test_vvc_tells_the_size_that_it_cannot_hold(size: tuple[int, int], below: int, right: int) -> None:
    image = photo(*size)
    stream = codec("vvc").encode(image)
    assert stream[-6:] == bytes([0, 0, 1, 0, 0xF9, below << 4 | right])
    whole = codec("vvc").encode(pad(image, least=16, multiple=2))
    assert stream[:-6] == whole
    assert np.array_equal(codec("vvc").decode(stream), codec("vvc").decode(whole)[: size[0], : size[1]])
    assert codec("vvc").overhead(stream) == codec("vvc").overhead(whole) + 6


def test_vvc_is_held_below_what_halved_chroma_costs() -> None:
    image = photo(64, 96)
    ceiling = psnr(from_planes(to_planes(image, depth=10, subsampling="4:2:0"), depth=10), image)
    reached = psnr(codec("vvc", qp=0).decode(codec("vvc", qp=0).encode(image)), image)
    assert ceiling - 1 < reached < ceiling + 0.5
    assert codec("vvc").colour_path(3) == ColourPath("BT.601", subsampling="4:2:0", depth=10, by="NumPy, rounded")


def test_an_av1_stream_is_a_sequence_header_and_a_frame() -> None:
    for image in (photo(40, 56), photo(40, 56, 1)):
        stream = codec("av1").encode(image)
        size = codec("av1").overhead(stream)
        assert 5 < size < 10
        assert stream[:2] == bytes([0x0A, size - 2])
        assert stream[size] == 0x32
        count, shift, place = 0, 0, size + 1
        while True:  # the length of the frame, seven bits a byte
            count |= (stream[place] & 127) << shift
            shift, place = shift + 7, place + 1
            if stream[place - 1] < 128:
                break
        assert place + count == len(stream), "something follows the frame"


@pytest.mark.parametrize("depth", [8, 10])
def test_av1_depths(depth: int) -> None:
    one, image = codec("av1", depth=depth, crf=20), photo(64, 80)
    planes, found = ffmpeg.decode_planes(b"\x12\0" + one.encode(image), form="obu")
    assert found == depth
    assert [plane.shape for plane in planes] == [(64, 80)] * 3
    assert one.colour_path(3) == ColourPath("BT.601", depth=depth, by="NumPy, rounded")
    assert one.colour_path(1) == ColourPath("none", depth=depth, by="NumPy, rounded")
    assert one.decode(one.encode(image[..., 0])).shape == (64, 80)


def test_av1_is_lossless_at_10_bits_alone() -> None:
    image = np.random.default_rng(5).integers(0, 256, (48, 48, 3), np.uint8)
    for depth, exact in ((10, True), (8, False)):
        one = codec("av1", crf=0, depth=depth)
        assert np.array_equal(one.decode(one.encode(image)), image) == exact


@pytest.mark.parametrize(
    ("name", "settings"),
    [("av1", {"depth": 8}), ("av1", {"cpu_used": 2}), ("vvc", {"preset": "medium"})],
)
def test_settings_change_the_bytes(name: str, settings: dict[str, Setting]) -> None:
    image = photo(64, 80)
    assert codec(name, **settings).encode(image) != codec(name).encode(image)


@pytest.mark.parametrize(
    ("name", "start", "decoder"),
    [("av1", b"\x12\0", "libdav1d"), ("vvc", b"", "vvc")],
)
def test_another_program_decodes_the_same(name: str, start: bytes, decoder: str) -> None:
    """The libraries that PyAV brings, fed with the bare stream: they skip the unit that tells an odd size."""
    av = needs("av", extra="bpg")
    image = photo(63, 80)
    stream = codec(name).encode(image)
    context = av.CodecContext.create(decoder, "r")
    frames = [
        frame
        for packet in [*context.parse(start + stream), *context.parse(b""), None]
        for frame in context.decode(packet)
    ]
    assert len(frames) == 1
    planes = [
        np.frombuffer(plane, "<u2").reshape(plane.height, plane.line_size // 2)[:, : plane.width]
        for plane in frames[0].planes
    ]
    decoded = from_planes(planes, depth=10)[: image.shape[0], : image.shape[1]]
    assert np.array_equal(decoded, codec(name).decode(stream))


@pytest.mark.parametrize("name", QUICK)
def test_two_pictures_are_not_one(name: str) -> None:
    stream = codec(name).encode(photo(32, 32))
    assert codec_of_stream(stream) is codec_class(name)
    start = b"\x12\0" if name == "av1" else b""
    with pytest.raises(BitstreamError, match="several pictures"):
        codec(name).decode(stream + start + stream)


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_every_cut_is_told(name: str) -> None:
    stream = codec(name).encode(photo(32, 40))
    for size in sorted({*range(0, len(stream), max(1, len(stream) // 20)), *range(len(stream) - 5, len(stream))}):
        with pytest.raises(BitstreamError):
            codec(name).decode(stream[:size])


def test_versions_name_the_library() -> None:
    assert codec_class("av1").version().startswith("libaom-av1 3.")
    assert codec_class("vvc").version().startswith("libvvenc 1.")
    assert ", imageio-ffmpeg " in codec_class("vvc").version()


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is known of ffmpeg is found out anew, and again after the test."""
    ffmpeg.program.cache_clear()
    ffmpeg.encoder_version.cache_clear()
    yield monkeypatch
    ffmpeg.program.cache_clear()
    ffmpeg.encoder_version.cache_clear()


@pytest.mark.parametrize("name", QUICK)
def test_without_its_library_it_says_what_to_install(name: str, fresh: pytest.MonkeyPatch) -> None:
    fresh.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MissingBackend, match=r"pip install 'rdbench\[av1,vvc,vmaf\]'"):
        codec_class(name).version()


@pytest.mark.skipif(sys.platform == "win32", reason="the other ffmpeg is a script of the shell")
def test_an_ffmpeg_that_lacks_the_encoder(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    other = tmp_path / "ffmpeg"
    other.write_text('#!/bin/sh\n[ "$1" = -version ] && echo "ffmpeg version 4.0 of old" || { echo no >&2; exit 1; }\n')
    other.chmod(0o755)
    fresh.setenv("IMAGEIO_FFMPEG_EXE", str(other))
    with pytest.raises(MissingBackend, match=r"ffmpeg 4\.0 .* has no encoder libvvenc: unset IMAGEIO_FFMPEG_EXE"):
        codec_class("vvc").version()


def test_an_encoder_that_refuses_is_told() -> None:
    planes = to_planes(photo(16, 16), depth=10, subsampling="4:2:0")
    with pytest.raises(ProgramError, match=r"ffmpeg.* ended with status"):
        ffmpeg.encode_planes(planes, depth=10, form="vvc", options=["-c:v", "libvvenc", "-preset", "none such"])


def test_a_foreign_picture_of_limited_range_is_refused() -> None:
    planes = to_planes(photo(16, 24), depth=8)
    options = ("-c:v", "libaom-av1", "-still-picture", "1", "-cpu-used", "8", "-crf", "20", "-color_range", "tv")
    stream = ffmpeg.encode_planes(planes, depth=8, form="obu", options=options)
    with pytest.raises(BitstreamError, match="expected an AV1 picture in full range, got one in limited range"):
        ffmpeg.decode_planes(stream, form="obu")
    for image in (photo(16, 24), photo(16, 24)[..., 0]):
        for depth in (8, 10):
            own = codec("av1", depth=depth)
            assert own.decode(own.encode(np.ascontiguousarray(image))).shape == image.shape
