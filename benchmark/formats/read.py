"""Exact 8-bit pixels of an image file, or a refusal that says what to do."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pictures
from PIL import UnidentifiedImageError

from benchmark.errors import MissingData, UnsupportedImage
from benchmark.formats import png, pnm, tiff
from benchmark.formats.about import About
from benchmark.formats.limit import check_size, no_other_limit
from benchmark.formats.pillow import about_picture, is_srgb, opened, orientation_of, profile_of, to_srgb, turned

Pixels = npt.NDArray[np.uint8]

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
            with _undisturbed(), opened(data) as picture:
                return dataclasses.replace(about, orientation=orientation_of(picture))
        with _undisturbed(), opened(data) as picture:
            return about_picture(data, picture)
    except UnidentifiedImageError:  # whose text names an address in memory
        raise MissingData(
            f"{where}: cannot be read as an image: its first bytes are of no format that is read"
        ) from None
    except Exception as error:  # readers raise anything of a file that is none, or damaged
        raise MissingData(f"{where}: cannot be read as an image: {_told(error)}") from error


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
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
        found.append(("CMYK", "srgb" if profile_of(about.profile) == "CMYK" else ""))
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
            fits = profile_of(about.profile) == "RGB" or (profile_of(about.profile) == "L" and about.kind == "grey")
            found.append(("a colour profile other than sRGB", "srgb" if fits else ""))
        if about.colours:
            found.append((about.colours, ""))
    return found


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
        return f"{told}; --convert {','.join([*conversions, *cures])} converts it, and every row says so"
    return f"{told}; convert it with another program first: the bench changes no pixels silently"


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
    about = inspect(data, where)
    check_size(where, about.width, about.height)
    if reason := refusal(about, conversions, as_stored=as_stored):
        raise UnsupportedImage(f"{where}: {reason}")
    try:
        with _undisturbed():
            pixels = _decoded(data, about)
            if not as_stored and about.profile:
                pixels = _in_srgb(pixels, about)
    except Exception as error:  # as above
        raise MissingData(f"{where}: cannot be read as an image: {_told(error)}") from error
    pixels = _flattened(pixels, 0 if "flatten=black" in conversions else 255)
    return np.ascontiguousarray(turned(pixels, about.orientation))


def _decoded(data: bytes, about: About) -> Pixels:
    """The first frame as it is stored: (H, W) grey, (H, W, 2) with alpha, (H, W, 3) RGB, (H, W, 4) RGBA or CMYK."""
    if about.container == "PNM":
        return _to_8_bits(pnm.pnm_samples(data), about.highest)
    if about.container == "PNG":
        if about.bits == 16:
            return _to_8_bits(png.deep_samples(data), about.highest)
        chunks = png.read_chunks(data)
        data = png.verified(chunks)
        if about.kind == "grey" and b"tRNS" in chunks.first:
            return _with_clear_grey(data, chunks, about.highest)
    if about.container == "TIFF" and about.bits > 8:
        return _to_8_bits(tiff.deep_samples(data, about), about.highest)
    with opened(data) as picture:
        if about.container == "TIFF":
            picture.load()  # which turns it, and that is done here for all formats
        mode = picture.mode
        if mode in ("1", "L") and about.alpha:
            mode = "LA"
        elif mode == "1":
            mode = "L"
        elif mode in ("P", "PA"):
            mode = "RGBA" if about.alpha else "RGB"
        elif mode == "RGB" and about.alpha:
            mode = "RGBA"
        elif mode == "RGBX":
            mode = "RGB"
        pixels = np.array(picture if picture.mode == mode else picture.convert(mode))
    if about.highest == 31:  # which Pillow stretches to 8 bits, rounding down
        pixels[..., :3] = _to_8_bits(np.rint(pixels[..., :3] * (31 / 255)).astype(np.uint8), 31)
    return turned(pixels, _UNDONE[about.orientation]) if about.container == "TIFF" else pixels


def _with_clear_grey(data: bytes, chunks: png.Chunks, highest: int) -> Pixels:
    """Grey and alpha of a PNG file whose one transparent level Pillow would look for among levels of 8 bits."""
    with opened(data) as picture:
        grey = np.array(picture.convert("L"))
    level = int.from_bytes(chunks.first[b"tRNS"][:2], "big") & highest
    return np.stack([grey, np.where(grey == level * (255 // highest), 0, 255).astype(np.uint8)], axis=-1)


_UNDONE = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
"""The orientation that turns a picture back."""


def _to_8_bits(samples: npt.NDArray[Any], highest: int) -> Pixels:
    """Samples as shares of 255, rounded; one channel is dropped as an axis."""
    if highest != 255:
        samples = (samples.astype(np.uint32) * 510 + highest) // (2 * highest)
    pixels = samples.astype(np.uint8)
    return pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels


def _in_srgb(pixels: Pixels, about: About) -> Pixels:
    """Colours by the profile in sRGB, with the alpha that was there. A profile that is sRGB's own changes nothing."""
    if is_srgb(about.profile):
        return pixels
    planes = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    colours = 4 if about.kind == "CMYK" else 1 if planes.shape[2] < 3 else 3
    source, mode = planes[..., :colours], profile_of(about.profile)
    if mode == "RGB" and colours == 1:  # grey with a profile of colours
        source = source.repeat(3, axis=-1)
    picture = Pictures.fromarray(np.ascontiguousarray(source[..., 0] if mode == "L" else source), mode=mode)
    found = np.asarray(to_srgb(picture, about.profile))
    if colours == 1 and int(np.ptp(found, axis=2).max()) <= 1:
        found = found[..., 1:2]
    found = np.concatenate([found, planes[..., colours:]], axis=-1)
    return found[..., 0] if found.shape[2] == 1 else found


def _flattened(pixels: Pixels, ground: int) -> Pixels:
    """Pixels on a ground of one level; alpha, the last of two or four channels, goes."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels
    colours, alpha = pixels[..., :-1].astype(np.uint32), pixels[..., -1:].astype(np.uint32)
    laid = ((colours * alpha + ground * (255 - alpha)) * 2 + 255) // 510
    flat = laid.astype(np.uint8)
    return flat[..., 0] if flat.shape[2] == 1 else flat
