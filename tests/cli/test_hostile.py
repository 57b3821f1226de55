"""Every command on files that are not what they should be: exit status 2 and one line, never a traceback.

Exit status 1 means that something failed or became worse, so that no mistake may share it.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import pytest

from benchmark.cli.main import main
from tests.conftest import ROOT, Run
from tests.needs import needs

pytestmark = pytest.mark.slow

SAMPLE = ROOT / "results" / "baseline" / "sample"
Rows = Sequence[Mapping[str, str]]


def _rows(name: str, images: Sequence[str] = ()) -> list[dict[str, str]]:
    with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["codec"] in ("jpeg", "webp")]
    return [row for row in rows if not images or row["image"] in images]


def _text(rows: Rows, without: str = "", separator: str = ",") -> bytes:
    names = [name for name in rows[0] if not (without and name.startswith(without))]
    file = io.StringIO()
    writer = csv.DictWriter(file, names, delimiter=separator, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def _commas(rows: Rows, *names: str) -> Rows:
    return [{**row, **{name: row[name].replace(".", ",") for name in names}} for row in rows]


def _first(rows: Rows, **cells: str) -> bytes:
    return _text([{**rows[0], **cells}, *rows[1:]])


RECORDS = _rows("records.csv", ["astronaut", "camera"])
SUMMARY = _rows("summary.csv")
ANY = {
    "empty": b"",
    "binary": bytes(range(256)) * 4,
    "zeros": bytes(300),
    "utf-16": _text(RECORDS).decode().encode("utf-16"),
    "text": "Grüße\n".encode(),
    "latin-1": "Grüße\n".encode("latin-1"),
    "json": b'{"a": 1}',
    "deep": b"[" * 20000,
}
BAD_RECORDS = {
    "semicolons": _text(RECORDS, separator=";"),
    "semicolons and commas": _text(_commas(RECORDS, "bpp", "psnr_rgb"), separator=";"),
    "tabs": _text(RECORDS, separator="\t"),
    "decimal commas": _text(_commas(RECORDS, "bpp")),
    "word in a metric": _first(RECORDS, psnr_rgb="high"),
    "word in the rate": _first(RECORDS, bpp="high"),
    "infinite rate": _first(RECORDS, bpp="inf"),
    "endless width": _first(RECORDS, width="1e999"),
    "other digits": _first(RECORDS, psnr_rgb="٣"),
    "grouped digits": _first(RECORDS, psnr_rgb="3_0"),
    "settings without the knob": _first(RECORDS, settings="{}"),
    "settings too deep": _first(RECORDS, settings="[" * 100_000),
    "no codec": _first(RECORDS, codec=""),
    "no pairs": _first(RECORDS, metric_definitions="a"),
    "another schema": _first(RECORDS, schema="99"),
    "no column bpp": _text(RECORDS, without="bpp"),
    "no column status": _text(RECORDS, without="status"),
    "a column twice": _text(RECORDS).replace(b"dataset,", b"bpp,", 1),
    "no rows": _text(RECORDS).splitlines(keepends=True)[0],
}
BAD_SUMMARIES = {
    "semicolons": _text(SUMMARY, separator=";"),
    "decimal commas": _text(_commas(SUMMARY, "bpp_mean")),
    "word in the rate": _first(SUMMARY, bpp_mean="high"),
    "word in a metric": _first(SUMMARY, psnr_rgb_mean="high"),
    "word in a time": _first(SUMMARY, encode_s_mean="long"),
    "word in a count": _first(SUMMARY, images_attempted="all"),
    "truth in a metric": _text([{**row, "psnr_rgb_mean": "True"} for row in SUMMARY]),
    "no images": _first(SUMMARY, images=""),
    "settings": _first(SUMMARY, settings="q"),
    "no column knob": _text(SUMMARY, without="knob"),
}


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A run that is well."""
    folder = tmp_path / "good"
    folder.mkdir()
    (folder / "records.csv").write_bytes(_text(RECORDS))
    shutil.copy(SAMPLE / "manifest.json", folder)
    return folder


def _refused(rdbench: Run, *words: str) -> str:
    """What a command says as it refuses to work."""
    done = rdbench(*words, check=False)
    assert done.returncode == 2, (words, done.returncode, done.stdout, done.stderr)
    said = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert "Traceback" not in done.stderr
    assert len(said) == 1 and said[0].startswith("Error: "), said
    assert len(said[0]) < 700, said
    return said[-1]


