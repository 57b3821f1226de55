"""What a TIFF file is, by tifffile, which also reads the samples that Pillow would cut."""

from __future__ import annotations

import io
import logging
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.formats.about import About, Kind

_KINDS: dict[int, Kind] = {0: "grey", 1: "grey", 2: "RGB", 3: "palette", 5: "CMYK"}
_MODELS = {4: "transparency mask", 6: "YCbCr", 8: "CIELAB", 9: "ICCLAB", 32803: "CFA of a camera"}
_COLOURS = {"grey": 1, "palette": 1, "RGB": 3, "CMYK": 4}
_WHOLE, _PLAIN_ALPHA, _WHITE_IS_ZERO, _PLANES_APART = 1, 2, 0, 2


def is_tiff(data: bytes) -> bool:
    """Whether the first bytes are those of a TIFF file, or of a BigTIFF file."""
    return data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def about_tiff(data: bytes) -> About:
    """What a file is.

    Raises:
        Exception: tifffile raises many for files that it cannot read.
    """
    with _opened(data) as file:
        page = file.pages[0]
        bits, photometric = page.bitspersample, int(page.photometric)
        depths = set(bits) if isinstance(bits, tuple) else {bits}
        formats = page.sampleformat if isinstance(page.sampleformat, tuple) else (page.sampleformat,)
        kind = _KINDS.get(photometric, "other")
        model = _MODELS.get(photometric, f"photometric {photometric}")
        extra = tuple(map(int, page.extrasamples or ()))
        if kind != "other" and page.samplesperpixel != _COLOURS[kind] + len(extra):
            kind, model = "other", f"{page.samplesperpixel} samples a pixel"
        elif extra not in ((), (_PLAIN_ALPHA,)):
            kind, model = "other", "samples beside the colours that are no plain alpha"
        depth = max(depths)
        whole = set(map(int, formats)) == {_WHOLE} and len(depths) == 1 and depth <= 16
        highest = 2**depth - 1 if whole else 0
        if kind == "palette":
            entries = np.asarray(page.colormap, dtype=np.int64)
            exact = depth <= 8 and bool(np.all((entries == entries // 256 * 257) | (entries % 256 == 0)))
            depth, highest = (8, 255) if exact else (16, 65535)
        orientation = _tag(page, 274, 1)
        return About(
            "TIFF",
            page.imagewidth,
            page.imagelength,
            kind=kind,
            model=model,
            highest=highest,
            bits=depth,
            alpha=bool(extra),
            frames=len(file.pages),
            orientation=orientation if orientation in range(1, 9) else 1,
            profile=bytes(_tag(page, 34675, b"")),
        )


def deep_samples(data: bytes, about: About) -> npt.NDArray[Any]:
    """Samples of the first picture of a file of more than 8 bits: shape (H, W, C), palettes looked up.

    Raises:
        Exception: tifffile raises many for files that it cannot read, such as ValueError for a compression of which it
            lacks the library.
    """
    with _opened(data) as file:
        page = file.pages[0]
        samples: npt.NDArray[Any] = np.asarray(page.asarray())
        if page.planarconfig == _PLANES_APART and samples.ndim == 3:
            samples = np.moveaxis(samples, 0, -1)
        if about.kind == "palette":
            return np.moveaxis(np.asarray(page.colormap)[:, samples], 0, -1)
        if page.photometric == _WHITE_IS_ZERO:
            samples = about.highest - samples
    return samples.reshape(about.height, about.width, -1)


def _opened(data: bytes) -> Any:
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it finds odd is asked for here
    return tifffile.TiffFile(io.BytesIO(data))


def _tag(page: Any, code: int, default: Any) -> Any:
    tag = page.tags.get(code)
    return default if tag is None else tag.value
