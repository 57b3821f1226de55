"""nvImageCodec: what is said where it or a GPU is missing, and what goes through it where both are there."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmark.backends.decoders import nvimgcodec
from benchmark.backends.decoders.codec import decoded_by
from benchmark.errors import BitstreamError, MissingBackend
from benchmark.plugins import codec_class
from tests.conftest import Run, photo

CUDA_FAILURE = "CUDA Runtime failure: '#35' at /home/jenkins/device_utils.h:32"


class Library(SimpleNamespace):
    """A nvImageCodec whose GPU decodes with Pillow, as far as it is there."""

    __version__ = "0.9.0"
    __cuda_version__ = 12090

    def __init__(self, *, gpu: bool = True, formats: tuple[str, ...] = ("jpeg", "jpeg2000")) -> None:
        super().__init__(gpu=gpu, formats=formats, asked=[])
        kinds = {"GPU_ONLY": "gpu", "HYBRID_CPU_GPU": "hybrid", "HW_GPU_ONLY": "hardware", "CPU_ONLY": "cpu"}
        self.BackendKind = SimpleNamespace(**kinds)
        self.ColorSpec = SimpleNamespace(SRGB="colour", GRAY="grey")
        self.Backend = lambda kind: kind
        self.DecodeParams = lambda **told: told

    def CodeStream(self, data: bytes) -> Any:  # noqa: N802
        form = "jpeg" if data[:2] == b"\xff\xd8" else "jpeg2000"
        pixels = codec_class(form).decode(data) if len(data) > 100 else np.zeros((1, 1, 3))
        channels = 1 if pixels.ndim == 2 else 3
        return SimpleNamespace(data=data, form=form, pixels=pixels, num_channels=channels)

    def Decoder(self, *, max_num_cpu_threads: int, backends: list[str]) -> Any:  # noqa: N802
        assert max_num_cpu_threads == 1
        assert "cpu" not in backends, "it would decode without a GPU"
        if not self.gpu:
            raise RuntimeError(CUDA_FAILURE)
        return SimpleNamespace(decode=self.decoded)

    def decoded(self, stream: Any, params: dict[str, Any]) -> Any:
        self.asked.append((stream.data, params))
        if stream.pixels.shape == (1, 1, 3) or stream.form not in self.formats:
            return None  # which is how nvImageCodec tells that it could not
        grey = params["color_spec"] == "grey"
        return SimpleNamespace(cpu=lambda: stream.pixels[..., np.newaxis] if grey else stream.pixels)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Each test begins and ends without a decoder."""
    nvimgcodec.gpu_decoder.cache_clear()
    yield
    nvimgcodec.gpu_decoder.cache_clear()


def give(monkeypatch: pytest.MonkeyPatch, library: Library | None) -> None:
    """Lets the package be a library, or not be installed."""
    really = importlib.import_module

    def found(name: str, *rest: Any) -> Any:
        if name != "nvidia.nvimgcodec":
            return really(name, *rest)
        if library is None:
            raise ModuleNotFoundError("No module named 'nvidia'")
        return library

    monkeypatch.setattr(importlib, "import_module", found)


def test_without_the_package_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, None)
    with pytest.raises(MissingBackend) as caught:
        codec_class("jpeg@nvimgcodec").version()
    assert str(caught.value) == (
        "this decoder needs nvImageCodec, which cannot be imported (No module named 'nvidia'): pip install "
        "'nvidia-nvimgcodec-cu12[nvjpeg,nvjpeg2k]', or nvidia-nvimgcodec-cu13 for a driver of CUDA 13"
    )


def test_without_a_gpu_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, Library(gpu=False))
    with pytest.raises(MissingBackend) as caught:
        codec_class("jpeg@nvimgcodec").version()
    assert str(caught.value) == (
        "nvImageCodec 0.9.0 finds no GPU of NVIDIA here, or no driver for its CUDA (CUDA Runtime failure: '#35'): "
        "nvidia-smi tells both"
    )


def test_without_the_library_of_a_format_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, Library(formats=("jpeg",)))
    assert codec_class("jpeg@nvimgcodec").version().endswith("; decoded by nvImageCodec 0.9.0, CUDA 12090, GPU")
    with pytest.raises(MissingBackend, match=r"0\.9\.0 cannot decode JPEG2000 on the GPU: pip install .*nvjpeg2k"):
        codec_class("jpeg2000@nvimgcodec").version()


def test_a_run_that_asks_for_it_ends_in_one_line(monkeypatch: pytest.MonkeyPatch, rdbench: Run) -> None:
    give(monkeypatch, None)
    done = rdbench("run", "--codecs", "jpeg", "--decoders", "jpeg:nvimgcodec", check=False)
    assert done.returncode == 2
    assert "this decoder needs nvImageCodec" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["jpeg", "jpeg2000"])
@pytest.mark.parametrize("channels", [1, 3])
def test_bytes_and_pixels_pass_through(name: str, channels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, library := Library())
    codec = decoded_by(codec_class(name), "nvimgcodec")
    stream = codec().encode(photo(40, 56, channels))
    assert np.array_equal(codec.decode(stream), codec_class(name).decode(stream))
    colours = "grey" if channels == 1 else "colour"
    assert library.asked == [(stream, {"apply_exif_orientation": False, "color_spec": colours})]
    with pytest.raises(BitstreamError, match="nvImageCodec could not decode it"):
        codec.decode(stream[:60])


@pytest.mark.parametrize("channels", [1, 3])
def test_the_library_itself_takes_what_it_is_given(channels: int) -> None:
    """It has a decoder for processors, too: with that one its calls are tried where there is no GPU."""
    try:
        module = nvimgcodec.library()
    except MissingBackend:
        pytest.skip("nvidia.nvimgcodec is not installed: extra nvimgcodec")
    kinds = [module.Backend(module.BackendKind.CPU_ONLY)]
    processor = module.Decoder(device_id=module.NVIMGCODEC_DEVICE_CPU_ONLY, max_num_cpu_threads=1, backends=kinds)
    stream = codec_class("jpeg")().encode(photo(40, 56, channels))
    assert np.array_equal(nvimgcodec.decode(stream, processor), codec_class("jpeg").decode(stream))
    with pytest.raises(ValueError, match="could not decode it"):
        nvimgcodec.decode(stream[: len(stream) * 3 // 4], processor)
