"""External programs, and codecs that a TOML file describes; Python scripts are the programs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tomli_w

from benchmark.errors import BitstreamError, MissingBackend, ProgramError, UnsupportedImage, UsageError
from benchmark.plugins import codec_class
from benchmark.system.program import find_program, private_folder, run_program
from tests.conftest import ROOT, Run, photo

posix = pytest.mark.skipif(os.name != "posix", reason="process groups and their limits are POSIX's")

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


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which private folders are made, to see that nothing stays there."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def python(program: str, **options: Any) -> tuple[bytes, str]:
    with private_folder() as folder:
        return run_program([sys.executable, "-c", program], folder=folder, **options)


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
    return codec_class.__wrapped__(str(path)).from_settings(settings)


# Programs


def test_a_program_reads_stdin_and_writes_stdout(scratch: Path) -> None:
    output, errors = python("import sys; sys.stdout.write(sys.stdin.read()[::-1]); print('note', file=sys.stderr)",
                            stdin=b"x" * 100_000 + b"y")
    assert output == b"y" + b"x" * 100_000
    assert errors == "note\n"
    assert not list(scratch.iterdir())


def test_arguments_reach_a_program_as_they_are(scratch: Path) -> None:
    words = ["two words", "$(touch ran)", "`id`", "; exit 3", "*", "a\nb", '"', ""]
    with private_folder() as folder:
        output, _ = run_program([sys.executable, "-c", "import sys; print(sys.argv[1:])", *words], folder=folder)
    assert output.decode().strip() == repr(words)


def test_a_program_runs_in_its_folder_on_one_thread(scratch: Path) -> None:
    program = (
        "import os, tempfile; print(os.getcwd(), tempfile.gettempdir(), os.environ['OMP_NUM_THREADS']);"
        "tempfile.mkstemp()"
    )
    where, temporary, threads = python(program)[0].decode().split()
    assert Path(where).parent == scratch.resolve()
    assert Path(temporary).resolve() == Path(where)
    assert threads == "1"
    assert not list(scratch.iterdir())


def test_a_failing_program_tells_its_last_lines(scratch: Path) -> None:
    program = "import sys; [print('line', i, file=sys.stderr) for i in range(20)]; sys.exit(7)"
    with pytest.raises(ProgramError, match=r"ended with status 7: line 15 \| .* \| line 19$") as caught:
        python(program)
    assert "line 14" not in str(caught.value)
    with pytest.raises(ProgramError, match="ended with status 3: it wrote nothing"):
        python("raise SystemExit(3)")
    assert not list(scratch.iterdir())


@posix
def test_a_program_that_a_signal_ends(scratch: Path) -> None:
    with pytest.raises(ProgramError, match="was ended by SIGSEGV"):
        python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")


def test_a_missing_program_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingBackend, match="'no-such-program' is not on PATH: apt install it"):
        find_program("no-such-program", install="apt install it")
    (tmp_path / "data").write_text("not a program")
    with pytest.raises(MissingBackend, match="is not an executable file"):
        run_program([tmp_path / "data"], folder=tmp_path)


def alive(pid: int) -> bool:
    """Whether a process still runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("seconds", ["600", "0"])
