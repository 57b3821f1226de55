"""Kept streams, decoded anew and compared with what the rows recorded."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from benchmark.codec import Image
from benchmark.errors import BitstreamError, MissingBackend, RecordsError, UsageError
from benchmark.plugins import codec_class
from benchmark.run.runner import run_study
from benchmark.run.study import resolve
from benchmark.workflows import verify as module
from benchmark.workflows.verify import EQUAL, FAILED, NEAR, NOT_KEPT, OTHER, Check, verify
from tests.conftest import Run, photo
from tests.serial import Serial

here = partial(verify, engine=Serial())
"""In this process."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two codecs on a picture in colour and one in grey, with its streams."""
    folder = tmp_path_factory.mktemp("verify")
    (folder / "pictures").mkdir()
    Pictures.fromarray(photo(24, 40)).save(folder / "pictures" / "colour.png")
    Pictures.fromarray(photo(24, 40, 1)).save(folder / "pictures" / "grey.png")
    study, _ = resolve(
        codecs={"jpeg": {"quality": [30, 60]}, "png": {}}, dataset=f"folder:{folder / 'pictures'}", metrics=["psnr"]
    )
    out = folder / "out"
    run_study(study, out=out, data_root=None, jobs=1, command="run", keep=True, engine=Serial())
    return out


@pytest.fixture
def results(run: Path, tmp_path: Path) -> Path:
    """The run, to be changed."""
    return Path(shutil.copytree(run, tmp_path / "out"))


def verdicts(checks: list[Check]) -> set[tuple[str, str]]:
    return {(check.codec, check.verdict) for check in checks}


def decode_by(monkeypatch: pytest.MonkeyPatch, codec: str, decode: Callable[[bytes], Image]) -> None:
    monkeypatch.setattr(codec_class(codec), "decode", staticmethod(decode))


def test_pixels_of_kept_streams_are_those_recorded(results: Path) -> None:
    checks = here([results])
    assert len(checks) == 6
    assert verdicts(checks) == {("jpeg", EQUAL), ("png", EQUAL)}
    assert verdicts(here([results], codecs=["png"])) == {("png", EQUAL)}


def test_a_decoder_that_changed_is_seen(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decode = codec_class("jpeg").decode
    decode_by(monkeypatch, "jpeg", lambda data: decode(data) ^ np.uint8(1))
    monkeypatch.setattr(codec_class("jpeg"), "version", classmethod(lambda _: "libjpeg 12"))
    checks = here([results])
    assert verdicts(checks) == {("jpeg", OTHER), ("png", EQUAL)}
    assert "this machine has libjpeg 12" in checks[0].reason


@pytest.mark.parametrize(("step", "verdict"), [(1, NEAR), (2, OTHER)])
def test_pixels_of_another_device_are_compared(
    results: Path, monkeypatch: pytest.MonkeyPatch, step: int, verdict: str
) -> None:
    decode_job = module.decode_job

    def decode_elsewhere(job: module.Job) -> Image:
        pixels = decode_job(job)
        return pixels - (pixels > 9) * np.uint8(step) if job.device else pixels

    monkeypatch.setattr(module, "decode_job", decode_elsewhere)
    checks = here([results], codecs=["jpeg"], device="gpu")
    assert {(check.verdict, check.difference) for check in checks} == {(verdict, step)}


def test_a_decoder_that_fails_is_what_was_found(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes) -> Image:
        raise BitstreamError("not\nhere")

    decode_by(monkeypatch, "png", fail)
    checks = [check for check in here([results]) if check.codec == "png"]
    assert {(check.verdict, check.reason) for check in checks} == {(FAILED, "BitstreamError: not here")}


def test_damaged_and_missing_streams_are_told_apart(results: Path) -> None:
    with (results / "records.csv").open(newline="") as file:
        first, second, *_ = csv.DictReader(file)
    place = results / "streams"
    (place / first["stream_sha256"][:2] / first["stream_sha256"]).write_bytes(b"no stream")
    (place / second["stream_sha256"][:2] / second["stream_sha256"]).unlink()
    checks = here([results])
    assert [check.verdict for check in checks[:3]] == [FAILED, NOT_KEPT, EQUAL]
    assert "another SHA-256 than its name" in checks[0].reason


def test_a_run_without_streams_says_what_to_do(rdbench: Run, tmp_path: Path, serial: None, undrawn: None) -> None:
    words = "run --codecs jpeg --set jpeg.quality=30 --dataset sample --images astronaut --metrics psnr --out out"
    rdbench(*words.split())
    with pytest.raises(UsageError, match="run --keep streams"):
        here([tmp_path / "out"])
    with pytest.raises(RecordsError, match="expected the folder of a run"):
        here([tmp_path])
    again = rdbench(*words.split(), "--keep", "streams")
    assert "made again: 1 row of jpeg: the streams were not kept" in again.stdout
    assert verdicts(here([tmp_path / "out"])) == {("jpeg", EQUAL)}
    assert "1 of them from an earlier run" in rdbench(*words.split(), "--keep", "streams").stdout


def test_a_backend_that_is_not_there(results: Path) -> None:
    with pytest.raises(MissingBackend, match="got 'theano'"):
        here([results], backend="theano")


def test_the_command_prints_a_table_and_writes_one(
    results: Path, rdbench: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "verify", here)
    done = rdbench("verify", "out", "--out", "checks.csv")
    assert "within a level" in done.stdout
    with (results.parent / "checks.csv").open(newline="") as file:
        assert [row["verdict"] for row in csv.DictReader(file)] == [EQUAL] * 6
    decode = codec_class("jpeg").decode
    decode_by(monkeypatch, "jpeg", lambda data: decode(data) ^ np.uint8(1))
    done = rdbench("verify", "out", "--json", check=False)
    assert done.returncode == 1
    assert {row["verdict"] for row in json.loads(done.stdout)} == {EQUAL, OTHER}
    assert "other pixels than recorded" in rdbench("verify", "out", check=False).stdout


@pytest.mark.slow
@pytest.mark.neural
def test_a_learned_codec_keeps_its_promise_under_another_backend(rdbench_process: Run, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    Pictures.fromarray(photo(40, 56)).save(tmp_path / "picture.png")
    words = "run --codecs rnn --set rnn.levels=2 --metrics psnr --dataset folder:. --out out --jobs 1 --keep streams"
    rdbench_process(*words.split(), KERAS_BACKEND="tensorflow")
    done = rdbench_process("verify", "out", "--backend", "torch", "--jobs", "1", "--json", KERAS_BACKEND="tensorflow")
    assert {row["verdict"] for row in json.loads(done.stdout)} <= {EQUAL, NEAR}
