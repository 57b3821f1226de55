"""One task: a codec on one item, at settings or for a target."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.codec import Codec, Image, Setting
from benchmark.plugins import codec_class, dataset_class, metric_families, open_dataset
from benchmark.record.row import Record
from benchmark.run.engine import Workers, run_tasks
from benchmark.run.matching import Target, knob_values
from benchmark.run.measure import Unkept
from benchmark.run.patience import Patience
from benchmark.run.task import SPOILED, Task, run_task, same_pixels
from tests.conftest import FindCodecs, Run, photo
from tests.run.examples import Planes, records
from tests.serial import Serial


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
    for row, lower in zip(matched(pictures, "jpeg", Target("bpp", 2, sense="~")), below, strict=True):
        assert row.target == "bpp~2"
        assert abs((row.bpp or 0) - 2) <= 2 - (lower.bpp or 0)
        assert (row.knob_value or 0) - (lower.knob_value or 0) in (0, 1)
    for row in matched(pictures, "jpeg", Target("bpp", 0.001, sense="~")):
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


@pytest.mark.parametrize(
    ("codec", "limit"), [("jpeg", 5), pytest.param("cvae", 0.4, marks=[pytest.mark.neural, pytest.mark.slow])]
)
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


@pytest.mark.usefixtures("serial", "undrawn")
def test_streams_that_cannot_be_kept_are_no_row(pictures: Path) -> None:
    """The disk is full, or nothing may be written there: that ends the run, and says nothing of the codec."""
    spec = f"folder:{pictures}"
    (pictures / "file").write_text("mine")
    item = open_dataset(spec, None).items()[0]
    task = Task(spec, None, item, spec, "jpeg", [{"quality": 20}], ("psnr",), 1, 1, keep=pictures / "file")
    with pytest.raises(Unkept, match="expected a folder"):
        run_task(task)


def test_an_unreadable_image_fails_alone(rdbench: Run, three_pictures: Path, tmp_path: Path) -> None:
    (three_pictures / "1.png").write_bytes(b"no picture")
    done = rdbench(
        "run",
        "--codecs",
        "jpeg",
        "--set",
        "jpeg.quality=50",
        "--dataset",
        f"folder:{three_pictures}",
        "--out",
        "out",
        "--metrics",
        "psnr",
        check=False,
    )
    assert done.returncode == 1
    rows = records(tmp_path / "out")
    assert list(rows["status"]) == ["ok", "failed", "ok"]
    assert "cannot be read as an image" in rows["reason"][1]
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert (summary["images"][0], summary["images_attempted"][0]) == (2, 3)


@pytest.fixture
def broken(third_party: Path, monkeypatch: pytest.MonkeyPatch, find_codecs: FindCodecs) -> type[Codec]:
    """A codec that fails as it is told; tasks find it, and ``jpeg``."""
    monkeypatch.syspath_prepend(third_party)
    cls: type[Codec] = importlib.import_module("theirs").Broken
    find_codecs(lambda name: cls if name == "broken" else codec_class(name))
    return cls


@pytest.mark.usefixtures("broken")
def test_whatever_a_codec_raises_is_a_row(pictures: Path) -> None:
    spec = f"folder:{pictures}"
    reasons = {
        "exits": "SystemExit: 0",
        "interrupts": "KeyboardInterrupt",
        "stops": "GeneratorExit: so",
        "cancels": "CancelledError",
        "mute": "Mute",
    }
    sweep = [{"how": how} for how in (*reasons, "well")]
    rows = run_task(Task(spec, None, "0.png", spec, "broken", sweep, ("psnr",), 1, 1))
    assert [(row.status, row.reason) for row in rows] == [*(("failed", text) for text in reasons.values()), ("ok", "")]


@pytest.mark.parametrize(("step", "failed"), [("prepare", False), ("compare", True)])
def test_whatever_a_metric_raises_is_a_row(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, step: str, failed: bool
) -> None:
    def leave(*_: object) -> None:
        raise SystemExit(0)

    monkeypatch.setattr(metric_families()["psnr"], step, leave)
    spec = f"folder:{pictures}"
    task = Task(spec, None, "0.png", spec, "jpeg", [{"quality": 50}], ("psnr",), 1, 1)
    ((_, (row,)),) = run_tasks([task], Workers(1, 60, Patience(0), engine=Serial()))
    assert row.status == "failed"
    assert row.reason == ("SystemExit: 0" if failed else "PluginError: the data set or a metric raised SystemExit: 0")


@pytest.mark.usefixtures("broken")
def test_a_codec_that_writes_into_its_input_fails_and_spoils_no_other_row(pictures: Path) -> None:
    spec = f"folder:{pictures}"
    wild = Task(spec, None, "0.png", spec, "broken", [{"how": "scribbles"}, {"how": "well"}], ("psnr",), 1, 1)
    tame = replace(wild, codec="jpeg", settings=[{"quality": 50}])
    columns = ("key", "image_sha256", "stream_sha256", "pixels_sha256", "psnr_rgb", "status")
    (before,) = run_task(tame)
    assert [(row.status, row.reason) for row in run_task(wild)] == [("failed", SPOILED), ("ok", "")]
    (after,) = run_task(tame)
    assert [after.cells()[column] for column in columns] == [before.cells()[column] for column in columns]
    target = replace(wild, codec="broken", settings=[{"how": "scribbles"}])
    assert [row.reason for row in run_task(replace(target, repeats=3))] == [SPOILED]


def test_all_rows_of_a_progressive_codec_that_writes_into_its_input_fail(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, find_codecs: FindCodecs
) -> None:
    """The streams from which others would be cut are of pixels that nobody asked for."""

    def scribble(self: Planes, image: Image) -> bytes:
        image[:] = 9
        return encode(self, image)

    encode = Planes.encode
    monkeypatch.setattr(Planes, "encode", scribble)
    find_codecs(lambda name: Planes)
    spec = f"folder:{pictures}"
    sweep = [{"planes": planes} for planes in (2, 5)]
    rows = run_task(Task(spec, None, "0.png", spec, "planes", sweep, ("psnr",), 1, 1))
    assert [(row.status, row.reason) for row in rows] == [("failed", SPOILED)] * 2


def test_one_sample_that_differs_is_seen() -> None:
    image = photo(5, 7)[np.newaxis]  # 105 samples: 13 times 8, and one
    for batch in (image, image[:, ::-1]):
        for place in (0, 50, 104):
            other = batch.copy()
            assert same_pixels(batch, other)
            other.reshape(-1)[place] ^= 128
            assert not same_pixels(batch, other)
