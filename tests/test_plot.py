"""Figures for notebooks and papers."""

from __future__ import annotations

import doctest
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from benchmark import plot
from benchmark.analysis.results import Results, read_results
from benchmark.errors import UsageError
from benchmark.plugins import all_metrics
from tests.analysis.summaries import summary_of


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
        ({"labels": "left"}, "labels: expected ends or legend"),
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


@pytest.mark.parametrize("form", ["pdf", "svg", "png", "webp", "csv", "tex"])
def test_each_form_is_written(results: Results, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"figure.{form}"
    assert plot.save_rd(results, path, style="ieee", xlim=(0, 1)) == path
    content = path.read_bytes()
    begins = {"pdf": b"%PDF", "svg": b"<?xml", "png": b"\x89PNG", "webp": b"RIFF", "csv": b"series,"}
    assert content.startswith(begins.get(form, b"\\definecolor"))


@pytest.mark.parametrize(
    ("name", "how", "says"),
    [
        ("rd.gif", {}, "--out: expected a file that ends in svg, png, pdf, webp, csv, tex, got 'gif'"),
        ("rd.pdf", {"style": "ieeee"}, "style: expected screen, ieee, got 'ieeee'; did you mean ieee"),
        ("rd.pdf", {"width": "triple"}, "width: expected single, double"),
    ],
)
def test_files_and_styles_that_are_none(
    results: Results, tmp_path: Path, name: str, how: dict[str, str], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        plot.save_rd(results, tmp_path / name, **how)
    assert not (tmp_path / name).exists()
