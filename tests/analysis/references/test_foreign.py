"""Curves in the forms in which others publish them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from benchmark.analysis.references.foreign import import_curves, parse_definition
from benchmark.analysis.references.reference import (
    ForeignMetric,
)
from benchmark.errors import UsageError
from benchmark.metric import Metric, find_metric
from benchmark.plugins import all_metrics
from tests.analysis.references.examples import compressai

METRICS = all_metrics()
OURS, OURS_MS_SSIM = (find_metric(METRICS, name) for name in ("psnr", "ms_ssim"))
PSNR = ForeignMetric("psnr", "rgb", "dB", "images")


LINEAR = ForeignMetric("ms_ssim", "rgb", "linear", "images")


@pytest.mark.parametrize(
    "text",
    [
        "psnr",
        "psnr=psnr",
        "psnr=psnr_rgb",
        "psnr=psnr_rgb,dB",
        "psnr=psnr_xyz,dB,images",
        "psnr=psnr_rgb,bel,images",
        "x=ms_ssim_rgb,linear,pooled",
        "=psnr_rgb,dB,images",
    ],
)
def test_definitions_that_make_no_sense(text: str) -> None:
    with pytest.raises(UsageError, match="--define"):
        parse_definition(text)


def test_json_has_the_definitions_of_compressai_unless_told_otherwise(tmp_path: Path) -> None:
    path = compressai(tmp_path / "vtm.json", ((1.0, 35.0), (0.5, 30.0)), **{"ms-ssim-rgb": [0.99, 0.9], "odd": [1, 2]})
    found = import_curves(path, dataset="kodak", metrics=METRICS, images=24)
    assert [part.metric for part in found.references] == [PSNR, LINEAR]
    assert found.references[0].rates == (0.5, 1.0)
    assert found.references[0].values == (30.0, 35.0)
    assert (found.references[0].label, found.references[0].source) == ("VTM", "made, vtm.json")
    assert "round trip" in found.references[0].note
    assert "pytorch-msssim" in found.references[1].note
    [note] = found.notes
    assert "odd" in note
    key, definition = parse_definition("psnr-rgb=psnr_y,dB,pooled")
    told = import_curves(
        path, dataset="kodak", metrics=METRICS, definitions={key: definition}, label="mine", source="me", note="so"
    )
    assert str(told.references[0].metric) == "PSNR over luma, dB of the mean over images"
    assert (told.references[0].label, told.references[0].source, told.references[0].images) == ("mine", "me", None)
    assert told.references[0].note.endswith("; so")


def test_a_table_has_no_definition_but_what_is_told(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text("bpp, quality\n0.5,30\n0.25,27\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--define quality=psnr_rgb,dB,images"):
        import_curves(path, dataset="kodak", metrics=METRICS)
    [found] = import_curves(path, dataset="kodak", metrics=METRICS, definitions={"quality": PSNR}).references
    assert (found.rates, found.values, found.label) == ((0.25, 0.5), (27, 30), "curve")
    with pytest.raises(UsageError, match="no such values"):
        import_curves(path, dataset="kodak", metrics=METRICS, definitions={"psnr": PSNR})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.xls", "", "ends in"),
        ("a.json", "{", "not JSON"),
        ("a.json", "[]", "CompressAI"),
        ("a.json", '{"results": {"psnr": [1, 2], "bpp": [1]}}', "2 values for 1 rate"),
        ("a.json", '{"results": {"psnr": [1]}}', "named bpp"),
        ("a.json", '{"results": {"psnr": [], "bpp": []}}', "no points"),
        ("a.json", '{"results": {"psnr": ["x"], "bpp": [1]}}', "numbers"),
        ("a.json", '{"results": {"psnr": [null], "bpp": [1]}}', "point 1 of 1 has no value"),
        ("a.json", '{"results": {"psnr": [30], "bpp": [0]}}', "positive"),
        ("a.json", '{"results": {"ms-ssim": [17.5], "bpp": [1]}}', "if they are in dB"),
        ("a.csv", "", "is empty"),
        ("a.csv", "rate,psnr\n1,2\n", "named bpp"),
        ("a.json", '{"results": {"psnr": [30, 31], "bpp": [0.5, null]}}', "point 2 of 2 has no rate"),
    ],
)
def test_files_that_make_no_sense(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        import_curves(tmp_path / name, dataset="kodak", metrics=METRICS)


def test_a_definition_has_to_fit_a_metric_that_is_known(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text("bpp,q\n0.5,30\n1,35\n")

    def define(text: str, *known: Metric) -> None:
        key, definition = parse_definition(f"q={text}")
        import_curves(path, dataset="kodak", metrics=known, definitions={key: definition})

    theirs = dataclasses.replace(OURS, name="wpsnr"), dataclasses.replace(OURS_MS_SSIM, name="vif", highest=20.0)
    with pytest.raises(UsageError, match="psnr: expected the unit dB, got linear"):
        define("psnr_rgb,linear,images", OURS)
    with pytest.raises(UsageError, match="wpsnr: expected the unit dB, got linear"):
        define("wpsnr_rgb,linear,images", *theirs)
    with pytest.raises(UsageError, match=r"up to 20 of VIF .*, got 35; if they are in dB"):
        define("vif_rgb,linear,images", *theirs)
    define("vif_rgb,dB,images", *theirs)
    define("vmaf_y,linear,images", *theirs)  # nothing is known of it
