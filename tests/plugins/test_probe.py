"""Plug-ins of strangers, looked at from a distance: all side by side, each once, whatever they do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmark import plugins
from benchmark.errors import UsageError
from benchmark.plugins.outline import Answer
from benchmark.plugins.points import points_of
from benchmark.plugins.probe import LIMIT, LIMIT_VARIABLE, limit, told_of
from benchmark.system import guard
from tests.conftest import ROOT
from tests.strangers import HARMLESS, IMPORTS, VERSIONS, install_strangers


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """All strangers, installed. Those that hang do so for longer than they are given."""
    install_strangers(tmp_path / "site")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv(LIMIT_VARIABLE, "20")
    plugins.forget()
    yield tmp_path / "site"
    plugins.forget()


@pytest.mark.slow
def test_each_is_an_answer_whatever_it_does(site: Path) -> None:
    points = {name: claims[0] for name, claims in points_of("codecs").items()}
    assert points.keys() >= {*IMPORTS, *VERSIONS, *HARMLESS, "fine"}
    found: dict[str, Answer] = dict(zip(points, told_of(list(points.values())), strict=True))
    for name in ("fine", *HARMLESS):
        assert (found[name].status, found[name].version) == ("", "stranger 1"), found[name]
    statuses = {name: found[name].status for name in (*IMPORTS, *VERSIONS)}
    assert statuses == {
        "hangs": "timeout",
        "exits": "failed",
        "vanishes": "crashed",
        "crashes": "crashed",
        "raises": "failed",
        "interrupts": "failed",
        "kills": "crashed",
        "usurps": "crashed",
        "recurses": "failed",
        "floods": "failed",
        "stays": "timeout",
        "leaves": "crashed",
    }
    assert found["crashes"].reason.endswith("the last line that it printed: a last word")
    assert all(len(answer.reason) < 500 for answer in found.values())
    assert not found["hangs"].facts
    assert found["leaves"].facts["grid"] == {"q": [1, 2]}
    assert not [name for name in sys.modules if name.startswith("stranger_")]
    if guard.AVAILABLE:
        assert "77778" not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    again = told_of([points["fine"]])
    assert again == [found["fine"]]
    # What this process starts knows it, too.
    code = (
        "from benchmark.plugins import probe, points; probe.ask_apart = None; "
        "print(probe.told_of([points.points_of('codecs')['leaves'][0]])[0].reason)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == found["leaves"].reason


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e400", "soon"])
def test_a_limit_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, text)
    with pytest.raises(UsageError, match=f"{LIMIT_VARIABLE}: expected a number of seconds above 0"):
        limit()


def test_the_limit_is_that_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LIMIT_VARIABLE, raising=False)
    assert limit() == LIMIT
    monkeypatch.setenv(LIMIT_VARIABLE, "2.5")
    assert limit() == 2.5
