"""Models of CompressAI, by name or by a TOML file; with the real library where there is an environment that has it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from PIL import Image as Pictures

from benchmark import dataset
from benchmark.backends.foreign.compressai import MODELS, VARIABLE, completed, declaration, is_model
from benchmark.backends.foreign.link import end_links
from benchmark.errors import BitstreamError, MissingBackend, UsageError
from benchmark.plugins import codec_class, needs_all_folders
from benchmark.record.reading import read_rows
from benchmark.record.row import Record
from benchmark.workflows.verify import EQUAL, verify
from tests.conftest import Run, photo

NAME = "compressai:bmshj2018-hyperprior"

LIBRARY = "RDBENCH_TEST_COMPRESSAI"
"""The variable that names the interpreter of an environment with CompressAI, for these tests."""

TRAIN = Path(__file__).with_name("train_compressai.py")


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Any:
    yield
    end_links()


@pytest.fixture(scope="module")
def python() -> str:
    """The interpreter of an environment that has CompressAI."""
    found = os.environ.get(LIBRARY)
    if not found:
        pytest.skip(f"{LIBRARY} is not set")
    return found


@pytest.fixture(scope="module")
def checkpoint(python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hyperprior of few channels, trained for 300 steps."""
    return trained(python, tmp_path_factory.mktemp("compressai"), "ScaleHyperprior", 300)


def trained(python: str, folder: Path, model: str, steps: int) -> Path:
    """The checkpoint of a model that was trained on the colour photographs of the data set ``sample``."""
    for name in ("astronaut", "chelsea", "coffee", "motorcycle_left"):
        Pictures.fromarray(dataset("sample").load(name)[0]).save(folder / f"{name}.png")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    path = folder / f"{model}.pth.tar"
    command = [python, "-W", "ignore", str(TRAIN), model, str(folder), str(path), str(steps)]
    subprocess.run(command, check=True, env=environment)
    return path


def declare(folder: Path, python: str, **more: Any) -> Path:
    path = folder / "hyperprior.toml"
    path.write_text(tomli_w.dumps({"name": "hyperprior", "python": python, "codec": NAME, **more}))
    return path


def test_names_are_told_from_others() -> None:
    assert is_model(NAME)
    assert not any(map(is_model, ("jpeg", "compressai", "my.py:Model")))
    assert needs_all_folders(NAME)
    assert not needs_all_folders("jpeg")


def test_a_codec_of_the_zoo_needs_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, sys.executable)
    for model, most in MODELS.items():
        codec = codec_class(f"compressai:{model}")
        assert codec.name == f"compressai:{model}"
        assert codec.grid == {"quality": tuple(range(1, most + 1))}
        assert codec().settings == {"quality": 3, "metric": "mse"}
    monkeypatch.setenv(VARIABLE, "other/python")
    assert declaration(NAME)["python"] == str(Path("other/python").absolute())


def test_what_is_no_model_or_has_no_interpreter_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no trained model 'bmshj2018-hyper'; did you mean bmshj2018-hyperprior"):
        codec_class("compressai:bmshj2018-hyper")
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(MissingBackend, match=f"^{NAME}: set {VARIABLE} to the interpreter"):
        codec_class(NAME)


def test_what_a_file_may_leave_unsaid() -> None:
    plain = completed({"codec": NAME})
    assert (plain["pixels"], plain["knob"]["name"], [*plain["settings"]]) == ("torch", "quality", ["metric"])
    assert not {"knob", "settings"} & completed({"codec": NAME, "checkpoint": "own.pth.tar"}).keys()
    assert "settings" not in (found := completed({"codec": "compressai:cheng2020-attn", "checkpoint": "q{quality}"}))
    assert found["knob"]["high"] == 6
    assert completed({"codec": NAME, "knob": {"name": "quality"}})["knob"] == {"name": "quality"}


def test_a_file_may_name_a_model(tmp_path: Path) -> None:
    codec = codec_class(str(declare(tmp_path, sys.executable, checkpoint="own.pth.tar")))
    assert (codec.name, codec.knob, codec().settings) == ("hyperprior", None, {})


