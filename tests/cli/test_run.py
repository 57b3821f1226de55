"""The command line, as a user types it."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pictures

from benchmark.codec import Codec, Image, Knob, Setting, setting
from benchmark.run.task import Task, run_task
from tests.codecs import test_conformance
from tests.conftest import ROOT, Run, empty_cells, photo

BROKEN = '''
"""Codecs that fail in every way."""
import dataclasses, os, time
from benchmark.codec import Codec, check_image
from benchmark.errors import UnsupportedImage
import numpy as np

@dataclasses.dataclass(frozen=True)
class Broken(Codec):
    """Fails as it is told."""
    name = "broken"
    summary = "fails as it is told"
    grid = {"how": ("well", "raises", "decoder", "shape", "skips")}
    how: str = "well"

    @classmethod
    def version(cls):
        return "broken 1"

    def encode(self, image):
        if self.how == "raises":
            raise RuntimeError("deliberate\\nfailure")
        if self.how == "skips":
            raise UnsupportedImage("will not take it")
        if self.how == "crashes":
            os._exit(7)
        if self.how == "hangs":
            time.sleep(60)
        head = np.array([image.ndim, *image.shape, *[0] * (3 - image.ndim)], np.int32).tobytes()
        return self.how[:1].encode() + head + image.tobytes()

    @classmethod
    def decode(cls, data):
        if data[:1] == b"d":
            raise ValueError("cannot decode")
        n, *shape = np.frombuffer(data[1:17], np.int32)
        image = np.frombuffer(data[17:], np.uint8).reshape(shape[:n])
        return image[:-1] if data[:1] == b"s" else image
'''


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(3):
        Pictures.fromarray(photo(176, 192, 3, index)).save(folder / f"{index}.png")
    return folder


@pytest.fixture
def third_party(tmp_path: Path) -> Path:
    """A package of somebody else's, with its entry point, as pip would install it."""
    site = tmp_path / "site"
    info = site / "theirs-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "theirs.py").write_text(BROKEN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[rdbench.codecs]\nbroken = theirs:Broken\n")
    return site


def records(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "records.csv", keep_default_na=False)


@pytest.mark.slow
def test_a_run_writes_everything(rdbench: Run, pictures: Path, tmp_path: Path) -> None:
    done = rdbench(
        "run", "--codecs", "jpeg,png", "--dataset", f"folder:{pictures}", "--set", "jpeg.quality=20,80", "--out", "out"
    )
    out = tmp_path / "out"
    rows = records(out)
    assert list(rows.columns) == list(empty_cells())
    assert len(rows) == 3 * 3
    assert set(rows["status"]) == {"ok"}
    assert list(rows["image"][:3]) == ["0.png", "1.png", "2.png"]
    assert (rows["bpp"] == 8 * rows["bytes"] / (192 * 176)).all()
    assert (rows["payload_bpp"] < rows["bpp"]).all()
    assert (rows["threads"] == 1).all()
    assert (rows["encode_s"] > 0).all()
    assert (rows["stream_sha256"].str.len() == 64).all()
    lossless = rows[rows["codec"] == "png"]
    assert (lossless["psnr_rgb"] == np.inf).all()
    assert (lossless["pixels_sha256"] == lossless["image_sha256"]).all()
    assert json.loads(rows["settings"][0]) == {
        "optimize": True,
        "progressive": False,
        "quality": 20,
        "subsampling": "4:2:0",
    }

    summary = pd.read_csv(out / "summary.csv")
    assert list(summary["images"]) == [3, 3, 3]
    assert summary["psnr_rgb_mean"][0] == pytest.approx(rows["psnr_rgb"][:3].mean())
    assert summary["psnr_rgb_std"][0] == pytest.approx(rows["psnr_rgb"][:3].std(ddof=1))
    assert summary["psnr_rgb_pooled"][0] == pytest.approx(10 * np.log10(255**2 / rows["mse_rgb"][:3].mean()))
    assert "arithmetic mean over images" in summary["averaging"][0]

    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["run"]["rows"] == {"ok": 9}
    assert manifest["study"]["codecs"]["jpeg"] == {"quality": [20, 80]}
    assert manifest["run"]["command"].startswith("python -m benchmark run --codecs jpeg,png")
    assert manifest["codecs"]["jpeg"].startswith("Pillow")
    for metric in ("psnr_rgb", "psnr_y", "ssim_rgb", "ssim_y", "ms_ssim_rgb", "ms_ssim_y"):
        for form, magic in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
            assert (out / f"rd_{metric}.{form}").read_bytes().startswith(magic)
    assert "quality=20" in done.stdout
    assert "9 ok" in done.stdout
    assert "rows" in done.stderr

    again = rdbench("run", "--study", "out/study.toml", "--out", "again")
    assert "9 ok" in again.stdout
    same = [name for name in empty_cells() if name not in ("encode_s", "decode_s", "jobs", "peak_memory_mib")]
    assert records(tmp_path / "again")[same].equals(rows[same])


