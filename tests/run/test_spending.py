"""Where time goes: parts inside parts are counted once, and what is left is waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.run.runner import run_study
from benchmark.run.spending import PARTS, WAITING, Profile, spending, taken
from benchmark.run.study import resolve
from tests.serial import Serial


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still; its only number is what it shows."""
    taken()
    shown = [0.0]
    monkeypatch.setattr("benchmark.run.spending.time.perf_counter", lambda: shown[0])
    return shown


def test_what_is_spent_inside_another_part_is_counted_there_alone(clock: list[float]) -> None:
    with spending("reading"):
        clock[0] += 1
        for _ in range(2):
            with spending("metrics"):
                clock[0] += 10
                with spending("writing"):
                    clock[0] += 100
        clock[0] += 1
    assert taken() == {"reading": 2, "metrics": 20, "writing": 200}
    assert taken() == {}


def test_an_error_ends_a_part(clock: list[float]) -> None:
    with pytest.raises(ZeroDivisionError), spending("encoding"):
        clock[0] += 5
        raise ZeroDivisionError
    with spending("decoding"):
        clock[0] += 1
    assert taken() == {"encoding": 5, "decoding": 1}


def test_what_is_left_of_the_time_of_workers_is_waiting(clock: list[float]) -> None:
    profile = Profile()
    with profile.kept(2):
        clock[0] += 10
    with profile.kept(1):
        clock[0] += 5
    profile.add({"encoding": 12.0})
    profile.add({"encoding": 1.0, "metrics": 4.0})
    assert profile.parts() == {**dict.fromkeys(PARTS, 0), "encoding": 13, "metrics": 4, WAITING: 13}
    profile.add({"decoding": 100.0})
    assert profile.parts()[WAITING] == 0


@pytest.mark.parametrize(("keep", "match"), [(False, {}), (True, {"bpp": [2.0]})])
def test_a_run_tells_what_each_part_took(
    three_pictures: Path, tmp_path: Path, keep: bool, match: dict[str, list[float]]
) -> None:
    study, _ = resolve(codecs=["jpeg"], match=match or None, dataset=f"folder:{three_pictures}", metrics=["psnr"])
    outcome = run_study(study, out=tmp_path / "out", data_root=None, jobs=1, command="run", keep=keep, engine=Serial())
    seconds = outcome.profile.seconds
    assert outcome.profile.workers == 1
    assert {part for part, spent in seconds.items() if spent > 0} == set(PARTS) - (set() if match else {"searching"})
    assert sum(outcome.profile.parts().values()) == pytest.approx(outcome.profile.elapsed)
    again = run_study(study, out=tmp_path / "out", data_root=None, jobs=1, command="run", engine=Serial())
    assert sum(again.profile.seconds[part] for part in ("encoding", "decoding", "searching")) == 0
