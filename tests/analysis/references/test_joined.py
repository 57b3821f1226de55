"""Published curves beside runs: in tables of BD-rates and in rankings, as anchors too."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.ranking import ranking
from benchmark.analysis.records import read_records
from benchmark.analysis.references.joined import read_with_references
from benchmark.analysis.results import read_results
from benchmark.errors import UsageError
from benchmark.plugins import all_metrics, metric_columns
from tests.analysis.references.examples import compressai
from tests.conftest import ROOT, Run

METRICS = all_metrics()
THEIRS = ((0.2, 27.0), (0.4, 30.0), (0.8, 33.0), (1.6, 37.0))
TEXT = """\
# Aggregate rate-distortion data for "Codec 2018" on sample.
# The second column contains PSNR/sRGB/R'G'B' values.
0.2, 27
0.4, 30
0.8, 33
1.6, 37
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """JPEG and WebP on the sample, of which the records say how many images it has."""
    records = read_records(ROOT / "results" / "baseline" / "sample" / "records.csv", metric_columns())
    folder = tmp_path_factory.mktemp("run")
    chosen = records[records["codec"].isin(["jpeg", "webp"])].assign(images_expected=6, schema=2)
    chosen.to_csv(folder / "records.csv", index=False)
    return folder


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    folder.mkdir()
    compressai(folder / "vtm.json", THEIRS)
    (folder / "codec.txt").write_text(TEXT)
    return folder


@pytest.mark.slow
def test_a_folder_of_published_curves_is_compared_with_a_run(run: Path, published: Path) -> None:
    results = read_with_references([run, published], METRICS)
    psnr = results.metric("psnr_rgb")
    table = bd_table(results, "jpeg", psnr).set_index("series")
    found = table["bd_rate"].astype(float).to_dict()
    own = bd_table(read_results([run], METRICS), "jpeg", psnr).set_index("series")["bd_rate"].astype(float).to_dict()
    assert found["webp"] == own["webp"]
    assert found["VTM"] == found["Codec 2018"] < 0
    assert "no interval" in str(table["flags"].to_dict()["VTM"])
    against = bd_table(results, "VTM", psnr).set_index("series")["bd_rate"].astype(float).to_dict()
    assert against["VTM"] == pytest.approx(0, abs=1e-9)
    assert (1 + found["VTM"] / 100) * (1 + against["jpeg"] / 100) == pytest.approx(1, abs=1e-9)


def test_published_curves_have_a_rank(run: Path, published: Path) -> None:
    results = read_with_references([run, published], METRICS)
    table = ranking(results, results.metric("psnr_rgb"), at_rate=0.4).set_index("series").to_dict()
    assert table["value"]["VTM"] == pytest.approx(30)
    assert "no records of images: no interval" in table["flags"]["VTM"]
    assert math.isnan(table["encode_s"]["VTM"])


def test_what_a_file_does_not_say_is_assumed_and_told(run: Path, published: Path) -> None:
    notes = read_with_references([run, published], METRICS).notes
    assert "taken to be on sample, since the file does not say: vtm.json" in notes
    assert [note for note in notes if "all images" in note and "codec.txt, vtm.json" in note]


def test_curves_elsewhere_or_of_another_average_are_left_out_with_a_note(run: Path, published: Path) -> None:
    (published / "far.txt").write_text(TEXT.replace("on sample", "on tecnick"))
    results = read_with_references([run, published], METRICS)
    assert [curve.label for curve in results.imported["psnr_rgb"]] == ["Codec 2018", "VTM"]
    assert "left out Codec 2018 (TensorFlow Compression, far.txt): it is on tecnick" in results.notes


def test_labels_that_are_taken_are_told_apart(run: Path, published: Path) -> None:
    (published / "second.txt").write_text(TEXT)
    (published / "third.txt").write_text(TEXT.replace("Codec 2018", "jpeg"))
    results = read_with_references([run, published], METRICS)
    labels = [curve.label for curve in results.imported["psnr_rgb"]]
    assert labels == ["Codec 2018 [codec]", "Codec 2018 [second]", "jpeg (published)", "VTM"]


def test_files_of_one_name_in_two_folders_are_told_apart(run: Path, published: Path, tmp_path: Path) -> None:
    for name, rate in (("a", "0.4"), ("b", "0.44"), ("c", "0.4")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.txt").write_text(TEXT.replace("0.4", rate, 1))
    folders = [tmp_path / name for name in ("a", "b", "c")]
    results = read_with_references([run, *folders], METRICS)
    labels = [curve.label for curve in results.imported["psnr_rgb"]]
    assert labels == ["Codec 2018 [m]", "Codec 2018 [m] (2)"], "the curve that comes twice is one"


def test_a_run_has_to_be_there(published: Path) -> None:
    with pytest.raises(UsageError, match="expected a run, to compare others' curves with"):
        read_with_references([published], METRICS)


@pytest.mark.slow
def test_one_command_compares_published_curves_with_the_baseline(rdbench: Run, run: Path, published: Path) -> None:
    done = rdbench("bdrate", str(run), str(published), "--anchor", "VTM")
    assert "against VTM" in done.stdout and "Codec 2018" in done.stdout
    rdbench("import", "published/vtm.json", "--dataset", "sample", "--out", "vtm.csv")
    again = rdbench("bdrate", str(run), "vtm.csv", "--anchor", "VTM")
    assert "against VTM" in again.stdout and "all images" not in again.stderr, "the import knows how many images"
    refused = rdbench("bdrate", str(run), str(published), "--anchor", "VTN", check=False)
    assert refused.returncode == 2 and "VTM" in refused.stderr