@pytest.mark.usefixtures("serial")
@pytest.mark.slow
def test_a_second_run_redoes_only_what_is_missing_or_failed(rdbench: Run, pictures: Path, tmp_path: Path) -> None:
    words = ("run", "--codecs", "jpeg", "--dataset", f"folder:{pictures}", "--metrics", "psnr", "--out", "out", "--set")
    rdbench(*words, "jpeg.quality=20")
    path = tmp_path / "out" / "records.csv"
    lines = path.read_text().splitlines()
    # One row failed, one was torn by a kill.
    path.write_text("\n".join([lines[0], lines[1].replace(",ok,", ",failed,"), lines[2], lines[3][:40]]))
    done = rdbench(*words, "jpeg.quality=20")
    assert "3 ok; 1 of them from an earlier run" in done.stdout
    assert path.read_text().splitlines()[2] == lines[2]
    done = rdbench(*words, "jpeg.quality=20,50")
    assert "6 ok; 3 of them from an earlier run" in done.stdout
    untouched = path.read_bytes()
    done = rdbench(*words, "jpeg.quality=20,50")
    assert "6 of them from an earlier run" in done.stdout
    assert path.read_bytes() == untouched
    # Other pixels under the same name are another image.
    Pictures.fromarray(photo(176, 192, 3, 99)).save(pictures / "1.png")
    done = rdbench(*words, "jpeg.quality=20,50")
    assert "4 of them from an earlier run" in done.stdout


@pytest.mark.slow
def test_failures_are_rows(rdbench_process: Run, pictures: Path, third_party: Path, tmp_path: Path) -> None:
    path = f"{ROOT}{os.pathsep}{third_party}"
    listed = rdbench_process("list", "codecs", PYTHONPATH=path).stdout
    assert "fails as it is told" in listed
    done = rdbench_process(
        "run",
        "--codecs",
        "broken,jpeg",
        "--dataset",
        f"folder:{pictures}",
        "--set",
        "jpeg.quality=50",
        "--out",
        "out",
        "--set",
        "broken.how=well,raises,decoder,shape,skips,crashes,hangs",
        "--timeout",
        "2",
        PYTHONPATH=path,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    rows = records(tmp_path / "out")
    assert len(rows) == 3 * 8
    how = rows["settings"].map(lambda text: json.loads(text).get("how", "jpeg"))
    expected = {
        "well": "ok",
        "jpeg": "ok",
        "raises": "failed",
        "decoder": "failed",
        "shape": "failed",
        "skips": "skipped",
        "crashes": "crashed",
        "hangs": "timeout",
    }
    assert dict(zip(how, rows["status"], strict=True)) == expected
    reasons = dict(zip(how, rows["reason"], strict=True))
    assert reasons["raises"] == "RuntimeError: deliberate failure"
    assert "cannot decode" in reasons["decoder"]
    assert "expected uint8 of shape" in reasons["shape"]
    assert "exit code" in reasons["crashes"]
    assert "took longer" in reasons["hangs"]
    assert "broken: 15 rows failed" in done.stdout
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert summary["failures"].sum() == 15
    assert summary["skipped"].sum() == 3


@pytest.mark.slow
def test_an_interrupted_run_keeps_what_is_finished(pictures: Path, third_party: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "benchmark",
            "run",
            "--codecs",
            "jpeg,broken",
            "--dataset",
            f"folder:{pictures}",
            "--set",
            "jpeg.quality=50",
            "--set",
            "broken.how=hangs",
            "--jobs",
            "1",
            "--out",
            str(tmp_path / "out"),
        ],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{third_party}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
        # A test run in the background of a shell ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no threads here
    )
    path = tmp_path / "out" / "records.csv"
    try:
        for _ in range(300):
            time.sleep(0.1)
            if path.exists() and len(path.read_text().splitlines()) > 1:
                break
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, output + errors
    assert "the same command goes on from here" in output
    assert "Traceback" not in output + errors
    rows = records(tmp_path / "out")
    assert list(rows["status"]) == ["ok"] * len(rows)
    assert len(rows) >= 1
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["run"]["interrupted"]


