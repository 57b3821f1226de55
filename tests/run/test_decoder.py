"""Decoding in a process that sees bytes alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from benchmark.plugins import codec_class
from benchmark.run.decoder import (
    Undecodable,
    all_hidden_from,
    decode_apart,
    decode_here,
    end_decoders,
    hidden_from,
)
from benchmark.run.requests import Request
from benchmark.run.timing import Stopwatch
from benchmark.system import forking
from benchmark.system.seclusion import possible_seclusion, unsecluded
from tests.cheats import CHEATS
from tests.conftest import ROOT, photo
from tests.packages import install_package
from tests.run.examples import records


def request_of(*streams: bytes, codec: str = "jpeg") -> Request:
    return Request(codec, (streams,), Stopwatch(1), frozenset({"once"}))


@pytest.fixture
def decoders() -> Iterator[None]:
    """Processes of decoders, which end with the test."""
    yield
    end_decoders()


def test_an_error_of_the_decoder_is_told_with_its_type() -> None:
    with pytest.raises(Undecodable, match=r"^BitstreamError: not a whole JPEG file"):
        decode_here(request_of(b"no stream"))


@pytest.mark.slow
@pytest.mark.usefixtures("decoders")
def test_another_process_decodes_the_same_pixels() -> None:
    streams = [codec_class("jpeg").from_settings({"quality": 60}).encode(photo(24, 40, seed=seed)) for seed in (1, 2)]
    apart, here = (decode(request_of(*streams)) for decode in (decode_apart, decode_here))
    assert np.array_equal(apart.parts[0], here.parts[0])
    assert apart.times.repeats == 1
    with pytest.raises(Undecodable, match=r"^BitstreamError: not a whole JPEG file"):
        decode_apart(request_of(b"no stream"))


def caught() -> set[str]:
    """The cheats that fail here: some need what only Linux can take from a process."""
    always = {"memory", "attribute", "environment", "module", "overhead"}
    possible = possible_seclusion()
    found = {
        "memory": {"worker"},
        "network": {"socket", "port", "shared memory"},
        "folder": {"working folder", *({"recalled from a file"} if forking.AVAILABLE else ())},
        "temporary": {"temporary file", "other temporary file"},
        "processes": {"name of a process"},
    }
    return always.union(*(cheats for name, cheats in found.items() if possible[name]))


@pytest.mark.slow
def test_a_decoder_that_knows_the_picture_from_elsewhere_fails(tmp_path: Path) -> None:
    """The codec lies, and the run starts, beside this checkout: folders that a decoder needs are not hidden from it."""
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".cheats-") as place:
        install_package(Path(place), "cheats", CHEATS, "codecs", {"cheat": "Cheat"})
        Pictures.fromarray(photo(40, 56)).save(tmp_path / "picture.png")
        words = "run --codecs cheat,jpeg --set jpeg.quality=50 --metrics psnr --jobs 1"
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "benchmark",
                *words.split(),
                "--dataset",
                f"folder:{tmp_path}",
                "--out",
                tmp_path / "out",
            ],
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), place])},
        )
    for left in (Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/dev/shm")):
        (left / "rdbench-cheat.bin").unlink(missing_ok=True)
    assert done.returncode == 1, done.stderr
    rows = records(tmp_path / "out")
    how = rows["settings"].map(lambda text: json.loads(text).get("how", "jpeg"))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    # Not hidden where this checkout, or Python, lies among the temporary files; the manifest then says so.
    hidden = "decoders see the temporary files of others" not in manifest["not_enforced"]
    expected = caught() - (set() if hidden else {"temporary file", "other temporary file"})
    assert set(how[rows["status"] == "failed"]) >= expected
    assert set(how[rows["status"] == "crashed"]) == {"exits"}
    assert set(how[rows["status"] == "ok"]) >= {"jpeg", "length", "whole", "own port"}
    if forking.AVAILABLE:
        (reason,) = rows.loc[how == "recalled", "reason"]
        assert reason.startswith("a process that had decoded nothing before could not decode these bytes: IndexError")
    pixels = 40 * 56 * 3
    assert (rows.loc[how == "length", "bytes"].astype(int) > pixels).all(), "the bytes are counted, whatever they say"
    assert set(unsecluded(hidden=hidden)) <= set(manifest["not_enforced"])


def test_a_codec_that_a_file_describes_sees_all_folders() -> None:
    assert hidden_from("./codec.toml") == ()
    assert not all_hidden_from("./codec.toml")
