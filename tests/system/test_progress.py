"""Progress: what is counted, the rate of it, and the time that is left."""

from __future__ import annotations

import pytest

from benchmark.system.progress import Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test sets."""
    now = [0.0]
    monkeypatch.setattr("benchmark.system.progress.time.monotonic", lambda: now[0])
    return now


def test_rate_and_time_left(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(10, "rows") as counted:
        clock[0] = 20.0
        counted.advance(4, "four")
    assert capsys.readouterr().err == "4/10 rows, 0.2/s, 30 s left: four\n"


def test_what_was_done_before_makes_nobody_faster(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(100, "epochs") as counted:
        clock[0] = 50.0  # what it takes to find out what was done before is no work either
        counted.skip(60, "made before")
        clock[0] = 70.0
        counted.advance(10, "ten")
        clock[0] = 71.0
        counted.skip(30, "left out")
    assert capsys.readouterr().err.splitlines() == [
        "60/100 epochs: made before",
        "70/100 epochs, 0.5/s, 60 s left: ten",
        "100/100 epochs, 0.476/s, 0 s left: left out",
    ]


def test_nothing_skipped_is_not_told(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(10, "rows") as counted:
        clock[0] = 20.0
        counted.skip(0, "made before")
        counted.advance(4, "four")
    assert capsys.readouterr().err == "4/10 rows, 0.2/s, 30 s left: four\n"


def test_nothing_done_has_no_time_left(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(10, "rows") as counted:
        clock[0] = 20.0
        counted.advance(0, "tries")
    assert capsys.readouterr().err == "0/10 rows: tries\n"


def test_plain_lines_come_at_the_end_and_from_time_to_time(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(4, "rows") as progress:
        for second in (1.0, 2.0, 12.0, 16.0):
            clock[0] = second
            progress.advance(1, f"jpeg [{second:g}]")
        progress.note("one [note]")
    assert capsys.readouterr().err.splitlines() == [
        "3/4 rows, 0.25/s, 4 s left: jpeg [12]",
        "4/4 rows, 0.25/s, 0 s left: jpeg [16]",
        "one [note]",
    ]


def test_notes_are_words_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(1, "rows") as counted:
        counted.note("failed: \x1b]0;another title\x07")
    assert capsys.readouterr().err == "failed:  ]0;another title \n"