RESULTS = {
    "bdrate": ["bdrate", "bad", "--anchor", "jpeg"],
    "bdrate beside a good one": ["bdrate", "good", "bad", "--anchor", "jpeg"],
    "ranking": ["ranking", "bad", "--at", "psnr=30"],
    "report": ["report", "bad", "--out", "report", "--pictures", "0"],
    "history": ["report", "--history", "good", "bad", "--out", "report"],
    "site": ["site", "bad", "--anchor", "jpeg", "--out", "site"],
}
RUNS = {
    "compare with": ["compare", "bad", "good"],
    "compare": ["compare", "good", "bad", "--gate", "bdrate"],
    "compare to a page": ["compare", "good", "bad", "--out", "page.html"],
}
VERIFY = ["verify", "bad"]
"""It reads no manifest."""


@pytest.mark.parametrize("words", [RESULTS["bdrate"], RUNS["compare"], VERIFY], ids=["bdrate", "compare", "verify"])
@pytest.mark.parametrize("content", [*ANY.values(), *BAD_RECORDS.values()], ids=[*ANY, *BAD_RECORDS])
@pytest.mark.usefixtures("good")
def test_records_that_are_none(rdbench: Run, tmp_path: Path, content: bytes, words: list[str]) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "records.csv").write_bytes(content)
    assert "bad" in _refused(rdbench, *words)


@pytest.mark.parametrize("words", [*RESULTS.values(), *RUNS.values(), VERIFY], ids=[*RESULTS, *RUNS, "verify"])
@pytest.mark.usefixtures("good")
def test_parquet_files_that_are_none(rdbench: Run, tmp_path: Path, words: list[str]) -> None:
    needs("pyarrow", extra="parquet")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "records.parquet").write_bytes(ANY["binary"])
    assert "records.parquet: cannot be read as Parquet: " in _refused(rdbench, *words)


@pytest.mark.parametrize("content", [*ANY.values(), *BAD_SUMMARIES.values()], ids=[*ANY, *BAD_SUMMARIES])
def test_summaries_that_are_none(rdbench: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "summary.csv").write_bytes(content)
    assert "bad" in _refused(rdbench, *RESULTS["bdrate"])


@pytest.mark.parametrize("content", [ANY["binary"], ANY["deep"], b"[]", b'{"metrics": {"psnr_rgb": {"name": 1}}}'])
@pytest.mark.parametrize("words", [*RESULTS.values(), *RUNS.values()], ids=[*RESULTS, *RUNS])
@pytest.mark.usefixtures("good")
def test_manifests_that_are_none(rdbench: Run, tmp_path: Path, content: bytes, words: list[str]) -> None:
    shutil.copytree(tmp_path / "good", tmp_path / "bad")
    (tmp_path / "bad" / "manifest.json").write_bytes(content)
    assert "manifest.json" in _refused(rdbench, *words)


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("records", "semicolons", "looks semicolon-separated"),
        ("records", "tabs", "looks tab-separated"),
        ("records", "decimal commas", "line 2: bpp: expected a number, got '.*'; write a decimal point in place"),
        ("records", "word in a metric", "line 2: psnr_rgb: expected a number, got 'high'"),
        ("summaries", "decimal commas", "line 2: bpp_mean: expected a number, got '.*'; write a decimal point"),
        ("summaries", "word in a count", "line 2: images_attempted: expected a number, got 'all'"),
    ],
)
def test_a_message_says_what_was_expected(rdbench: Run, tmp_path: Path, kind: str, name: str, says: str) -> None:
    content = (BAD_RECORDS if kind == "records" else BAD_SUMMARIES)[name]
    (tmp_path / "bad.csv").write_bytes(content)
    said = _refused(rdbench, "bdrate", "bad.csv", "--anchor", "jpeg")
    assert re.search(says, said), said


OTHERS = {
    "import CSV": [
        "import",
        "bad.csv",
        "--out",
        "out.csv",
        "--dataset",
        "kodak",
        "--define",
        "psnr=psnr_rgb,dB,images",
    ],
    "import JSON": ["import", "bad.json", "--out", "out.csv", "--dataset", "kodak"],
    "import text": ["import", "bad.txt", "--out", "out.csv", "--dataset", "kodak"],
    "report of references": ["report", "good", "bad.csv", "--out", "report"],
    "published": ["published", "--studies", "."],
    "figure": ["figure", "rd", "good", "--file", "bad.toml", "--out", "out.csv"],
    "figure of references": ["figure", "rd", "good", "bad.csv", "--out", "out.csv"],
    "new environment": ["new", "environment", "bad.toml"],
    "study": ["run", "--study", "bad.toml"],
    "cross": ["cross", "bad.toml"],
    "codec": ["run", "--codecs", "bad.toml"],
    "encode with a codec": ["encode", "--codec", "bad.toml", "bad.png", "out.png"],
    "encode": ["encode", "--codec", "png", "bad.png", "out.png"],
    "decode": ["decode", "bad.png", "out.png"],
    "decode with a codec": ["decode", "--codec", "jpeg", "bad.png", "out.png"],
    "audit": ["audit", "--codecs", "png", "--image", "bad.png"],
    "train": ["train", "vae", "--packed", "bad.npz", "--out", "weights"],
    "data set": ["run", "--codecs", "png", "--dataset", "folder:bad.png"],
}
"""Commands that read files of other kinds, each of which is one of the bad ones."""


