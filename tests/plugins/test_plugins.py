"""Discovery of plug-ins: collisions and broken ones are told, and a wheel finds its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from benchmark import plugins
from benchmark.codec import Codec
from benchmark.dataset import Dataset
from benchmark.errors import MissingBackend, PluginError, UsageError
from benchmark.plugins.listing import misnamed_codecs
from benchmark.plugins.usable import trouble_of
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def fresh_registries() -> None:
    """A process looks for a plug-in once and keeps what it found. Tests here need one that has not looked yet."""
    plugins.forget()


def points(monkeypatch: pytest.MonkeyPatch, *found: EntryPoint) -> None:
    monkeypatch.setattr(
        "benchmark.plugins.points.entry_points", lambda group: [point for point in found if point.group == group]
    )


def test_all_files_are_found() -> None:
    assert {path.stem for path in (ROOT / "codecs").glob("*.py")} == {
        name.replace("-", "_") for name in plugins.codec_names()
    }
    for name in plugins.codec_names():
        assert issubclass(plugins.codec_class(name), Codec)
        assert plugins.codec_class(name).name == name
    for name in plugins.dataset_names():
        cls = plugins.dataset_class(name)
        assert issubclass(cls, Dataset)
        assert cls.name == name
        assert cls.summary


def test_unknown_codec_lists_the_known() -> None:
    with pytest.raises(UsageError, match=r"unknown codec 'gif'; known: .*avif, .*cvae, .*jpeg"):
        plugins.codec_class("gif")


def test_names_that_two_claim_stop_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    points(
        monkeypatch,
        EntryPoint("jpeg", "theirs:Jpeg", "rdbench.codecs"),
        EntryPoint("x", "a:X", "rdbench.codecs"),
        EntryPoint("x", "b:X", "rdbench.codecs"),
        EntryPoint("sample", "a:X", "rdbench.datasets"),
        EntryPoint("y", "a:X", "rdbench.datasets"),
        EntryPoint("y", "b:X", "rdbench.datasets"),
    )
    assert plugins.codec_class("jpeg").__module__ == "benchmark.plugins.codecs.jpeg"
    assert misnamed_codecs() == {
        "jpeg": "theirs:Jpeg of another package has the name of a codec of this bench, which stays"
    }
    assert "x" in plugins.codec_names()
    status, reason = trouble_of("x") or ("", "")
    assert status == "failed"
    assert "two packages claim 'x' in rdbench.codecs: a:X and b:X; remove one of the packages" in reason
    with pytest.raises(PluginError, match="codec 'x' cannot be used: two packages claim 'x'"):
        plugins.version_of(plugins.codec_class("x"))
    assert plugins.dataset_class("sample").__module__ == "benchmark.plugins.datasets.sample"
    with pytest.raises(PluginError, match="data set 'y' cannot be used: two packages claim 'y'"):
        plugins.dataset_class("y")


@pytest.mark.parametrize("line", ["device: str = 'cpu'", "settings: int = 0", "grid: dict = {}", "name: str = 'old'"])
def test_a_setting_with_a_name_of_the_interface_is_told(line: str) -> None:
    with pytest.raises(PluginError, match=rf"Old\.{line.partition(':')[0]}: a setting by its annotation, .* ClassVar"):
        exec(f"from benchmark.codec import Codec\nclass Old(Codec):\n    {line}\n", {"__name__": "old_codec"})


def test_a_library_that_cannot_be_loaded_leaves_its_metric_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def half_installed() -> str:
        raise OSError("libcudart.so.12: cannot open shared object file")

    family = plugins.metric_families()["ssim"]
    monkeypatch.setattr(family, "version", half_installed)
    missing = plugins.missing_metrics()
    assert missing["ssim"] == "ssim cannot run here: OSError: libcudart.so.12: cannot open shared object file"
    assert "psnr" in {metric.name for metric in plugins.installed_metrics()}
    with pytest.raises(MissingBackend, match="ssim cannot run here: OSError"):
        plugins.version_of(family)


THEIRS = '''
import dataclasses, zlib
import numpy as np
from benchmark.codec import Codec, Image, check_image
from benchmark.errors import BitstreamError

@dataclasses.dataclass(frozen=True)
class Deflate(Codec):
    """Pixels, deflated."""
    name = "deflate"
    summary = "pixels, deflated"
    grid = {"level": (1, 9)}
    lossless_at = {}
    level: int = 9

    @classmethod
    def version(cls): return "zlib " + zlib.ZLIB_VERSION
    def encode(self, image):
        check_image(image, codec=self.name)
        return bytes([image.ndim]) + np.int32(image.shape).tobytes() + zlib.compress(image.tobytes(), self.level)
    @classmethod
    def decode(cls, data):
        n = data[0]
        shape = np.frombuffer(data[1:1 + 4 * n], np.int32)
        return np.frombuffer(zlib.decompress(data[1 + 4 * n:]), np.uint8).reshape(shape)
'''
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "theirs"
version = "1.0"
[project.entry-points."rdbench.codecs"]
deflate = "theirs:Deflate"
[tool.setuptools]
py-modules = ["theirs"]
"""


def pip(command: str, *words: str) -> None:
    """Runs pip on a single package; what it says is shown where it fails, such as of setuptools below 77."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", command, "-q", "--no-deps", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_an_installed_third_party_codec_is_listed_and_runs(tmp_path: Path) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    (source / "theirs.py").write_text(THEIRS)
    (source / "pyproject.toml").write_text(PYPROJECT)
    pip("install", "--no-build-isolation", "--target", str(site), str(source))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{site}"}

    def rdbench(*words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "benchmark", *words],
            env=environment,
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert "pixels, deflated" in rdbench("list", "codecs")
    assert "12 ok" in rdbench("run", "--codecs", "deflate", "--out", "out")


@pytest.mark.slow
def test_a_wheel_runs_from_elsewhere(tmp_path: Path) -> None:
    """Built, installed without the checkout, and run: plug-ins, weights and the sample data set are all there."""
    pip("wheel", "--no-build-isolation", "-w", str(tmp_path), str(ROOT))
    (wheel,) = tmp_path.glob("rdbench-*.whl")
    pip("install", "--target", str(tmp_path / "site"), str(wheel))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import benchmark, sys; from benchmark.plugins import codec_names; "
            "from benchmark.neural.weights import set_folders; "
            "print(benchmark.__file__); print(*codec_names()); print(*set_folders('cvae'))",
        ],
        env=environment,
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert done[0].startswith(str(tmp_path))
    assert done[1].split() == sorted(path.stem.replace("_", "-") for path in (ROOT / "codecs").glob("*.py"))
    assert {"mnist", "mnist-elbo", "natural"} <= set(done[2].split())


def test_codecs_are_listed_without_the_libraries_of_learned_ones() -> None:
    program = """
import importlib.abc, sys

class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"keras", "tensorflow", "jax", "torch", "constriction", "h5py"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocker())
from benchmark.plugins import codec_class, codec_names
print(*(codec_class(name).name for name in codec_names()))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == plugins.codec_names()
