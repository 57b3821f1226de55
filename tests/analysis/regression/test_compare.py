"""The regression gate: what is worse, better, missing or not comparable, and how it is told."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.regression.compare import Comparison, Gate, compare
from benchmark.analysis.regression.runs import read_run
from benchmark.analysis.regression.timing import LEAST_PAIRS, time_ratios
from benchmark.analysis.regression.tolerance import judged_columns, parse_percent, parse_tolerances
from benchmark.cli.main import main
from benchmark.errors import RecordsError, UsageError
from benchmark.metric import Tolerance
from benchmark.plugins import all_metrics, metric_definitions
from benchmark.record.columns import write_pairs
from benchmark.report.compare import as_json, as_junit, as_markdown
from tests.conftest import ROOT, Run, empty_cells

METRICS = all_metrics()
Change = Callable[[pd.DataFrame], object]


def records(images: int = 8, qualities: tuple[int, ...] = (10, 30, 50, 70, 90), dataset: str = "kodak") -> pd.DataFrame:
    """Two codecs on some images, with the columns of a run and plausible figures."""
    rng = np.random.default_rng(5)
    rows = []
    for codec, gain in (("fine", 1.0), ("coarse", 0.0)):
        for quality in qualities:
            for image in range(images):
                size = int(3000 * 1.03**quality * (1 + image / 10))
                psnr = 25 + quality / 8 + gain - image / 7
                mse = 255**2 / 10 ** (psnr / 10)
                seconds = 0.01 * (1 + quality / 50) * float(np.exp(rng.normal(0, 0.05)))
                rows.append(
                    empty_cells()
                    | {
                        "key": f"{codec}{quality}{image}",
                        "dataset": dataset,
                        "image": f"image{image}",
                        "image_sha256": f"{image:064d}",
                        "images": 1,
                        "width": 768,
                        "height": 512,
                        "channels": 3,
                        "codec": codec,
                        "version": f"lib{codec} 1.0, Pillow 13.0",
                        "knob": "quality",
                        "settings": json.dumps({"effort": 4, "quality": quality}),
                        "bytes": size,
                        "overhead_bytes": 20,
                        "bpp": 8 * size / 768 / 512,
                        "payload_bpp": 8 * (size - 20) / 768 / 512,
                        "mse_rgb": mse,
                        "mse_y": mse * 0.9,
                        "psnr_rgb": psnr,
                        "psnr_y": psnr + 0.4,
                        "ssim_rgb": 0.5 + quality / 200,
                        "ssim_y": 0.5 + quality / 190,
                        "ms_ssim_rgb": 0.7 + quality / 310,
                        "ms_ssim_y": 0.7 + quality / 305,
                        "encode_s": seconds,
                        "decode_s": seconds / 3,
                        "repeats": 1,
                        "threads": 1,
                        "peak_memory_mib": 90.0,
                        "stream_sha256": f"s{codec}{quality}{image}",
                        "pixels_sha256": f"p{codec}{quality}{image}",
                        "status": "ok",
                        "metric_definitions": write_pairs(metric_definitions(["mse", "psnr", "ssim", "ms_ssim"])),
                    }
                )
    return pd.DataFrame(rows)


def pick(frame: pd.DataFrame, image: str, codec: str, quality: int) -> Any:
    settings = json.dumps({"effort": 4, "quality": quality})
    return (frame["image"] == image) & (frame["codec"] == codec) & (frame["settings"] == settings)


@pytest.fixture
def against(tmp_path: Path) -> Callable[..., Comparison]:
    """Compares records with themselves after a change to the current ones, and maybe one to the baseline."""

    def run(
        change: Change = lambda frame: None,
        before: Change = lambda frame: None,
        tolerance: str = "",
        gate: Gate = "rows",
        frame: pd.DataFrame | None = None,
        **options: Any,
    ) -> Comparison:
        runs = []
        for name, alter in (("baseline.csv", before), ("current.csv", change)):
            rows = records() if frame is None else frame.copy()
            altered = alter(rows)
            (altered if isinstance(altered, pd.DataFrame) else rows).to_csv(tmp_path / name, index=False)
            runs.append(read_run(tmp_path / name))
        judged = judged_columns(METRICS, parse_tolerances([tolerance], METRICS))
        return compare(runs[0], runs[1], judged, gate=gate, **options)

    return run


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
def test_each_column_is_judged_in_its_direction(against: Callable[..., Comparison]) -> None:
    def scaled(column: str, factor: float) -> Comparison:
        return against(lambda frame: frame.update(frame[[column]] * factor))

    for column in ("psnr_rgb", "psnr_y", "ssim_rgb", "ms_ssim_y"):
        assert (scaled(column, 1.01).verdict, scaled(column, 0.99).verdict) == ("better", "worse"), column
    for column in ("bpp", "mse_rgb"):
        assert (scaled(column, 1.01).verdict, scaled(column, 0.99).verdict) == ("worse", "better"), column
    assert scaled("bpp", 1.0009).verdict == "same"
    assert scaled("bpp", 1.0011).verdict == "worse"


def test_a_trade_is_left_to_the_bd_rate_where_that_decides(against: Callable[..., Comparison]) -> None:
    """At every setting more bits and more quality, on a better curve."""

    def retuned(frame: pd.DataFrame) -> None:
        frame["bpp"] *= 1.05
        for column in ("psnr_rgb", "psnr_y", "ssim_rgb", "ssim_y", "ms_ssim_rgb", "ms_ssim_y"):
            frame[column] *= 1.02

    by_rows, by_curves = against(retuned), against(retuned, gate="bdrate")
    assert by_rows.verdict == "worse"
    assert set(by_rows.changes["verdict"]) == {"worse", "better"}
    assert (by_rows.bd["bd_rate"] < -1).all()
    assert by_curves.verdict == "better"
    assert set(by_curves.changes["verdict"]) == {"by BD-rate"}

    def dearer(frame: pd.DataFrame) -> None:
        frame["bpp"] *= 1.0005

    assert against(dearer).exit_status == 0
    assert against(dearer, gate="bdrate").exit_status == 0
    strict = against(dearer, gate="bdrate", bd_tolerance=0.02)
    assert strict.exit_status == 1
    assert set(strict.bd["bd_rate"].round(4)) == {0.05}
    assert "BD-rate by psnr_rgb +0.050 %" in as_junit(strict)


def test_rows_decide_where_there_is_no_bd_rate(against: Callable[..., Comparison]) -> None:
    found = against(lambda frame: frame.update(frame[["bpp"]] * 1.01), gate="bdrate", frame=records(qualities=(30, 60)))
    assert set(found.bd["verdict"]) == {""}
    assert found.bd["flags"].str.contains("has 2 points, needs 4").all()
    assert found.exit_status == 1


def test_a_missing_row_is_told_and_worse_but_for_a_subset(against: Callable[..., Comparison]) -> None:
    def without(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[~pick(frame, "image1", "coarse", 30)]

    found = against(without)
    assert found.exit_status == 1
    assert [(row.image, row.codec) for row in found.missing.itertuples()] == [("image1", "coarse")]
    assert "image1, quality=30: missing" in as_junit(found)
    assert "| kodak | image1 | coarse | quality=30 |" in as_markdown(found)
    flags = found.bd.loc[found.bd["codec"] == "coarse", "flags"]
    assert flags.str.contains("1 of 5 points cover other images or fewer, left out").all()
    part = against(without, subset=True)
    assert (part.exit_status, len(part.missing)) == (0, 1)
    more = against(before=without)
    assert (more.exit_status, len(more.new), len(more.missing)) == (0, 1, 0)


def test_a_metric_that_is_no_longer_measured_is_worse_but_for_a_subset(against: Callable[..., Comparison]) -> None:
    def unmeasured(frame: pd.DataFrame) -> None:
        frame[["ssim_rgb", "ssim_y"]] = ""

    assert against(unmeasured).exit_status == 1
    assert against(unmeasured, subset=True).exit_status == 0
    assert against(before=unmeasured).exit_status == 0


def test_a_row_that_fails_now_is_worse(against: Callable[..., Comparison]) -> None:
    def fail(frame: pd.DataFrame) -> None:
        row = pick(frame, "image0", "fine", 10)
        frame.loc[row, ["status", "reason"]] = ["failed", "ValueError: odd \x01 size"]
        frame.loc[row, ["bpp", "bytes", "psnr_rgb", "stream_sha256", "pixels_sha256"]] = np.nan

    found = against(fail)
    assert (found.exit_status, len(found.changes)) == (1, 0)
    assert found.rows[["status_before", "status_after", "verdict"]].to_numpy().tolist() == [["ok", "failed", "worse"]]
    failure = ET.fromstring(as_junit(found)).find(".//testcase[@name='fine']/failure")
    assert failure is not None
    assert failure.attrib["message"] == "image0, quality=10: ok → failed: ValueError: odd � size"
    assert against(before=fail).verdict == "better"
    assert against(fail, before=fail).verdict == "same"


def test_other_bytes_of_equal_figures_are_told(against: Callable[..., Comparison]) -> None:
    def other(frame: pd.DataFrame) -> None:
        frame.loc[pick(frame, "image2", "fine", 70), "stream_sha256"] = "other"

    found = against(other)
    assert (found.verdict, found.exit_status) == ("same", 0)
    assert found.rows[["image", "stream", "pixels", "verdict"]].to_numpy().tolist() == [
        ["image2", True, False, "changed"]
    ]
    assert "| kodak | fine | 1 | 1 | 0 | 0 | no figure |" in as_markdown(found)


def test_noise_of_float32_is_no_change_and_infinity_equals_itself(against: Callable[..., Comparison]) -> None:
    def lossless(frame: pd.DataFrame) -> None:
        frame.loc[pick(frame, "image2", "fine", 90), ["psnr_rgb", "psnr_y"]] = np.inf

    assert len(against(lambda frame: frame.update(frame[["ssim_rgb"]] * (1 + 2e-7))).rows) == 0
    assert len(against(lossless, before=lossless).rows) == 0
    assert against(lossless).verdict == "better"
    worse = against(before=lossless, tolerance="psnr=1%")
    assert worse.verdict == "worse"
    row = json.loads(as_json(worse))["rows"][0]
    assert row["changes"][0]["before"] == "inf"
    assert isinstance(row["bytes_before"], int)


def test_what_was_matched_is_not_judged(against: Callable[..., Comparison]) -> None:
    frame = records().assign(target="bpp<=0.5", target_column="bpp", settings='{"effort": 4}')
    frame = frame.drop_duplicates(["codec", "image"])

    def closer(rows: pd.DataFrame) -> None:
        rows["bpp"] *= 1.01

    found = against(closer, frame=frame)
    assert found.exit_status == 0
    assert set(found.changes["verdict"]) == {"matched"}
    assert against(closer, frame=frame.assign(target="mean psnr_rgb~35", target_column="psnr_rgb")).exit_status == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda frame: frame.__setitem__("dataset", "clic"), "no row is in both"),
        (
            lambda frame: frame["image_sha256"].mask(frame["image"] == "image4", "e" * 64),
            "other pixels in kodak: image4; the two",
        ),
        (
            lambda frame: frame["metric_definitions"].str.replace("psnr:", "psnr:f"),
            "metric psnr has another definition",
        ),
    ],
)
def test_what_cannot_be_compared(against: Callable[..., Comparison], change: Change, told: str) -> None:
    def alter(frame: pd.DataFrame) -> None:
        column = change(frame)
        if isinstance(column, pd.Series):
            frame[column.name] = column

    found = against(alter)
    assert (found.verdict, found.exit_status) == ("not comparable", 2)
    assert len(found.obstacles) == 1
    assert told in found.obstacles[0]
    assert told in as_markdown(found)
    error = ET.fromstring(as_junit(found)).find(".//testcase/error")
    assert error is not None
    assert told in str(error.text)


def test_a_metric_of_one_side_alone_may_have_any_definition(against: Callable[..., Comparison]) -> None:
    def other(frame: pd.DataFrame) -> None:
        frame[["ssim_rgb", "ssim_y"]] = ""
        frame["metric_definitions"] = frame["metric_definitions"].str.replace(",ssim:", ",ssim:f")

    assert against(other, subset=True).exit_status == 0


def test_definitions_of_older_records_are_those_of_their_manifest(tmp_path: Path) -> None:
    for name, text in (("old", None), ("new", None), ("other", "10·log10(255² / MSE), of the luma alone")):
        (tmp_path / name).mkdir()
        frame = records()
        if name != "new":
            frame = frame.drop(columns="metric_definitions")
        frame.to_csv(tmp_path / name / "records.csv", index=False)
        definitions = {metric.name: metric.definition for metric in METRICS}
        manifest = {"metrics": definitions | ({"psnr": text} if text else {})}
        (tmp_path / name / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    columns_ = judged_columns(METRICS, {})
    old, new, other = (read_run(tmp_path / name) for name in ("old", "new", "other"))
    assert compare(old, new, columns_).notes == ()
    assert compare(old, new, columns_).exit_status == 0
    assert compare(old, other, columns_).exit_status == compare(new, other, columns_).exit_status == 2
    # A file of another name may lie beside a stranger's manifest: then it does not say.
    shutil.copy(tmp_path / "other" / "records.csv", tmp_path / "other" / "mine.csv")
    found = compare(new, read_run(tmp_path / "other" / "mine.csv"), columns_)
    assert found.exit_status == 0
    assert "does not say by which definition" in found.notes[0]


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

    for name, version in (("a", "2.4.6"), ("b", "2.5.0")):
        (tmp_path / name).mkdir()
        records().to_csv(tmp_path / name / "records.csv", index=False)
        manifest = {"environment": {"commit": name * 40}, "packages": {"numpy": version, "scipy": "1.17.1"}}
        (tmp_path / name / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = compare(read_run(tmp_path / "a"), read_run(tmp_path / "b"), judged_columns(METRICS, {}))
    assert found.environment == (f"commit {'a' * 10} → {'b' * 10}", "numpy 2.4.6 → 2.5.0")
    assert "numpy 2.4.6 → 2.5.0" in found.cause("fine")


def test_a_part_of_a_set_is_compared_with_the_whole(against: Callable[..., Comparison]) -> None:
    def part(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["image"] < "image2"].assign(images_expected=8)

    found = against(part, subset=True)
    assert (found.exit_status, found.pairs, len(found.missing), len(found.new)) == (0, 20, 60, 0)


def test_a_new_setting_of_a_codec_is_told(against: Callable[..., Comparison]) -> None:
    def setting(frame: pd.DataFrame) -> None:
        fine = frame["codec"] == "fine"
        frame.loc[fine, "settings"] = frame.loc[fine, "settings"].str.replace("}", ', "tune": "psnr"}')

    found = against(setting)
    assert found.exit_status == 1
    assert found.notes == ("fine has other settings: gone: none; new: tune; such rows cannot be paired",)


def times(ratio: float, spread: float, count: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    before = np.exp(rng.normal(-3, 1, count))
    after = before * ratio * np.exp(rng.normal(0, spread, count))
    return pd.DataFrame(
        {
            "dataset": "kodak",
            "codec": "fine",
            "image": [f"image{index}" for index in range(count)],
            "encode_s_before": before,
            "encode_s_after": after,
            "decode_s_before": before,
            "decode_s_after": before,
        }
    )


@pytest.mark.slow
def test_noise_of_timings_does_not_trip_the_gate() -> None:
    pairs = [times(1, 0.3, 40, seed) for seed in range(150)]
    # With no limit at all, Holm's correction for both tests leaves 2.5 % to chance: 3.75 of 150.
    assert 1 <= sum(time_ratios(pair, 0.0)["verdict"].iloc[0] != "same" for pair in pairs) <= 8
    assert {str(time_ratios(pair, 0.2)["verdict"].iloc[0]) for pair in pairs} == {"same"}


def test_a_codec_half_as_fast_again_trips_the_gate() -> None:
    slower = [time_ratios(times(1.5, 0.3, 40, seed), 0.2).iloc[0] for seed in range(100)]
    assert sum(row["verdict"] == "worse" for row in slower) >= 99
    assert 93 <= sum(row["low"] <= 1.5 <= row["high"] for row in slower) <= 99, "intervals of 95 %"
    assert np.mean([np.log(row["ratio"]) for row in slower]) == pytest.approx(np.log(1.5), abs=0.01)
    assert time_ratios(times(1 / 1.5, 0.3, 40, 1), 0.2)["verdict"].iloc[0] == "better"
    assert time_ratios(times(1.1, 0.01, 40, 1), 0.2)["verdict"].iloc[0] == "same", "significant, within the limit"
    assert time_ratios(times(1.5, 1.5, 12, 3), 0.2)["p"].iloc[0] > 0.05
    assert time_ratios(times(9, 0.1, LEAST_PAIRS - 1, 1), 0.2)["verdict"].iloc[0] == "too few pairs"
    assert time_ratios(times(9, 0.1, LEAST_PAIRS + 1, 1), 0.2)["verdict"].iloc[0] == "worse"


def test_points_cut_from_one_stream_count_as_one_measurement() -> None:
    frame = times(1.5, 0.1, 5, 1)
    assert time_ratios(pd.concat([frame] * 4), 0.2)["pairs"].iloc[0] == 5


def test_times_count_only_when_asked(against: Callable[..., Comparison]) -> None:
    def slower(frame: pd.DataFrame) -> None:
        fine = frame["codec"] == "fine"
        frame.loc[fine, "encode_s"] *= np.exp(np.random.default_rng(2).normal(np.log(1.5), 0.1, int(fine.sum())))

    assert against(slower).exit_status == 0
    found = against(slower, timing=0.2)
    assert found.exit_status == 1
    cases = ET.fromstring(as_junit(found)).iter("testcase")
    assert [case.attrib["name"] for case in cases if case.find("failure") is not None] == ["fine encode time"]
    assert against(slower, timing=0.8).exit_status == 0


def test_junit_has_a_case_for_each_codec_and_data_set(against: Callable[..., Comparison]) -> None:
    frame = pd.concat([records(), records(dataset="clic")], ignore_index=True)

    def dearer(rows: pd.DataFrame) -> None:
        rows.loc[(rows["dataset"] == "clic") & (rows["codec"] == "coarse"), "bpp"] *= 1.5

    root = ET.fromstring(as_junit(against(dearer, frame=frame)))
    assert root.tag == "testsuites"
    suites = {suite.attrib["name"]: suite.attrib for suite in root}
    assert {name: (suite["tests"], suite["failures"]) for name, suite in suites.items()} == {
        "kodak": ("2", "0"),
        "clic": ("2", "1"),
    }
    assert [case.attrib["name"] for case in root.iter("testcase")] == ["fine", "coarse", "fine", "coarse"]


def test_markdown_names_the_worst_first_and_stays_short(against: Callable[..., Comparison]) -> None:
    def dearer(frame: pd.DataFrame) -> None:
        frame["bpp"] *= 1.01
        frame.loc[pick(frame, "image5", "fine", 30), "bpp"] *= 2

    text = as_markdown(against(dearer))
    assert text.startswith("### ❌ worse: 80 rows compared, 80 worse\n")
    table = text.partition("**Worse: 80 values of 80 rows**")[2].splitlines()
    assert table[4].startswith("| kodak | image5 | fine | quality=30 | bpp |")
    assert "and 60 more" in text
    assert text.count("<details>") == text.count("</details>") > 0
    assert len(text) < 65536, "what a comment may have"


def test_outputs_are_the_same_bytes_each_time(against: Callable[..., Comparison]) -> None:
    def alter(frame: pd.DataFrame) -> None:
        frame["bpp"] *= 1.01

    for write in (as_markdown, as_junit, as_json):
        assert write(against(alter)) == write(against(alter))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("psn=1", "unknown name 'psn'; known: bpp, mse, psnr"),
        ("psnr", "expected NAME=NUMBER"),
        ("psnr=-1", "0 or more"),
        ("psnr=x%", "expected NAME=NUMBER"),
        ("psnr=inf", "expected NAME=NUMBER"),
    ],
)
def test_bad_tolerances(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_tolerances([text], METRICS)


def test_tolerances() -> None:
    found = parse_tolerances(["psnr=0.02, bpp=0.5%", "bd_rate=0.3"], METRICS)
    assert found == {"psnr": Tolerance(0.02), "bpp": Tolerance(0.005, True), "bd_rate": Tolerance(0.003, True)}
    by_column = {metric.column: str(metric.tolerance) for metric in judged_columns(METRICS, found)}
    assert (by_column["psnr_y"], by_column["bpp"], by_column["mse_y"]) == ("0.02", "0.5%", "0.25%")
    assert parse_percent("--timing", "20%") == 0.2
    for text in ("20", "x%", "-1%"):
        with pytest.raises(UsageError, match="--timing: expected a percentage such as 20%"):
            parse_percent("--timing", text)


def test_what_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        read_run(tmp_path / "nothing")
    with pytest.raises(UsageError, match=r"no records\.csv there or below"):
        read_run(tmp_path)
    (tmp_path / "summary.csv").write_text("dataset,codec,bpp_mean\n", encoding="utf-8")
    with pytest.raises(RecordsError, match=r"not those of a records file \(missing: schema, key"):
        read_run(tmp_path / "summary.csv")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(RecordsError, match="cannot be read as CSV"):
        read_run(tmp_path / "empty.csv")
    records().head(0).to_csv(tmp_path / "header.csv", index=False)
    with pytest.raises(RecordsError, match="holds no rows"):
        read_run(tmp_path / "header.csv")


@pytest.mark.slow
def test_the_command(tmp_path: Path, rdbench: Run) -> None:
    """On the Kodak baseline: the same, worse with all three files, and not comparable."""
    baseline = ROOT / "results" / "baseline" / "kodak"
    assert rdbench("compare", str(baseline), str(baseline)).stdout.startswith("same: 4,776 rows compared, all alike\n")
    frame = pd.read_csv(baseline / "records.csv", dtype=str, keep_default_na=False)
    place = frame.index[(frame["codec"] == "webp") & (frame["image"] == "kodim07")][3]
    frame.loc[place, "psnr_rgb"] = str(float(frame.loc[place, "psnr_rgb"]) - 0.05)
    frame.drop(index=0).to_csv(tmp_path / "records.csv", index=False)
    files = [word for name in ("a.md", "a.xml", "a.json") for word in ("--out", name)]
    done = rdbench("compare", str(baseline), "records.csv", *files, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("worse: 4,775 rows compared, 1 worse; 1 missing\n")
    for text in ("kodim07", "quality=20", "psnr_rgb", "-0.05", "kodim01", "quality=5"):
        assert text in done.stdout, text
    assert "kodim07" in (tmp_path / "a.md").read_text(encoding="utf-8")
    assert len(ET.parse(tmp_path / "a.xml").findall(".//failure")) == 2
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (content["verdict"], content["exit_status"], len(content["missing"])) == ("worse", 1, 1)
    frame.assign(schema="9").to_csv(tmp_path / "records.csv", index=False)
    done = rdbench("compare", str(baseline), "records.csv", check=False)
    assert (done.returncode, "records.csv, line 2: schema: expected 1 to 2, got '9'" in done.stderr) == (2, True)
    done = rdbench("compare", str(baseline), "records.csv", "--out", "a.txt", check=False)
    assert (done.returncode, "expected a name that ends in .md, .xml (JUnit) or .json" in done.stderr) == (2, True)


def test_commands_of_the_workflow_for_github_are_understood() -> None:
    text = (ROOT / "docs" / "github-actions.yml").read_text(encoding="utf-8")
    lines = re.findall(r"rdbench (run|compare) (.*?)(?: \|\| .*)?$", text, re.MULTILINE)
    assert [name for name, _ in lines] == ["run", "run", "compare"]
    for name, words in lines:
        main.commands[name].make_context(name, shlex.split(words))