@pytest.mark.slow
def test_weights_that_are_not_here_are_one_line(python: str, rdbench: Run, tmp_path: Path) -> None:
    environment = {VARIABLE: python, "TORCH_HOME": str(tmp_path / "none")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        done = rdbench("run", "--codecs", NAME, "--metrics", "psnr", "--out", str(tmp_path / "out"), check=False)
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1
    assert "the weights of {" in lines[0]
    assert str(tmp_path / "none" / "hub" / "checkpoints" / "bmshj2018-hyperprior-1-") in lines[0]
    assert "pretrained=True" in lines[0]
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_real_streams_of_a_trained_model(python: str, checkpoint: Path, tmp_path: Path, rdbench: Run) -> None:
    path = declare(tmp_path, python, checkpoint=str(checkpoint))
    codec: Any = codec_class(str(path))()
    image = photo(65, 130)
    stream = codec.encode(image)
    decoded = codec.decode(stream)
    assert decoded.shape == image.shape
    assert 8 <= codec.overhead(stream) <= 12
    with pytest.raises(BitstreamError, match="cut or altered"):
        codec.decode(stream[:5])
    _, pixels = codec.estimated(image[np.newaxis])
    assert np.abs(pixels[0].astype(int) - decoded).max() <= 1

    # g_a, h_a, h_s and g_s of 8 and 12 channels on 128 × 192 pixels: kernels of 5 × 5 and 3 × 3.
    places = [128 * 192 // 4**level for level in range(7)]
    analysis = 25 * (places[1] * 3 * 8 + places[2] * 64 + places[3] * 64 + places[4] * 8 * 12)
    norms = (places[1] + places[2] + places[3]) * 64
    hyper = places[4] * 9 * 12 * 8 + 25 * (places[5] * 64 + places[6] * 64)
    synthesis_of_scales = 25 * (places[6] * 64 + places[5] * 64) + places[4] * 9 * 8 * 12
    found = codec.complexity(65, 130, 3)
    assert found.encode_macs == analysis + norms + hyper + synthesis_of_scales
    assert found.decode_macs == synthesis_of_scales + analysis + norms

    out = tmp_path / "out"
    rdbench(
        "run", "--codecs", str(path), "--dataset", "sample", "--metrics", "psnr", "--keep", "streams", "--out", str(out)
    )
    rows = [Record.from_cells(row.cells) for row in read_rows(out / "records.csv")]
    assert {(row.status, row.channels) for row in rows} == {("ok", 3), ("skipped", 1)}, "it takes RGB alone"
    for row in rows:
        if row.status == "skipped":
            continue
        assert row.estimated_bpp is not None
        assert "compressai" in row.version
        assert len(row.weights) == 16
    checks = verify([out], codecs=[str(path)])
    assert {check.verdict for check in checks} == {EQUAL}


@pytest.mark.slow
@pytest.mark.parametrize("size", [(512, 768), (500, 700)])
def test_bytes_of_a_hyperprior_are_its_estimate(
    python: str, checkpoint: Path, size: tuple[int, int], tmp_path: Path
) -> None:
    codec: Any = codec_class(str(declare(tmp_path, python, checkpoint=str(checkpoint))))()
    stream = codec.encode(photo(*size))
    payload = 8 * (len(stream) - codec.overhead(stream))
    assert codec.account(stream).estimated_bits == pytest.approx(payload, rel=0.01)


@pytest.mark.slow
def test_bytes_of_a_model_without_a_hyperprior_are_its_estimate(python: str, tmp_path: Path) -> None:
    checkpoint = trained(python, tmp_path, "FactorizedPrior", 40)
    path = declare(tmp_path, python, codec="compressai:FactorizedPrior", checkpoint=str(checkpoint))
    codec: Any = codec_class(str(path))()
    stream = codec.encode(photo(400, 500))
    account = codec.account(stream)
    assert account.estimated_bits == pytest.approx(8 * (len(stream) - codec.overhead(stream)), rel=0.01)