@pytest.mark.usefixtures("serial")
def test_small_images_leave_ms_ssim_empty_with_the_reason(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    Pictures.fromarray(photo(40, 50)).save(tmp_path / "small" / "a.png")
    rdbench("run", "--codecs", "webp", "--dataset", "folder:small", "--out", "out")
    rows = records(tmp_path / "out")
    assert set(rows["status"]) == {"ok"}
    assert set(rows["ms_ssim_rgb"]) == {""}
    assert "161" in rows["reason"][0]
    assert not (tmp_path / "out" / "rd_ms_ssim_rgb.png").exists()
    assert (tmp_path / "out" / "rd_ssim_rgb.png").exists()


@pytest.mark.usefixtures("serial")
def test_metrics_can_be_chosen_and_columns_stay(rdbench: Run, pictures: Path, tmp_path: Path) -> None:
    rdbench(
        "run",
        "--codecs",
        "webp",
        "--dataset",
        f"folder:{pictures}",
        "--metrics",
        "psnr",
        "--out",
        "out",
        "--set",
        "webp.quality=50",
    )
    rows = records(tmp_path / "out")
    assert list(rows.columns) == list(empty_cells())
    assert set(rows["ssim_rgb"]) == {""}
    assert (rows["psnr_rgb"] > 20).all()


@pytest.mark.usefixtures("serial")
def test_an_unreadable_image_fails_alone(rdbench: Run, pictures: Path, tmp_path: Path) -> None:
    (pictures / "1.png").write_bytes(b"no picture")
    done = rdbench(
        "run",
        "--codecs",
        "jpeg",
        "--set",
        "jpeg.quality=50",
        "--dataset",
        f"folder:{pictures}",
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


@pytest.mark.parametrize(
    "codec",
    ["jpeg", "jpeg2000", "webp", "avif", "png", pytest.param("cvae", marks=[pytest.mark.neural, pytest.mark.slow])],
)
def test_encode_and_decode_a_file(rdbench: Run, tmp_path: Path, codec: str) -> None:
    Pictures.fromarray(photo(60, 90)).save(tmp_path / "in.png")
    done = rdbench("encode", "--codec", codec, "in.png", "stream")
    assert f"{(tmp_path / 'stream').stat().st_size} bytes" in done.stdout
    done = rdbench("decode", "stream", "out.png")
    assert f"decoded by {codec}" in done.stdout
    decoded = np.asarray(Pictures.open(tmp_path / "out.png"))
    assert np.mean((decoded.astype(float) - photo(60, 90)) ** 2) < (1000 if codec == "cvae" else 200)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["run", "--codecs", "jpge"], "unknown codec 'jpge'; known: "),
        (["run", "--dataset", "kodac"], "unknown data set 'kodac'; known: "),
        (["run", "--codecs", "jpeg", "--dataset", "folder:nowhere"], "nowhere is not a directory"),
        (["run", "--codecs", "jpeg", "--set", "jpeg.quality=500"], "expected 1 to 100, got 500"),
        (["run", "--codecs", "jpeg", "--match", "bpp=two"], "--match bpp=two: expected COLUMN=VALUE"),
        (["run", "--codecs", "png", "--match", "bpp=2"], "codec 'png' has no knob"),
        (["run", "--study", "none.toml"], "none.toml: cannot be read"),
        (["encode", "--codec", "jpeg", "none.png", "x"], "none.png: cannot be read"),
        (["encode", "--codec", "jpeg", "--set", "quality=x", "none.png", "x"], "cannot be read|expected int"),
        (["decode", "none", "x.png"], "none: cannot be read"),
        (["data", "fetch", "sample"], "nothing to download"),
        (["train", "jpeg", "--dataset", "sample"], "not a learned one"),
        (["run", "--codecs"], "requires an argument"),
        (["list", "codices"], "is not one of"),
    ],
)
def test_mistakes_are_explained_without_a_traceback(rdbench: Run, words: list[str], complaint: str) -> None:
    import re

    done = rdbench(*words, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert re.search(complaint, done.stderr), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("serial")
def test_a_foreign_records_file_is_never_overwritten(rdbench: Run, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "records.csv").write_text("a,b\n1,2\n")
    done = rdbench("run", "--codecs", "jpeg", "--dataset", f"folder:{pictures}", "--out", "out", check=False)
    assert done.returncode == 2
    assert "its columns are not those of a records file" in done.stderr
    assert (tmp_path / "out" / "records.csv").read_text() == "a,b\n1,2\n"


def test_lists_and_info(rdbench: Run) -> None:
    for word in ("jpeg", "jpeg2000", "webp", "avif", "png", "cvae"):
        assert word in rdbench("list", "codecs").stdout
    assert "kodak" in rdbench("list", "datasets").stdout
    assert "ms_ssim" in rdbench("list", "metrics").stdout
    assert "numpy" in rdbench("info").stdout
    assert "python" in rdbench("info").stdout


@pytest.mark.usefixtures("serial")
@pytest.mark.slow
def test_mnist_rows_are_batches(rdbench: Run, data_root: Path, tmp_path: Path) -> None:
    sets = ("--set", "webp.quality=5", "--set", "webp.method=6")
    rdbench("run", "--codecs", "webp", *sets, "--dataset", "mnist", "--out", "out")
    rows = records(tmp_path / "out")
    assert len(rows) == 10
    assert set(rows["images"]) == {1000}
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert summary["images"][0] == 10_000
    assert summary["bpp_mean"][0] == pytest.approx(rows["bpp"].mean())
    assert summary["psnr_rgb_pooled"][0] == pytest.approx(10 * np.log10(255**2 / rows["mse_rgb"].mean()))
    # Known for WebP q5, method 6, on the first digits, files with headers: 1.30 bpp and 27.6 dB of the pooled error.
    assert rows["bpp"][0] == pytest.approx(1.30, abs=0.01)
    assert 10 * np.log10(255**2 / rows["mse_rgb"][0]) == pytest.approx(27.6, abs=0.1)


@pytest.mark.usefixtures("serial")
@pytest.mark.slow
def test_decoded_images_are_compared_with_the_reference(rdbench: Run, data_root: Path, tmp_path: Path) -> None:
    words = ("run", "--codecs", "png", "--metrics", "mse", "--dataset")
    rdbench(*words, "fashion-mnist:noisy,fashion-mnist", "--out", "out")
    noisy, clean = (records(tmp_path / "out" / name) for name in ("fashion-mnist-noisy", "fashion-mnist"))
    assert not (tmp_path / "out" / "records.csv").exists()
    assert noisy["mse_rgb"].mean() / 255**2 == pytest.approx(0.0527, abs=0.00005)
    assert (clean["mse_rgb"] == 0).all()
    assert (noisy["pixels_sha256"] == noisy["image_sha256"]).all()
    assert not set(noisy["image_sha256"]) & set(clean["image_sha256"])


@pytest.mark.usefixtures("serial")
def test_the_worst_data_set_is_the_exit_status(rdbench: Run, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.png").write_bytes(b"no picture")
    (tmp_path / "both.toml").write_text(
        f"dataset = ['folder:bad', 'folder:{pictures}']\nmetrics = ['psnr']\n[codecs.jpeg]\nquality = 50\n"
        "[published]\nreference = [0.1, 24.4]\n"
    )
    done = rdbench("run", "--study", "both.toml", check=False)
    assert done.returncode == 1
    assert "rows: 1 failed" in done.stdout
    assert "rows: 3 ok" in done.stdout
    folder = tmp_path / "results" / "both" / "folder-bad"
    assert set(records(folder)["status"]) == {"failed"}
    # What a set's own study file says leads back to its own folder.
    done = rdbench("run", "--study", str(folder / "study.toml"), check=False)
    assert f"results: {Path('results') / 'both' / 'folder-bad'}" in done.stdout
    done = rdbench("run", "--codecs", "png", "--dataset", f"folder:{pictures},kodac", check=False)
    assert done.returncode == 2
    done = rdbench("run", "--codecs", "png", "--dataset", "sample,kodac", "--out", "none", check=False)
    assert "unknown data set 'kodac'" in done.stderr
    assert not (tmp_path / "none").exists()


@dataclasses.dataclass(frozen=True)
class Planes(Codec):
    """Bit planes from the most significant, each deflated by itself; counts its encodes."""

    name = "planes"
    summary = "bit planes, deflated"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"planes": range(1, 9)}
    knob = Knob("planes", 1, 8)
    embedded = True
    encoded: ClassVar[list[int]] = []

    planes: int = setting(8, low=1, high=8)
    level: int = setting(9, low=0, high=9)

    @classmethod
    def version(cls) -> str:
        return "planes 1"

    def encode(self, image: Image) -> bytes:
        self.encoded.append(self.planes)
        planes = [np.packbits(image >> (7 - plane) & 1).tobytes() for plane in range(self.planes)]
        parts = [zlib.compress(plane, self.level) for plane in planes]
        return pickle.dumps((image.shape, parts))

    @classmethod
    def decode(cls, data: bytes) -> Image:
        shape, parts = pickle.loads(data)
        image = np.zeros(shape, np.uint8)
        for plane, part in enumerate(parts):
            bits = np.unpackbits(np.frombuffer(zlib.decompress(part), np.uint8), count=image.size)
            image |= bits.reshape(shape) << (7 - plane)
        return image

    def prefix(self, data: bytes) -> bytes:
        shape, parts = pickle.loads(data)
        return pickle.dumps((shape, parts[: self.planes]))

    def nominal_bits(self, data: bytes) -> int:
        shape, parts = pickle.loads(data)
        return len(parts) * int(np.prod(shape))


def test_progressive_operating_points_are_encoded_once(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmark.run.task.codec_class", lambda name: Planes)
    spec = f"folder:{pictures}"
    sweep = [{"planes": planes, "level": level} for level in (1, 9) for planes in (2, 7, 5)]
    task = Task(spec, None, "0.png", spec, "planes", sweep, ("psnr",), 1, 1)
    Planes.encoded.clear()
    rows = run_task(task)
    assert Planes.encoded[1:] == [7, 7], "once each, after the warm-up"
    assert [row.status for row in rows] == ["ok"] * 6
    for level in range(2):
        group = rows[3 * level : 3 * level + 3]
        assert len({row.encode_s for row in group}) == 1
        assert len({row.decode_s for row in group}) == 3
        assert group[0].metrics["psnr_rgb"] < group[2].metrics["psnr_rgb"] < group[1].metrics["psnr_rgb"]
    for settings, row in zip(sweep, rows, strict=True):
        alone = run_task(dataclasses.replace(task, settings=[settings]))[0]
        for column in ("key", "settings", "stream_sha256", "pixels_sha256", "bpp", "nominal_bpp", "psnr_rgb"):
            assert row.cells()[column] == alone.cells()[column]
        assert row.nominal_bpp == settings["planes"] * 3
    # What is missing alone counts when a run goes on.
    Planes.encoded.clear()
    left = dataclasses.replace(task, done=frozenset({rows[1].key, *(row.key for row in rows[3:])}))
    assert [json.loads(row.settings)["planes"] for row in run_task(left)] == [2, 5]
    assert Planes.encoded[1:] == [5]


def test_the_conformance_suite_tells_a_prefix_that_does_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    test_conformance.test_prefixes_are_what_would_have_been_encoded(Planes())
    monkeypatch.setattr(Planes, "prefix", lambda self, data: data)
    with pytest.raises(AssertionError):
        test_conformance.test_prefixes_are_what_would_have_been_encoded(Planes())


@pytest.mark.usefixtures("serial")
def test_every_row_of_an_incomplete_set_says_so(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "data" / "kodak").mkdir(parents=True)
    Pictures.fromarray(photo(64, 64)).save(tmp_path / "data" / "kodak" / "kodim05.png")
    rdbench("run", "--codecs", "webp", "--dataset", "kodak", "--data-root", "data", "--out", "out")
    rows = records(tmp_path / "out")
    assert (set(rows["dataset"]), set(rows["images_expected"].astype(int))) == ({"kodak"}, {24})
    assert "kodak (1 of 24)" in (tmp_path / "out" / "rd_psnr_rgb.svg").read_text()
