"""Curves of others beside our own: never mixed where definitions differ."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from benchmark.analysis.delta import bd_rate
from benchmark.analysis.references.foreign import import_curves
from benchmark.analysis.references.reference import (
    ForeignMetric,
    Reference,
    check_references,
    is_reference,
    read_reference,
    reference_curves,
    reference_text,
)
from benchmark.errors import RecordsError, UsageError
from benchmark.metric import Metric, find_metric
from benchmark.plugins import all_metrics
from tests.analysis.references.examples import compressai
from tests.codecs.test_published import JPEG, WEBP
from tests.conftest import ROOT

METRICS = all_metrics()


OURS, OURS_MS_SSIM = (find_metric(METRICS, name) for name in ("psnr", "ms_ssim"))


DISTANCE = Metric(name="lpips", space="colour", title="LPIPS", definition="made up", higher_is_better=False)


PSNR = ForeignMetric("psnr", "rgb", "dB", "images")


POOLED = ForeignMetric("psnr", "rgb", "dB", "pooled")


LINEAR = ForeignMetric("ms_ssim", "rgb", "linear", "images")


OF_MEAN = ForeignMetric("ms_ssim", "rgb", "dB", "pooled")


MEAN_OF = ForeignMetric("ms_ssim", "rgb", "dB", "images")


def reference(metric: ForeignMetric = PSNR, **more: object) -> Reference:
    values = (0.9, 0.99) if metric.unit == "linear" else (30.0, 35.5)
    whole = Reference("kodak", "JPEG", "paper", metric, 24, (0.25, 1.0), values)
    return dataclasses.replace(whole, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", [PSNR, POOLED, LINEAR, OF_MEAN, MEAN_OF])
def test_what_is_written_is_read(tmp_path: Path, metric: ForeignMetric) -> None:
    path = tmp_path / "others.csv"
    written = [reference(metric, note='a, "b"'), reference(metric, label="x", images=None)]
    path.write_text(reference_text(written), encoding="utf-8")
    assert is_reference(path)
    assert read_reference(path) == written


def test_what_is_no_reference_file(tmp_path: Path) -> None:
    assert not is_reference(tmp_path)
    assert not is_reference(tmp_path / "missing")
    records = ROOT / "results" / "baseline" / "mnist" / "records.csv"
    assert not is_reference(records)
    with pytest.raises(RecordsError, match="import"):
        read_reference(records)
    with pytest.raises(UsageError, match="no such file"):
        read_reference(tmp_path / "missing")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (",24,", ",two,", "images"),
        (",30.0,", ",x,", "reference file"),
        (",30.0,", ",,", "finite"),
        (",0.25,", ",-1,", "positive"),
        (",rgb,", ",xyz,", "colour space"),
    ],
)
def test_a_bad_cell_is_told(tmp_path: Path, before: str, after: str, message: str) -> None:
    path = tmp_path / "others.csv"
    path.write_text(reference_text([reference()]).replace(before, after), encoding="utf-8")
    with pytest.raises(RecordsError, match=message):
        read_reference(path)


def test_axes_of_the_records_have_these_definitions() -> None:
    assert ForeignMetric.of(OURS) == PSNR
    assert ForeignMetric.of(OURS_MS_SSIM) == OF_MEAN
    assert ForeignMetric.of(find_metric(METRICS, "ssim_y")) == ForeignMetric("ssim", "y", "linear", "images")
    assert ForeignMetric.of(DISTANCE) == ForeignMetric("lpips", "colour", "linear", "images")


def test_a_mean_similarity_and_its_decibels_can_be_had_from_each_other() -> None:
    [there] = reference_curves([reference(LINEAR)], OURS_MS_SSIM, "kodak")
    assert there.qualities == pytest.approx((10, 20))
    linear = dataclasses.replace(OURS_MS_SSIM, decibels="")
    [back] = reference_curves([reference(OF_MEAN, values=(10.0, 20.0))], linear, "kodak")
    assert back.qualities == pytest.approx((0.9, 0.99))


def test_a_distance_goes_down_and_its_decibels_go_up() -> None:
    linear = reference(ForeignMetric("lpips", "colour", "linear", "images"), values=(0.1, 0.01))
    assert reference_curves([linear], DISTANCE, "kodak")[0].qualities == pytest.approx((-0.1, -0.01))
    in_decibels = dataclasses.replace(DISTANCE, decibels="distance")
    assert reference_curves([linear], in_decibels, "kodak")[0].qualities == pytest.approx((10, 20))
    pooled = reference(ForeignMetric("lpips", "colour", "dB", "pooled"), values=(10.0, 20.0))
    assert reference_curves([pooled], DISTANCE, "kodak")[0].qualities == pytest.approx((-0.1, -0.01))


@pytest.mark.parametrize(
    ("mine", "ours"),
    [
        (POOLED, OURS),
        (MEAN_OF, OURS_MS_SSIM),
        (MEAN_OF, dataclasses.replace(OURS_MS_SSIM, decibels="")),
    ],
)
def test_other_averages_are_refused_naming_both(mine: ForeignMetric, ours: Metric) -> None:
    with pytest.raises(UsageError) as refused:
        reference_curves([reference(mine)], ours, "kodak")
    assert str(mine) in str(refused.value)
    assert str(ForeignMetric.of(ours)) in str(refused.value)
    assert "--define" in str(refused.value)


def test_what_belongs_on_another_axis_is_left_out_and_what_belongs_nowhere_is_refused() -> None:
    luma = reference(dataclasses.replace(PSNR, space="y"))
    assert [curve.qualities for curve in reference_curves([luma, reference()], OURS, "kodak")] == [(30, 35.5)]
    assert reference_curves([reference()], OURS, "mnist") == []
    check_references([reference()], [OURS, OURS_MS_SSIM], ["kodak"])
    check_references([reference(LINEAR)], [OURS, OURS_MS_SSIM], ["kodak"])
    check_references([reference(LINEAR), reference()], [OURS], ["kodak"])  # of the same codec, one of which is drawn
    with pytest.raises(UsageError, match=r"PSNR over luma.*the results have PSNR over RGB"):
        check_references([luma], [OURS_MS_SSIM, OURS], ["kodak"])
    with pytest.raises(UsageError, match=r"on kodak, the results on kodak \(2 of 24\)"):
        check_references([reference()], [OURS], ["kodak (2 of 24)"])
    with pytest.raises(UsageError, match="PSNR over RGB, dB of the mean"):
        check_references([reference(POOLED)], [OURS], ["kodak"])


def test_bd_rates_of_references_need_the_number_of_images(tmp_path: Path) -> None:
    paths = compressai(tmp_path / "jpeg.json", JPEG), compressai(tmp_path / "webp.json", WEBP)
    parts = [import_curves(path, dataset="kodak", metrics=METRICS, images=24).references[0] for path in paths]
    jpeg, webp = reference_curves(parts, OURS, "kodak")
    assert (jpeg.images, jpeg.label, jpeg.dataset, jpeg.image) == (24, "JPEG", "kodak", "")
    assert -45 < bd_rate(jpeg, webp).value < -20
    [unknown] = reference_curves([reference(images=None)], OURS, "kodak")
    assert "refused: nothing says how many images JPEG is a mean of" in bd_rate(jpeg, unknown).flags[-1]


def test_texts_are_cells_that_any_table_can_hold(tmp_path: Path) -> None:
    """Of one line, and no formula: as names of files."""
    metric = ForeignMetric("psnr", "rgb", "dB", "images")
    odd = Reference("kodak", "=cmd()\nx", "@a\rb", metric, 24, (0.5, 1.0), (30.0, 35.0), "-1\x85")
    assert (odd.label, odd.source, odd.note) == ("%3Dcmd()%0Ax", "%40a%0Db", "%2D1%u0085")
    path = tmp_path / "odd.csv"
    path.write_text(reference_text([odd]))
    assert len(path.read_text().splitlines()) == 3
    assert read_reference(path) == [odd]
    path.write_text(reference_text([odd]).replace("%3Dcmd()%0Ax", '"=cmd()\nx"'))  # another's hand
    assert read_reference(path) == [odd]
