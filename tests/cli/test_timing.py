"""``run --timing``: times to be published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from benchmark.plugins import codec_class
from benchmark.system.load import LoadWatch
from tests.conftest import TIMED, Run, photo
from tests.run.examples import records

pytestmark = pytest.mark.usefixtures("serial", "undrawn")


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[float | None], None]:
    """Sets the load that others put on the machine; none at first."""
    monkeypatch.setattr("benchmark.run.plan.quiet_cores", lambda count: ())
    monkeypatch.setattr("benchmark.run.timing.MOST_SPREAD", float("inf"))  # this machine may have other work

    def change(value: float | None) -> None:
        monkeypatch.setattr(LoadWatch, "load", lambda *_: value)

    change(0.0)
    return change


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    (tmp_path / "set").mkdir()
    for index in range(2):
        Image.fromarray(photo(16, 24, 3, index)).save(tmp_path / "set" / f"{index}.png")
    sets = ["--codecs", "png", "--set", "png.level=1", "--metrics", "psnr", "--dataset", f"folder:{tmp_path}/set"]
    return ["run", *sets, "--out", "out"]


@pytest.mark.usefixtures("load")
def test_rows_are_timed_anew_and_stay_what_they_are_otherwise(rdbench: Run, words: list[str], tmp_path: Path) -> None:
    rdbench(*words)
    plain = records(tmp_path / "out")
    assert set(plain["timing"]) == {""}
    done = rdbench(*words, "--timing")
    assert "made again: 2 rows of png: its times were not measured to be published" in done.stdout
    timed = records(tmp_path / "out")
    assert set(timed["timing"]) == {"alone"}
    assert set(timed["jobs"]) == {1}
    assert (timed["repeats"] >= 5).all()
    assert (timed["time_spread"] >= 0).all()
    assert set(timed["load"]) == {0}
    same = [name for name in plain if name not in {*TIMED, "key", "timing", "repeats"}]
    assert timed[same].equals(plain[same])
    assert records_replaced(tmp_path) == 2
    assert "timing = true" in (tmp_path / "out" / "study.toml").read_text(encoding="utf-8")
    for again in (["--timing"], [], ["--repeats", "3"]):
        assert "2 of them from an earlier run" in rdbench(*words, *again).stdout, "better times serve all"
    assert records(tmp_path / "out").equals(timed)
    assert "repeats = 5" in rdbench_study(rdbench, tmp_path)


def records_replaced(tmp_path: Path) -> int:
    return len((tmp_path / "out" / "records.csv.replaced").read_text(encoding="utf-8").splitlines()) - 1


def rdbench_study(rdbench: Run, tmp_path: Path) -> str:
    """The study file of a run that a study file alone has told to time."""
    sets = ["--codecs", "png", "--set", "png.level=1", "--dataset", f"folder:{tmp_path}/set"]
    rdbench("run", *sets, "--images", "1.png", "--timing", "--out", "a")
    assert list(records(tmp_path / "a")["image"]) == ["1.png"]
    rdbench("run", "--study", "a/study.toml", "--out", "b")
    assert list(records(tmp_path / "b")["timing"]) == ["alone"]
    return (tmp_path / "b" / "study.toml").read_text(encoding="utf-8")


def test_disturbed_rows_are_told_and_timed_again(
    rdbench: Run, words: list[str], load: Callable[[float | None], None], tmp_path: Path
) -> None:
    load(0.5)
    done = rdbench(*words, "--timing")
    assert "disturbed: 2 rows while timed" in done.stdout
    assert "other processes took 0.50 of a core" in done.stderr
    assert set(records(tmp_path / "out")["flags"]) == {"disturbed"}
    assert "2 of them from an earlier run" in rdbench(*words).stdout, "rate and quality are not disturbed"
    load(0.01)
    done = rdbench(*words, "--timing")
    assert "made again: 2 rows of png: the times were disturbed" in done.stdout
    rows = records(tmp_path / "out")
    assert (set(rows["flags"]), set(rows["reason"])) == ({""}, {""}), "nothing of it is left"


@pytest.mark.usefixtures("load")
def test_another_stream_of_the_same_code_is_told(
    rdbench: Run, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rdbench(*words)
    png = codec_class("png")
    encode = vars(png)["encode"]
    monkeypatch.setattr(png, "encode", lambda self, image: encode(png.from_settings({"level": 9}), image))
    done = rdbench(*words, "--timing")
    assert "timed anew, it gave other bytes or pixels than before" in done.stderr
    assert set(records(tmp_path / "out")["flags"]) == {"other-stream"}


def test_what_cannot_be_is_refused(rdbench: Run, words: list[str]) -> None:
    done = rdbench(*words, "--timing", "--jobs", "2", check=False)
    assert (done.returncode, "--timing measures with one worker" in done.stderr) == (2, True)
    done = rdbench(*words, "--images", "1.png,2.png", check=False)
    assert (done.returncode, "has no image '2.png'; expected names such as 0.png, 1.png" in done.stderr) == (2, True)
