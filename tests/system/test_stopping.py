"""Signals that end a command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmark.system.stopping import raise_if_stopped, stopped_by_signals
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Signals are heard, also below a shell that starts its jobs deaf to some; afterwards as before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_is_an_interruption_and_the_second_ends_at_once(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    before = signal.signal(number, signal.SIG_DFL)
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    try:
        with stopped_by_signals() as stop:
            assert stop.number == 0
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
            assert (stop.number, stop.status, ended) == (number, 128 + number, [])
            with pytest.raises(KeyboardInterrupt):  # only where the end of the process is no end
                signal.raise_signal(signal.SIGINT)
            assert ended[0] == 128 + number
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert "everything finished is stored" in capfd.readouterr().err


def test_a_signal_whose_exception_was_lost_is_raised_again_as_long_as_signals_are_heard() -> None:
    with stopped_by_signals():
        raise_if_stopped()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            raise_if_stopped()
    raise_if_stopped()


class Careless:
    """Something in whose end a signal comes: what is raised there is dropped by Python."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


def test_what_python_drops_is_raised_again_and_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    hook = sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), stopped_by_signals() as stop:
        Careless()
        assert stop.number == signal.SIGTERM
        time.sleep(30)
        pytest.fail("it was lost")
    assert capfd.readouterr().err == ""
    assert sys.unraisablehook is hook


def test_what_is_lost_at_the_end_is_raised_nowhere_else() -> None:
    with stopped_by_signals() as stop:
        Careless()
    time.sleep(0.1)
    assert stop.status == 143


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopped_by_signals() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert stop.number == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_while_handlers_are_put_back_is_an_interruption_too(monkeypatch: pytest.MonkeyPatch) -> None:
    all_before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    before = all_before[signal.SIGINT]
    setter = signal.signal

    def late(number: int, handler: Any) -> Any:
        if handler is before:
            monkeypatch.setattr(signal, "signal", setter)
            signal.raise_signal(signal.SIGINT)
        return setter(number, handler)

    try:
        with pytest.raises(KeyboardInterrupt), stopped_by_signals() as stop:
            monkeypatch.setattr(signal, "signal", late)
        assert stop.number == signal.SIGINT
    finally:
        for number, handler in all_before.items():
            setter(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_exit_status_tells_of_a_signal_that_came_while_a_text_was_executed(
    number: signal.Signals, tmp_path: Path
) -> None:
    """As while a class is made a dataclass: Python would end by SIGINT."""
    (tmp_path / "stopped.py").write_text(
        "import signal, sys\n"
        "from benchmark.system.stopping import raise_if_stopped, stopped_by_signals\n"
        "with stopped_by_signals() as stop:\n"
        "    try:\n"
        f"        exec('signal.raise_signal({int(number)})')\n"
        "    except KeyboardInterrupt:\n"
        "        pass\n"
        "sys.exit(stop.status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "stopped"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (128 + number, "")
