"""Decoding in a process that sees bytes alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmark.plugins import codec_class
from benchmark.run.decoder import DecoderDied, Request, Undecodable, decode_apart, decode_here, end_decoders
from benchmark.run.timing import Stopwatch
from benchmark.system.seclusion import possible_seclusion, unsecluded
from tests.cheats import CHEATS
from tests.conftest import ROOT, Run, photo
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


EXITS = '''
"""A codec whose decoder ends its process."""
import dataclasses, os
from benchmark.codec import Codec

@dataclasses.dataclass(frozen=True)
class Exits(Codec):
    """Its decoder ends."""
    name = "exits"
    summary = "its decoder ends"
    grid = {}

    @classmethod
    def version(cls):
        return "exits 1"

    def encode(self, image):
        return b"a stream"

    @classmethod
    def decode(cls, data):
        os._exit(7)
'''


@pytest.mark.slow
@pytest.mark.usefixtures("decoders")
def test_a_decoder_that_ends_its_process_is_told_and_the_next_one_starts_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_package(tmp_path, "exits", EXITS, "codecs", {"exits": "Exits"})
    monkeypatch.syspath_prepend(tmp_path)
    stream = codec_class("jpeg").from_settings({"quality": 60}).encode(photo(8, 8))
    for _ in range(2):
        with pytest.raises(DecoderDied, match="exit code 7"):
            decode_apart(request_of(stream, codec="exits"))
        assert decode_apart(request_of(stream)).parts[0].shape == (1, 8, 8, 3)


def caught() -> set[str]:
    """The cheats that fail here: some need what only Linux can take from a process."""
    always = {"memory", "attribute", "environment", "module", "process", "overhead"}
    places = {"working folder"} if possible_seclusion()["folder"] else set()
    return always | places | ({"shared memory", "socket"} if possible_seclusion()["network"] else set())


@pytest.mark.slow
def test_a_decoder_that_knows_the_picture_from_elsewhere_fails(
    rdbench_process: Run, three_pictures: Path, tmp_path: Path
) -> None:
    install_package(tmp_path / "site", "cheats", CHEATS, "codecs", {"cheat": "Cheat"})
    words = "run --codecs cheat,jpeg --set jpeg.quality=50 --dataset folder:pictures --metrics psnr --jobs 1 --out out"
    path = os.pathsep.join([str(ROOT), str(tmp_path / "site")])
    done = rdbench_process(*words.split(), check=False, PYTHONPATH=path)
    assert done.returncode == 1, done.stderr
    rows = records(tmp_path / "out")
    how = rows["settings"].map(lambda text: json.loads(text).get("how", "jpeg"))
    assert set(how[rows["status"] == "failed"]) == caught()
    assert set(how[rows["status"] == "ok"]) >= {"jpeg", "length"}
    pixels = 176 * 192 * 3
    assert (rows.loc[how == "length", "bytes"].astype(int) > pixels).all(), "the bytes are counted, whatever they say"
    assert not (tmp_path / "cheat.bin").exists() or "working folder" in caught()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert set(unsecluded()) <= set(manifest["not_enforced"])
