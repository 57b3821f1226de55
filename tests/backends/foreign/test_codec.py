"""Codecs of a Python environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.backends.foreign.link import end_links
from benchmark.errors import BitstreamError, ProgramError, UnsupportedImage, UsageError
from benchmark.plugins import codec_class, codec_source, metric_columns
from benchmark.record.reading import read_rows
from benchmark.record.row import Record
from tests.backends.foreign.examples import STEPS, declare, made, methods
from tests.conftest import Run, photo
from tests.needs import installed


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Any:
    yield
    end_links()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_class_of_another_environment(tmp_path: Path, channels: int) -> None:
    codec = made(declare(tmp_path), step=16)
    image = photo(37, 29, channels)
    stream = codec.encode(image)
    assert np.array_equal(codec.decode(stream), image // 16 * 16)
    assert len(stream) < len(made(tmp_path / "steps.toml", step=2).encode(image))
    assert codec.overhead(stream) == 1, "the step, which the decoder has to know"
    assert (codec.device(), codec.complexity(37, 29, 3), codec.weights_digest()) == ("cpu", None, "")
    version = codec.version()
    assert version.startswith(f"CPython {sys.version.split()[0]}, numpy {np.__version__}, steps.toml ")


def test_a_batch_is_one_request(tmp_path: Path) -> None:
    batch = "\n    def encode_batch(self, images):\n        return [bytes([len(images)]) for image in images]\n"
    codec = made(declare(tmp_path, code=STEPS + batch), step=4)
    images = np.stack([photo(8, 9, 1, seed=seed) for seed in range(3)])
    assert {stream[1] for stream in codec.encode_batch(images)} == {3}
    plain = made(declare(tmp_path), step=4)
    streams = plain.encode_batch(images)
    assert np.array_equal(plain.decode_batch(streams), images // 4 * 4)
    mixed = [streams[0], made(tmp_path / "steps.toml", step=8).encode(images[1])]
    assert np.array_equal(plain.decode_batch(mixed), np.stack([images[0] // 4 * 4, images[1] // 8 * 8]))


def test_the_model_stays_loaded_and_the_decoder_is_another_process(tmp_path: Path) -> None:
    told = "np.array([os.getpid(), len(calls)], '<u4').tobytes()"
    code = methods(
        f"calls.append(1); return {told}",
        f"calls.append(1); return np.frombuffer(data + {told}, np.uint8)[None]",
        "calls = []",
    )
    codec = made(declare(tmp_path, code=code))
    streams = [codec.encode(photo(8, 8)) for _ in range(2)]
    answers = [codec.decode(stream).tobytes() for stream in streams]
    numbers = [np.frombuffer(answer, "<u4").tolist() for answer in answers]
    assert [(first[1], first[3]) for first in numbers] == [(1, 1), (2, 2)]
    assert len({os.getpid(), *(pid for first in numbers for pid in (first[0], first[2]))}) == 3


def test_what_the_class_prints_breaks_nothing(tmp_path: Path) -> None:
    loud = "print('x' * 200_000); sys.stdout.write('{}'); os.write(1, b'y' * 200_000); os.system('echo z')"
    codec = made(
        declare(tmp_path, code=methods(f"{loud}; return b'a'", f"{loud}; return np.ones((2, 3), np.uint8)", loud))
    )
    assert codec.encode(photo(4, 4))[1:] == b"a"
    assert np.array_equal(codec.decode(codec.encode(photo(4, 4))), np.ones((2, 3)))


def test_the_class_reads_nothing_and_keeps_our_pixels(tmp_path: Path) -> None:
    codec = made(declare(tmp_path, code=methods("image[:] = 0; return sys.stdin.read().encode() + b'.'")))
    image = photo(4, 4)
    before = image.copy()
    assert codec.encode(image)[1:] == b"."
    assert np.array_equal(image, before)


def test_a_checkpoint_belongs_to_the_settings(tmp_path: Path) -> None:
    code = STEPS.replace("step=8):", "step=8, checkpoint=''):\n        self.text = open(checkpoint).read()").replace(
        "return np.array", "return self.text.encode() + np.array"
    )
    for step in (4, 8, 16):
        (tmp_path / f"q{step}.txt").write_text(f"<{step}>")
    path = declare(tmp_path, {"checkpoint": "q{step}.txt"}, code)
    streams = [made(path, step=step).encode(photo(4, 4)) for step in (4, 16)]
    assert [stream[1:].partition(b">")[0] for stream in streams] == [b"<4", b"<16"]
    digests = {made(path, step=step).weights_digest() for step in (4, 8, 16)}
    assert len(digests) == 3
    (tmp_path / "q8.txt").write_text("another")
    assert made(path, step=8).weights_digest() not in digests
    with pytest.raises(UsageError, match=r"checkpoint: .*q5\.txt cannot be read: No such file"):
        made(path, step=5).weights_digest()


def test_the_source_is_the_file_and_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("FACTOR = 2\n")
    path = declare(tmp_path, code=f"from beside import FACTOR\n{STEPS}")
    first = codec_source(str(path))
    assert codec_source(str(path)) == first
    (tmp_path / "beside.py").write_text("FACTOR = 3\n")
    second = codec_source(str(path))
    assert second != first
    (tmp_path / "steps_model.py").write_text(STEPS + "\nMORE = 1\n")
    assert codec_source(str(path)) not in (first, second)


def test_complexity_and_device_are_those_of_the_class(tmp_path: Path) -> None:
    more = "    device = 'abacus'\n    def complexity(self, height, width, channels):\n"
    codec = made(
        declare(tmp_path, code=methods("return b''") + more + "        return 7, height * width * channels, None\n")
    )
    found = codec.complexity(5, 6, 3)
    assert (found.parameters, found.encode_macs, found.decode_macs, codec.device()) == (7, 90, None, "abacus")


@pytest.mark.slow
def test_tensors(tmp_path: Path) -> None:
    if not installed("torch"):
        pytest.skip("torch is not installed: extra torch")
    code = """
