"""The paragraph on methods."""

from __future__ import annotations

from pathlib import Path

from benchmark.analysis.bdrate import bd_table
from benchmark.analysis.results import Results
from benchmark.metric import find_metric
from benchmark.plugins import all_metrics
from benchmark.report.build import write_methods
from benchmark.report.content import Report
from benchmark.report.tables.methods import methods
from tests.analysis.summaries import timed_results

PSNR = find_metric(all_metrics(), "psnr")


def of(results: Results, *, timed: bool = False, commits: tuple[str, ...] = ()) -> str:
    bd = bd_table(results, "jpeg", PSNR)
    return methods(results.summary, bd, [PSNR], "JPEG", timed=timed, commits=commits)


def test_data_set_metrics_averages_and_versions_are_told(tmp_path: Path) -> None:
    results = timed_results(tmp_path)
    text = of(results, timed=True, commits=("abc", "def"))
    assert text.startswith("2 codecs were compared on set (3 images). Rates are bits per pixel of whole streams")
    assert f"Quality is PSNR ({PSNR.definition}) of RGB." in text
    assert "Averages: arithmetic mean over images" in text
    assert "against JPEG, by PCHIP" in text and "the mean over images of that of each image." in text
    assert "Times were measured with one worker, 5 repeats or more, undisturbed." in text
    assert ", commit abc and def." in text
    assert text.endswith("Codecs: jpeg: 1; webp: 1.")
    assert "differ much in size" not in text


def test_what_is_not_there_is_not_told(tmp_path: Path) -> None:
    text = of(timed_results(tmp_path))
    assert "Times" not in text and "commit" not in text
    assert "95 %" not in text  # three images have no interval


def test_one_codec_and_a_part_of_a_set_are_told_in_plain_words(tmp_path: Path) -> None:
    results = timed_results(tmp_path)
    alone = results.summary[results.summary["codec"] == "jpeg"].assign(images_expected=6, images_attempted=3)
    bd = bd_table(results, "jpeg", PSNR)
    text = methods(alone, bd[bd["series"] == "none"], [PSNR], "JPEG", timed=False)
    assert text.startswith("1 codec was compared on set (3 of 6 images). ")
    assert "Bjøntegaard" not in text


def test_the_paragraph_of_a_report_is_latex(report: Report, tmp_path: Path) -> None:
    text = write_methods(report, tmp_path).read_text(encoding="utf-8")
    assert text.startswith("{\\sloppy\n2 codecs were compared on ")
    assert "set\\_1\\%" in text
    assert "MS-SSIM" in text and "libjpeg-turbo" in text


def test_the_space_of_a_metric_is_told_and_no_part_of_its_title(tmp_path: Path) -> None:
    results = timed_results(tmp_path)
    known = {metric.column: metric for metric in all_metrics()}
    shown = [known[column] for column in ("psnr_hvs", "psnr_hvs_y", "butteraugli_3norm")]
    text = methods(results.summary, bd_table(results, "jpeg", PSNR), shown, "JPEG", timed=False)
    whole = f"PSNR-HVS ({known['psnr_hvs'].definition}) of the picture as a whole and luma; "
    assert whole + f"Butteraugli, 3-norm ({known['butteraugli_3norm'].definition}). Averages" in text
