"""A metric of another package: its library may be absent, it falls as the quality rises, it needs colour pictures."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import bjontegaard
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from benchmark import plugins
from benchmark.analysis.results import Results
from benchmark.cli.main import main
from benchmark.metric import Metric
from benchmark.report.figures.curves import draw_all
from tests.conftest import photo
from tests.packages import install_package

pytestmark = pytest.mark.slow

PACKAGE = """
from benchmark.errors import MissingBackend
from benchmark.metric import Metric, MetricFamily, Tolerance

class Hue(MetricFamily):
    name = "theirs"
    metrics = (Metric(
        name="hue_error", space="colour", title="Hue error", unit="JND", higher_is_better=False, digits=3,
        definition="distance of the colours, by theirlib", tolerance=Tolerance(0.02, relative=True), smallest=16,
    ),)

    @classmethod
    def version(cls):
        try:
            import theirlib
        except ImportError as error:
            raise MissingBackend("theirlib is not installed: python -m pip install theirlib") from error
        return f"theirlib {theirlib.__version__}"

    def prepare(self, reference, wanted):
        return reference[:, :3]

    def compare(self, prepared, distorted):
        import theirlib
        return {"hue_error": theirlib.distance(prepared, distorted[:, :3])}
"""
LIBRARY = """
import numpy as np
__version__ = "1.4"

def distance(one, other):
    return np.sqrt(np.mean((one.astype(float) - other) ** 2, axis=(1, 2, 3)))
