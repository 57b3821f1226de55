"""Commands for single images and streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from benchmark.plugins import codec_class
from tests.conftest import Run, photo
from tests.formats.writers import icc, png


@pytest.mark.parametrize(
    "codec",
    ["jpeg", "jpeg2000", "webp", "avif", "png", pytest.param("cvae", marks=[pytest.mark.neural, pytest.mark.slow])],
)
def test_encode_and_decode_a_file(rdbench: Run, tmp_path: Path, codec: str) -> None:
    Pictures.fromarray(photo(60, 90)).save(tmp_path / "in.png")
    done = rdbench("encode", "--codec", codec, "in.png", "stream")
    assert f"{(tmp_path / 'stream').stat().st_size} bytes" in done.stdout
    done = rdbench("decode", "stream", "out.png")
    assert f"decoded by {codec}" in done.stdout
    decoded = np.asarray(Pictures.open(tmp_path / "out.png"))
    assert np.mean((decoded.astype(float) - photo(60, 90)) ** 2) < (1000 if codec == "cvae" else 200)


def test_a_folder_that_is_missing_is_told(rdbench: Run, tmp_path: Path) -> None:
    Pictures.fromarray(photo(8, 8)).save(tmp_path / "a.png")
    for words in (["decode", "a.png", "nodir/x.png"], ["encode", "--codec", "png", "a.png", "nodir/x.png"]):
        done = rdbench(*words, check=False)
        assert (done.returncode, "cannot be written: there is no folder nodir; make it first" in done.stderr) == (
            2,
            True,
        )


def test_settings_are_read_before_the_image(rdbench: Run) -> None:
    done = rdbench("encode", "--codec", "jpeg", "--set", "quality", "none.png", "x", check=False)
    assert "--set quality: expected KEY=VALUE" in done.stderr


def test_encode_finds_the_codec_by_the_ending(rdbench: Run, tmp_path: Path) -> None:
    Pictures.fromarray(photo(24, 32)).save(tmp_path / "in.png")
    for name, codec in (("a.avif", "avif"), ("b.JPG", "jpeg"), ("c.webp", "webp"), ("d.j2k", "jpeg2000")):
        rdbench("encode", "in.png", name)
        assert f"decoded by {codec}" in rdbench("decode", name, "out.png").stdout
    for name in ("e", "e.xyz", "e.toml"):
        done = rdbench("encode", "in.png", name, check=False)
        assert done.returncode == 2
        assert "no codec has streams of this ending: name one with --codec, or choose another ending" in done.stderr


@pytest.mark.parametrize("name", ["back.jpg", "back.webp", "back.avif", "back.gif", "back"])
def test_decode_writes_no_lossy_file(rdbench: Run, tmp_path: Path, name: str) -> None:
    Pictures.fromarray(photo(24, 32)).save(tmp_path / "in.png")
    rdbench("encode", "in.png", "photo.avif")
    done = rdbench("decode", "photo.avif", name, check=False)
    assert done.returncode == 2
    assert "is no lossless format that is written here: name a file that ends in .png" in done.stderr
    assert not (tmp_path / name).exists()


def test_one_byte_is_no_bytes(rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(png(photo(2, 4), "rgb", 8))
    monkeypatch.setattr(codec_class("qoi"), "encode", lambda *_: b"x")
    assert rdbench("encode", "a.png", "a.qoi").stdout == "a.qoi: 1 byte, 1.0000 bpp\n"


def test_foreign_png_is_exact_or_refused(rdbench: Run, tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (9, 8, 1)).astype(np.uint16)
    (tmp_path / "deep.png").write_bytes(png(deep, "grey", 16))
    (tmp_path / "clear.png").write_bytes(png(deep[..., [0, 0, 0, 0]] >> 8, "rgb+alpha", 8))
    (tmp_path / "few.png").write_bytes(png(deep >> 12, "grey", 4))
    for name, why in (("deep.png", "16 bits a sample"), ("clear.png", "transparency")):
        done = rdbench("decode", "--codec", "png", name, "out.png", check=False)
        assert done.returncode == 2
        assert why in done.stderr
        assert "--convert" not in done.stderr
    rdbench("decode", "--codec", "png", "few.png", "out.png")
    assert np.array_equal(np.asarray(Pictures.open(tmp_path / "out.png")), (deep[..., 0] >> 12) * 17)


def test_a_flipped_bit_is_told(rdbench: Run, tmp_path: Path) -> None:
    data = bytearray(png(photo(24, 24), "rgb", 8))
    data[data.index(b"IDAT") + 40] ^= 4
    (tmp_path / "x.png").write_bytes(data)
    for words in (("decode", "--codec", "png", "x.png", "out.ppm"), ("encode", "x.png", "x.webp")):
        done = rdbench(*words, check=False)
        assert done.returncode == 2
        assert "the chunk 'IDAT' at byte 33 is damaged: its CRC is" in done.stderr


def test_files_are_converted_and_limited_where_it_is_said(rdbench: Run, tmp_path: Path) -> None:
    deep = photo(10, 12).astype(np.uint16) * 257
    (tmp_path / "deep.png").write_bytes(png(deep, "rgb", 16))
    done = rdbench("encode", "deep.png", "a.png", check=False)
    assert "--convert depth=8 converts it" in done.stderr
    rdbench("encode", "--convert", "depth=8", "deep.png", "a.png")
    assert np.array_equal(np.asarray(Pictures.open(tmp_path / "a.png")), photo(10, 12))
    done = rdbench("--max-pixels", "119", "encode", "a.png", "b.png", check=False)
    assert done.returncode == 2
    assert "12×10 is 120 pixels, the limit is 119" in done.stderr
    done = rdbench("--max-pixels", "119", "decode", "a.png", "b.png", check=False)
    assert "the limit is 119" in done.stderr
    rdbench("--max-pixels", "120", "decode", "a.png", "b.png")


@pytest.mark.parametrize("words", [("encode", "--codec", "png", "a.png", "a.png"), ("decode", "a.png", "./a.png")])
def test_a_file_is_not_written_over_itself(rdbench: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    Pictures.fromarray(photo(8, 8)).save(tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()
    done = rdbench(*words, check=False)
    assert done.returncode == 2
    assert "IN and OUT are one file" in done.stderr
    assert (tmp_path / "a.png").read_bytes() == before


def test_decode_turns_and_converts_foreign_files_or_refuses_them(rdbench: Run, tmp_path: Path) -> None:
    exif = Pictures.Exif()
    exif[0x0112] = 6
    Pictures.fromarray(photo(24, 32)).save(tmp_path / "phone.jpg", exif=exif.tobytes(), icc_profile=icc())
    done = rdbench("decode", "phone.jpg", "out.png", check=False)
    assert done.returncode == 2
    assert "phone.jpg: expected an 8-bit grey or RGB image in sRGB" in done.stderr
    assert "--convert orientation,srgb converts it" in done.stderr
    assert "row" not in done.stderr
    assert not (tmp_path / "out.png").exists()
    rdbench("decode", "--convert", "orientation,srgb", "phone.jpg", "out.png")
    assert np.asarray(Pictures.open(tmp_path / "out.png")).shape == (32, 24, 3)
    done = rdbench("decode", "--convert", "depth=8", "phone.jpg", "out.png", check=False)
    assert (done.returncode, "converted by orientation, srgb, first-frame" in done.stderr) == (2, True)


def test_endings_say_what_files_are(rdbench: Run, tmp_path: Path) -> None:
    """Grey and colour in the formats that hold one of them alone, and streams under the name of another format."""
    Pictures.fromarray(photo(24, 32)).save(tmp_path / "colour.png")
    Pictures.fromarray(photo(24, 32)[..., 0]).save(tmp_path / "grey.png")
    for name, target, good in (("colour", "a.pgm", ".ppm"), ("grey", "a.PPM", ".pgm")):
        done = rdbench("decode", f"{name}.png", target, check=False)
        assert (done.returncode, f"end OUT in {good} or .png" in done.stderr) == (2, True)
        assert not (tmp_path / target).exists()
        for ending in (good, ".pnm", ".bmp", ".tif", ".tga"):
            rdbench("decode", f"{name}.png", f"a{ending}")
            found = np.asarray(Pictures.open(tmp_path / f"a{ending}"))
            assert np.array_equal(found, np.asarray(Pictures.open(tmp_path / f"{name}.png")))
    done = rdbench("encode", "colour.png", "a.jp2", check=False)
    assert "no codec writes .jp2 files: end OUT in .j2k for the bare stream" in done.stderr
    for codec, target, advice in (
        ("jpeg2000", "a.jp2", "end OUT in .j2k or .j2c or .jpc"),
        ("webp", "a.jpg", "end OUT in .webp"),
        ("png", "b.tif", "end OUT in .png"),
        ("binary-ae", "a.png", "such as .bin"),
    ):
        done = rdbench("encode", "--codec", codec, "colour.png", target, check=False)
        assert (done.returncode, advice in done.stderr) == (2, True), done.stderr
        assert not (tmp_path / target).exists()
    rdbench("encode", "--codec", "webp", "colour.png", "a.stream")
    Pictures.fromarray(photo(24, 32)).save(tmp_path / "foreign.jp2")
    assert "decoded by jpeg2000" in rdbench("decode", "foreign.jp2", "back.png").stdout
