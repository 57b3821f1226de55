"""Every command that writes, where nothing can be written: exit status 2 and one line; what was there before stays."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, Run, photo
from tests.run.examples import records

SAMPLE = ROOT / "results" / "baseline" / "sample"

COMMANDS = {
    "run": ["run", "--codecs", "png", "--dataset", "folder:pictures", "--metrics", "psnr", "--out", "OUT"],
    "bdrate": ["bdrate", "good", "--anchor", "jpeg", "--out", "OUT.csv"],
    "ranking": ["ranking", "good", "--at", "psnr=30", "--out", "OUT.md"],
    "compare": ["compare", "good", "good", "--out", "OUT"],
    "report": ["report", "good", "--pictures", "0", "--jobs", "1", "--out", "OUT"],
    "import": ["import", "curve.csv", "--dataset", "d", "--images", "2", "--out", "OUT.csv"],
    "encode": ["encode", "pictures/0.png", "OUT.png"],
    "decode": ["decode", "pictures/0.png", "OUT.ppm"],
    "audit": ["audit", "--codecs", "png", "--image", "pictures/0.png", "--out", "OUT.json"],
    "pack": ["pack", "--dataset", "pictures", "--out", "OUT.npz"],
    "build-bd": ["data", "build-bd", "--source", "pictures", "--patch", "8", "--jobs", "1", "--out", "OUT"],
}


@contextmanager
def no_room(_: Path) -> Iterator[None]:
    """No file can grow, as on a full disk: the kernel refuses the very write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def refusing(code: int) -> Callable[[Path], AbstractContextManager[None]]:
    """A system that lets nothing be made below a folder."""

    @contextmanager
    def refuse(folder: Path) -> Iterator[None]:
        def unless_below(call: Callable[..., Any]) -> Callable[..., Any]:
            def called(path: Any, *arguments: Any, **more: Any) -> Any:
                makes = call is not os.open or arguments[0] & os.O_CREAT
                if makes and isinstance(path, (str, Path)) and Path(path).absolute().is_relative_to(folder):
                    raise OSError(code, os.strerror(code), str(path))
                return call(path, *arguments, **more)

            return called

        with pytest.MonkeyPatch.context() as patch:
            for name in ("open", "mkdir"):
                patch.setattr(os, name, unless_below(getattr(os, name)))
            yield

    return refuse


@contextmanager
def a_file_above(folder: Path) -> Iterator[None]:
    """The folder is a file."""
    shutil.rmtree(folder)
    folder.write_bytes(b"mine")
    yield


FAULTS: dict[str, Callable[[Path], AbstractContextManager[None]]] = {
    "no room": no_room,
    "read-only": refusing(errno.EROFS),
    "no permission": refusing(errno.EACCES),
    "a file above": a_file_above,
}


@pytest.fixture
def given(tmp_path: Path) -> None:
    """What the commands read."""
    (tmp_path / "pictures").mkdir()
    Image.fromarray(photo(32, 32)).save(tmp_path / "pictures" / "0.png")
    shutil.copytree(SAMPLE, tmp_path / "good")
    (tmp_path / "curve.csv").write_text("bpp,psnr\n0.1,30\n0.2,32\n0.4,34\n0.8,36\n", encoding="utf-8")
    (tmp_path / "out").mkdir()


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.slow
@pytest.mark.usefixtures("given", "serial", "undrawn")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_cannot_be_written_is_a_line(rdbench: Run, tmp_path: Path, command: str, fault: str) -> None:
    words = [word.replace("OUT", "out/x") for word in COMMANDS[command]]
    if command == "import":
        words += ["--define", "psnr=psnr_rgb,dB,images"]
    before = {path: content for path, content in files(tmp_path).items() if (tmp_path / "out") not in path.parents}
    with FAULTS[fault](tmp_path / "out"):
        done = rdbench(*words, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    said = [line for line in done.stderr.splitlines() if line and not line.startswith(("note: ", "0/", "1/"))]
    assert len(said) == 1, said
    assert said[0].startswith("Error: "), said
    assert "out" in said[0], said
    left = files(tmp_path)
    assert left.pop(tmp_path / "out", b"mine") == b"mine"
    assert left == before


@pytest.mark.usefixtures("given", "serial", "undrawn")
@pytest.mark.parametrize("fault", ["no room", "read-only"])
def test_a_run_that_goes_on_on_a_full_disk_keeps_its_rows(rdbench: Run, tmp_path: Path, fault: str) -> None:
    words = ("run", "--codecs", "png", "--dataset", "folder:pictures", "--metrics", "psnr", "--out", "out")
    rdbench(*words, "--set", "png.level=1")
    before = files(tmp_path)
    with FAULTS[fault](tmp_path / "out"):
        done = rdbench(*words, "--set", "png.level=1,9", check=False)
    assert done.returncode == 2, done.stdout
    assert "cannot be written" in done.stderr
    assert files(tmp_path) == before
    rdbench(*words, "--set", "png.level=1,9")
    assert list(records(tmp_path / "out")["status"]) == ["ok", "ok"]


@pytest.mark.slow
def test_a_disk_that_becomes_full_ends_a_run_which_then_goes_on(tmp_path: Path) -> None:
    """No file may pass 10 KiB: some rows find room, and the next one is torn by the kernel."""
    (tmp_path / "pictures").mkdir()
    for index in range(40):
        Image.fromarray(np.full((8, 8, 3), index, np.uint8)).save(tmp_path / "pictures" / f"{index}.png")
    words = ("run", "--codecs", "png", "--dataset", "folder:pictures", "--metrics", "psnr", "--jobs", "1")
    command = [sys.executable, "-m", "benchmark", *words, "--out", "out"]
    options: dict[str, Any] = {
        "cwd": tmp_path,
        "capture_output": True,
        "text": True,
        "env": {**os.environ, "PYTHONPATH": str(ROOT)},
    }
    full = subprocess.run(["bash", "-c", 'ulimit -f 10; exec "$@"', "", *command], check=False, **options)
    assert full.returncode == 2, full.stdout + full.stderr
    (said,) = [line for line in full.stderr.splitlines() if line.startswith("Error: ")]
    assert "records.csv: cannot be written: File too large" in said
    assert "Traceback" not in full.stderr
    text = (tmp_path / "out" / "records.csv").read_text(encoding="utf-8")
    assert text.endswith("\n"), "the torn row was cut"
    whole = text.count("\n") - 1
    assert 1 <= whole < 40
    done = subprocess.run(command, check=False, **options)
    assert done.returncode == 0, done.stderr
    assert f"40 ok; {whole} of them from an earlier run" in done.stdout
    assert not (tmp_path / "out" / "rejected.csv").exists()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_an_output_that_is_full_is_a_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "benchmark", "list", "metrics"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        ["Error: the output, or a file: cannot be used: No space left on device"],
    )
