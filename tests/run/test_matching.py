"""Matching: the search itself, and the rows that it makes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pytest

from benchmark.codec import Setting
from benchmark.dataset import read_image
from benchmark.errors import Unreachable
from benchmark.plugins import codec_class, dataset_class, open_dataset
from benchmark.record.row import Record
from benchmark.run.matching import Target, find_knob, knob_values
from benchmark.run.runner import run_study
from benchmark.run.study import resolve
from benchmark.run.task import Task, run_task
from tests.conftest import Run, empty_cells, photo


class Curve:
    """A function that remembers where it was asked."""

    def __init__(self, values: dict[float, float]) -> None:
        self.values = values
        self.asked: list[float] = []

    def __call__(self, knob: float) -> float:
        self.asked.append(knob)
        return self.values[knob]


@pytest.mark.parametrize("shape", [lambda k: k / 10, lambda k: math.exp(k / 20), lambda k: k**3, lambda k: k // 7])
def test_the_search_finds_what_trying_all_would(shape: object) -> None:
    knobs = range(1, 101)
    values = {float(knob): float(shape(knob)) for knob in knobs}  # type: ignore[operator]
    most = 0
    for limit in {*values.values(), *(value + 0.01 for value in values.values())}:
        curve = Curve(values)
        found = find_knob(curve, knobs, limit)
        assert found.value == max(value for value in values.values() if value <= limit)
        assert values[found.knob] == found.value
        assert len(curve.asked) == len(set(curve.asked)) == found.encodes
        most = max(most, found.encodes)
    assert most <= 16


def test_the_best_visited_is_returned_though_it_is_not_the_last() -> None:
    # A rate that dips: the neighbours that enclose the limit are not those that come closest to it.
    curve = Curve({1: 1, 2: 2, 3: 3, 4: 9.9, 5: 4, 6: 5, 7: 11, 8: 12, 9: 13})
    found = find_knob(curve, range(1, 10), 10)
    assert found.value == max(curve.values[knob] for knob in curve.asked if curve.values[knob] <= 10)
    dipping = Curve({1: 1, 2: 9, 3: 8, 4: 20})
    assert find_knob(dipping, range(1, 5), 10).knob == 2
    assert dipping.asked[-1] != 2


def test_infinite_values_do_not_lead_astray() -> None:
    curve = Curve({knob: 20.0 + knob if knob < 90 else math.inf for knob in range(1, 101)})
    assert find_knob(curve, range(1, 101), 60.5).knob == 40


def test_a_limit_above_all_is_met_by_the_end_and_one_below_all_is_unreachable() -> None:
    curve = Curve({knob: 5.0 + knob for knob in range(1, 101)})
    assert find_knob(curve, range(1, 101), 1000).knob == 100
    with pytest.raises(Unreachable, match="nearest: 6 at 1"):
        find_knob(curve, range(1, 101), 5)


@pytest.mark.parametrize("shape", [lambda k: k / 10, lambda k: math.exp(k / 20), lambda k: k**3, lambda k: k // 7])
def test_the_nearest_may_lie_above(shape: object) -> None:
    values = {float(knob): float(shape(knob)) for knob in range(1, 101)}  # type: ignore[operator]
    for limit in {*values.values(), *(value + 0.01 for value in values.values()), -5.0, 1e9}:
        curve = Curve(values)
        found = find_knob(curve, range(1, 101), limit, nearest=True)
        assert abs(found.value - limit) == min(abs(value - limit) for value in values.values())
        assert len(curve.asked) == found.encodes <= 16


def test_knobs_rise_with_the_rate() -> None:
    jpeg, jpeg2000 = codec_class("jpeg"), codec_class("jpeg2000")
    assert list(knob_values(jpeg)) == list(range(1, 101))
    assert list(knob_values(jpeg, reverse=True)) == list(range(100, 0, -1))
    values = knob_values(jpeg2000)
    assert (len(values), values[0], values[1], values[-1]) == (2001, 10.0, 10.025, 60.0)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    from PIL import Image

    (tmp_path / "pictures").mkdir()
    for index in range(2):
        Image.fromarray(photo(120, 160, 3, index)).save(tmp_path / "pictures" / f"{index}.png")
    return tmp_path / "pictures"


def matched(folder: Path, codec: str, target: Target, **settings: Setting) -> list[Record]:
    spec = f"folder:{folder}"
    return [
        row
        for item in ("0.png", "1.png")
        for row in run_task(Task(spec, None, item, spec, codec, [settings], ("psnr",), 1, 1, target=target))
    ]


@pytest.mark.parametrize(
    ("codec", "target"),
    [
        ("jpeg", Target("bpp", 2)),
        ("jpeg", Target("payload_bpp", 1.5)),
        ("jpeg", Target("psnr_rgb", 34)),
        ("jpeg", Target("mse_y", 20)),
        ("jpeg2000", Target("bpp", 1)),
        ("jpeg", Target("ssim_y", 0.9)),
    ],
)
def test_no_other_knob_comes_closer(pictures: Path, codec: str, target: Target) -> None:
    for row in matched(pictures, codec, target):
        assert row.status == "ok", row.reason
        assert row.target == str(target)
        cls = codec_class(codec)
        assert cls.knob is not None
        assert cls.knob.field not in json.loads(row.settings)
        knobs = list(knob_values(cls))
        place = knobs.index(row.knob_value or 0)
        near = []
        for knob in knobs[max(place - 1, 0) : place + 2]:
            spec = f"folder:{pictures}"
            metric = target.column.rpartition("_")[0]
            settings = cls.from_settings({cls.knob.field: knob}).settings
            task = Task(spec, None, row.image, spec, codec, [settings], (metric, "psnr"), 1, 1)
            near.append(run_task(task)[0].value(target.column) or 0)
        below = [value for value in near if value <= target.limit]
        assert near[1] == max(below), (near, target)
        assert len(below) < len(near), "a neighbour is above the limit"


def test_the_nearest_is_on_either_side(pictures: Path) -> None:
    below = matched(pictures, "jpeg", Target("bpp", 2))
    for row, lower in zip(matched(pictures, "jpeg", Target("bpp", 2, nearest=True)), below, strict=True):
        assert row.target == "bpp~2"
        assert abs((row.bpp or 0) - 2) <= 2 - (lower.bpp or 0)
        assert (row.knob_value or 0) - (lower.knob_value or 0) in (0, 1)
    for row in matched(pictures, "jpeg", Target("bpp", 0.001, nearest=True)):
        plain = run_task(Task(f"folder:{pictures}", None, row.image, "", "jpeg", [{"quality": 1}], (), 1, 1))[0]
        assert (row.status, row.bytes) == ("ok", plain.bytes), "the lowest end is the nearest to nothing"


def test_a_matched_row_is_that_of_its_knob(pictures: Path) -> None:
    row = matched(pictures, "jpeg", Target("bpp", 2))[0]
    quality = int(row.knob_value or 0)
    spec = f"folder:{pictures}"
    plain = run_task(Task(spec, None, "0.png", spec, "jpeg", [{"quality": quality}], ("psnr",), 1, 1))[0]
    for column in ("bytes", "bpp", "payload_bpp", "psnr_rgb", "stream_sha256", "pixels_sha256", "image_sha256"):
        assert row.cells()[column] == plain.cells()[column]
    assert row.key != plain.key
    assert (plain.target, plain.knob_value, plain.encodes) == ("", None, None)
    assert (row.target_column, row.target_limit, row.target_over) == ("bpp", 2, "image")


def test_what_cannot_be_reached_says_how_near_it_came(pictures: Path) -> None:
    row = matched(pictures, "jpeg", Target("bpp", 0.001))[0]
    assert row.status == "unreachable"
    assert "bpp<=0.001 cannot be reached; nearest: " in row.reason
    assert row.reason.endswith("at 1")
    assert row.bytes is None
    small = matched(pictures, "jpeg", Target("ms_ssim_rgb", 0.9))[0]
    assert (small.status, "161" in small.reason) == ("unreachable", True)


@pytest.mark.parametrize(("codec", "limit"), [("jpeg", 5), ("cvae", 0.4)])
def test_images_of_a_batch_are_matched_one_by_one(
    data_root: Path, codec: str, limit: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = open_dataset("mnist", data_root).load("test-00000-00999")[:6]
    mnist = dataset_class("mnist")
    monkeypatch.setattr(mnist, "load", lambda *_: digits)
    monkeypatch.setattr(mnist, "reference", lambda *_: digits)
    cls = codec_class(codec)
    assert cls.knob is not None
    tried = [
        [(8 * len(cls.from_settings({cls.knob.field: knob}).encode(digit)) / 784, knob) for knob in knob_values(cls)]
        for digit in digits
    ]
    best = [max(pair for pair in pairs if pair[0] <= limit) for pairs in tried]
    assert len({knob for _, knob in best}) > 1, "a limit that one knob fits all tells nothing"

    target = Target("bpp", limit)
    row = run_task(Task("mnist", data_root, f"six for {codec}", "mnist", codec, [{}], ("mse",), 1, 1, target=target))[0]
    assert row.status == "ok", row.reason
    assert row.images == 6
    assert row.bpp == pytest.approx(sum(rate for rate, _ in best) / 6, rel=0.01)
    assert row.bpp is not None and row.bpp <= limit
    assert row.knob_value == pytest.approx(sum(knob for _, knob in best) / 6, abs=1)


@pytest.mark.slow
def test_matched_studies_resume_and_are_summarised(rdbench: Run, pictures: Path, tmp_path: Path) -> None:
    words = ["run", "--codecs", "jpeg", "--dataset", f"folder:{pictures}", "--metrics", "psnr", "--out", "out"]
    done = rdbench(*words, "--match", "bpp=2,4", "--match", "psnr=33", "--match", "bpp=0.01", check=False)
    assert done.returncode == 0, done.stderr
    assert "6 ok" in done.stdout
    assert "2 unreachable" in done.stdout
    rows = pd.read_csv(tmp_path / "out" / "records.csv", keep_default_na=False)
    assert list(rows.columns) == list(empty_cells())
    assert list(rows["target"]) == [t for t in ("bpp<=2", "bpp<=4", "bpp<=0.01", "psnr_rgb<=33") for _ in range(2)]
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert list(summary["target"]) == ["bpp<=2", "bpp<=4", "bpp<=0.01", "psnr_rgb<=33"]
    assert list(summary["unreachable"]) == [0, 0, 2, 0]
    assert list(summary["failures"]) == [0] * 4
    good = rows[rows["target"] == "bpp<=2"]
    assert summary["knob_value_mean"][0] == pytest.approx(good["knob_value"].astype(float).mean())
    assert summary["encodes_mean"][0] == pytest.approx(good["encodes"].astype(float).mean())
    assert (tmp_path / "out" / "rd_psnr_rgb.png").exists()

    before = (tmp_path / "out" / "records.csv").read_bytes()
    assert "8 of them from an earlier run" in rdbench("run", "--study", "out/study.toml", "--out", "out").stdout
    assert (tmp_path / "out" / "records.csv").read_bytes() == before
    # Points of the plain sweep join them.
    done = rdbench(*words, "--set", "jpeg.quality=50")
    assert "2 ok" in done.stdout
    assert len(pd.read_csv(tmp_path / "out" / "records.csv")) == 10


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
    same = [name for name in empty_cells() if name not in ("encode_s", "decode_s", "jobs", "peak_memory_mib")]
    assert again[same].equals(rows[same])
    assert (tmp_path / "out" / "search.csv").read_bytes() == trials


@pytest.mark.slow
def test_an_interrupted_search_goes_on(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def serial(tasks: Sequence[Task], **_: object) -> Iterator[tuple[Task, list[Record]]]:
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
    timed = ["encode_s", "decode_s", "jobs", "peak_memory_mib"]
    one, other = (pd.read_csv(tmp_path / name / "records.csv").drop(columns=timed) for name in ("out", "whole"))
    assert one.equals(other)


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


@pytest.mark.slow
def test_kodak_at_two_bits_a_pixel(rdbench: Run, kodak: Path, tmp_path: Path) -> None:
    # Ramos (2019) has 36.77 dB, at a mean quality of 85.91, with libjpeg's fixed Huffman tables.
    rdbench(
        "run",
        "--codecs",
        "jpeg",
        "--set",
        "jpeg.optimize=false",
        "--dataset",
        f"folder:{kodak}",
        "--match",
        "bpp=2",
        "--metrics",
        "psnr",
        "--out",
        "out",
    )
    rows = pd.read_csv(tmp_path / "out" / "records.csv")
    assert len(rows) == 24
    assert rows["psnr_rgb"].mean() == pytest.approx(36.77, abs=0.05)
    assert rows["knob_value"].mean() == pytest.approx(85.9, abs=1)
    assert (rows["bpp"] <= 2).all()
    assert rows["encodes"].mean() <= 8
    for _, row in rows[rows["bpp"] < 1.98].iterrows():
        next_up = codec_class("jpeg").from_settings({"quality": int(row["knob_value"]) + 1, "optimize": False})
        size = len(next_up.encode(read_image(kodak / str(row["image"]))))
        assert 8 * size / (row["width"] * row["height"]) > 2, "the next quality would have fitted"
