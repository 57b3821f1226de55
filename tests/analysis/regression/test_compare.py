"""The regression gate: what is worse, better or the same, and by what cause."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from benchmark.analysis.regression.compare import Comparison, compare
from benchmark.analysis.regression.runs import read_run
from benchmark.analysis.regression.tolerance import judged_columns
from benchmark.plugins import all_metrics
from benchmark.report.compare import as_json, as_junit, as_markdown
from tests.analysis.regression.examples import pick, records

METRICS = all_metrics()


def test_equal_runs_are_the_same(against: Callable[..., Comparison]) -> None:
    found = against()
    assert (found.verdict, found.exit_status, found.pairs) == ("same", 0, 80)
    assert not (len(found.rows) or len(found.missing) or len(found.new) or found.obstacles or found.notes)
    assert set(found.bd["bd_rate"]) == {0.0}
    assert set(found.bd["metric"]) == {"psnr_rgb", "ssim_rgb", "ms_ssim_rgb"}
    assert set(found.times["ratio"]) == {1.0}
    assert set(found.times["verdict"]) == {"same"}


def test_a_lower_psnr_is_worse_and_named(against: Callable[..., Comparison]) -> None:
    def lower(frame: pd.DataFrame) -> None:
        frame.loc[pick(frame, "image3", "fine", 50), "psnr_rgb"] -= 0.05

    found = against(lower)
    assert found.exit_status == 1
    row = found.changes.iloc[0]
    assert (len(found.changes), row["image"], row["codec"], row["column"]) == (1, "image3", "fine", "psnr_rgb")
    assert row["change"] == pytest.approx(-0.05)
    assert list(found.rows["verdict"]) == ["worse"]
    bd = found.bd[(found.bd["codec"] == "fine") & (found.bd["metric"] == "psnr_rgb")].iloc[0]
    assert 0 < bd["bd_rate"] < 0.1, "one image of eight at one of five settings"
    for text in (as_markdown(found), as_junit(found), as_json(found)):
        assert "image3" in text
        assert "quality=50" in text or '\\"quality\\": 50' in text
        assert "-0.05" in text
    assert against(lower, tolerance="psnr=0.06").exit_status == 0
    assert against(lower, tolerance="psnr=0.06,psnr_rgb=0.04").exit_status == 1
    assert against(lower, tolerance="psnr=0.1%").exit_status == 1, "0.1 % of 29.8 dB are 0.03 dB"
    assert against(lower, tolerance="psnr=0.2%").exit_status == 0


@pytest.mark.slow
def test_a_metric_that_is_no_longer_measured_is_worse_but_for_a_subset(against: Callable[..., Comparison]) -> None:
    def unmeasured(frame: pd.DataFrame) -> None:
        frame[["ssim_rgb", "ssim_y"]] = ""

    assert against(unmeasured).exit_status == 1
    assert against(unmeasured, subset=True).exit_status == 0
    assert against(before=unmeasured).exit_status == 0


def test_a_column_that_is_gone_cannot_be_compared_but_for_a_subset(against: Callable[..., Comparison]) -> None:
    def gone(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.drop(columns=["ssim_rgb", "ssim_y"])

    found = against(gone)
    assert (found.exit_status, len(found.obstacles)) == (2, 1)
    assert "lacks the columns ssim_rgb, ssim_y: run it with the metrics of the baseline" in found.obstacles[0]
    assert against(gone, subset=True).exit_status == 0
    assert against(before=gone).exit_status == 0


@pytest.mark.slow
def test_versions_are_named_as_causes(tmp_path: Path, against: Callable[..., Comparison]) -> None:
    def newer(frame: pd.DataFrame) -> None:
        frame["version"] = frame["version"].str.replace("libfine 1.0", "libfine 1.1")
        frame["bpp"] *= 1.01

    found = against(newer)
    assert found.versions == {"fine": "libfine 1.0 → libfine 1.1"}
    assert found.cause("fine") == "libfine 1.0 → libfine 1.1"
    assert "likely cause: libfine 1.0 → libfine 1.1" in as_junit(found)
    assert "likely cause for fine: libfine 1.0 → libfine 1.1" in as_markdown(found)
    assert "versions in the records are the same" in found.cause("coarse")

    def sources(fine: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
        return lambda frame: frame.assign(source=frame["codec"].map({"fine": fine, "coarse": "0" * 16}))

    assert against(sources("2" * 16), sources("1" * 16)).versions == {"fine": "code 11111111 → code 22222222"}
    assert against(sources("2" * 16), sources("")).versions == {}, "an older run does not tell its code"

    for name, version in (("a", "2.4.6"), ("b", "2.5.0")):
        (tmp_path / name).mkdir()
        records().to_csv(tmp_path / name / "records.csv", index=False)
        manifest = {"environment": {"commit": name * 40}, "packages": {"numpy": version, "scipy": "1.17.1"}}
        (tmp_path / name / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = compare(read_run(tmp_path / "a"), read_run(tmp_path / "b"), judged_columns(METRICS, {}))
    assert found.environment == (f"commit {'a' * 10} → {'b' * 10}", "numpy 2.4.6 → 2.5.0")
    assert "numpy 2.4.6 → 2.5.0" in found.cause("fine")