@pytest.mark.parametrize("words", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("content", [*ANY.values(), None], ids=[*ANY, "a folder"])
@pytest.mark.usefixtures("good")
def test_other_files_that_are_none(rdbench: Run, tmp_path: Path, content: bytes | None, words: list[str]) -> None:
    for ending in ("csv", "json", "txt", "toml", "png", "npz"):
        path = tmp_path / f"bad.{ending}"
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)
    if content != b"" or words[:2] not in (["run", "--study"], ["figure", "rd"]):  # an empty one is one of defaults
        assert "bad" in _refused(rdbench, *words)


@pytest.mark.parametrize("out", ["bad", "none/out.csv", "good"])
@pytest.mark.usefixtures("good")
def test_outputs_that_cannot_be_written(rdbench: Run, tmp_path: Path, out: str) -> None:
    (tmp_path / "bad").write_bytes(b"")
    for words in (["bdrate", "good", "--anchor", "jpeg"], ["compare", "good", "good"]):
        _refused(rdbench, *words, "--out", out)
    if out == "bad":
        _refused(rdbench, "report", "good", "--pictures", "0", "--out", out)


ON_DEVICES = {
    "run": ["run", "--codecs", "vae", "--images", "camera"],
    "train": ["train", "vae", "--dataset", "sample"],
    "verify": ["verify", "kept"],
}
"""Commands that take a device."""


@pytest.mark.parametrize("device", ["tpu", "", "gpu:-1", "cpu:0", "GPU"])
@pytest.mark.parametrize("words", ON_DEVICES.values(), ids=ON_DEVICES)
def test_words_that_name_no_device(rdbench: Run, tmp_path: Path, words: list[str], device: str) -> None:
    said = _refused(rdbench, *words, "--device", device)
    assert said == f"Error: --device: expected auto, cpu, gpu or gpu:N, got {device!r}"
    (tmp_path / "study.toml").write_text(f'device = "{device}"', encoding="utf-8")
    assert _refused(rdbench, "run", "--study", "study.toml").startswith("Error: device: expected auto, cpu, gpu")


@pytest.mark.neural
@pytest.mark.usefixtures("undrawn")
def test_devices_that_are_not_there(rdbench: Run, tmp_path: Path) -> None:
    """No row is made, and nothing is decoded."""
    kept = ["--codecs", "conv-ae", "--set", "conv-ae.quality=1", "--images", "camera", "--metrics", "psnr"]
    rdbench("run", *kept, "--keep", "streams", "--out", "kept", "--device", "cpu")
    (row,) = csv.DictReader(io.StringIO((tmp_path / "kept" / "records.csv").read_text(encoding="utf-8")))
    assert (row["status"], row["device"]) == ("ok", "cpu")
    for words in ON_DEVICES.values():
        said = _refused(rdbench, *words, "--device", "gpu:99")
        assert re.fullmatch(r"Error: --device gpu:99: \w+ finds no such GPU; it finds .*\. Give --device cpu", said)
    assert [path.parent.name for path in tmp_path.rglob("records.csv")] == ["kept"]


def test_every_command_is_tried() -> None:
    tried = {words[0] for words in (*RESULTS.values(), *RUNS.values(), *OTHERS.values(), VERIFY)}
    no_files = {"list", "info", "data", "pack"}
    assert {name for name, command in main.commands.items() if isinstance(command, click.Command)} == tried | no_files


def test_an_error_that_nobody_foresaw_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by\nnothing")

    monkeypatch.setattr("benchmark.cli.listings.print_metrics", fail)
    done = CliRunner().invoke(main, ["list", "metrics"])
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: unforeseen ZeroDivisionError: by nothing; --verbose shows where")
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" in CliRunner().invoke(main, ["list", "metrics", "--verbose"]).stderr
