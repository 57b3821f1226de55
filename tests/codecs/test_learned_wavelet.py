"""The codec learned-wavelet: settings, streams, costs, and the same pixels everywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import PIL.Image
import pytest

from benchmark.errors import BitstreamError, SettingError, UsageError
from benchmark.neural.streams.container import Frame, pack, unpack
from benchmark.neural.weights import set_folders
from benchmark.plugins import codec_class
from tests.conftest import ROOT, Run, photo
from tests.needs import installed

pytestmark = pytest.mark.neural


GOLDEN = ROOT / "tests" / "golden"


@pytest.mark.slow
def test_effort_lessens_the_error_more_than_its_bits_cost() -> None:
    image, costs = photo(128, 160), []
    for effort in (1, 2):
        codec = codec_class("learned-wavelet").from_settings({"step": 20.0, "effort": effort, "restoration": "off"})
        stream = codec.encode(image)
        error = np.sum((codec.decode(stream).astype(float) - image) ** 2)
        costs.append(error / 20**2 + 0.1 * 8 * len(stream))
    assert costs[1] < 0.995 * costs[0]


def test_a_tuning_changes_the_stream_and_not_the_format() -> None:
    image, streams = photo(32, 32), []
    for tune in ("psnr", "ms-ssim"):
        codec = codec_class("learned-wavelet").from_settings({"tune": tune})
        streams.append(codec.encode(image))
        assert np.mean((codec.decode(streams[-1]).astype(float) - image) ** 2) < 200
    assert streams[0] != streams[1]
    with pytest.raises(SettingError, match="tune"):
        codec_class("learned-wavelet").from_settings({"tune": "vmaf"})


def test_settings() -> None:
    codec = codec_class("learned-wavelet")
    with pytest.raises(SettingError, match=r"learned-wavelet.step: expected 0.5 to 255.0, got 0.1"):
        codec.from_settings({"step": 0.1})
    with pytest.raises(SettingError, match="restoration: expected one of on, off"):
        codec.from_settings({"restoration": "perhaps"})
    image = photo(32, 32)
    plain, repaired = (
        codec.from_settings({"step": 30.0, "restoration": choice}).encode(image) for choice in ("off", "on")
    )
    assert unpack(plain, "learned-wavelet").payload == unpack(repaired, "learned-wavelet").payload
    assert not np.array_equal(codec.decode(plain), codec.decode(repaired))
    rounded = codec.from_settings({"step": 30.0, "rdoq": 0}).encode(image)
    assert len(rounded) > len(plain)


def test_a_smaller_picture_is_decoded(tmp_path: Path, rdbench: Run) -> None:
    image = photo(66, 101)
    codec = codec_class("learned-wavelet")()
    (tmp_path / "photo.rdb").write_bytes(codec.encode(image))
    done = rdbench("decode", "--level", "2", str(tmp_path / "photo.rdb"), str(tmp_path / "small.png"))
    assert "26×17" in done.stdout
    assert codec.decode_smaller((tmp_path / "photo.rdb").read_bytes(), 6).shape == (2, 2, 3)
    done = rdbench("decode", "--level", "7", str(tmp_path / "photo.rdb"), str(tmp_path / "small.png"), check=False)
    assert (done.returncode, "a level of at most 6" in done.stderr) == (2, True)
    jpeg = codec_class("jpeg")()
    with pytest.raises(UsageError, match="no levels of resolution"):
        jpeg.decode_smaller(jpeg.encode(image), 1)


def test_absurd_settings_in_a_stream_are_refused() -> None:
    codec = codec_class("learned-wavelet")
    frame = unpack(codec.from_settings({}).encode(photo(20, 20)), "learned-wavelet")
    for change in (
        {"settings": (2, 0, 1, 0)},
        {"settings": (2, 1 << 20, 1, 0)},
        {"settings": (2, 640, 2, 0)},
        {"settings": (3, 640, 1, 0)},
        {"settings": (640,)},
        {"count": 2},
    ):
        with pytest.raises(BitstreamError, match="absurd settings"):
            codec.decode(pack(Frame(**{**vars(frame), **change})))
    with pytest.raises(BitstreamError, match="an earlier version wrote the stream"):
        codec.decode(pack(Frame(**{**vars(frame), "settings": frame.settings[1:]})))


@pytest.mark.slow
def test_rates_are_those_of_the_model() -> None:
    codec = codec_class("learned-wavelet")
    for step in (8.0, 40.0):
        stream = codec.from_settings({"step": step}).encode(photo(256, 384))
        account = codec().account(stream)
        assert account is not None and account.encode_macs is not None and account.decode_macs is not None
        assert 8 * len(stream) <= 1.01 * account.estimated_bits + 8 * 48
        assert 0 < account.encode_macs < account.decode_macs


@pytest.mark.slow
def test_streams_are_coded_without_keras_and_by_any_number_of_threads(tmp_path: Path) -> None:
    from threadpoolctl import threadpool_limits

    codec = codec_class("learned-wavelet").from_settings({"step": 20.0})
    image = photo(120, 200)
    streams, pixels = [], []
    for threads in (1, 2):
        with threadpool_limits(threads):
            streams.append(codec.encode(image))
            pixels.append(codec.decode(streams[-1]))
    assert streams[0] == streams[1]
    assert np.array_equal(pixels[0], pixels[1])
    (tmp_path / "stream").write_bytes(streams[0])
    program = (
        "import sys, numpy as np; from pathlib import Path; from benchmark.plugins import codec_class;"
        f"folder = Path({str(tmp_path)!r});"
        "np.save(folder / 'out.npy', codec_class('learned-wavelet').decode((folder / 'stream').read_bytes()));"
        "assert not {'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=120)
    assert np.array_equal(np.load(tmp_path / "out.npy"), pixels[0])


@pytest.mark.slow
@pytest.mark.usefixtures("serial", "undrawn")
def test_a_run_tells_what_each_stream_cost(tmp_path: Path, rdbench: Run) -> None:
    (tmp_path / "photos").mkdir()
    PIL.Image.fromarray(photo(64, 96)).save(tmp_path / "photos" / "a.png")
    rdbench(
        "run",
        "--codecs",
        "learned-wavelet",
        "--dataset",
        "folder:photos",
        "--set",
        "learned-wavelet.step=20,60",
        "--metrics",
        "psnr",
        "--jobs",
        "1",
        "--out",
        "results",
    )
    table = pd.read_csv(tmp_path / "results" / "records.csv")
    assert list(table["status"]) == ["ok", "ok"]
    assert (table["estimated_bpp"] <= table["payload_bpp"] + 0.01).all()
    assert (table["estimated_bpp"] >= 0.98 * table["payload_bpp"] - 0.02).all()
    assert (table["decode_kmac_per_pixel"] > table["encode_kmac_per_pixel"]).all()
    assert table["encode_kmac_per_pixel"].is_monotonic_decreasing
    assert (table["parameters"] > 100_000).all()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
@pytest.mark.parametrize("threads", ["1", "2"])
def test_stored_streams_decode_to_the_very_pixels(backend: str, threads: str, tmp_path: Path) -> None:
    if not installed(backend):
        pytest.skip(f"{backend} is not installed")
    paths = sorted(GOLDEN.glob("learned-wavelet-*.bin"))
    assert len(paths) == 4
    program = (
        f"import sys, numpy as np, {backend}; from pathlib import Path; from benchmark.plugins import codec_class\n"
        "for path in map(Path, sys.argv[2:]):\n"
        "    pixels = codec_class('learned-wavelet').decode(path.read_bytes())\n"
        "    np.save(Path(sys.argv[1], path.stem + '.npy'), pixels)"
    )
    subprocess.run(
        [sys.executable, "-c", program, tmp_path, *paths],
        cwd=ROOT,
        check=True,
        timeout=300,
        env={**os.environ, "KERAS_BACKEND": backend, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
    )
    for path in paths:
        assert np.array_equal(np.load(tmp_path / f"{path.stem}.npy"), np.load(path.with_suffix(".npy"))), path.stem


def test_damaged_files_of_a_set_are_told_before_a_stream_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a set of a user's own, of the name of ours, leaves the streams of ours readable."""
    codec = codec_class("learned-wavelet").from_settings({})
    image = photo(40, 56)
    stream = codec.encode(image)
    shipped = set_folders("learned-wavelet")["photographs"]
    mine = tmp_path / "learned-wavelet" / "photographs"
    shutil.copytree(shipped, mine)
    (mine / "network.restoration.npz").write_bytes(b"")
    monkeypatch.setenv("RDBENCH_WEIGHTS", str(tmp_path))
    assert codec.decode(stream).shape == image.shape
    with pytest.raises(UsageError, match="is not a restoration of learned-wavelet"):
        codec.encode(image)
    shutil.copytree(shipped, mine.with_name("empty"))
    (mine.with_name("empty") / "card.json").write_text('{"points": []}')
    with pytest.raises(UsageError, match="names no operating point"):
        codec_class("learned-wavelet").from_settings({"weights": "empty"}).encode(image)
