"""Tables in the terminal."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from benchmark.cli.console import open_console
from benchmark.cli.main import main
from benchmark.cli.tables import Table, table_of
from tests.conftest import ROOT

SAMPLE = ROOT / "results" / "baseline" / "sample"


def test_columns_of_numbers_are_flush_right(capsys: pytest.CaptureFixture[str]) -> None:
    table = table_of("codec", "bpp", "mine", numbers=["mine"])
    table.add_row("jpeg [fast]", "0.5", "1")
    table.add_row("webp", "10.25", "100")
    table.print()
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert "  jpeg [fast]     0.5      1" in lines, "square brackets are text"
    assert "  webp          10.25    100" in lines


def test_lines_of_a_file_are_not_broken_at_80(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    open_console().print("word " * 30)
    assert capsys.readouterr().out.count("\n") == 1


def _wide() -> Table:
    table = table_of("codec", "bpp", "what", "dec s", "enc s", drop=["enc s", "dec s"], prose=["what"])
    table.add_row("a-codec-of-a-long-name", "0.123456", "words that may be broken in between", "0.25", "0.5")
    table.add_row("b", "1", "unbreakable-words-of-25-xx", "10", "20")
    return table


@pytest.mark.parametrize("width", [30, 60, 70, 80, 100, 160])
def test_a_narrow_terminal_cuts_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    _wide().print()
    text = capsys.readouterr().out
    for cell in ("a-codec-of-a-long-name", "0.123456", "unbreakable-words-of-25-xx"):
        assert cell in text
    assert "…" not in text
    told = "not shown, for the terminal is too narrow: "
    for name, cell in (("dec s", "0.25"), ("enc s", "0.5")):
        assert (cell in text.replace("0.123456", "")) != (told in text and name in text.partition(told)[2])
    widest = max(map(len, text.partition(told)[0].splitlines()))
    assert widest <= max(width, 68), "what has to stay sets the least width"


def test_columns_go_in_their_order(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "75")
    _wide().print()
    text = capsys.readouterr().out
    assert "too narrow: enc s; --verbose shows all" in text and "dec s" in text


@pytest.mark.parametrize(
    "words", [["list", "codecs"], ["list", "metrics"], ["bdrate", str(SAMPLE), "--anchor", "jpeg"]]
)
def test_commands_fit_80_columns_and_show_all_when_asked(words: list[str]) -> None:
    narrow, whole = (
        CliRunner(env={"COLUMNS": "80"}).invoke(main, [*words, *more]).stdout for more in ([], ["--verbose"])
    )
    lines = narrow.partition("not shown, for")[0].splitlines()
    assert max(map(len, lines)) <= 80
    assert "not shown, for the terminal is too narrow: " in narrow
    assert "not shown" not in whole
