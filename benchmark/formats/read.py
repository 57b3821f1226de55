"""Exact 8-bit pixels of an image file, or a refusal that says what to do."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import UnidentifiedImageError

from benchmark.errors import MissingData, UnsupportedImage
from benchmark.formats import png, pnm, tiff
from benchmark.formats.about import About
from benchmark.formats.limit import check_size, no_other_limit
from benchmark.formats.pillow import about_picture, is_srgb, opened, orientation_of, profile_of, turned
from benchmark.formats.pixels import Pixels, in_8_bits
from benchmark.formats.profile import curves_of

_EXPECTED = "expected an 8-bit grey or RGB image in sRGB"


def inspect(data: bytes, where: str) -> About:
    """What an image file is.

    Args:
        data: its content.
        where: its name, for messages.

    Raises:
        MissingData: it cannot be read as an image.
    """
    try:
        if pnm.is_pnm(data):
            return pnm.about_pnm(data)
        if tiff.is_tiff(data):
            return tiff.about_tiff(data)
        if data.startswith(png.SIGNATURE):
            chunks = png.read_chunks(data)
            about = png.about_png(data, chunks)
            if not png.says_exif(chunks):
                return about
            with undisturbed(), opened(data) as picture:
                return dataclasses.replace(about, orientation=orientation_of(picture))
        with undisturbed(), opened(data) as picture:
            return about_picture(data, picture)
    except UnidentifiedImageError:  # whose text names an address in memory
        raise MissingData(
            f"{where}: cannot be read as an image: its first bytes are of no format that is read"
        ) from None
    except Exception as error:  # readers raise anything of a file that is none, or damaged
        raise MissingData(f"{where}: cannot be read as an image: {_told(error)}") from error


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Without Pillow's limit on pixels and its warnings: what they are about is asked for here."""
    with warnings.catch_warnings(), no_other_limit():
        warnings.simplefilter("ignore")
        yield


