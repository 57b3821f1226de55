"""Published figures beside those of runs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.analysis.table import read_summary
from benchmark.errors import RecordsError, UsageError
from benchmark.metric import Metric, Pooled
from benchmark.report.published import MOST, write_page
from benchmark.report.published_study import known_figures, read_published
from benchmark.run.runner import run_study
from tests.conftest import ROOT, Run, photo
from tests.report.examples import HEAD, METRICS, STUDIES, UNITS
from tests.serial import Serial


def cells(page: str, label: str) -> list[str]:
    """The cells of the one line of a page that starts with a label."""
    (line,) = [line for line in page.splitlines() if line.startswith(f"| {label} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the study ``sweep``: JPEG at three qualities on two data sets, run as a user does."""
    from click.testing import CliRunner

    from benchmark.cli.main import main

    folder = tmp_path_factory.mktemp("published")
    for name in ("flat", "busy"):
        (folder / name).mkdir()
        for seed in range(2):
            image = photo(96, 128, 3, seed) // (2 if name == "flat" else 1)
            Image.fromarray(image).save(folder / name / f"{seed}.png")
    study = folder / "sweep.toml"
    study.write_text(
        f"dataset = ['folder:{folder}/flat', 'folder:{folder}/busy']\nmetrics = ['mse', 'psnr']\n"
        f"[codecs.jpeg]\nquality = [20, 50, 80]\n{HEAD}\n"
        f"[[published.rows]]\nlabel = 'x'\ndataset = 'folder:{folder}/flat'\npsnr = 30.0\n"
    )
    words = ["run", "--study", str(study), "--out", str(folder / "results" / "sweep"), "--jobs", "1"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmark.report.figures.curves.draw_all", lambda *_: [])  # no figure is looked at
        patch.setattr("benchmark.workflows.outputs.run_study", partial(run_study, engine=Serial()))
        done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    return folder


Page = Callable[[str], str]


@pytest.fixture
def page(sweep: Path, tmp_path: Path) -> Page:
    """Writes the page of the study ``sweep`` with other published rows; ``FLAT`` and ``BUSY`` are its data sets."""

    def write(rows: str) -> str:
        text = (sweep / "sweep.toml").read_text().partition("[[published.rows]]")[0] + rows
        text = text.replace("FLAT", f"folder:{sweep}/flat").replace("BUSY", f"folder:{sweep}/busy")
        path = tmp_path / "sweep.toml"
        path.write_text(text)
        return write_page([read_published(path, METRICS)], sweep / "results")

    return write


def summaries(sweep: Path) -> dict[str, pd.DataFrame]:
    found = [read_summary(path) for path in sorted((sweep / "results").rglob("summary.csv"))]
    return {frame["dataset"].iloc[0].rpartition("/")[2]: frame for frame in found}


@pytest.mark.slow
def test_from_a_matched_run_to_the_page(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "tiny.toml").write_text(
        "dataset = 'sample'\nmetrics = ['mse', 'psnr', 'ssim']\n[match]\nbpp = [0.5, 1]\n[codecs.jpeg]\n"
        + HEAD
        + """
also = ["psnr_pooled"]
[[published.rows]]
label = "JPEG at half a bit"
target = "bpp<=0.5"
settings = { subsampling = "4:2:0" }
bpp = 0.5
psnr = 31.25
ssim = 0.9
knob = 40
"""
    )
    rdbench("run", "--study", "reports/tiny.toml", "--out", "results/tiny")
    rdbench("published", "--studies", "reports", "--results", "results", "--out", "page.md")
    text = (tmp_path / "page.md").read_text(encoding="utf-8")

    rows = pd.read_csv(tmp_path / "results" / "tiny" / "records.csv")
    rows = rows[rows["target"] == "bpp<=0.5"]
    assert len(rows) == 6
    psnr = rows["psnr_rgb"].mean()
    apart = f"{psnr - 31.25:+.2f}".replace("-", "−")
    assert cells(text, "JPEG at half a bit") == [
        "JPEG at half a bit",
        "jpeg subsampling=4:2:0 bpp<=0.5, sample, 6 images",
        f"0.5 / {rows['bpp'].mean():#.4g}",
        f"31.25 / {psnr:.2f} ({apart})",
        f"{10 * np.log10(255**2 / rows['mse_rgb'].mean()):.2f}",
        f"0.9 / {rows['ssim_rgb'].mean():.4f}",
        f"40 / {rows['knob_value'].mean():.2f}",
    ]
    assert "![Somebody's table: published and ours](tiny.svg)" in text
    manifest = json.loads((tmp_path / "results" / "tiny" / "manifest.json").read_text())
    commit = manifest["environment"]["commit"]
    assert f"{manifest['run']['started'][:10]}, commit {commit[:12] or 'unknown'}" in text
    assert "python -m benchmark run --study reports/tiny.toml --out results/tiny" in text
    for words in ("## Somebody's table", "Source: Somebody (1999)", "Ours is made of real bytes."):
        assert words in text
    rdbench("published", "--studies", "reports", "--results", "results")
    assert (tmp_path / "reports" / "README.md").read_text(encoding="utf-8") == text
    assert (tmp_path / "reports" / "tiny.svg").read_bytes() == (tmp_path / "tiny.svg").read_bytes()


def test_a_row_is_compared_with_every_point_that_it_selects(page: Page, sweep: Path) -> None:
    text = page(UNITS + "[[published.rows]]\nlabel = 'all'\ndataset = 'BUSY'\npsnr_pooled = 33.0\nmse = 0.001\n")
    assert "| bpp | pooled PSNR (dB) | MSE (of 0–1) |" in text
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| all")]
    busy = summaries(sweep)["busy"]
    assert [line[1].partition(",")[0] for line in lines] == ["jpeg quality=20", "jpeg quality=50", "jpeg quality=80"]
    assert [line[3].split()[2] for line in lines] == [f"{value:.2f}" for value in busy["psnr_rgb_pooled"]]
    assert [line[4] for line in lines] == [f"0.001 / {value / 255**2:.4f}" for value in busy["mse_rgb_mean"]]


def test_interpolation_passes_through_the_points_and_ends_with_them(page: Page, sweep: Path) -> None:
    flat = summaries(sweep)["flat"]
    rates, psnrs = flat["bpp_mean"].tolist(), flat["psnr_rgb_mean"].tolist()
    between = (rates[0] + rates[1]) / 2
    row = "[[published.rows]]\nlabel = '{}'\ndataset = 'FLAT'\ninterpolated = true\nbpp = {!r}\npsnr = 30.0\n"
    text = page(
        "".join(
            row.format(*pair)
            for pair in [
                ("lowest", rates[0]),
                ("between", between),
                ("middle", rates[1]),
                ("above", 2 * rates[2]),
            ]
        )
    )
    assert cells(text, "lowest")[3].split()[2] == f"{psnrs[0]:.2f}"
    assert cells(text, "middle")[3].split()[2] == f"{psnrs[1]:.2f}"
    assert psnrs[0] < float(cells(text, "between")[3].split()[2]) < psnrs[1]
    assert cells(text, "between")[2].endswith(f" / {between:#.4g}")
    assert cells(text, "middle")[1].startswith("jpeg, interpolated, ")
    above = cells(text, "above")
    assert above[1].endswith(f"beyond the measured rates, {rates[0]:.3g} to {rates[2]:.3g}")
    assert above[3] == "30.0 / –"


def test_a_metric_of_another_package_is_published_like_our_own(sweep: Path, tmp_path: Path) -> None:
    theirs = [
        Metric(name="wmse", space="rgb", title="WMSE", definition="made up", higher_is_better=False, digits=1),
        Metric(name="wpsnr", space="rgb", title="WPSNR", definition="made up", unit="dB", digits=1),
        Metric(name="hue", space="colour", title="Hue error", definition="made up", higher_is_better=False),
        Metric(name="hue_best", space="y", title="Hue", definition="made up"),
    ]
    theirs[1] = dataclasses.replace(theirs[1], pooled=Pooled("wmse", peak=100.0))
    assert list(known_figures(theirs))[3:] == ["wmse", "wpsnr", "wpsnr_pooled", "hue", "hue_best", "knob"]
    path = tmp_path / "theirs.toml"
    path.write_text(
        f"dataset = 'kodak'\n[codecs.jpeg]\n{HEAD}\n[[published.rows]]\nlabel = 'worse'\nwmse = 4.0\nhue = 2.0\n"
        "settings = { quality = 20 }\n[[published.rows]]\nlabel = 'better'\nwmse = 2\nhue = 0.5\nwpsnr_pooled = 15.5\n"
        "baseline = 'worse'\nsettings = { quality = 50 }\n"
    )
    (tmp_path / "theirs").mkdir()
    summary = summaries(sweep)["flat"].iloc[:2].assign(dataset="kodak", images_expected=2)
    summary.assign(wmse_rgb_mean=[8.0, 2.0], hue_mean=[1.0, 0.25], wpsnr_rgb_pooled=[11.0, 17.0]).to_csv(
        tmp_path / "theirs" / "summary.csv", index=False
    )
    text = write_page([read_published(path, theirs)], tmp_path)
    assert "| WMSE | pooled WPSNR (dB) | Hue error | WMSE less by (%) |" in text
    assert cells(text, "better")[3:] == ["2 / 2.0", "15.5 / 17.0 (+1.5)", "0.5 / 0.2500", "50.0 / 75.0"]


def test_reductions_are_counted_from_the_baseline(page: Page, sweep: Path) -> None:
    text = page("""
[[published.rows]]
label = "coarse"
dataset = "FLAT"
settings = { quality = 20 }
mse = 0.04
[[published.rows]]
label = "fine"
dataset = "FLAT"
settings = { quality = 80 }
baseline = "coarse"
mse = 0.01
""")
    mse = summaries(sweep)["flat"]["mse_rgb_mean"].tolist()
    assert cells(text, "fine")[-1] == f"75.0 / {100 * (1 - mse[2] / mse[0]):.1f}"
    assert cells(text, "coarse")[-1] == "– / –"


def test_many_figures_stand_in_several_tables(page: Page) -> None:
    figures = "\n".join(f"{name} = 1" for name in ("bpp", "payload_bpp", "nominal_bpp", "psnr", "ssim", "mse"))
    text = page(f"[[published.rows]]\nlabel = 'wide'\ndataset = 'FLAT'\nsettings = {{ quality = 20 }}\n{figures}\n")
    lines = [line for line in text.splitlines() if line.startswith("| wide |")]
    assert [line.count("|") - 1 for line in lines] == [5, 5]
    heads = [line for line in text.splitlines() if line.startswith("| published as |")]
    assert "| bpp | bpp without headers | nominal bpp |" in heads[0] and "| PSNR (dB) | SSIM | MSE |" in heads[1]


def test_what_was_not_run_is_said(page: Page, sweep: Path, tmp_path: Path) -> None:
    rows = "[[published.rows]]\nlabel = 'absent'\ndataset = 'FLAT'\nsettings = { quality = 33 }\npsnr = 30.0\n"
    absent = cells(page(rows), "absent")
    assert absent[1].endswith(", no such row") and absent[2:] == ["–", "30.0 / –"]
    (tmp_path / "never.toml").write_text((tmp_path / "sweep.toml").read_text())
    text = write_page([read_published(tmp_path / "never.toml", METRICS)], sweep / "results")
    absent = cells(text, "absent")
    assert absent[1].endswith(", not run") and absent[2:] == ["–", "30.0 / –"]
    assert "](never.svg)" not in text
    assert "never: not run." in text.replace("`", "")


def test_verdicts_stand_first_and_full_tables_are_folded(page: Page, sweep: Path) -> None:
    flat = summaries(sweep)["flat"]["psnr_rgb_mean"].tolist()
    row = "[[published.rows]]\nlabel = '{}'\ndataset = 'FLAT'\nsettings = {{ quality = {} }}\npsnr = {!r}\n"
    rows = row.format("a", 20, flat[0] + 0.5) + row.format("b", 50, flat[1] + 1.5) + row.format("c", 33, 40.0)
    text = page('why = "Ours is small."\n' + rows)
    line = cells(text, "Somebody's table")
    theirs, ours = (flat[0] + flat[1]) / 2 + 1, (flat[0] + flat[1]) / 2
    apart = "−1.00 (−1.50 to −0.50)"
    assert line[1:6] == ["jpeg", "PSNR (dB), 2 of 3", f"{theirs:.2f}", f"{ours:.2f}", apart]
    assert line[6] == "**behind**: Ours is small."
    assert text.index("## Verdicts") < text.index("## Somebody's table")
    assert text.count('<details markdown="1">') == text.count("</details>") == 1
    assert text.index("<details") < text.index("| published as |") < text.index("</details>")


def test_incomplete_points_show_how_many_images_they_cover(sweep: Path, tmp_path: Path) -> None:
    summary = (
        summaries(sweep)["flat"]
        .iloc[:1]
        .assign(
            dataset="kodak",
            images=10,
            images_attempted=11,
            images_expected=24,
        )
    )
    (tmp_path / "results" / "part").mkdir(parents=True)
    summary.to_csv(tmp_path / "results" / "part" / "summary.csv", index=False)
    path = tmp_path / "part.toml"
    path.write_text(
        f"dataset = 'kodak'\n[codecs.jpeg]\n{HEAD}\n[[published.rows]]\nlabel = 'Kodak'\npsnr = 30.0\nbpp = 0.2\n"
    )
    text = write_page([read_published(path, METRICS)], tmp_path / "results")
    assert cells(text, "Kodak")[1] == "jpeg, kodak (11 of 24), 10 of 11 images"


def test_points_of_several_curves_are_not_interpolated(sweep: Path, tmp_path: Path) -> None:
    summary = summaries(sweep)["flat"]
    other = summary.assign(settings=summary["settings"].str.replace("4:2:0", "4:4:4"))
    (tmp_path / "results" / "two").mkdir(parents=True)
    pd.concat([summary, other]).to_csv(tmp_path / "results" / "two" / "summary.csv", index=False)
    path = tmp_path / "two.toml"
    path.write_text(
        f"dataset = '{summary['dataset'].iloc[0]}'\n[codecs.jpeg]\n{HEAD}\n"
        "[[published.rows]]\nlabel = 'both'\ninterpolated = true\nbpp = 1.0\n"
    )
    with pytest.raises(UsageError, match="more than one curve"):
        write_page([read_published(path, METRICS)], tmp_path / "results")


def test_savings_are_those_of_each_level(sweep: Path, tmp_path: Path) -> None:
    """Rates add up over the levels of an embedded code; what is saved is told level by level."""
    path = tmp_path / "levels.toml"
    path.write_text(
        f"dataset = 'kodak'\n[codecs.rnn]\n{HEAD}saving = ['16', '9']\n[[published.rows]]\nlabel = 'x'\npsnr = 30.0\n"
    )
    (tmp_path / "levels").mkdir()
    summary = summaries(sweep)["flat"].assign(nominal_bpp_mean=[0.25, 0.125, 0.375], payload_bpp_mean=[0.15, 0.1, 0.27])
    summary.to_csv(tmp_path / "levels" / "summary.csv", index=False)
    text = write_page([read_published(path, METRICS)], tmp_path)
    assert cells(text, "1") == ["1", "0.1250", "0.1000", "16", "20.0"]
    assert cells(text, "2") == ["2", "0.1250", "0.0500", "9", "60.0"]
    assert cells(text, "3") == ["3", "0.1250", "0.1200", "–", "4.0"]


CROSS = "[published.cross.bd0]\nbd1 = 40.5\nkodak = 30.0\n[published.cross.bd1]\nbd1 = 44.0\n"


def test_cross_tables_are_set_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "cross.toml"
    path.write_text(HEAD + CROSS)
    text = write_page([read_published(path, METRICS)], tmp_path)
    assert cells(text, "bd0") == ["bd0", "40.5 / not run", "30.0 / not run"]
    assert f"python -m benchmark cross {path} --out {tmp_path}/cross" in text

    (tmp_path / "cross").mkdir()
    table = tmp_path / "cross" / "cross.csv"
    table.write_text(
        "trained_on,tested_on,psnr_rgb_mean,images\nbd0,bd1,39.25,120\nbd1,bd1,45.126,120\nbd2,bd1,41,120\n"
    )
    text = write_page([read_published(path, METRICS)], tmp_path)
    assert cells(text, "bd0") == ["bd0", "40.5 / 39.25 (−1.25)", "30.0 / not run"]
    assert cells(text, "bd1") == ["bd1", "44.0 / 45.13 (+1.13)", "– / not run"]
    assert cells(text, "bd2") == ["bd2", "– / 41.00", "– / not run"]
    assert cells(text, "images") == ["images", "120", "–"]

    table.write_text("trained_on,tested_on,psnr_rgb_mean,images\nbd0,bd1,39.25,120\nbd0,bd1,39.5,120\n")
    with pytest.raises(RecordsError, match="more than one row is trained on bd0"):
        write_page([read_published(path, METRICS)], tmp_path)
    table.write_text("trained_on,tested_on\nbd0,bd1\n")
    with pytest.raises(RecordsError, match="lacks the column"):
        write_page([read_published(path, METRICS)], tmp_path)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("summary.csv", ""),
        ("summary.csv", "a,b\n1,2\n"),
        ("manifest.json", "{"),
        ("manifest.json", "{}"),
    ],
)
def test_broken_results_are_explained(tmp_path: Path, file: str, content: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(f"dataset = 'kodak'\n[codecs.jpeg]\n{HEAD}\n[[published.rows]]\nlabel = 'x'\npsnr = 30.0\n")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / file).write_text(content)
    with pytest.raises(RecordsError, match=file):
        write_page([read_published(path, METRICS)], tmp_path)


def test_no_table_of_the_committed_page_is_wide() -> None:
    text = (ROOT / "reports" / "published" / "README.md").read_text(encoding="utf-8")
    rows = [line.replace("\\|", "") for line in text.splitlines() if line.startswith("|")]
    assert rows and max(row.count("|") - 1 for row in rows) <= MOST
    for path in STUDIES:
        assert (path.with_suffix(".svg").is_file()) == (f"]({path.stem}.svg)" in text), path


def test_the_committed_page_is_that_of_the_committed_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    studies = [read_published(path.relative_to(ROOT), METRICS) for path in STUDIES]
    text = write_page(studies, Path("results/baseline/published"))
    assert Path("reports/published/README.md").read_text(encoding="utf-8") == text, (
        "run 'python -m benchmark published'"
    )
