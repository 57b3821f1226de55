"""Classical codecs by name, whose library may be missing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmark.codec import Codec, Setting
from benchmark.plugins import codec_class
from tests.needs import needs

NEEDS = {
    "jxl": "imagecodecs",
    "jpegxr": "imagecodecs",
    "jpegls": "imagecodecs",
    "qoi": "imagecodecs",
    "jpegli": "pyjpegli",
    "mozjpeg": "pyvips",
}


def codec(name: str, **settings: Setting) -> Codec:
    if name in NEEDS:
        needs(NEEDS[name], extra=name if name in ("jpegli", "mozjpeg") else "imagecodecs")
    return codec_class(name).from_settings(settings)


def psnr(one: Codec, image: npt.NDArray[np.uint8]) -> float:
    error = np.mean((one.decode(one.encode(image)).astype(float) - image) ** 2)
    return float(10 * np.log10(255**2 / error))
