"""The forms in which others publish curves: what each file says, and what to know of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmark.analysis.references.foreign import import_curves
from benchmark.analysis.references.formats import read_tables
from benchmark.analysis.references.reference import ForeignMetric
from benchmark.errors import UsageError
from benchmark.plugins import all_metrics

PSNR = ForeignMetric("psnr", "rgb", "dB", "images")
TEXT = """\
# Aggregate rate-distortion data for "Codec 2018 (opt. MSE)" on kodak.
# The first column contains bits per pixel (bpp) values.
# The second column contains {metric} values.
#
# Notes:
#  1. Aggregate values were calculated by averaging over a constant
#     lambda value.

0.115, {values[0]}
0.301, {values[1]}
"""
HIFIC = """\
,dataset,bpp,FID,KID,NIQE,LPIPS,MS-SSIM,PSNR
0,clic2020,0.13,4.2,0.001,9.4,0.054,0.955,30.9
1,clic2020,0.25,2.4,0.0005,9.3,0.035,0.974,32.9
2,kodak,0.18,,,11.3,0.069,0.937,27.6
3,kodak,0.35,,,11.9,0.043,0.964,29.7
"""


def _json(path: Path, results: dict[str, Any], **more: Any) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(json.dumps({**more, "results": results}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("metric", "values", "expected"),
    [
        ("PSNR/sRGB/R'G'B'", (27.1, 30.6), PSNR),
        ("PSNR/sRGB/Y'", (27.1, 30.6), ForeignMetric("psnr", "y", "dB", "images")),
        ("MS-SSIM/sRGB/R'G'B'", (0.9, 0.95), ForeignMetric("ms_ssim", "rgb", "linear", "images")),
        ("MS-SSIM/sRGB/Y'", (0.9, 0.95), ForeignMetric("ms_ssim", "y", "linear", "images")),
    ],
)
def test_text_of_tensorflow_compression(
    tmp_path: Path, metric: str, values: tuple[float, float], expected: ForeignMetric
) -> None:
    (tmp_path / "a.txt").write_text(TEXT.format(metric=metric, values=values))
    [found] = import_curves(tmp_path / "a.txt", metrics=all_metrics()).references
    assert (found.label, found.dataset, found.metric) == ("Codec 2018 (opt. MSE)", "kodak", expected)
    assert (found.rates, found.values) == ((0.115, 0.301), values)
    with pytest.raises(UsageError, match="it is on kodak, not on clic"):
        import_curves(tmp_path / "a.txt", metrics=all_metrics(), dataset="clic")


@pytest.mark.parametrize(
    "text", ["1, 2\n", TEXT.replace("{metric}", "VMAF"), TEXT.format(metric="PSNR/sRGB/Y'", values=("1, 2", 3))]
)
def test_other_text_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(UsageError, match=r"expected TensorFlow Compression's form|expected two numbers a line"):
        read_tables(tmp_path / "a.txt")


def test_hific_has_a_curve_for_each_metric_and_data_set(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(HIFIC)
    found = import_curves(tmp_path / "data.csv", metrics=all_metrics(), images={"kodak": 24}.get)
    assert {reference.label for reference in found.references} == {"HiFiC"}
    sets = [(reference.dataset, reference.metric.name, reference.images) for reference in found.references]
    names = ("psnr", "ms_ssim", "lpips")
    assert sets == [*(("clic2020", name, None) for name in names), *(("kodak", name, 24) for name in names)]
    assert [note.partition("left out ")[2].partition(":")[0] for note in found.notes] == ["FID", "KID", "NIQE"]
    kodak = import_curves(tmp_path / "data.csv", metrics=all_metrics(), dataset="kodak").references
    assert [reference.values for reference in kodak[:1]] == [(27.6, 29.7)]


def test_files_of_one_name_have_labels_of_their_own(tmp_path: Path) -> None:
    results = {"psnr-rgb": [28.0, 30.0], "bpp": [0.1, 0.2]}
    names = {
        "compressai-mbt2018_mse_cuda": "mbt2018 (mse, cuda)",
        "compressai-mbt2018_mse_cpu": "mbt2018 (mse, cpu)",
        "compressai-mbt2018_ms-ssim_cpu": "mbt2018 (ms-ssim, cpu)",
        "compressai-mbt2018-ms-ssim": "mbt2018 (ms-ssim)",
        "mbt2018": "mbt2018",
        "paper-mbt2018": "mbt2018",
        "other": "mbt2018",
        "xmbt2018_mse": "mbt2018",
    }
    for stem, label in names.items():
        [table] = read_tables(_json(tmp_path / f"{stem}.json", results, name="mbt2018", description="Inference (ans)"))
        assert table.name == label
    [table] = read_tables(_json(tmp_path / "a.json", results, name="elic", meta={"opt_metric": "mse", "device": None}))
    assert table.name == "elic (mse)"
    [table] = read_tables(_json(tmp_path / "a.json", results, name="VTM", description="VTM"))
    assert table.name == "VTM"


def test_reconstructions_in_floating_point_are_noted(tmp_path: Path) -> None:
    results = {"psnr": [28.0, 30.0], "bpp": [0.1, 0.2]}
    about = {"name": "mbt2018", "description": "Inference (ans)"}
    for folder, name, noted in (("kodak", "mbt2018", 1), ("8bit-decoded", "mbt2018", 0), ("kodak", "mbt2018-8bit", 0)):
        path = _json(tmp_path / folder / "a.json", results, **{**about, "name": name})
        [found] = import_curves(path, dataset="kodak", metrics=all_metrics()).references
        assert ("floating point" in found.note) == noted


def test_dictionaries_of_video_are_told(tmp_path: Path) -> None:
    flat = {"qp": [37, 32], "bpp": [0.01, 0.02], "rgb_psnr": [30.9, 32.9], "y_psnr": [34.4, 36.9], "u_psnr": [39, 40]}
    (tmp_path / "x264.json").write_text(json.dumps(flat))
    found = import_curves(tmp_path / "x264.json", dataset="uvg", metrics=all_metrics())
    assert [(part.metric.name, part.metric.space, part.label) for part in found.references] == [
        ("psnr", "rgb", "x264"),
        ("psnr", "y", "x264"),
    ]
    assert all("a curve of video" in part.note for part in found.references)
    assert found.notes == [f"{tmp_path / 'x264.json'}: left out u_psnr: it is of one plane of colour"]


def test_bitrates_of_video_need_pixels_a_second(tmp_path: Path) -> None:
    path = _json(tmp_path / "ssf.json", {"bitrate": [10000.0], "psnr-rgb": [32.0], "psnr-u": [39.0]}, name="ssf")
    with pytest.raises(UsageError, match="a curve of video, whose rates are kilobits a second: --pixel-rate"):
        import_curves(path, dataset="uvg", metrics=all_metrics())
    [found] = import_curves(path, dataset="uvg", metrics=all_metrics(), pixel_rate=1e9).references
    assert found.rates == (0.01,)


def test_decibels_of_ms_ssim_are_told(tmp_path: Path) -> None:
    path = _json(tmp_path / "elic.json", {"bpp": [0.12, 0.2], "ms-ssim-db-rgb": [11.6, 13.3]}, name="elic2022")
    [found] = import_curves(path, dataset="kodak", metrics=all_metrics()).references
    assert found.metric == ForeignMetric("ms_ssim", "rgb", "dB", "pooled")
    assert "taken to be the dB of the mean over images" in found.note
    told = {"ms-ssim-db-rgb": ForeignMetric("ms_ssim", "rgb", "dB", "images")}
    [other] = import_curves(path, dataset="kodak", metrics=all_metrics(), definitions=told).references
    assert other.metric.averaging == "images" and "taken to be" not in other.note


def test_a_file_that_names_no_data_set_needs_one(tmp_path: Path) -> None:
    path = _json(tmp_path / "a.json", {"psnr": [30.0], "bpp": [1.0]})
    with pytest.raises(UsageError, match="does not say on which data set it is: name it with --dataset"):
        import_curves(path, metrics=all_metrics())


def test_files_without_points_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for text, says in (
        ("", "is empty: expected a first line such as bpp,psnr, and a row for each point"),
        ("\n\n", "is empty"),
        ("bpp,psnr\n", "has a first line and no rows: expected a row of bpp, psnr for each point"),
        ("bpp,psnr\n\n", "has a first line and no rows"),
    ):
        path.write_text(text)
        with pytest.raises(UsageError, match=says):
            read_tables(path)
