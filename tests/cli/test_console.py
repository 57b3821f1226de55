"""How commands speak: on consoles of any encoding, quietly, with their errors in one line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from benchmark.cli.console import print_json
from benchmark.cli.main import main
from tests.conftest import ROOT, Run, photo


@pytest.fixture
def nearly(tmp_path: Path) -> Path:
    """The run of the sample, with one better value and another version."""
    rows = pd.read_csv(ROOT / "results/baseline/sample/records.csv", dtype=str, keep_default_na=False)
    rows["psnr_rgb"] = [cell if place != 3 else str(float(cell) + 0.05) for place, cell in enumerate(rows["psnr_rgb"])]
    rows["version"] = rows["version"].str.replace("Pillow", "Pillow 9")
    folder = tmp_path / "run"
    folder.mkdir()
    rows.to_csv(folder / "records.csv", index=False)
    shutil.copy(ROOT / "results/baseline/sample/manifest.json", folder)
    return folder


def _said(encoding: str, *words: str) -> Result:
    return CliRunner(charset=encoding, env={"COLUMNS": "160"}).invoke(main, words, prog_name="rdbench")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "latin-1", "utf-16"])
def test_the_encoding_of_a_console_changes_no_exit_status(nearly: Path, encoding: str) -> None:
    sample = str(ROOT / "results/baseline/sample")
    for words in (
        ["list", "metrics"],
        ["list", "codecs"],
        ["info"],
        ["compare", sample, str(nearly)],
        ["bdrate", sample, "--anchor", "jpeg"],
        ["bdrate", str(nearly / "né→.csv"), "--anchor", "jpeg"],
        ["--help"],
    ):
        there, here = _said("utf-8", *words), _said(encoding, *words)
        assert here.exit_code == there.exit_code, (words, here.output)
        assert here.exception is None or isinstance(here.exception, SystemExit)
        assert len(here.output.splitlines()) == len(there.output.splitlines())


def test_what_a_console_cannot_write_is_written_plainly(nearly: Path) -> None:
    sample = str(ROOT / "results/baseline/sample")
    assert " -> Pillow 9" in _said("ascii", "compare", sample, str(nearly)).output
    assert "\\u4e2d" in _said("cp1252", "bdrate", "中.csv", "--anchor", "jpeg").output
    assert "\\udcff" in _said("utf-8", "bdrate", "\udcff.csv", "--anchor", "jpeg").output


def test_quiet_commands_say_errors_alone(nearly: Path, tmp_path: Path) -> None:
    out = tmp_path / "bd.csv"
    quiet = _said("utf-8", "bdrate", str(nearly), "--anchor", "jpeg", "--out", str(out), "--quiet")
    assert (quiet.exit_code, quiet.output) == (0, "")
    assert out.read_text().startswith("dataset,")
    refused = _said("utf-8", "bdrate", str(nearly), "--anchor", "jpge", "--quiet")
    assert refused.exit_code == 2 and "jpge" in refused.output


def test_json_has_no_numbers_that_json_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [1.5, None]})
    assert json.loads(capsys.readouterr().out) == {"a": [1.5, None]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        print_json(float("nan"))


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmark.cli.console import open_console

    monkeypatch.setenv("FORCE_COLOR", "1")
    assert open_console().color_system
    monkeypatch.setenv("NO_COLOR", "1")
    assert open_console().no_color


@pytest.mark.usefixtures("serial", "undrawn")
def test_a_run_speaks_json_or_not_at_all(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.fromarray(photo(16, 16)).save(tmp_path / "photos" / "a.png")
    words = ("run", "--codecs", "png", "--dataset", "folder:photos", "--metrics", "mse", "--out", "out", "--jobs", "1")
    quiet = rdbench(*words, "--quiet")
    assert (quiet.stdout, quiet.stderr) == ("", "")
    [told] = json.loads(rdbench(*words, "--json").stdout)
    assert (told["folder"], told["statuses"], told["reused"], told["failures"]) == ("out", {"ok": 1}, 1, {})


def test_a_run_says_what_failed_though_it_is_quiet(
    rdbench: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmark.cli.console import complain

    complain("png: 1 row failed")
    assert capsys.readouterr().out == "png: 1 row failed\n"
    monkeypatch.setattr("benchmark.cli.console.asked", lambda what: True)
    complain("png: 1 row failed")
    assert capsys.readouterr().err == "png: 1 row failed\n"


def test_ctrl_c_is_not_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmark.cli.listings.print_metrics", interrupt)
    assert _said("utf-8", "list", "metrics").exit_code == 130


@pytest.mark.slow
def test_a_reader_that_leaves_is_not_worse(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "benchmark", "list", "codecs"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")
