"""One knob for a whole data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pytest

from benchmark.plugins import codec_class
from benchmark.record.row import Record
from benchmark.run.runner import run_study
from benchmark.run.study import resolve
from benchmark.run.task import Task, run_task
from tests.conftest import TIMED, Run, empty_cells


def mean_of(codec: str, knob: float, folder: Path) -> tuple[float, float]:
    """Mean bpp and PSNR of a codec at a value of its knob, over the images of a folder."""
    spec = f"folder:{folder}"
    cls = codec_class(codec)
    assert cls.knob is not None
    settings = [cls.from_settings({cls.knob.field: knob}).settings]
    rows = [
        run_task(Task(spec, None, path.name, spec, codec, settings, ("psnr",), 1, 1))[0]
        for path in sorted(folder.iterdir())
    ]
    return sum(row.bpp or 0 for row in rows) / len(rows), sum(row.metrics["psnr_rgb"] for row in rows) / len(rows)


@pytest.mark.usefixtures("serial", "undrawn")
@pytest.mark.slow
def test_one_knob_for_the_mean(rdbench: Run, pictures: Path, tmp_path: Path) -> None:
    words = [
        "run",
        "--codecs",
        "jpeg",
        "--dataset",
        f"folder:{pictures}",
        "--metrics",
        "psnr",
        "--out",
        "out",
        "--match-mean",
        "bpp=2",
        "--match-mean",
        "psnr~33",
        "--match-mean",
        "bpp=0.01",
        "--match",
        "bpp~2",
    ]
    done = rdbench(*words)
    assert "6 ok, 2 unreachable" in done.stdout
    path = tmp_path / "out" / "records.csv"
    rows = pd.read_csv(path, keep_default_na=False)
    targets = ["bpp~2", "mean bpp<=2", "mean bpp<=0.01", "mean psnr_rgb~33"]
    assert list(rows["target"]) == [target for target in targets for _ in range(2)]
    by_target = {target: rows[rows["target"] == target] for target in targets}
    assert all("mean bpp<=0.01 cannot be reached; nearest: " in text for text in by_target["mean bpp<=0.01"]["reason"])

    at = by_target["mean bpp<=2"]["knob_value"].astype(float)
    assert at.nunique() == 1
    assert mean_of("jpeg", int(at.iloc[0]), pictures)[0] <= 2 < mean_of("jpeg", int(at.iloc[0]) + 1, pictures)[0]
    assert by_target["mean bpp<=2"]["bpp"].astype(float).mean() == pytest.approx(
        mean_of("jpeg", int(at.iloc[0]), pictures)[0]
    )
    assert by_target["mean bpp<=2"]["encodes"].astype(float).between(2, 16).all()
    quality = int(float(by_target["mean psnr_rgb~33"]["knob_value"].iloc[0]))
    off = [abs(mean_of("jpeg", value, pictures)[1] - 33) for value in (quality - 1, quality, quality + 1)]
    assert off[1] == min(off)

    table = pd.read_csv(tmp_path / "out" / "matched.csv")
    assert list(table["target"]) == targets
    assert [list(table[name]) for name in ("images", "of")] == [[2, 2, 0, 2], [2] * 4]
    assert table["knob_value"][1] == at.iloc[0]
    lines = (tmp_path / "out" / "matched.md").read_text().splitlines()
    assert len(lines) == 6
    assert "| mean bpp<=0.01 | jpeg | 0 | 2 | quality | – |" in lines[4]

    # Nothing is done twice, and rows that are missing are made again without another search.
    before, trials = path.read_bytes(), (tmp_path / "out" / "search.csv").read_bytes()
    assert "8 of them from an earlier run" in rdbench("run", "--study", "out/study.toml", "--out", "out").stdout
    assert path.read_bytes() == before
    path.write_text("\n".join(line for line in before.decode().splitlines() if "mean bpp<=2" not in line) + "\n")
    assert "6 of them from an earlier run" in rdbench(*words).stdout
    again = pd.read_csv(path, keep_default_na=False)
    same = [name for name in empty_cells() if name not in TIMED]
    assert again[same].equals(rows[same])
    assert (tmp_path / "out" / "search.csv").read_bytes() == trials


@pytest.mark.slow
def test_an_interrupted_search_goes_on(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def serial(tasks: Sequence[Task], _: object) -> Iterator[tuple[Task, list[Record]]]:
        for task in tasks:
            if len(made) == 5:
                made.append(0)
                raise KeyboardInterrupt
            records = run_task(task)
            made.extend(1 for _ in records)
            yield task, records

    for module in ("mean_matching", "execute"):
        monkeypatch.setattr(f"benchmark.run.{module}.run_tasks", serial)
    study, _ = resolve(
        codecs=["jpeg"], dataset=f"folder:{pictures}", metrics=["psnr"], match_mean={"bpp": [2], "psnr": [33]}
    )
    options = {"data_root": None, "jobs": 1, "command": ""}
    first = run_study(study, out=tmp_path / "out", **options)  # type: ignore[arg-type]
    assert (first.interrupted, first.statuses) == (True, {})
    second = run_study(study, out=tmp_path / "out", **options)  # type: ignore[arg-type]
    assert (second.interrupted, second.statuses, sum(made[:5])) == (False, {"ok": 4}, 5)
    resumed = sum(made)
    run_study(study, out=tmp_path / "whole", **options)  # type: ignore[arg-type]
    assert sum(made) - resumed == resumed, "what was tried before the interruption was not tried again"
    timed = list(TIMED)
    one, other = (pd.read_csv(tmp_path / name / "records.csv").drop(columns=timed) for name in ("out", "whole"))
    assert one.equals(other)


@pytest.mark.usefixtures("serial", "undrawn")
def test_an_image_that_fails_fails_the_search(rdbench: Run, pictures: Path, tmp_path: Path) -> None:
    (pictures / "0.png").write_bytes(b"no picture")
    done = rdbench(
        "run",
        "--codecs",
        "jpeg",
        "--dataset",
        f"folder:{pictures}",
        "--metrics",
        "psnr",
        "--out",
        "out",
        "--match-mean",
        "bpp=2",
        check=False,
    )
    assert done.returncode == 1
    rows = pd.read_csv(tmp_path / "out" / "records.csv", keep_default_na=False)
    assert list(rows["status"]) == ["failed", "failed"]
    assert rows["reason"].str.contains("at 50, 0.png: .* cannot be read as an image").all()