def test_the_whole_group_ends_with_a_program(scratch: Path, tmp_path: Path, seconds: str) -> None:
    """One that hangs is stopped; the child that one leaves behind, which holds its pipes, is waited for no longer."""
    start = time.monotonic()
    with private_folder() as folder, pytest.raises(ProgramError, match=r"took longer than 1\.5 s and was stopped"):
        run_program([sys.executable, "-c", PARENT, tmp_path / "pid", seconds], folder=folder, timeout=1.5)
    assert time.monotonic() - start < 20
    for _ in range(50):  # the child of a dead parent is some other process's to reap
        if not alive(int((tmp_path / "pid").read_text())):
            break
        time.sleep(0.1)
    else:
        pytest.fail("the grandchild outlived its group")
    assert not list(scratch.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of another process can be limited on Linux alone")
def test_memory_is_limited(scratch: Path) -> None:
    with pytest.raises(ProgramError, match="MemoryError"):
        python("import time; time.sleep(0.5); block = bytearray(600 << 20)", memory=500)
    assert python("import time; time.sleep(0.5); print(len(bytearray(300 << 20)))", memory=500)[0]


def test_programs_run_from_threads(scratch: Path) -> None:
    seen: list[bytes] = []
    threads = [threading.Thread(target=lambda: seen.append(python("print(1)")[0])) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [text.strip() for text in seen] == [b"1"] * 3
    assert not list(scratch.iterdir())


SLEEPS = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
WAITS = """
import signal, sys, tempfile
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
from benchmark.system.program import private_folder, run_program
tempfile.tempdir = sys.argv[1]
with private_folder() as folder:
    run_program([sys.executable, "-c", *sys.argv[2:]], folder=folder)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_stops_the_bench_stops_the_program(tmp_path: Path, number: signal.Signals) -> None:
    scratch, told = tmp_path / "scratch", tmp_path / "pid"
    scratch.mkdir()
    bench = subprocess.Popen(
        [sys.executable, "-c", WAITS, str(scratch), SLEEPS, str(told)], cwd=ROOT, stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        if told.exists() and told.read_text():
            break
        time.sleep(0.1)
    pid = int(told.read_text())
    assert alive(pid)
    assert list(scratch.iterdir())
    bench.send_signal(number)
    assert bench.wait(timeout=30) == -number
    assert not alive(pid)
    assert not list(scratch.iterdir())


# Codecs of TOML files


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
    path = describe(tmp_path, {
        "summary": "steps", "version": [sys.executable, "-c", "import sys; sys.exit('\\nsteps 1.2\\nmore')"],
        "encode": [sys.executable, str(tmp_path / "co dec $(touch ran).py"), "encode", "{step}", "--fast={fast}",
                   "{scale}", "{input}", "{output}"],
        "settings": {"fast": {"default": False}, "scale": {"default": 1.5, "low": 0.5, "high": 2, "grid": [1, 2]}},
    })
    codec = made(path)
    assert codec.settings == {"step": 8, "fast": False, "scale": 1.5}
    assert codec.grid == {"step": (4, 16), "scale": (1, 2)}
    assert codec.knob is not None
    assert (codec.knob.field, codec.knob.low, codec.knob.high, codec.knob.increasing) == ("step", 1, 64, False)
    assert (codec.name, codec.summary, codec.version()) == (
        "steps", "steps", f"steps 1.2, steps.toml {made(path).description.digest}"
    )
    assert codec == type(codec).from_settings(codec.settings)
    assert hash(codec) == hash(type(codec)())
    before = codec.version()
    path.write_text(path.read_text().replace("--fast", "--quick"))
    assert made(path).version() != before, "other commands are another codec"


def test_placeholders_are_replaced_once_and_in_place(tmp_path: Path) -> None:
    program = "import json, sys; json.dump(sys.argv[1:-1], open(sys.argv[-1], 'w'))"
    codec = made(describe(tmp_path, {
        "encode": [sys.executable, "-c", program, "-q{step}", "{word}", "{}", "{ step }", "{input}", "{output}"],
        "settings": {"word": {"default": "{output} $(id)"}},
    }))
    words = json.loads(codec.encode(photo(4, 4)))
    assert words[:4] == ["-q8", "{output} $(id)", "{}", "{ step }"]
    assert words[4].endswith("input.ppm")


def test_a_program_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    describe(tmp_path)
    tool = tmp_path / "tool.sh"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/co dec \\$(touch ran).py" "$@"\n')
    tool.chmod(0o755)
    path = describe(tmp_path, {
        "encode": ["./tool.sh", "encode", "{step}", "{input}", "{output}"],
        "decode": ["./tool.sh", "decode", "{input}", "{output}"],
    })
    codec = made(path, step=4)
    monkeypatch.chdir("/")
    image = photo(9, 9)
    assert np.array_equal(codec.decode(codec.encode(image)), image // 4 * 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": None}, "key 'name' is missing"),
        ({"decode": None}, "key 'decode' is missing"),
        ({"colour": 1}, "unknown key 'colour'; known: name, "),
        ({"name": "Two Words"}, "name: expected small letters"),
        ({"name": "jpeg"}, "'jpeg' is that of another codec"),
        ({"encode": "cjpeg {input}"}, "encode: expected list, got 'cjpeg {input}'"),
        ({"encode": []}, "encode: expected a program and its arguments"),
        ({"encode": ["x", 1]}, "encode: expected a program and its arguments, each a text"),
        ({"encode": ["x", "{input}", "{output}", "{step}", "{quality}"]},
         r"encode: unknown placeholder \{quality\}; known here: \{input\}, \{output\}, \{step\}"),
        ({"encode": ["x", "{input}", "{output}"]}, r"encode: \{step\} stands in none of its arguments"),
        ({"encode": ["x", "{input}", "{step}"]}, r"encode: \{output\} stands in none"),
        ({"decode": ["x", "{input}", "{output}", "{step}"]}, r"decode: unknown placeholder \{step\}"),
        ({"version": ["x", "{input}"]}, r"version: unknown placeholder \{input\}; known here: none"),
        ({"input": "bmp"}, "input: expected pnm or png, got 'bmp'"),
        ({"stream": "../x"}, "stream: expected the ending of a file's name"),
        ({"timeout": -1}, "timeout: expected a number from 0"),
        ({"memory": True}, "memory: expected int, got True"),
        ({"knob": {"name": "step"}}, "knob: key 'low' is missing"),
        ({"knob": {"name": "input", "low": 1, "high": 2, "default": 1, "grid": [1]}}, "'input' cannot be the name of"),
        ({"knob": {"name": "grid", "low": 1, "high": 2, "default": 1, "grid": [1]}}, "'grid' cannot be the name of"),
        ({"knob": {"name": "step", "low": 1, "high": 2, "default": 1, "grid": [1, 9]}}, "step: expected 1 to 2, got 9"),
        ({"knob": {"name": "step", "low": 1, "high": 2, "default": 1, "grid": [1.5]}}, r"step: expected int, got 1\.5"),
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
        ("import time; time.sleep(600)", "took longer than 1 s"),
    ],
)
def test_an_encoder_that_fails(tmp_path: Path, scratch: Path, program: str, message: str) -> None:
    codec = made(describe(tmp_path, {"timeout": 1}, program))
    with pytest.raises(ProgramError, match=message):
        codec.encode(photo(8, 8))
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("stream", [b"", b"junk", zlib.compress(b"P6\n4 4\n255\nshort")])
def test_a_stream_that_the_decoder_refuses(tmp_path: Path, scratch: Path, stream: bytes) -> None:
    with pytest.raises(BitstreamError, match="not a whole"):
        made(describe(tmp_path)).decode(stream)
    assert not list(scratch.iterdir())


def test_a_decoder_that_writes_more_than_8_bits(tmp_path: Path) -> None:
    deep = zlib.compress(b"P5 2 2 65535\n" + bytes(range(8)))
    with pytest.raises(BitstreamError, match="more than 8 bits"):
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
        "run", "--codecs", "./my codecs/steps.toml,png", "--dataset", f"folder:{images}", "--jobs", "2",
        "--metrics", "psnr", "--set", "steps.step=2,32",
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