import numpy as np
import torch


class Steps:
    def __init__(self, step=8):
        self.layer = torch.nn.Conv2d(1, 1, 1)

    def encode(self, image):
        assert image.dtype == torch.float32 and image.ndim == 4, (image.dtype, image.shape)
        assert not self.layer(image[:, :1]).requires_grad
        return np.array(image.shape, "<u4").tobytes() + (image * 255).round().to(torch.uint8).numpy().tobytes()

    def decode(self, data):
        shape = np.frombuffer(data[:16], "<u4").tolist()
        pixels = torch.frombuffer(bytearray(data[16:]), dtype=torch.uint8).reshape(shape)
        return pixels.float() / 255 * 1.0001
"""
    codec = made(declare(tmp_path, {"pixels": "torch"}, code))
    for channels in (1, 3):
        image = photo(9, 7, channels)
        assert np.array_equal(codec.decode(codec.encode(image)), image)
    assert "torch " in codec.version()
    assert codec.device() == "cpu"


# What goes wrong there


@pytest.mark.parametrize(
    ("encode", "message"),
    [
        ("raise ValueError('no size')", r"steps: ValueError: no size \(steps_model\.py, line 9\)"),
        ("sys.exit('enough')", "steps: SystemExit: enough"),
        ("return 'text'", "steps: TypeError: encode returned str, expected bytes"),
        ("print('last words'); os._exit(3)", "ended with exit code 3; the last line that it printed: last words"),
        ("os.kill(os.getpid(), 9)", r"was ended by SIGKILL, as the system does where memory runs out"),
        ("os.abort()", r"its process was ended by SIGABRT"),
        ("print('still here'); time.sleep(600)", "took longer than 10 s and was stopped; the last .*: still here"),
        ("return bytes(np.ones(1 << 30, np.uint8))", r"took more than 512 MiB of memory: .*MemoryError"),
    ],
)
def test_an_encoder_that_fails(tmp_path: Path, encode: str, message: str) -> None:
    limits = {"timeout": 10 if "sleep" in encode else 120, "memory": 512}
    codec = made(declare(tmp_path, limits, methods(encode)))
    with pytest.raises(ProgramError, match=message):
        codec.encode(photo(8, 8))
    declare(tmp_path, limits, methods("return b'well'"))
    assert codec.encode(photo(8, 8))[1:] == b"well", "the next image has a worker again"


@pytest.mark.parametrize(
    ("decode", "message"),
    [
        ("raise ValueError('no size')", "not a whole stream of steps: ValueError: no size"),
        ("return np.zeros((4, 4))", r"decode returned float64 of shape \(4, 4\), expected uint8 of shape \(H, W, 3\)"),
        ("return None", "decode returned object of shape"),
    ],
)
def test_a_stream_that_the_decoder_refuses(tmp_path: Path, decode: str, message: str) -> None:
    codec = made(declare(tmp_path, code=methods("return b'a'", decode)))
    with pytest.raises(BitstreamError, match=message):
        codec.decode(codec.encode(photo(4, 4)))
    with pytest.raises(BitstreamError, match="does not begin with settings"):
        codec.decode(b"")


def test_what_the_class_does_not_take_is_told(tmp_path: Path) -> None:
    codec = made(declare(tmp_path, {"channels": [3]}))
    with pytest.raises(UnsupportedImage, match="steps takes RGB images alone, got a grey one"):
        codec.encode(photo(4, 4, 1))


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_nothing_is_left_of_a_process_that_is_killed(tmp_path: Path) -> None:
    """Neither the worker, which hangs, nor what it has started."""
    note = tmp_path / "note"
    start = "import subprocess; child = subprocess.Popen(['sleep', '600'])"
    write = f"open('{note}', 'w').write(f'{{os.getpid()}} {{child.pid}}'); os.rename('{note}', '{note}.done')"
    declare(tmp_path, code=methods(f"{start}; {write}; time.sleep(600)"))
    program = (
        "import numpy as np; from benchmark.plugins import codec_class; "
        f"codec_class({str(tmp_path / 'steps.toml')!r})().encode(np.zeros((8, 8), np.uint8))"
    )
    process = subprocess.Popen([sys.executable, "-c", program])
    deadline = time.monotonic() + 60
    while not (tmp_path / "note.done").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    pids = [int(word) for word in (tmp_path / "note.done").read_text().split()]
    process.kill()
    process.wait()
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


# Runs


def rows_of(results: Path) -> list[Record]:
    metrics = metric_columns()
    return [Record.from_cells(row.cells, metrics) for row in read_rows(results / "records.csv", metrics)]


def picture(folder: Path) -> None:
    (folder / "images").mkdir()
    (folder / "images" / "0.png").write_bytes(codec_class("png")().encode(photo(24, 32)))


@pytest.mark.slow
def test_a_run_with_other_packages_and_its_failures(rdbench: Run, tmp_path: Path, numpy_1: Path, undrawn: None) -> None:
    picture(tmp_path)
    run = ("run", "--codecs", "./steps.toml,png", "--dataset", "folder:images", "--jobs", "1", "--metrics", "psnr")
    fails = {
        4: "os._exit(3)",
        8: "time.sleep(600)",
        16: "print(1); raise ValueError('no')",
        32: "os.kill(os.getpid(), 9)",
    }
    steps = {"name": "step", "low": 1, "high": 64, "default": 8, "increasing": False, "grid": [1, *fails]}
    checks = "\n".join(f"        if self.step == {step}: {what}" for step, what in fails.items())
    code = STEPS.replace("        quantised", f"{checks}\n        quantised").replace(
        "import zlib", "import os, time, zlib"
    )
    declare(tmp_path, {"python": str(numpy_1), "knob": steps, "timeout": 12}, code)
    assert rdbench(*run, "--keep", "streams", check=False).returncode == 1
    results = tmp_path / "results" / "folder-steps-png"
    rows = rows_of(results)
    assert {row.status for row in rows if row.codec == "png"} == {"ok"}
    ours = [row for row in rows if row.codec == "steps"]
    assert all("numpy 1.26.4, steps.toml " in row.version for row in ours)
    assert {row.device for row in ours if row.status == "ok"} == {"cpu"}
    reasons = {json.loads(row.settings)["step"]: (row.status, row.reason) for row in ours}
    assert reasons[1] == ("ok", "")
    assert {reasons[step][0] for step in fails} == {"failed"}
    for step, words in {4: "exit code 3", 8: "longer than 12 s", 16: "ValueError: no", 32: "SIGKILL"}.items():
        assert words in reasons[step][1]

    rdbench("verify", str(results), "--codecs", "./steps.toml,png")


@pytest.mark.slow
def test_a_run_is_done_once(rdbench: Run, tmp_path: Path, serial: None, undrawn: None) -> None:
    picture(tmp_path)
    declare(tmp_path)
    run = ("run", "--codecs", "./steps.toml", "--dataset", "folder:images", "--metrics", "psnr", "--out", "results")
    rdbench(*run)
    rows = rows_of(tmp_path / "results")
    assert [(row.status, row.overhead_bytes) for row in rows] == [("ok", 1)] * 2
    assert all(20 < row.metrics["psnr_rgb"] < 60 for row in rows)
    before = (tmp_path / "results" / "records.csv").read_bytes()
    end_links()
    rdbench(*run)
    assert (tmp_path / "results" / "records.csv").read_bytes() == before
