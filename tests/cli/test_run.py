"""The command run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.run.finish import Outcome
from benchmark.run.runner import run_study
from benchmark.run.study import Study
from tests.conftest import TIMED, Run, empty_cells, photo
from tests.formats.writers import png
from tests.run.examples import records
from tests.serial import Serial


@pytest.mark.slow
def test_a_run_writes_everything(rdbench: Run, three_pictures: Path, tmp_path: Path) -> None:
    done = rdbench(
        "run",
        "--codecs",
        "jpeg,png",
        "--dataset",
        f"folder:{three_pictures}",
        "--set",
        "jpeg.quality=20,80",
        "--out",
        "out",
    )
    out = tmp_path / "out"
    rows = records(out)
    assert list(rows.columns) == list(empty_cells())
    assert len(rows) == 3 * 3
    assert set(rows["status"]) == {"ok"}
    assert list(rows["image"][:3]) == ["0.png", "1.png", "2.png"]
    assert np.allclose(rows["bpp"], 8 * rows["bytes"] / (192 * 176), rtol=1e-9, atol=0)
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
    for metric in ("psnr_rgb", "ssim_rgb", "ms_ssim_rgb"):
        for form, magic in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
            assert (out / f"rd_{metric}.{form}").read_bytes().startswith(magic)
    assert "quality=20" in done.stdout
    assert "9 ok" in done.stdout
    assert "rows" in done.stderr

    again = rdbench("run", "--study", "out/study.toml", "--out", "again")
    assert "9 ok" in again.stdout
    same = [name for name in empty_cells() if name not in TIMED]
    assert records(tmp_path / "again")[same].equals(rows[same])


@pytest.mark.usefixtures("serial", "undrawn")
def test_metrics_can_be_chosen_and_columns_stay(rdbench: Run, three_pictures: Path, tmp_path: Path) -> None:
    rdbench(
        "run",
        "--codecs",
        "webp",
        "--dataset",
        f"folder:{three_pictures}",
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


@pytest.mark.usefixtures("serial", "undrawn")
def test_the_worst_data_set_is_the_exit_status(rdbench: Run, three_pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.png").write_bytes(b"no picture")
    (tmp_path / "both.toml").write_text(
        f"dataset = ['folder:bad', 'folder:{three_pictures}']\nmetrics = ['psnr']\n[codecs.jpeg]\nquality = 50\n"
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
    done = rdbench("run", "--codecs", "png", "--dataset", f"folder:{three_pictures},kodac", check=False)
    assert done.returncode == 2
    done = rdbench("run", "--codecs", "png", "--dataset", "sample,kodac", "--out", "none", check=False)
    assert "unknown data set 'kodac'" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_run_that_measures_nothing_says_so_and_fails(rdbench: Run, tmp_path: Path, serial: None) -> None:
    deep = np.zeros((8, 8, 3), np.uint16)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.png").write_bytes(png(deep, "rgb", 16))
    words = ("run", "--codecs", "png", "--dataset", "folder:deep", "--metrics", "psnr", "--out", "out")
    done = rdbench(*words, check=False)
    assert done.returncode == 1
    assert "skipped a.png: expected an 8-bit" in done.stdout
    assert done.stdout.rstrip().endswith("nothing was measured: all rows are skipped")
    done = rdbench(*words, "--json", check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)[0]["nothing"] == "nothing was measured: all rows are skipped"
    done = rdbench(*words, "--quiet", check=False)
    assert (done.returncode, "nothing was measured" in done.stderr, done.stdout) == (1, True, "")


def test_targets_out_of_reach_and_out_of_range(rdbench: Run, tmp_path: Path, serial: None, undrawn: None) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.png").write_bytes(png(photo(16, 16), "rgb", 8))
    words = ("run", "--codecs", "jpeg", "--dataset", "folder:set", "--metrics", "psnr,ssim", "--out", "out")
    done = rdbench(*words, "--match", "bpp<=0.5", "--match", "psnr>=10", check=False)
    assert done.returncode == 0, done.stderr
    assert "jpeg, bpp<=0.5: 1 row unreachable, the first: a.png: bpp<=0.5 cannot be reached; nearest: " in done.stdout
    assert len(json.loads(rdbench(*words, "--match", "bpp<=0.5", "--json", check=False).stdout)[0]["unreached"]) == 1
    done = rdbench(*words, "--match", "bpp<=0.5", check=False)
    assert (done.returncode, "nothing was measured: all rows are unreachable" in done.stdout) == (1, True)
    done = rdbench(*words, "--match", "ssim>=1.5", check=False)
    assert (done.returncode, "expected a value of ssim_rgb from -1 to 1" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--engine", "processes", "--scheduler", "tcp://127.0.0.1:1"], "--scheduler: expected --engine dask with it"),
        (["--engine", "dask", "--timing"], "--timing measures with one worker, alone on this machine"),
        (["--engine", "threads"], "'threads' is not one of 'serial', 'processes', 'dask'"),
        (["--engine", "serial", "--scheduler", "tcp://127.0.0.1:1"], "--scheduler: expected --engine dask with it"),
        (["--engine", "serial", "--jobs", "2"], "--jobs 2: --engine serial has one worker; leave one of them out"),
    ],
)
def test_engines_that_do_not_fit_are_told(rdbench: Run, words: list[str], expected: str) -> None:
    done = rdbench("run", "--codecs", "jpeg", "--dataset", "sample", *words, check=False)
    assert done.returncode == 2
    assert expected in done.stderr


def test_the_serial_engine_makes_the_same_rows_with_one_worker(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    for name, seed in (("a", 1), ("b", 2)):
        (tmp_path / "set" / f"{name}.png").write_bytes(png(photo(16, 16, seed=seed), "rgb", 8))
    words = ("run", "--codecs", "jpeg", "--set", "jpeg.quality=30,60", "--dataset", "folder:set", "--metrics", "psnr")
    found = []
    for engine in ("serial", "processes"):
        rdbench(*words, "--engine", engine, "--no-figures", "--out", engine)
        found.append(pd.read_csv(tmp_path / engine / "records.csv").set_index(["image", "settings"]).sort_index())
    serial, processes = found
    assert serial["jobs"].tolist() == [1] * 4
    assert serial["pixels_sha256"].equals(processes["pixels_sha256"])
    assert serial["psnr_rgb"].equals(processes["psnr_rgb"])


def test_the_first_data_set_is_listed_once_and_the_others_anew_when_their_turn_comes(
    rdbench: Run, tmp_path: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        Image.fromarray(photo(16, 16)).save(tmp_path / name / "a.png")

    def run(study: Study, **words: Any) -> Outcome:
        dataset = words["dataset"]
        handed.append(list(vars(dataset)["paths"]) if dataset else None)
        Image.fromarray(photo(16, 16)).save(tmp_path / "two" / "b.png")  # it comes while the first set is run
        return run_study(study, engine=Serial(), **words)

    handed: list[list[str] | None] = []
    monkeypatch.setattr("benchmark.workflows.outputs.run_study", run)
    study = "name = 's'\ndataset = ['folder:one', 'folder:two']\nmetrics = ['psnr']\n[codecs.png]\n"
    (tmp_path / "s.toml").write_text(study)
    rdbench("run", "--study", "s.toml", "--out", "out")
    assert handed == [["a.png"], None]
    assert list(records(tmp_path / "out" / "folder-two")["image"]) == ["a.png", "b.png"]
