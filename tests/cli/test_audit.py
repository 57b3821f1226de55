"""The command that checks promises, of codecs or of metrics."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image as Pictures

from benchmark.cli import terminal
from benchmark.workflows import audit, audit_metrics
from benchmark.workflows.audit_metrics import MetricFinding
from tests.conftest import Run, photo


def test_an_audit_is_not_begun_for_a_table_that_cannot_be_written(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun(name: str, pixels: object) -> None:
        raise AssertionError(f"audits {name}")

    Pictures.fromarray(photo(8, 8)).save(tmp_path / "a.png")
    monkeypatch.setattr(audit, "audit", begun)
    (tmp_path / "b.csv").mkdir()
    for out, why in (("none/b.csv", "there is no folder none; make it first"), ("b.csv", "Is a directory")):
        done = rdbench("audit", "--codecs", "png", "--image", "a.png", "--out", out, check=False)
        assert (done.returncode, f"{out}: cannot be written: {why}" in done.stderr) == (2, True)


def test_an_audit_is_of_codecs_or_of_metrics(rdbench: Run, tmp_path: Path) -> None:
    Pictures.fromarray(photo(8, 8)[..., 0]).save(tmp_path / "grey.png")
    for words, why in (
        ((), "expected --codecs A,B or --metrics A,B: one of the two"),
        (("--codecs", "png", "--metrics", "psnr"), "one of the two"),
        (("--metrics", "snr"), "unknown metric 'snr'"),
        (("--metrics", "psnr", "--image", "grey.png"), "expected a colour picture, got one in grey"),
        (("--metrics", "psnr", "--out", "a.txt"), "ends in .csv or .json"),
    ):
        done = rdbench("audit", *words, check=False)
        assert (done.returncode, why in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr


def test_metrics_that_break_a_promise_give_status_1(
    rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def found(names: list[str], image: object) -> list[MetricFinding]:
        asked.extend(names)
        kept = MetricFinding("psnr_rgb", "", equal=True, golden=True, golden_values=9, difference=2e-6, seconds=0.012)
        broken = MetricFinding("ssim_rgb", "lib 1", equal=False, problems=("equal: 0.9",), notes=("no kodak",))
        return [kept, broken] if "ssim" in names else [kept]

    Pictures.fromarray(photo(8, 8)).save(tmp_path / "a.png")
    monkeypatch.setattr(audit_metrics, "audit_metrics", found)
    assert rdbench("audit", "--metrics", "psnr", "--image", "a.png").returncode == 0
    done = rdbench("audit", "--metrics", "basic", "--image", "a.png", "--out", "a.json", check=False)
    assert done.returncode == 1
    assert asked == ["psnr", "mse", "psnr", "ssim", "ms_ssim"]
    assert "ssim_rgb: equal: 0.9" in done.stdout + done.stderr
    assert "no kodak" in done.stdout + done.stderr
    assert [entry["problems"] for entry in json.loads((tmp_path / "a.json").read_text())] == [[], ["equal: 0.9"]]


def test_the_table_of_metrics_has_a_word_for_each_check(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_metric_audit([MetricFinding("psnr_y", "lib 1, more", equal=True, worse=False, seconds=0.5)])
    line = next(line for line in capsys.readouterr().out.splitlines() if "psnr_y" in line)
    assert line.split()[:4] == ["psnr_y", "yes", "–", "no"]
