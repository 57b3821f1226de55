"""Figures for notebooks and papers."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from benchmark import plot
from benchmark.analysis.results import Results, read_results
from benchmark.errors import UsageError
from benchmark.plugins import all_metrics
from tests.analysis.summaries import summary_of, timed_results
from tests.conftest import photo
from tests.serial import Serial


@pytest.fixture
def results(tmp_path: Path) -> Results:
    summary_of(tmp_path)
    return read_results([tmp_path], all_metrics())


@pytest.mark.slow
def test_examples_do_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(plot).failed == 0


def test_curves_are_drawn_on_the_axes_of_the_user(results: Results) -> None:
    axes = Figure().add_subplot()
    assert plot.rd(results, ax=axes, codecs=["webp"], names={"webp": "Ours"}, xlim=(0, 2)) is axes
    assert axes.get_xlim() == (0, 2)
    assert axes.get_xlabel() == "rate (bits per pixel)"
    assert [text.get_text() for text in axes.texts] == ["Ours"]


def test_without_axes_a_figure_of_the_users_style_is_made(results: Results) -> None:
    import matplotlib.pyplot as plt

    with mpl.rc_context({"backend": "agg", "figure.figsize": (5, 3)}):
        axes = plot.rd(results)
        assert axes.get_figure().get_size_inches().tolist() == [5, 3]
        plt.close(axes.get_figure())


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"dataset": "kodak"}, "dataset: the results have no 'kodak'; they have set"),
        ({"labels": "left"}, "labels: expected end or legend"),
        ({"codecs": "webp"}, r"codecs: expected a list of names, got the text 'webp'; write \['webp'\]"),
        ({"xlim": (2, 1)}, "xlim: expected a lower and a higher number, got 2 and 1"),
        ({"xlim": (0, 1), "log": True}, "both above 0 on a logarithmic axis"),
        ({"ylim": (float("nan"), 1)}, "ylim: expected a lower"),
        ({"ylim": 3}, "ylim: expected two numbers"),
        ({"metric": "vmaf"}, "vmaf"),
    ],
)
def test_requests_that_make_no_sense(results: Results, how: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        plot.rd(results, ax=Figure().add_subplot(), **how)  # type: ignore[arg-type]


def test_anything_else_is_no_results() -> None:
    with pytest.raises(UsageError, match="expected what run or read_results gave"):
        plot.rd(pd.DataFrame())  # type: ignore[arg-type]


@pytest.fixture
def measured(tmp_path: Path) -> Results:
    return timed_results(tmp_path)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("bars", "BD-rate against Theirs (%), less is better"),
        ("heatmap", "codec, with its mean BD-rate against Theirs (%)"),
        ("speed", "decode time (s per megapixel)"),
        ("rank", "PSNR, RGB (dB)"),
    ],
)
def test_each_kind_is_drawn_on_the_axes_of_the_user(measured: Results, kind: str, says: str) -> None:
    axes = Figure(layout="constrained").add_subplot()
    assert getattr(plot, kind)(measured, ax=axes, names={"jpeg": "Theirs"}) is axes
    assert axes.get_xlabel().replace("\n", " ") == says
    assert "set" in axes.get_title(loc="left")


def test_times_stand_against_rates(measured: Results) -> None:
    axes = plot.speed(measured, ax=Figure(layout="constrained").add_subplot(), against="rate", side="encode")
    assert axes.get_ylabel() == "rate (bits per pixel)"
    assert [text.get_text() for text in axes.texts] == ["JPEG", "WebP"]


@pytest.mark.parametrize(
    ("kind", "how", "says"),
    [
        ("bars", {"codecs": ["jpeg"]}, "bars: no codec of the figure has a BD-rate against jpeg"),
        ("bars", {"anchor": "avif"}, "avif"),
        ("heatmap", {"codecs": ["jpeg"]}, "heatmap: no codec of the figure has a BD-rate against jpeg on a single"),
        ("speed", {}, "speed: fewer than two marks have a time that was measured to be published"),
        ("speed", {"side": "both"}, "sides: expected encode or decode, got 'both'"),
        ("speed", {"against": "time"}, "against: expected bd-rate or rate, got 'time'"),
        ("orders", {"codecs": ["jpeg"]}, "orders: no two codecs of the figure have a BD-rate against jpeg"),
        ("orders", {"metrics": ["vmaf"]}, "vmaf"),
        ("rank", {"rate": 40}, "rank: the curve of no codec of the figure reaches 40 bpp"),
    ],
)
def test_figures_of_which_there_is_nothing_to_show(
    results: Results, kind: str, how: dict[str, object], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        getattr(plot, kind)(results, ax=Figure().add_subplot(), **how)


@pytest.mark.parametrize("kind", ["bars", "heatmap", "speed", "rank", "orders"])
def test_each_kind_is_written_as_a_table(measured: Results, tmp_path: Path, kind: str) -> None:
    rows = plot.save(kind, measured, tmp_path / "t.csv", codecs=["webp", "jpeg"]).read_text().splitlines()
    count = {"bars": 1, "heatmap": 3, "speed": 4, "rank": 2, "orders": 2}[kind]
    assert len(rows) == 1 + count
    assert any("WebP" in row for row in rows)


def test_both_sides_of_speed_are_side_by_side_or_one_below_the_other(measured: Results, tmp_path: Path) -> None:
    shapes = {}
    for width in ("single", "double"):
        with Image.open(plot.save("speed", measured, tmp_path / "f.png", width=width)) as image:
            shapes[width] = image.width / image.height
    assert shapes["double"] > 1.5
    assert shapes["single"] < 1


def cropped(tmp_path: Path) -> Results:
    """Results of two codecs on a photograph, with their records."""
    from benchmark.run.runner import run_study
    from benchmark.run.study import resolve

    (tmp_path / "set").mkdir()
    Image.fromarray(photo(96, 128)).save(tmp_path / "set" / "0.png")
    codecs = {"jpeg": {"quality": [5, 20, 60, 90]}, "webp": {"quality": [5, 40, 70, 90]}}
    study, _ = resolve(codecs=codecs, dataset=f"folder:{tmp_path}/set", metrics=["psnr"])
    run_study(study, out=tmp_path / "out", data_root=None, jobs=1, command="", engine=Serial())
    return read_results([tmp_path / "out"], all_metrics())


@pytest.mark.slow
def test_crops_are_drawn_with_their_names_and_rates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib.pyplot as plt

    monkeypatch.setattr("benchmark.system.pool.process_pool", Serial())
    results = cropped(tmp_path)
    how: dict[str, Any] = {"crop": "0.png:8,16,64,48", "codecs": ["webp", "jpeg"], "names": {"webp": "Ours"}}
    with mpl.rc_context({"backend": "agg"}):
        axes = plot.crops(results, **how)
        assert [axis.texts[0].get_text() for axis in axes] == ["original", "Ours", "JPEG"]
        assert "dB" in axes[1].texts[1].get_text()
        assert axes[0].images[0].get_array().shape == (48, 64, 3)
        assert len(plot.crops(results, errors=True)) == 3  # two codecs and a scale
        plt.close("all")
    rows = plot.save("crops", results, tmp_path / "t.csv", **how).read_text().splitlines()
    assert [row.split(",")[:2] for row in rows] == [["series", "image"], ["Ours", "0.png"], ["JPEG", "0.png"]]
    assert plot.save("crops", results, tmp_path / "t.webp").read_bytes().startswith(b"RIFF")
    with pytest.raises(UsageError, match="no picture of pgfplots"):
        plot.save("crops", results, tmp_path / "t.tex")
    with pytest.raises(UsageError, match="no image 'x'"):
        plot.crops(results, crop="x:0,0,8,8")
    (tmp_path / "set" / "0.png").unlink()
    with pytest.raises(UsageError, match="crops: nothing can be shown: "):
        plot.crops(results)


@pytest.mark.parametrize("form", ["pdf", "svg", "png", "webp", "csv", "tex"])
def test_each_form_is_written(results: Results, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"figure.{form}"
    assert plot.save("rd", results, path, style="ieee", xlim=(0, 1)) == path
    content = path.read_bytes()
    begins = {"pdf": b"%PDF", "svg": b"<?xml", "png": b"\x89PNG", "webp": b"RIFF", "csv": b"series,"}
    assert content.startswith(begins.get(form, b"\\definecolor"))


@pytest.mark.parametrize(
    ("name", "how", "says"),
    [
        ("rd.gif", {}, "--out: expected a file that ends in svg, png, pdf, webp, csv, tex, got 'gif'"),
        ("rd.pdf", {"style": "ieeee"}, "style: expected screen, ieee, got 'ieeee'; did you mean ieee"),
        (
            "rd.pdf",
            {"kind": "bar"},
            "kind: expected rd, bars, heatmap, speed, rank, orders, crops, got 'bar'; did you mean bars",
        ),
        ("c.pdf", {"kind": "crops", "width": "single"}, "width: crops are as wide as their pictures"),
        ("rd.pdf", {"width": "triple"}, "width: expected single, double"),
    ],
)
def test_files_and_styles_that_are_none(
    results: Results, tmp_path: Path, name: str, how: dict[str, str], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        plot.save(how.pop("kind", "rd"), results, tmp_path / name, **how)
    assert not (tmp_path / name).exists()


def test_what_is_no_axes_is_told(results: Results) -> None:
    for wrong in (3, "axes"):
        with pytest.raises(UsageError, match="ax: expected axes of matplotlib, got"):
            plot.rd(results, ax=wrong)
