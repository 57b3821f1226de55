"""Which backend of Keras computes, and what is told where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmark.errors import MissingBackend
from benchmark.neural import backend
from benchmark.neural.backend import (
    BACKENDS,
    at_once,
    backend_name,
    backend_version,
    computing_in,
    load_keras,
    on_device,
    peak_memory,
)
from benchmark.neural.streams.container import unpack
from tests.conftest import ROOT
from tests.needs import installed as is_installed
from tests.needs import needs

GOLDEN = ROOT / "tests" / "golden"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Packages that are there, as far as the bench can tell; a test changes it."""
    found: set[str] = set()

    def version(package: str) -> str:
        if package not in found:
            raise PackageNotFoundError(package)
        return "9.9"

    monkeypatch.setattr(backend, "version", version)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    return found


def test_what_is_installed_is_taken_tensorflow_first(installed: set[str]) -> None:
    for name in ("torch", "jax", "tensorflow"):
        installed.add(name)
        assert backend_name() == name


def test_the_variable_wins(installed: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    installed |= {*BACKENDS, "keras", "constriction"}
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert backend_version() == "keras 9.9, torch 9.9, constriction 9.9"
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    with pytest.raises(MissingBackend, match="KERAS_BACKEND: expected tensorflow, jax, torch, got 'theano'"):
        backend_version()


def test_what_is_missing_is_told_with_what_installs_it(installed: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingBackend, match=r"need TensorFlow, JAX or PyTorch: pip install 'rdbench\[neural\]'.*-jax"):
        backend_version()
    installed.add("jax")
    with pytest.raises(MissingBackend, match=r"need keras: pip install 'rdbench\[neural\]'.*'rdbench\[neural-jax\]'"):
        backend_version()
    installed.add("keras")
    with pytest.raises(MissingBackend, match="need constriction"):
        backend_version()
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(MissingBackend, match=r"need tensorflow: pip install 'rdbench\[neural\]'$"):
        backend_version()


@pytest.mark.slow
@pytest.mark.neural
def test_a_dtype_policy_ends_with_its_block_also_after_an_error() -> None:
    config = load_keras().config
    before = config.dtype_policy().name
    with pytest.raises(RuntimeError, match="deliberate"), computing_in("mixed_bfloat16"):
        assert config.dtype_policy().name == "mixed_bfloat16"
        assert load_keras().layers.Dense(1).compute_dtype == "bfloat16"
        raise RuntimeError("deliberate")
    assert config.dtype_policy().name == before


@pytest.mark.slow
@pytest.mark.neural
@pytest.mark.skipif(not is_installed("jax"), reason="jax is not installed: extra neural-jax")
def test_without_tensorflow_jax_codes_and_the_stream_names_the_same_weights(tmp_path: Path) -> None:
    program = (
        "import sys, numpy as np; from pathlib import Path; from importlib import metadata\n"
        "sys.modules['tensorflow'] = None\n"
        "found = metadata.version\n"
        "def version(package):\n"
        "    if package == 'tensorflow': raise metadata.PackageNotFoundError(package)\n"
        "    return found(package)\n"
        "metadata.version = version\n"
        "from benchmark.plugins import codec_class\n"
        "cvae, golden, folder = codec_class('cvae'), Path(sys.argv[1]), Path(sys.argv[2])\n"
        "image = cvae.decode(golden.read_bytes())\n"
        "np.save(folder / 'image.npy', image)\n"
        "(folder / 'stream').write_bytes(cvae(quality=3).encode(image))\n"
        "assert 'jax' in cvae.version() and 'jax' in sys.modules"
    )
    golden = GOLDEN / "cvae-mnist.bin"
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    subprocess.run([sys.executable, "-c", program, golden, tmp_path], cwd=ROOT, check=True, env=environment)
    from benchmark.plugins import codec_class

    cvae, image = codec_class("cvae"), np.load(tmp_path / "image.npy")
    assert np.abs(image.astype(int) - np.load(golden.with_suffix(".npy"))).max() <= 1
    ours, theirs = cvae.from_settings({"quality": 3}).encode(image), (tmp_path / "stream").read_bytes()
    assert unpack(ours, "cvae").weights == unpack(theirs, "cvae").weights
    assert cvae.decode(theirs).shape == image.shape


@pytest.mark.slow
@pytest.mark.neural
def test_a_gpu_is_given_more_at_once_and_its_memory_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "gpu_names", list)
    assert (at_once(10), peak_memory(anew=True)) == (10, None)
    monkeypatch.setattr(backend, "gpu_names", lambda: ["Alpha", "Beta"])
    assert at_once(10) == 160
    keras = load_keras()
    device = keras.device
    monkeypatch.setattr(keras, "device", lambda _: device("cpu" if backend_name() == "torch" else "cpu:0"))
    with on_device("cpu"):
        assert (at_once(10), peak_memory()) == (10, None)
    needs("torch", extra="torch")
    import torch

    counted: list[int] = []
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", counted.append)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda index: 7 + index)
    with on_device("gpu:1"):
        monkeypatch.setattr(backend, "backend_name", lambda: "torch")
        assert (peak_memory(), counted) == (8, [])
        assert (peak_memory(anew=True), counted) == (8, [1])
        monkeypatch.setattr(backend, "backend_name", lambda: "jax")
        needs("jax", extra="neural-jax")
        import jax

        gpus = [SimpleNamespace(platform="gpu", memory_stats=lambda n=n: {"peak_bytes_in_use": n}) for n in (1, 2)]
        monkeypatch.setattr(jax, "devices", lambda: [SimpleNamespace(platform="cpu"), *gpus])
        assert peak_memory() == 2
