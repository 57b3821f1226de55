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


def test_pictures_of_few_rows_are_held_at_once(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of any number of rows that differ: 24×40 pixels in colour, and the grey ones, each decoded twice."""
    decode_job = module.decode_job
    order: list[tuple[str, str]] = []

    def decode_elsewhere(job: module.Job) -> Image:
        order.append((job.digest[:4], job.device or "usual"))
        pixels = decode_job(job)
        return pixels ^ np.uint8(1) if job.device else pixels

    monkeypatch.setattr(module, "decode_job", decode_elsewhere)
    monkeypatch.setattr(module, "MOST_HELD", 2 * 24 * 40 * (3 + 3))
    checks = here([results], device="gpu")
    assert {(check.verdict, check.difference) for check in checks} == {(NEAR, 1)}
    compared = [device for _, device in order[len(checks) :]]  # the first time each is decoded for its digest
    colour = ["usual"] * 2 + ["gpu"] * 2
    assert compared[:4] == colour
    assert all(compared[place : place + 4].count("gpu") <= 4 for place in range(len(compared)))
    monkeypatch.setattr(module, "MOST_HELD", 1)
    order.clear()
    assert verdicts(here([results], device="gpu")) == verdicts(checks)
    assert [device for _, device in order[len(checks) :]] == ["usual", "gpu"] * len(checks)


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
    assert "RecordsError" not in checks[0].reason


def edit(results: Path, change: Callable[[int, dict[str, str]], object]) -> None:
    """Changes the rows of a run, each given with its place."""
    with (results / "records.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for place, row in enumerate(rows):
        change(place, row)
    with (results / "records.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is decoded."""

    def decoded(job: module.Job) -> str:
        raise AssertionError(f"decoded {job.codec}")

    monkeypatch.setattr(module, "digest_job", decoded)
    monkeypatch.setattr(module, "verify", here)


@pytest.mark.usefixtures("never")
def test_rows_that_cannot_be_read_are_told_as_by_a_report(results: Path, rdbench: Run) -> None:
    edit(results, lambda _, row: row.update(schema="3"))
    told = "records.csv, line 2: schema: expected 1 to 2, got '3'"
    for words in (("verify", "out"), ("report", "out", "--out", "page", "--pictures", "0")):
        done = rdbench(*words, check=False)
        assert (done.returncode, told in done.stderr, len(done.stderr.splitlines())) == (2, True, 1)


def test_rows_that_can_be_read_are_verified_beside_others(
    results: Path, rdbench: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(results, lambda place, row: row.update(schema="3") if place in (1, 3) else None)
    with (results / "records.csv").open("a") as file:
        file.write("torn")
    monkeypatch.setattr(module, "verify", here)
    done = rdbench("verify", "out", "--json")
    assert len(json.loads(done.stdout)) == 4
    assert "line 3: left out: schema: expected 1 to 2, got '3' (and 1 more row)" in done.stderr
    assert "line 8: left out: the last row is not whole" in done.stderr


def test_a_codec_without_rows_is_told(results: Path, run: Path) -> None:
    with pytest.raises(UsageError, match=r"out: no row of webp has a result$"):
        here([run], codecs=["webp"])
    notes: list[str] = []
    assert verdicts(here([run], codecs=["png", "webp"], notes=notes)) == {("png", EQUAL)}
    assert notes == ["no row of webp has a result"]
    edit(results, lambda _, row: row.update(status="failed"))
    with pytest.raises(UsageError, match=r"out: no row has a result$"):
        here([results])


@pytest.mark.usefixtures("never")
def test_all_folders_are_looked_at_before_the_first_stream_is_decoded(results: Path, tmp_path: Path) -> None:
    (tmp_path / "e1").mkdir()
    with pytest.raises(RecordsError, match="e1: expected the folder of a run"):
        here([results, tmp_path / "e1"])


@pytest.mark.usefixtures("never")
@pytest.mark.parametrize(("out", "why"), [("none/x.csv", "there is no folder none"), ("out", "Is a directory")])
def test_a_table_that_cannot_be_written_is_told_before_the_work(
    results: Path, rdbench: Run, out: str, why: str
) -> None:
    done = rdbench("verify", "out", "--out", out, check=False)
    assert (done.returncode, f"{out}: cannot be written: {why}" in done.stderr) == (2, True)


def test_a_backend_that_nobody_has_is_told_by_the_option(results: Path, rdbench: Run) -> None:
    done = rdbench("verify", "out", "--backend", "theano", check=False)
    assert done.returncode == 2
    assert "'--backend'" in done.stderr and "KERAS" not in done.stderr
    assert all(name in done.stderr for name in ("tensorflow", "jax", "torch"))


def test_streams_are_looked_up_by_digests_alone(results: Path) -> None:
    names = ["../secret", "A" * 64, "0" * 63]
    (results / "secret").write_bytes(b"x")
    edit(results, lambda place, row: row.update(stream_sha256=names[place]) if place < len(names) else None)
    checks = here([results])
    assert [check.verdict for check in checks[:4]] == [NOT_KEPT, NOT_KEPT, NOT_KEPT, EQUAL]
    assert checks[0].reason == "stream_sha256: expected 64 hexadecimal digits, got '../secret'"


def test_no_file_that_only_results_name_is_run(results: Path) -> None:
    """They may be somebody else's: what a TOML file names are programs."""
    mark = results / "it ran"
    program = ["/bin/sh", "-c", f"touch '{mark}'; cp $0 $1", "{input}", "{output}"]
    described = {"name": "theirs", "encode": program, "decode": program, "version": program[:3]}
    file = results / "theirs.toml"
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in described.items()))
    edit(results, lambda _, row: row.update(codec=str(file)))
    checks = here([results])
    assert {check.verdict for check in checks} == {FAILED}
    assert all("files that results name are not run" in check.reason for check in checks)
    assert not mark.exists()
    edit(results, lambda _, row: row.update(codec="theirs", settings="{}"))
    here([results], codecs=[str(file)])
    assert mark.exists(), "the user has named it"


def test_a_codec_that_is_not_installed_is_told_without_a_list(results: Path) -> None:
    edit(results, lambda _, row: row.update(codec="oldjpeg") if row["codec"] == "jpeg" else None)
    found = {(check.codec, check.verdict, check.reason) for check in here([results])}
    assert found == {("oldjpeg", FAILED, "codec 'oldjpeg' is not installed here"), ("png", EQUAL, "")}


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
