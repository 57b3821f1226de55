"""Runs over files of every kind: what is converted stands in the rows, what cannot be used is skipped once a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

from benchmark.codec import Codec, Setting
from benchmark.plugins import codec_class, open_dataset
from benchmark.run.task import Task, run_task
from tests.conftest import FindCodecs, Run, photo
from tests.formats.writers import exif, png
from tests.run.examples import records

RUN = ("run", "--codecs", "png", "--metrics", "psnr", "--jobs", "1", "--out", "out")


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A plain picture, one of 16 bits, one with alpha, one turned; hidden files, and others that are not read."""
    folder = tmp_path / "mixed"
    (folder / ".ipynb_checkpoints").mkdir(parents=True)
    plain = photo(12, 20)
    Image.fromarray(plain).save(folder / "plain.png")
    (folder / "deep.png").write_bytes(png(plain.astype(np.uint16) * 257, "rgb", 16))
    clear = np.concatenate([plain, np.full((12, 20, 1), 255, np.uint8)], axis=-1)
    (folder / "clear.png").write_bytes(png(clear, "rgb+alpha", 8))
    Image.fromarray(plain).save(folder / "turned.jpg", exif=b"Exif\0\0" + exif(6), quality=90)
    Image.fromarray(plain).save(folder / ".ipynb_checkpoints" / "plain-checkpoint.png")
    (folder / "._plain.png").write_bytes(b"of macOS")
    (folder / "x.avif").write_bytes(b"not read")
    (folder / "notes.txt").write_text("not read", encoding="utf-8")
    Image.fromarray(plain[..., 0]).save(folder / "old.JFIF", "JPEG")
    return folder


@pytest.mark.usefixtures("serial", "undrawn")
def test_a_file_that_cannot_be_used_is_skipped_once_and_told(rdbench: Run, mixed: Path, tmp_path: Path) -> None:
    words = (*RUN, "--set", "png.level=1,9", "--dataset", "folder:mixed")
    said = rdbench(*words).stdout
    rows = records(tmp_path / "out").set_index("image")
    assert set(rows.index) == {"plain.png", "deep.png", "clear.png", "turned.jpg", "old.JFIF"}
    assert dict(rows.groupby(level=0)["status"].agg(set)) == {
        "plain.png": {"ok"},
        "old.JFIF": {"ok"},
        **{name: {"skipped"} for name in ("deep.png", "clear.png", "turned.jpg")},
    }
    for name, cure in (("deep.png", "depth=8"), ("clear.png", "flatten=white"), ("turned.jpg", "orientation")):
        lines = [line for line in said.splitlines() if line.startswith(f"skipped {name}: ")]
        assert len(lines) == 1
        assert f"--convert {cure}" in lines[0]
    assert "passed over, as files that are not read: 1 .avif, 1 .txt, 2 hidden" in said
    assert "4 ok, 6 skipped" in said
    again = rdbench(*words).stdout
    assert "10 of them from an earlier run" in again
    assert "skipped deep.png: " in again


@pytest.mark.usefixtures("serial", "undrawn")
def test_conversions_stand_in_every_row_and_hold_when_a_run_goes_on(rdbench: Run, mixed: Path, tmp_path: Path) -> None:
    words = (*RUN, "--dataset", "folder:mixed", "--convert", "orientation,depth=8", "--convert", "flatten=white")
    rdbench(*words)
    name = "folder:mixed+depth=8+flatten=white+orientation"
    rows = records(tmp_path / "out").set_index("image")
    assert set(rows["dataset"]) == {name}
    assert set(rows["status"]) == {"ok"}
    plain = rows["image_sha256"]["plain.png"]
    assert (rows["image_sha256"][["deep.png", "clear.png"]] == plain).all()
    assert tuple(rows.loc["turned.jpg", ["width", "height"]]) == (12, 20)
    assert f'dataset = "{name}"' in (tmp_path / "out" / "study.toml").read_text("utf-8")
    assert "5 of them from an earlier run" in rdbench(*words).stdout
    # The study file alone says it, too, and a report finds the originals by the name.
    assert "5 of them from an earlier run" in rdbench(*RUN[:1], "--study", "out/study.toml", "--out", "out").stdout
    loaded = open_dataset(f"folder:{mixed}+depth=8").load("deep.png")
    assert np.array_equal(loaded[0], photo(12, 20))


def test_unknown_conversions_and_sets_without_files_are_refused(rdbench: Run, mixed: Path) -> None:
    done = rdbench(*RUN, "--dataset", "folder:mixed", "--convert", "depth=10", check=False)
    assert done.returncode == 2
    assert "unknown conversion 'depth=10'; did you mean depth=8? known: depth=8, flatten=white" in done.stderr
    done = rdbench(*RUN, "--dataset", "mnist", "--convert", "depth=8", check=False)
    assert done.returncode == 2
    assert "is none of image files: depth=8 does not apply" in done.stderr


class Forgetful(codec_class("png")):  # type: ignore[misc]
    """Says that it is lossless, and is not on bright pictures."""

    name = "forgetful"
    grid: ClassVar[dict[str, tuple[Setting, ...]]] = {"level": (9,)}

    @classmethod
    def decode(cls, data: bytes) -> Any:
        pixels = np.array(super().decode(data))
        pixels[0, 0] = np.minimum(pixels[0, 0], 200)
        return pixels


def test_a_broken_promise_is_a_failed_row(tmp_path: Path, find_codecs: FindCodecs) -> None:
    known: Callable[[str], type[Codec]] = codec_class
    find_codecs(lambda name: Forgetful if name == "forgetful" else known(name))
    for name, level in (("dark", 90), ("bright", 230)):
        Image.fromarray(np.full((16, 16, 3), level, np.uint8)).save(tmp_path / f"{name}.png")
    spec = f"folder:{tmp_path}"
    tasks = [Task(spec, None, f"{name}.png", spec, "forgetful", [{}], ("psnr",), 1, 1) for name in ("dark", "bright")]
    dark, bright = (run_task(task)[0] for task in tasks)
    assert dark.status == "ok"
    assert bright.status == "failed"
    assert "the promise of forgetful is broken" in bright.reason
    assert "3 of 768 samples" in bright.reason
    assert not bright.settled
    assert bright.bpp is None


@pytest.mark.slow
def test_the_fast_path_of_libjxl_is_no_result_where_it_loses() -> None:
    """On some noise effort 1 of libjxl 0.11 is not lossless; where a later one is, the row is a result."""
    jxl = codec_class("jxl").from_settings({"lossless": True, "effort": 1})
    noise = np.random.default_rng(10).integers(0, 256, (58, 134, 3), dtype=np.uint8)
    assert jxl.is_lossless
    kept = np.array_equal(jxl.decode(jxl.encode(noise)), noise)
    from benchmark.run.measure import broken_promise

    assert bool(broken_promise([jxl], noise[np.newaxis], jxl.decode(jxl.encode(noise))[np.newaxis])) != kept
