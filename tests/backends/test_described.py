"""Codecs that a TOML file describes; Python scripts are the programs."""

from __future__ import annotations

import json
import shutil
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tomli_w

from benchmark.errors import BitstreamError, ProgramError, UnsupportedImage, UsageError
from benchmark.plugins import codec_class
from tests.conftest import Run, photo

CODEC = """
import sys, zlib
from pathlib import Path

what, *options, source, target = sys.argv[1:]
data = Path(source).read_bytes()
if what == "encode":
    magic, size, _, pixels = data.split(b"\\n", 3) if data[:1] == b"P" else (b"PNG", b"", b"", data)
    if magic != b"PNG":
        step = int(options[0])
        pixels = bytes(value // step * step for value in pixels)
        data = b"\\n".join([magic, size, b"255", pixels])
    Path(target).write_bytes(zlib.compress(data, 9))
else:
    Path(target).write_bytes(zlib.decompress(data))
"""


def describe(folder: Path, changes: Mapping[str, Any] | None = None, program: str = CODEC) -> Path:
    """A TOML file of a codec whose program is a script beside it; a change to None takes a key out."""
    script = folder / "co dec $(touch ran).py"
    script.write_text(program, encoding="utf-8")
    document: dict[str, Any] = {
        "name": "steps",
        "encode": [sys.executable, str(script), "encode", "{step}", "{input}", "{output}"],
        "decode": [sys.executable, str(script), "decode", "{input}", "{output}"],
        "knob": {"name": "step", "low": 1, "high": 64, "default": 8, "increasing": False, "grid": [4, 16]},
        **(changes or {}),
    }
    path = folder / "steps.toml"
    path.write_text(tomli_w.dumps({key: value for key, value in document.items() if value is not None}))
    return path


def made(path: Path, **settings: Any) -> Any:
    return codec_class(str(path)).from_settings(settings)


# Codecs of TOML files


def test_an_edited_file_describes_another_codec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    describe(tmp_path)
    first = codec_class("./steps.toml")
    assert codec_class(str(tmp_path / "steps.toml")) is first
    describe(tmp_path, {"summary": "another"})
    assert codec_class("./steps.toml").summary == "another"


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("form", ["pnm", "png"])
def test_a_described_codec(tmp_path: Path, scratch: Path, channels: int, form: str) -> None:
    codec = made(describe(tmp_path, {"input": form, "output": "png" if form == "png" else "ppm"}), step=16)
    image = photo(37, 29, channels)
    stream = codec.encode(image)
    expected = image // 16 * 16 if form == "pnm" else image
    assert np.array_equal(type(codec).decode(stream), expected)
    if form == "pnm":
        assert len(stream) < len(made(tmp_path / "steps.toml", step=2).encode(image))
    assert not list(scratch.iterdir())
    assert not list(tmp_path.rglob("ran")), "a shell has read an argument"
    with pytest.raises(UnsupportedImage, match="RGBA"):
        codec.encode(np.zeros((8, 8, 4), np.uint8))


def test_what_a_file_says_reaches_the_class(tmp_path: Path) -> None:
    path = describe(
        tmp_path,
        {
            "summary": "steps",
            "version": [sys.executable, "-c", "import sys; sys.exit('\\nsteps 1.2\\nmore')"],
            "encode": [
                sys.executable,
                str(tmp_path / "co dec $(touch ran).py"),
                "encode",
                "{step}",
                "--fast={fast}",
                "{scale}",
                "{input}",
                "{output}",
            ],
            "settings": {"fast": {"default": False}, "scale": {"default": 1.5, "low": 0.5, "high": 2, "grid": [1, 2]}},
        },
    )
    codec = made(path)
    assert codec.settings == {"step": 8, "fast": False, "scale": 1.5}
    assert codec.grid == {"step": (4, 16), "scale": (1, 2)}
    assert codec.knob is not None
    assert (codec.knob.field, codec.knob.low, codec.knob.high, codec.knob.increasing) == ("step", 1, 64, False)
    assert (codec.name, codec.summary, codec.version()) == (
        "steps",
        "steps",
        f"steps 1.2, steps.toml {made(path).description.digest}",
    )
    assert codec == type(codec).from_settings(codec.settings)
    assert hash(codec) == hash(type(codec)())
    before = codec.version()
    path.write_text(path.read_text().replace("--fast", "--quick"))
    assert made(path).version() != before, "other commands are another codec"


def test_placeholders_are_replaced_once_and_in_place(tmp_path: Path) -> None:
    program = "import json, sys; json.dump(sys.argv[1:-1], open(sys.argv[-1], 'w'))"
    codec = made(
        describe(
            tmp_path,
            {
                "encode": [
                    sys.executable,
                    "-c",
                    program,
                    "-q{step}",
                    "{word}",
                    "{}",
                    "{ step }",
                    "{input}",
                    "{output}",
                ],
                "settings": {"word": {"default": "{output} $(id)"}},
            },
        )
    )
    words = json.loads(codec.encode(photo(4, 4)))
    assert words[:4] == ["-q8", "{output} $(id)", "{}", "{ step }"]
    assert words[4].endswith("input.ppm")