"""
SWEEPS = "jpeg.quality=10,30,50,70,90", "webp.quality=10,30,50,70,90"
RUN = ("run", "--codecs", "jpeg,webp", *(word for sweep in SWEEPS for word in ("--set", sweep)), "--jobs", "1")

Bench = Callable[..., Result]


def draw_theirs(results: Results, metrics: Sequence[Metric], folder: Path) -> list[Path]:
    """Draws the curves of their metric alone."""
    return draw_all(results, [metric for metric in metrics if metric.name == "hue_error"], folder)


def run_bench(
    where: Path, *words: str, package: bool = True, library: bool = True, drawn: bool = False, status: int = 0
) -> Result:
    """Runs the command line with or without their package, its library and curves; a traceback is never shown."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(where)
        for name, wanted in (("site", package), ("lib", library)):
            if wanted:
                patch.syspath_prepend(where / name)
        for name in ("theirs", "theirlib"):
            patch.delitem(sys.modules, name, raising=False)
        patch.setattr("benchmark.report.figures.curves.draw_all", draw_theirs if drawn else lambda *_: [])
        plugins.forget()
        try:
            done = CliRunner(env={"COLUMNS": "160"}).invoke(main, words)
        finally:
            plugins.forget()
    assert done.exit_code == status, done.output
    assert isinstance(done.exception, SystemExit | None)
    return done


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with their package, installed, its library, and pictures."""
    where = tmp_path_factory.mktemp("third")
    install_package(where / "site", "theirs", PACKAGE, "metrics", {"theirs": "Hue"})
    (where / "lib").mkdir()
    (where / "lib" / "theirlib.py").write_text(LIBRARY)
    for name, pixels in {"a": photo(48, 64), "b": photo(64, 48, seed=3), "c": photo(56, 56, seed=5)}.items():
        (where / "colour").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(where / "colour" / f"{name}.png")
    (where / "grey").mkdir()
    Image.fromarray(photo(48, 64, 1)).save(where / "grey" / "d.png")
    return where


@pytest.fixture(scope="module")
def bench(where: Path) -> Bench:
    return lambda *words, **options: run_bench(where, *words, **options)


@pytest.fixture(scope="module")
def results(where: Path, bench: Bench) -> tuple[Path, list[str]]:
    """A run without the library, the same command with it, and once more: the folder, and what each said."""
    words = (*RUN, "--dataset", "folder:colour", "--out", "out")
    said = [bench(*words, library=number > 0, drawn=number > 0).output for number in range(3)]
    return where / "out", said


@pytest.mark.slow
def test_without_its_library_it_is_left_out_with_a_note(bench: Bench, results: tuple[Path, list[str]]) -> None:
    _, (without, *_) = results
    missing = "theirlib is not installed: python -m pip install theirlib"
    assert f"note: left out metric hue_error: {missing}" in without
    assert "30 ok" in without
    assert f"missing: {missing}" in bench("list", "metrics", library=False).output
    for option in (("--metrics", "psnr,hue_error"), ("--match", "hue_error=3")):
        refused = bench(*RUN[:3], *option, "--dataset", "folder:colour", library=False, status=2)
        assert f"metric hue_error: {missing}" in refused.output


def test_installed_later_it_is_measured_by_the_same_command_and_then_resumed(
    results: tuple[Path, list[str]],
) -> None:
    folder, (without, later, again) = results
    assert "rows: 30 ok; 0 of them from an earlier run" in without
    assert "rows: 30 ok; 0 of them from an earlier run" in later
    assert "rows: 30 ok; 30 of them from an earlier run" in again
    assert "Hue error" in later
    records = pd.read_csv(folder / "records.csv")
    assert len(records) == 30
    assert records["hue_error"].notna().all()
    summary = pd.read_csv(folder / "summary.csv")
    falls = summary[summary["codec"] == "jpeg"].sort_values("bpp_mean")["hue_error_mean"]
    assert falls.is_monotonic_decreasing
    described = json.loads((folder / "manifest.json").read_text())["metrics"]["hue_error"]
    assert (described["version"], described["higher_is_better"]) == ("theirlib 1.4", False)


def test_it_is_drawn_as_it_is(results: tuple[Path, list[str]]) -> None:
    text = (results[0] / "rd_hue_error.svg").read_text()
    assert "<!-- Hue error (JND, less is better) -->" in text


def test_it_is_listed(bench: Bench) -> None:
    shown = " ".join(bench("list", "metrics").output.split())
    assert "hue_error hue_error JND lower 2% 16 theirlib 1.4" in shown
    assert "hue_error: distance of the colours, by theirlib" in shown


def test_bd_rates_go_down_with_it_and_its_own_figures_are_told(bench: Bench, results: tuple[Path, list[str]]) -> None:
    shown = bench("bdrate", "out", "--anchor", "jpeg", "--metric", "hue_error", "--out", "bd.csv").output
    assert "hue_error (JND) against jpeg" in shown
    assert "BD JND" in shown
    table = pd.read_csv(results[0].parent / "bd.csv").set_index("series")
    means = pd.read_csv(results[0] / "summary.csv").sort_values("bpp_mean")
    curves = []
    for codec in ("jpeg", "webp"):
        points = means[means["codec"] == codec]
        points = points[points["hue_error_mean"] < points["hue_error_mean"].shift(fill_value=math.inf).cummin()]
        curves += [points["bpp_mean"].to_numpy(), -points["hue_error_mean"].to_numpy()]
    # An independent implementation, of the negative.
    rate, gain = (
        bd(*curves, method="pchip", min_overlap=0, require_matching_points=False)
        for bd in (bjontegaard.bd_rate, bjontegaard.bd_psnr)
    )
    assert table.loc["webp", "bd_rate"] == pytest.approx(rate, rel=1e-6)
    assert table.loc["webp", "bd_metric"] == pytest.approx(-gain, rel=1e-6)
    low, high = max(curves[1][0], curves[3][0]), min(curves[1][-1], curves[3][-1])
    assert (table.loc["webp", "low"], table.loc["webp", "high"]) == pytest.approx((-high, -low))
    assert (table.loc["jpeg", "bd_rate"], table.loc["jpeg", "bd_metric"]) == (0, 0)


def test_a_reader_without_the_package_knows_it_from_the_manifest(
    where: Path,
    bench: Bench,
    results: tuple[Path, list[str]],
) -> None:
    words = ("bdrate", "out", "--anchor", "jpeg", "--metric", "hue_error")
    assert bench(*words, package=False).output == bench(*words).output
    shutil.copytree(results[0], where / "alone")
    (where / "alone" / "manifest.json").unlink()
    refused = bench("bdrate", "alone", *words[2:], package=False, status=2).output
    assert "nothing says whether it rises with the quality" in refused
    assert "psnr_rgb (dB)" in bench("bdrate", "alone", "--anchor", "jpeg", package=False).output


@pytest.mark.parametrize("package", [True, False])
@pytest.mark.slow
def test_a_report_shows_it_and_knows_which_end_is_the_best(
    where: Path,
    bench: Bench,
    results: tuple[Path, list[str]],
    package: bool,
) -> None:
    out = where / f"report-{package}"
    bench(
        "report",
        "out",
        "--metric",
        "hue_error,psnr",
        "--rate",
        "1.5",
        "--pictures",
        "0",
        "--jobs",
        "1",
        "--out",
        str(out),
        package=package,
    )
    assert "Hue error (JND)" in (out / "matched.md").read_text()
    matched = pd.read_csv(out / "matched.csv")
    assert len(matched) == 2
    assert matched["hue_error"].is_monotonic_increasing  # the best is on top
    assert not {"ci_low", "ci_high"} & set(matched)  # three images are too few for an interval
    lines = (out / "matched.md").read_text().splitlines()
    named = f"| {matched['series'].iloc[0]} |"  # as figures have it, such as WebP
    first = next(line for line in lines if line.lower().startswith(named))
    assert f"**{matched['hue_error'].iloc[0]:.3f}**" in first
    page = (out / "index.html").read_text()
    assert "distance of the colours, by theirlib" in page
    assert '"digits":3' in page
    assert (out / "rd_hue_error.svg").is_file()


@pytest.mark.parametrize("package", [True, False])
def test_a_comparison_judges_it_by_its_direction_and_tolerance(
    where: Path,
    bench: Bench,
    results: tuple[Path, list[str]],
    package: bool,
) -> None:
    other = where / f"other-{package}"
    shutil.copytree(results[0], other)
    records = pd.read_csv(results[0] / "records.csv", dtype=str, keep_default_na=False)

    def compared(factor: float, status: int) -> str:
        figures = (records["hue_error"].astype(float) * factor).astype(str)
        records.assign(hue_error=figures).to_csv(other / "records.csv", index=False)
        return bench("compare", "out", other.name, package=package, status=status).output

    assert "all alike" in compared(1.0, 0)
    assert "changed" in compared(1.01, 0)
    assert "hue_error" in compared(1.05, 1)
    assert "30 better" in compared(0.9, 0)
    by_curve = bench("compare", "out", other.name, "--gate", "bdrate", package=package).output
    assert "BD-rate" in by_curve
    assert "better" in by_curve
    (other / "manifest.json").unlink()
    shutil.copytree(other, where / f"bare-{package}")
    told = bench("compare", f"bare-{package}", other.name, package=package).output
    assert ("not compared: hue_error; neither an installed metric nor a manifest" in told) != package
    shutil.copy(results[0] / "manifest.json", other / "manifest.json")
    assert "hue_error 30%" in bench(
        "compare", "out", other.name, "--tolerance", "hue_error=30%", package=package
    ).output.replace("\n", " ")


@pytest.mark.slow
def test_figures_of_another_version_of_its_library_are_made_anew_and_not_compared(
    where: Path,
    bench: Bench,
    results: tuple[Path, list[str]],
) -> None:
    newer = where / "newer"
    shutil.copytree(results[0], newer)
    library = where / "lib" / "theirlib.py"
    library.write_text(LIBRARY.replace("1.4", "2.0"))
    shutil.rmtree(where / "lib" / "__pycache__", ignore_errors=True)
    try:
        said = bench(*RUN, "--dataset", "folder:colour", "--out", "newer").output
        assert "rows: 30 ok; 0 of them from an earlier run" in said
        refused = bench("compare", "out", "newer", status=2).output
        assert "metric hue_error has another definition, or its library another version" in " ".join(refused.split())
    finally:
        library.write_text(LIBRARY)
        shutil.rmtree(where / "lib" / "__pycache__", ignore_errors=True)


@pytest.mark.parametrize("option", ["--match", "--match-mean"])
@pytest.mark.slow
def test_a_match_finds_the_nearest_below(where: Path, bench: Bench, option: str) -> None:
    out = f"matched{option}"
    bench(
        "run",
        "--codecs",
        "jpeg",
        "--dataset",
        "folder:colour",
        "--metrics",
        "hue_error",
        option,
        "hue_error=6",
        "--jobs",
        "1",
        "--out",
        out,
    )
    records = pd.read_csv(where / out / "records.csv")
    matched = pd.read_csv(where / out / "matched.csv")
    assert list(records["status"]) == ["ok"] * 3
    found = records["hue_error"] if option == "--match" else pd.Series([records["hue_error"].mean()])
    assert ((found <= 6) & (found > 5)).all()
    assert matched["hue_error"].iloc[0] == pytest.approx(records["hue_error"].mean())


@pytest.mark.slow
def test_grey_pictures_have_no_value_and_the_row_says_why(where: Path, bench: Bench) -> None:
    bench(
        "run",
        "--codecs",
        "jpeg",
        "--set",
        "jpeg.quality=50",
        "--dataset",
        "folder:grey",
        "--jobs",
        "1",
        "--out",
        "grey-out",
    )
    row = pd.read_csv(where / "grey-out" / "records.csv").iloc[0]
    assert row["status"] == "ok"
    assert "hue_error is defined on colour pictures alone" in row["reason"]
    assert pd.isna(row["hue_error"])
    bench(
        "run",
        "--codecs",
        "jpeg",
        "--dataset",
        "folder:grey",
        "--match",
        "hue_error=3",
        "--jobs",
        "1",
        "--out",
        "grey-match",
        status=1,
    )
    row = pd.read_csv(where / "grey-match" / "records.csv").iloc[0]
    assert (row["status"], row["reason"]) == ("unreachable", "hue_error is defined on colour pictures alone")


def test_a_file_of_the_folder_is_enough(tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    import benchmark.metrics

    (tmp_path / "hue.py").write_text(PACKAGE)
    monkeypatch.setattr(benchmark.metrics, "__path__", [*benchmark.metrics.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "benchmark.metrics.hue", raising=False)
    assert "theirlib 1.4" in bench("list", "metrics", package=False).output
    (tmp_path / "hue.py").write_text("import theirlib\n" + PACKAGE)
    monkeypatch.delitem(sys.modules, "benchmark.metrics.hue")
    refused = bench("list", "metrics", package=False, library=False, status=2).output
    assert "benchmark.metrics.hue cannot be imported: No module named 'theirlib'" in refused


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('name="hue_error"', 'name="psnr_rgb"', "two families of metrics have the column psnr_rgb: psnr and theirs"),
        ('name="hue_error"', 'name="bytes"', "metric 'bytes': bytes is the name of a column of the records or of a"),
        ('name="hue_error"', 'name="series"', "metric 'series': series is the name of a column of the records or of"),
        ('name="hue_error"', 'name="bpp_mean"', "metric 'bpp_mean': bpp_mean is the name of a column"),
        ('name="hue_error"', 'name="psnr_rgb_std"', "psnr_rgb_std: a table would have two columns psnr_rgb_std"),
        ('name="hue_error"', 'name="Hue error"', "metric 'Hue error': expected a name of small letters"),
        ('space="colour"', 'space="hsv"', "metric hue_error: space: expected 'rgb', 'y', 'colour', got 'hsv'"),
        (
            "digits=3",
            'decibels="similarity"',
            "metric hue_error: decibels of a similarity, but it falls with the quality",
        ),
    ],
)
def test_a_broken_one_is_told(
    where: Path,
    bench: Bench,
    before: str,
    after: str,
    complaint: str,
) -> None:
    package = where / "site" / "theirs.py"
    package.write_text(PACKAGE.replace(before, after))
    shutil.rmtree(where / "site" / "__pycache__", ignore_errors=True)
    try:
        assert complaint in bench("list", "metrics").output
    finally:
        package.write_text(PACKAGE)
        shutil.rmtree(where / "site" / "__pycache__", ignore_errors=True)


def test_values_that_were_not_asked_for_fail_the_row(where: Path, bench: Bench) -> None:
    package = where / "site" / "theirs.py"
    package.write_text(PACKAGE.replace('{"hue_error": ', '{"hue": '))
    shutil.rmtree(where / "site" / "__pycache__", ignore_errors=True)
    try:
        said = bench(
            "run",
            "--codecs",
            "jpeg",
            "--set",
            "jpeg.quality=50",
            "--dataset",
            "folder:colour",
            "--jobs",
            "1",
            "--out",
            "wrong",
            status=1,
        ).output
        assert "metrics 'theirs': expected values of the shapes {'hue_error': (1,)}, got {'hue': (1,)}" in said
    finally:
        package.write_text(PACKAGE)
        shutil.rmtree(where / "site" / "__pycache__", ignore_errors=True)
