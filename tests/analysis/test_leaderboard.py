"""Ranks of the codecs of many results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.files import read_table
from benchmark.analysis.leaderboard import Entry, Leaderboard, Submission, leaderboard
from benchmark.analysis.results import read_results
from benchmark.errors import UsageError
from benchmark.plugins import all_metrics
from tests.analysis.regression.examples import records

METRICS = all_metrics()


def submitted(folder: Path, name: str, frame: pd.DataFrame) -> Submission:
    path = folder / f"{name}.csv"
    frame.to_csv(path, index=False)
    return Submission(name, read_table(path, [metric.column for metric in METRICS], []), {})


def board(folder: Path, *frames: pd.DataFrame, anchor: str = "coarse", **more: Any) -> Leaderboard:
    submissions = [submitted(folder, f"r{place}", frame) for place, frame in enumerate(frames)]
    return leaderboard(submissions, METRICS, anchor, **{"chosen": ["psnr"], **more})


def only(frame: pd.DataFrame, name: str, **cells: Any) -> pd.DataFrame:
    return frame[frame["codec"] == name].assign(**cells)


def entry(found: Leaderboard, series: str, dataset: str = "kodak") -> Entry:
    (one,) = (one for one in found.entries if (one.series, one.dataset) == (series, dataset))
    return one


def test_codecs_of_several_results_are_ranked_together(tmp_path: Path) -> None:
    better = only(records(), "fine", codec="finest", weights="w1").assign(bpp=lambda frame: frame["bpp"] / 2)
    found = board(tmp_path, records(), better, chosen=["psnr", "ms_ssim"])
    assert [one.series for one in found.entries] == ["finest", "fine", "coarse"]
    assert [one.standings["psnr_rgb"].rank for one in found.entries] == [1, 2, 3]
    assert [one.family for one in found.entries] == ["learned", "classical", "classical"]
    assert entry(found, "finest").submissions == ["r1"] and entry(found, "fine").submissions == ["r0"]
    assert entry(found, "finest").weights == ["w1"]
    assert entry(found, "fine").settings == ["effort = 4", "quality = 10, 30, 50, 70, 90"]
    table = bd_table(read_results([tmp_path / "r0.csv"], METRICS), "coarse", found.metrics[0])
    mine = table[table["series"] == "fine"].iloc[0]
    standing = entry(found, "fine").standings["psnr_rgb"]
    assert (standing.value, standing.low, standing.high) == tuple(mine[["image_mean", "ci_low", "ci_high"]])
    assert np.isnan(entry(found, "coarse").standings["psnr_rgb"].low)


def test_what_several_results_have_is_one_entry(tmp_path: Path) -> None:
    found = board(tmp_path, records(), only(records(), "coarse"))
    assert [one.series for one in found.entries] == ["fine", "coarse"]
    assert entry(found, "coarse").submissions == ["r0", "r1"]


def test_anchors_of_two_versions_are_two_entries_and_the_first_counts(tmp_path: Path) -> None:
    found = board(tmp_path, records(), only(records(), "coarse", version="libcoarse 2.0"))
    labels = {one.series for one in found.entries if one.codec == "coarse"}
    assert labels == {"coarse", "coarse by libcoarse 2.0"}, "another folder renames none"
    assert found.anchors == {"kodak": "coarse"}


def test_data_sets_stand_apart_and_one_without_the_anchor_has_no_ranks(tmp_path: Path) -> None:
    clic = only(records(dataset="clic"), "fine")
    presets = pd.concat([clic, clic.assign(settings=clic["settings"].str.replace('effort": 4', 'effort": 5'))])
    found = board(tmp_path, records(), presets)
    assert {one.series for one in found.entries if one.dataset == "kodak"} == {"fine", "coarse"}
    assert {one.series for one in found.entries if one.dataset == "clic"} == {"fine", "fine (effort=5)"}
    assert entry(found, "fine", "clic").standings == {}
    assert found.notes == ["clic: no result has coarse to compare with, so no codec has a rank on it"]


def test_other_images_of_one_name_have_no_rank(tmp_path: Path) -> None:
    other = only(records(), "fine", codec="other", image_sha256=lambda frame: "f" + frame["image_sha256"].str[1:])
    standing = entry(board(tmp_path, records(), other), "other").standings["psnr_rgb"]
    assert standing.rank is None and "images" in standing.why


def test_another_definition_of_a_metric_is_left_out(tmp_path: Path) -> None:
    other = only(records(), "fine", codec="other", metric_definitions="psnr:00000000")
    found = board(tmp_path, records(), other, chosen=["psnr", "ms_ssim"])
    assert "psnr_rgb" not in entry(found, "other").standings or (
        entry(found, "other").standings["psnr_rgb"].rank is None
    )
    assert entry(found, "other").standings["ms_ssim_rgb"].rank
    assert any("r1: its psnr has another definition" in note and "that of r0" in note for note in found.notes)


def test_lossless_codecs_are_a_family_of_their_own(tmp_path: Path) -> None:
    exact = only(records(), "fine", codec="exact", psnr_rgb=np.inf, psnr_y=np.inf, knob="", settings="{}")
    found = board(tmp_path, records(), exact.drop_duplicates("image"))
    assert entry(found, "exact").family == "lossless"
    assert entry(found, "exact").standings["psnr_rgb"].rank is None
    assert found.entries[-1].series == "exact"


def test_metrics_that_nothing_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="vmaff"):
        board(tmp_path, records(), chosen=["vmaff"])
    nothing = records().assign(**{metric.column: np.nan for metric in METRICS if metric.column in records()})
    with pytest.raises(UsageError, match="no result has a value of a metric"):
        board(tmp_path, nothing, chosen=None)


def test_of_a_run_for_times_the_times_alone_are_taken(tmp_path: Path) -> None:
    one = records().query("image == image.iloc[0]")
    timed = one.assign(timing="alone", jobs=1, repeats=9, encode_s=2.0, width=1000, height=1000)
    older = timed[timed["codec"] == "fine"].assign(version="of old")
    found = board(tmp_path, records(), pd.concat([timed, older]))
    assert sorted(one.series for one in found.entries) == ["coarse", "fine"]
    assert entry(found, "fine").encode_s_per_mp > 0
    assert any("r1: its times alone are shown" in note for note in found.notes)
