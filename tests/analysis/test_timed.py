"""Which times may stand in tables and figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.analysis.records import read_records
from benchmark.analysis.results import read_results
from benchmark.analysis.timed import for_times_alone, mean_seconds, untimed_notes, with_times
from benchmark.plugins import all_metrics
from tests.analysis.test_cost import row, write

METRICS = all_metrics()


def test_seconds_are_for_an_image(tmp_path: Path) -> None:
    rows = [row("a", "i", 1, 0.5, encode_s=8.0, images=4), row("a", "j", 1, 0.5, encode_s=1.0)]
    rows.append(row("a", "k", 1, 0.5, encode_s=100.0, jobs=2))
    found = mean_seconds(read_records(write(tmp_path, *rows) / "records.csv"), ["codec"])
    assert found.to_dict("index") == {"a": {"encode_s": pytest.approx(9 / 5), "decode_s": pytest.approx(2 / 5)}}


def test_only_times_that_are_to_be_published_are_taken_over(tmp_path: Path) -> None:
    usual = {"jobs": 2, "encode_s": 9.0}
    rows = [row("a", image, quality, 0.5 * quality, **usual) for quality in (1, 2) for image in "ij"]
    results = read_results([write(tmp_path / "usual", *rows)], METRICS)
    times = read_results(
        [
            write(
                tmp_path / "timing",
                row("a", "i", 1, 0.5, encode_s=3.0),
                row("a", "j", 1, 0.5, encode_s=4.0, flags="disturbed"),
                row("a", "i", 2, 1.0, encode_s=5.0, image_sha256="another picture"),
                row("a", "other", 1, 0.5, encode_s=6.0),
                row("a", "i", 3, 0.5, encode_s=7.0),
            )
        ],
        METRICS,
    )
    found = with_times(results, times).records
    assert found["encode_s"].tolist() == [3.0, 9.0, 9.0, 9.0]
    assert found["jobs"].tolist() == [1, 2, 2, 2]
    assert mean_seconds(found, ["settings"])["encode_s"].tolist() == [3.0]
    assert results.records["encode_s"].tolist() == [9.0] * 4, "the results are what they were"


def test_nothing_is_said_where_all_have_times() -> None:
    assert untimed_notes([], "results/mine", every=False) == []
    assert untimed_notes(["jpeg", "webp"], "results/mine", every=False) == [
        "no times of jpeg, webp: they were not measured to be published (one worker, 5 repeats or more, undisturbed); "
        "this measures them: python -m benchmark run --timing --study results/mine/study.toml --out results/mine"
    ]


def test_a_part_of_the_images_with_times_is_there_for_them_alone(tmp_path: Path) -> None:
    whole = [row("a", image, 1, 0.5, image_sha256=image) for image in "ij"]
    part = [row("a", "i", 1, 0.5, image_sha256="i", timing="alone")]
    more = [*part, row("a", "k", 1, 0.5, image_sha256="k", timing="alone")]
    tables = [
        read_records(write(tmp_path / str(place), *rows) / "records.csv")
        for place, rows in enumerate([whole, part, more])
    ]
    assert for_times_alone(tables) == [False, True, False], "the last one has an image that no other has"
    assert for_times_alone(tables[1:2]) == [False], "there is no other"
    mixed = tables[1].assign(timing="")
    assert for_times_alone([tables[0], mixed]) == [False, False]