def _told(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def obstacles(about: About, *, as_stored: bool = False) -> list[tuple[str, str]]:
    """What keeps a picture from being taken as it is, each with the conversion that helps; empty where none does.

    Args:
        about: the picture.
        as_stored: whether what it says of its colours is disregarded.
    """
    found = []
    if about.frames > 1:
        found.append((f"{about.frames} frames", "first-frame"))
    if about.kind == "other":
        found.append((f"colour model {about.model}", ""))
    elif about.kind == "CMYK":
        found.append(("CMYK", "srgb" if _fits(about) else ""))
    elif not about.highest:
        found.append((f"samples of {about.bits} bits that are no unsigned whole numbers", ""))
    if about.highest and not about.exact:
        usual = about.highest in (31, 2**about.bits - 1)
        found.append((f"{about.bits} bits a sample" if usual else f"samples up to {about.highest}", "depth=8"))
    if about.alpha:
        found.append(("transparency", "flatten=white"))
    if about.orientation != 1:
        found.append((f"orientation {about.orientation}", "orientation"))
    if not as_stored and about.kind in ("grey", "RGB", "palette"):
        if about.profile and not is_srgb(about.profile):
            found.append(("a colour profile other than sRGB", "srgb" if _fits(about) else ""))
        if about.colours:
            found.append((about.colours, ""))
    return found


def _fits(about: About) -> bool:
    """Whether a profile is for such colours, and converts them with one rounding: tables are computed in 8 bits."""
    takers = {"CMYK": ("CMYK",), "grey": ("RGB", "L")}.get(about.kind, ("RGB",))
    return profile_of(about.profile) in takers and (
        (about.exact and not about.alpha) or curves_of(about.profile) is not None
    )


def refusal(about: About, conversions: Sequence[str] = (), *, as_stored: bool = False) -> str:
    """Why a picture cannot be used with conversions, and what to do; empty where it can."""
    whys, cures = [], []
    for why, cure in obstacles(about, as_stored=as_stored):
        given = cure in conversions or (cure == "flatten=white" and "flatten=black" in conversions)
        if not given:
            whys.append(why)
            cures.append(cure)
    if not whys:
        return ""
    told = f"{_EXPECTED}, got {about.container} with {', '.join(whys)}"
    if all(cures):
        return f"{told}; --convert {','.join([*conversions, *cures])} converts it"
    return f"{told}; convert it with another program first: the bench changes no pixels silently"


def check_usable(about: About, where: str, conversions: Sequence[str] = (), *, as_stored: bool = False) -> bytes:
    """The profile by which the colours of a picture are to be converted; empty where they are in sRGB.

    Arguments are those of :func:`read_pixels`.

    Raises:
        UnsupportedImage: it has to be converted in a way that is not allowed; the message says what to do.
    """
    if reason := refusal(about, conversions, as_stored=as_stored):
        raise UnsupportedImage(f"{where}: {reason}")
    return b"" if as_stored or is_srgb(about.profile) else about.profile


def read_pixels(data: bytes, where: str, conversions: Sequence[str] = (), *, as_stored: bool = False) -> Pixels:
    """Pixels of an image file: (H, W) grey or (H, W, 3) sRGB.

    Args:
        data: its content.
        where: its name, for messages.
        conversions: what may be changed, see :data:`~benchmark.formats.conversions.CONVERSIONS`.
        as_stored: whether what the file says of its colours is disregarded.

    Raises:
        UnsupportedImage: it has to be converted, or is too large; the message says what to do.
        MissingData: it cannot be read as an image.
    """
    return _pixels(data, inspect(data, where), where, conversions, as_stored=as_stored)


def stored_pixels(data: bytes, where: str) -> Pixels:
    """Pixels of a PNG or PNM file as they are stored: neither its orientation nor its colours count.

    Arguments and errors are those of :func:`read_pixels`.
    """
    about = dataclasses.replace(inspect(data, where), orientation=1)
    return _pixels(data, about, where, as_stored=True)


def _pixels(data: bytes, about: About, where: str, conversions: Sequence[str] = (), *, as_stored: bool) -> Pixels:
    check_size(where, about.width, about.height)
    profile = check_usable(about, where, conversions, as_stored=as_stored)
    try:
        with undisturbed():
            samples, highest = _decoded(data, about)
            pixels = in_8_bits(
                samples,
                highest,
                alpha=about.alpha,
                ground=0 if "flatten=black" in conversions else 1,
                profile=profile,
            )
    except Exception as error:  # as above
        raise MissingData(f"{where}: cannot be read as an image: {_told(error)}") from error
    return np.ascontiguousarray(turned(pixels, about.orientation))


def _decoded(data: bytes, about: About) -> tuple[npt.NDArray[Any], int]:
    """The first frame as it is stored, shape (H, W, C), and the value that stands for full intensity.

    C is 1 for grey, 3 for RGB, 4 for CMYK; alpha comes as one more.
    """
    if about.container == "PNM":
        return pnm.pnm_samples(data), about.highest
    if about.container == "PNG":
        if about.bits == 16:
            return png.deep_samples(data), about.highest
        chunks = png.read_chunks(data)
        data = png.verified(chunks)
        if about.kind == "grey" and b"tRNS" in chunks.first:
            return _with_clear_grey(data, chunks, about.highest), 255
    if about.container == "TIFF" and about.bits > 8:
        return tiff.deep_samples(data, about), about.highest
    with opened(data) as picture:
        if about.container == "TIFF":
            picture.load()  # which turns it, and that is done here for all formats
        mode = {"1": "L", "P": "RGB", "PA": "RGB", "RGBX": "RGB"}.get(picture.mode, picture.mode)
        if about.alpha and mode in ("L", "RGB"):
            mode += "A"
        samples = np.array(picture if picture.mode == mode else picture.convert(mode))
    if about.container == "TIFF":
        samples = turned(samples, _UNDONE[about.orientation])
    if samples.ndim == 2:
        samples = samples[..., np.newaxis]
    if about.highest == 31:  # which Pillow stretches to 8 bits, rounding down; alpha is of one bit, if there is any
        return np.rint(samples * (31 / 255)).astype(np.uint8), 31
    return samples, 255


def _with_clear_grey(data: bytes, chunks: png.Chunks, highest: int) -> Pixels:
    """Grey and alpha of a PNG file whose one transparent level Pillow would look for among levels of 8 bits."""
    with opened(data) as picture:
        grey = np.array(picture.convert("L"))
    level = int.from_bytes(chunks.first[b"tRNS"][:2], "big") & highest
    return np.stack([grey, np.where(grey == level * (255 // highest), 0, 255).astype(np.uint8)], axis=-1)


_UNDONE = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
"""The orientation that turns a picture back."""
