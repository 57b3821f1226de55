"""The times of the bench beside the library's own loop in C, and beside its commands.

python -m pytest tests/perf/test_library.py -s

Wants a machine that does nothing else. The loop wants a C compiler and the header ``jpeglib.h`` that libjpeg-turbo has;
the commands are ``cjpeg`` and ``djpeg`` (Debian's libjpeg-turbo-progs).
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL
import pytest
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture

from benchmark.dataset import read_image
from benchmark.plugins import codec_class
from benchmark.record.row import DISTURBED, Record
from benchmark.run.task import Task, run_task
from benchmark.system.load import pinned, quiet_cores

Times = npt.NDArray[np.float64]
"""Encoder and decoder, each by the clock and by processor time."""

REPEATS = 100
MOST = {"encode": 1.15, "decode": 1.8}
"""Times over those of C, at most. Decoding, Pillow keeps four bytes of a pixel, from which NumPy's three are copied."""


@pytest.fixture
def loop(tmp_path: Path) -> Path:
    """A program that encodes and decodes with the very library that Pillow brings along."""
    libraries = sorted((Path(PIL.__file__).parents[1] / "pillow.libs").glob("libjpeg-*"))
    compiler = shutil.which("cc")
    if not libraries or compiler is None:
        pytest.skip("no C compiler, or no libjpeg-turbo beside Pillow")
    source, program = Path(__file__).with_name("jpeg_loop.c"), tmp_path / "loop"
    where = f"-Wl,-rpath,{libraries[0].parent}"
    built = subprocess.run(
        [compiler, "-O2", "-o", program, source, libraries[0], where], capture_output=True, text=True, check=False
    )
    if "jpeglib.h" in built.stderr:
        pytest.skip("no header jpeglib.h")
    assert built.returncode == 0, built.stderr
    return program


def timed_row(kodak: Path, quality: int, cores: tuple[int, ...]) -> Record:
    """What ``run --timing`` measures of one picture."""
    one = Task("kodak", kodak.parent, "kodim13", "kodak", "jpeg", [{"quality": quality}], ("psnr",), REPEATS, 1)
    (row,) = run_task(replace(one, jobs=1, timing=True, cores=cores))
    return row


@pytest.mark.parametrize("quality", [50, 75, 90])
def test_jpeg_beside_a_loop_in_c(
    benchmark: BenchmarkFixture, loop: Path, kodak: Path, tmp_path: Path, quality: int
) -> None:
    """As ``run --timing`` measures it, on the same core. The streams are the same bytes."""
    image = read_image(kodak / "kodim13.png")
    image.tofile(tmp_path / "a.rgb")
    cores = quiet_cores(1)

    def theirs() -> Times:
        size = [str(image.shape[1]), str(image.shape[0])]
        words = [str(loop), str(tmp_path / "a.rgb"), *size, str(quality), str(REPEATS), str(tmp_path / "a.jpg")]
        with pinned(cores):
            printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        return np.array([line.split() for line in printed.splitlines()], float)

    before = theirs()
    row = benchmark.pedantic(timed_row, (kodak, quality, cores), rounds=1)
    in_c = (before + theirs()) / 2
    assert (tmp_path / "a.jpg").read_bytes() == codec_class("jpeg").from_settings({"quality": quality}).encode(image)
    ours = np.array([[row.encode_s, row.encode_cpu_s], [row.decode_s, row.decode_cpu_s]], float)
    print(f"\nquality {quality}, milliseconds of the bench, and over those of C by the clock and by processor time:")
    for name, (seconds, _), (wall, processor) in zip(MOST, ours, ours / in_c, strict=True):
        benchmark.extra_info[name] = round(float(wall), 3)
        print(f"  {name}: {1e3 * seconds:.2f} ms, {wall:.3f}, {processor:.3f}")
    assert DISTURBED not in row.flags, f"this machine does something else: {row.reason}"
    assert (ours[:, 0] / in_c[:, 0] <= list(MOST.values())).all()


@pytest.mark.parametrize("quality", [50, 75, 90])
def test_jpeg_beside_the_commands(benchmark: BenchmarkFixture, kodak: Path, tmp_path: Path, quality: int) -> None:
    """The commands also start a process, and read and write files. The streams are the same bytes."""
    if not shutil.which("cjpeg") or not shutil.which("djpeg"):
        pytest.skip("no commands cjpeg and djpeg")
    image = read_image(kodak / "kodim13.png")
    source, stream, pixels = tmp_path / "a.ppm", tmp_path / "a.jpg", tmp_path / "b.ppm"
    Image.fromarray(image).save(source)
    commands = {
        "encode": ["cjpeg", "-quality", str(quality), "-optimize", "-outfile", str(stream), str(source)],
        "decode": ["djpeg", "-outfile", str(pixels), str(stream)],
    }
    cores = quiet_cores(1)
    row = benchmark.pedantic(timed_row, (kodak, quality, cores), rounds=1)
    print(f"\nquality {quality}, milliseconds of the bench, and over those of the command:")
    for name, ours in (("encode", row.encode_s), ("decode", row.decode_s)):
        with pinned(cores):
            theirs = statistics.median(seconds(commands[name]) for _ in range(REPEATS))
        print(f"  {name}: {1e3 * ours:.2f} ms, {ours / theirs:.3f}")
        benchmark.extra_info[name] = round(ours / theirs, 3)
        assert ours <= 1.15 * theirs
    assert stream.read_bytes() == codec_class("jpeg").from_settings({"quality": quality}).encode(image)


def seconds(command: list[str]) -> float:
    """How long a command takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began