def test_a_program_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    describe(tmp_path)
    tool = tmp_path / "tool.sh"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/co dec \\$(touch ran).py" "$@"\n')
    tool.chmod(0o755)
    path = describe(
        tmp_path,
        {
            "encode": ["./tool.sh", "encode", "{step}", "{input}", "{output}"],
            "decode": ["./tool.sh", "decode", "{input}", "{output}"],
        },
    )
    codec = made(path, step=4)
    monkeypatch.chdir("/")
    image = photo(9, 9)
    assert np.array_equal(codec.decode(codec.encode(image)), image // 4 * 4)


def test_a_script_beside_the_file_is_an_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that follows python; its name alone says where it is, and its bytes count for the rows."""
    describe(tmp_path)
    (tmp_path / "co dec $(touch ran).py").rename(tmp_path / "coder.py")
    path = tmp_path / "steps.toml"
    document = tomli_w.dumps(
        {
            "name": "steps",
            "encode": [sys.executable, "coder.py", "encode", "8", "{input}", "{output}"],
            "decode": [sys.executable, "coder.py", "decode", "{input}", "{output}"],
        }
    )
    path.write_text(document)
    monkeypatch.chdir(tmp_path.parent)
    cls: Any = codec_class(str(Path(tmp_path.name) / "steps.toml"))
    monkeypatch.chdir("/")
    image = photo(9, 9)
    assert np.array_equal(cls.decode(cls().encode(image)), image // 8 * 8)
    assert (tmp_path / "coder.py").resolve() in cls.used_files()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": None}, "key 'name' is missing"),
        ({"decode": None}, "key 'decode' is missing"),
        ({"colour": 1}, "unknown key 'colour'; known: name, "),
        ({"name": "Two Words"}, "name: expected small letters"),
        ({"name": "jpeg"}, "'jpeg' is that of another codec"),
        ({"encode": "cjpeg {input}"}, "encode: expected a list, got 'cjpeg {input}'"),
        ({"encode": []}, "encode: expected a program and its arguments"),
        ({"encode": ["x", 1]}, "encode: expected a program and its arguments, each a text"),
        (
            {"encode": ["x", "{input}", "{output}", "{step}", "{quality}"]},
            r"encode: unknown placeholder \{quality\}; known here: \{input\}, \{output\}, \{step\}",
        ),
        ({"encode": ["x", "{input}", "{output}"]}, r"encode: \{step\} stands in none of its arguments"),
        ({"encode": ["x", "{input}", "{step}"]}, r"encode: \{output\} stands in none"),
        ({"decode": ["x", "{input}", "{output}", "{step}"]}, r"decode: unknown placeholder \{step\}"),
        ({"version": ["x", "{input}"]}, r"version: unknown placeholder \{input\}; known here: none"),
        ({"input": "bmp"}, "input: expected pnm or png, got 'bmp'"),
        ({"stream": "../x"}, "stream: expected the ending of a file's name"),
        ({"timeout": -1}, "timeout: expected a number from 0"),
        ({"memory": True}, "memory: expected a whole number, got True"),
        ({"knob": {"name": "step"}}, "knob: key 'low' is missing"),
        ({"knob": {"name": "input", "low": 1, "high": 2, "default": 1, "grid": [1]}}, "'input' cannot be the name of"),
        ({"knob": {"name": "grid", "low": 1, "high": 2, "default": 1, "grid": [1]}}, "'grid' cannot be the name of"),
        ({"knob": {"name": "step", "low": 1, "high": 2, "default": 1, "grid": [1, 9]}}, "step: expected 1 to 2, got 9"),
        (
            {"knob": {"name": "step", "low": 1, "high": 2, "default": 1, "grid": [1.5]}},
            r"a whole number, got 1\.5",
        ),
        ({"settings": {"step": {"default": 1}}}, "'step' is both the knob and one of the settings"),
        ({"settings": {"mode": 1}}, "settings.mode: expected a table, got 1"),
        ({"settings": {"mode": {"choices": ["a"]}}}, "settings.mode: key 'default' is missing"),
    ],
)
def test_a_bad_file_is_told(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = describe(tmp_path, changes)
    with pytest.raises(UsageError, match=message) as caught:
        made(path)
    assert str(path) in str(caught.value)


def test_what_is_no_toml_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        made(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(UsageError, match="not valid TOML"):
        made(tmp_path / "bad.toml")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; print('no memory for', sys.argv[2], file=sys.stderr); sys.exit(2)", "status 2: no memory for 8"),
        ("pass", r"wrote no file \{output\}"),
        ("import sys; open(sys.argv[-1], 'w')", "empty"),
        pytest.param("import time; time.sleep(600)", "took longer than 5 s", marks=pytest.mark.slow),
    ],
)
def test_an_encoder_that_fails(tmp_path: Path, scratch: Path, program: str, message: str) -> None:
    codec = made(describe(tmp_path, {"timeout": 5}, program))
    with pytest.raises(ProgramError, match=message):
        codec.encode(photo(8, 8))
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("stream", [b"", b"junk", zlib.compress(b"P6\n4 4\n255\nshort")])
def test_a_stream_that_the_decoder_refuses(tmp_path: Path, scratch: Path, stream: bytes) -> None:
    with pytest.raises(BitstreamError, match=r"not a whole|has 5 of 48 bytes"):
        made(describe(tmp_path)).decode(stream)
    assert not list(scratch.iterdir())


def test_a_decoder_that_writes_more_than_8_bits(tmp_path: Path) -> None:
    deep = zlib.compress(b"P5 2 2 65535\n" + bytes(range(8)))
    with pytest.raises(BitstreamError, match="got PNM with 16 bits a sample"):
        made(describe(tmp_path)).decode(deep)


@pytest.mark.slow
def test_the_command_line_runs_it_in_workers(rdbench: Run, tmp_path: Path) -> None:
    folder = tmp_path / "my codecs"
    folder.mkdir()
    path = describe(folder)
    images = tmp_path / "images"
    images.mkdir()
    for seed in range(2):
        (images / f"{seed}.png").write_bytes(codec_class("png")().encode(photo(24, 32, seed=seed)))
    rdbench(
        "run",
        "--codecs",
        "./my codecs/steps.toml,png",
        "--dataset",
        f"folder:{images}",
        "--jobs",
        "2",
        "--metrics",
        "psnr",
        "--set",
        "steps.step=2,32",
    )
    results = tmp_path / "results" / "folder-steps-png"
    rows = pd.read_csv(results / "records.csv")
    assert rows[["codec", "status"]].value_counts().to_dict() == {("steps", "ok"): 4, ("png", "ok"): 2}
    steps = rows[rows.codec == "steps"]
    assert steps.psnr_rgb.between(20, 60).all()
    assert steps.version.str.contains("steps.toml").all()
    assert str(tmp_path) not in (results / "study.toml").read_text().replace(str(images), "")
    before = (results / "records.csv").read_bytes()
    rdbench("run", "--study", str(results / "study.toml"), "--out", str(results))
    assert (results / "records.csv").read_bytes() == before, "a study that is done is run again"

    rdbench("encode", "--codec", str(path), "--set", "step=4", str(images / "0.png"), "stream")
    rdbench("decode", "--codec", str(path), "stream", "back.png")
    back = codec_class("png").decode((tmp_path / "back.png").read_bytes())
    assert np.array_equal(back, photo(24, 32, seed=0) // 4 * 4)


@pytest.mark.slow
def test_a_failing_encode_is_a_row_and_a_missing_program_ends_the_run(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "0.png").write_bytes(codec_class("png")().encode(photo(24, 32)))
    run = ("run", "--codecs", "./steps.toml", "--dataset", "folder:images", "--jobs", "1", "--metrics", "psnr")
    fine = "step = int(options[0])"
    describe(tmp_path, program=CODEC.replace(fine, f"{fine}; assert step < 9, 'too coarse'"))
    assert rdbench(*run, check=False).returncode == 1
    rows = pd.read_csv(tmp_path / "results" / "folder-steps" / "records.csv").set_index("settings")
    assert rows.status.to_dict() == {'{"step":4}': "ok", '{"step":16}': "failed"}
    assert "too coarse" in rows.reason['{"step":16}']

    shape = CODEC.replace("zlib.decompress(data)", "b'P5 3 3 255 123456789'")
    describe(tmp_path, program=shape)
    assert rdbench(*run, "--out", "other", check=False).returncode == 1
    rows = pd.read_csv(tmp_path / "other" / "records.csv")
    assert rows.reason.str.contains("the decoder returned").all()

    describe(tmp_path, {"decode": ["no-such-program", "{input}", "{output}"]})
    done = rdbench(*run, "--out", "third", check=False)
    assert done.returncode == 2
    assert "program 'no-such-program' is not on PATH" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "third").exists()


def test_two_files_of_one_name_are_told(rdbench: Run, tmp_path: Path) -> None:
    shutil.copy(describe(tmp_path), tmp_path / "copy.toml")
    done = rdbench("run", "--codecs", "steps.toml,copy.toml", check=False)
    assert done.returncode == 2
    assert "steps.toml and copy.toml are both named 'steps'" in done.stderr


@pytest.mark.skipif(not (shutil.which("cjpeg") and shutil.which("djpeg")), reason="needs cjpeg and djpeg")
def test_libjpegs_programs_do_what_the_library_does(tmp_path: Path) -> None:
    path = tmp_path / "cjpeg.toml"
    path.write_text("""
        name = "cjpeg"
        encode = ["cjpeg", "-quality", "{quality}", "-optimize", "-outfile", "{output}", "{input}"]
        decode = ["djpeg", "-outfile", "{output}", "{input}"]
        version = ["cjpeg", "-version"]
        [knob]
        name = "quality"
        low = 1
        high = 100
        default = 75
        grid = [10, 50, 90]
    """)
    codec, image = made(path), photo(64, 80)
    stream = codec.encode(image)
    assert len(stream) == pytest.approx(len(codec_class("jpeg")().encode(image)), rel=0.02)
    assert np.mean((codec.decode(stream).astype(float) - image) ** 2) < 60
    assert "jpeg" in codec.version().lower()
