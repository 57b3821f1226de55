"""Libraries that decode formats which others wrote."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from benchmark.backends.decoders.libraries import LIBRARIES, libraries_of
from benchmark.errors import MissingBackend
from benchmark.plugins import codec_class
from tests.conftest import photo
from tests.needs import installed

_MODULES = {
    "imagecodecs": "imagecodecs",
    "opencv": "cv2",
    "ffmpeg": "av",
    "simplejpeg": "simplejpeg",
    "pillow-jxl": "pillow_jxl",
    "torchvision": "torchvision",
    "aom": "imageio_ffmpeg",
}

_NEAR = {"ffmpeg": 48, "torchvision": 48}
"""Levels by which a library with an interpolation or a transform of its own may be off; any other by one."""

_GPU = "nvimgcodec"
"""It decodes on a GPU alone: test_nvimgcodec.py is about it."""

_PAIRS = [(form, name) for name, library in LIBRARIES.items() if name != _GPU for form in library.formats]


@pytest.mark.parametrize(("form", "name"), _PAIRS)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_decodes_what_the_codec_wrote(form: str, name: str, channels: int) -> None:
    library, module = LIBRARIES[name], _MODULES.get(name)
    if module and not installed(module):
        pytest.skip(f"{module} is not installed: extra decoders")
    called = library.formats[form]
    try:
        version = library.version(called)
    except MissingBackend as error:
        if name != "torchvision":
            raise
        pytest.skip(f"torchvision does not fit the PyTorch that is installed: {error}")
    assert any(digit in version for digit in "0123456789")
    codec = codec_class(form)()
    image = photo(64, 80, channels)
    stream = codec.encode(image)
    pixels = np.asarray(library.decode(called, stream))
    own = codec.decode(stream)
    assert (pixels.dtype, pixels.shape) == (own.dtype, own.shape)
    assert np.abs(pixels.astype(int) - own).max() <= _NEAR.get(name, 1)
    assert np.abs(pixels.astype(int) - own).mean() < 3, "red and blue would not pass"


def test_libraries_of_a_format() -> None:
    assert {"pillow", "imagecodecs", "opencv", "ffmpeg", "simplejpeg", "torchvision", _GPU} == {*libraries_of("jpeg")}
    assert libraries_of("deflate") == []


@pytest.mark.parametrize(("name", "package"), [("simplejpeg", "simplejpeg"), ("opencv", "opencv-python-headless")])
def test_what_is_missing_is_told_with_its_command(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_module(wanted: str, *_: object) -> None:
        raise ImportError(f"No module named {wanted!r}")

    monkeypatch.setattr(importlib, "import_module", no_module)
    with pytest.raises(MissingBackend, match=f"pip install {package}$"):
        LIBRARIES[name].version("JPEG")
