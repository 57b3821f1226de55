"""Samples of any depth, with alpha and a colour profile, as 8-bit sRGB on a ground: rounded once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pictures

from benchmark.formats.pillow import profile_of, to_srgb
from benchmark.formats.profile import Curves, curves_of

Pixels = npt.NDArray[np.uint8]

_BLOCK = 1 << 18
"""Pixels that are converted at once: what lies between samples and pixels takes little memory."""


def in_8_bits(samples: npt.NDArray[Any], highest: int, *, alpha: bool, ground: int, profile: bytes = b"") -> Pixels:
    """Pixels in 8 bits: (H, W) grey or (H, W, 3) RGB.

    Halves are rounded up.

    Args:
        samples: (H, W, C) unsigned, of 1 to 4 channels; the last one is alpha, where there is one.
        highest: the sample that stands for full intensity.
        alpha: whether there is one.
        ground: 0 for black, 1 for white: what pixels lie on where alpha lets it through.
        profile: the ICC profile of the colours; empty where they are in sRGB.

    Raises:
        PyCMSError, OSError: the profile cannot be used for these samples.
    """
    if profile and (curves := curves_of(profile)) is None:
        samples, highest, profile = _by_tables(samples, highest, alpha=alpha, profile=profile), 255, b""
    height, width, channels = samples.shape
    colours = channels - alpha
    spread = bool(profile) and colours == 1 and profile_of(profile) == "RGB"  # grey with a profile of colours
    found: Pixels = np.empty((height, width, 3 if spread else colours), np.uint8)
    rows = max(1, _BLOCK // width)
    for top in range(0, height, rows):
        part = samples[top : top + rows]
        cover = part[..., colours:]
        if profile:
            assert curves is not None
            source = part[..., :colours].repeat(3, axis=-1) if spread else part[..., :colours]
            found[top : top + rows] = _converted(source, cover, curves, highest, ground)
        else:
            found[top : top + rows] = _exact(part[..., :colours], cover, highest, ground)
    if spread and int(np.ptp(found, axis=2).max()) <= 1:
        found = found[..., 1:2]
    return found[..., 0] if found.shape[2] == 1 else found


def _exact(colours: npt.NDArray[Any], cover: npt.NDArray[Any], highest: int, ground: int) -> npt.NDArray[Any]:
    """In whole numbers, whose quotient is rounded: colours, or their blend with the ground."""
    whole: Any = np.uint32 if highest <= 255 else np.uint64
    values: npt.NDArray[Any] = colours.astype(whole)
    full = highest
    if cover.shape[-1]:
        cover = cover.astype(whole)
        values, full = values * cover + whole(ground * highest) * (whole(highest) - cover), highest * highest
    return values if full == 255 else (values * whole(510) + whole(full)) // whole(2 * full)


def _converted(
    colours: npt.NDArray[Any], cover: npt.NDArray[Any], curves: Curves, highest: int, ground: int
) -> npt.NDArray[Any]:
    values = curves.in_srgb(colours / highest)
    if cover.shape[-1]:
        share = cover / highest
        values = values * share + ground * (1 - share)
    return np.floor(values * 255 + 0.5)


def _by_tables(samples: npt.NDArray[Any], highest: int, *, alpha: bool, profile: bytes) -> Pixels:
    """8-bit samples in sRGB by a profile that only LittleCMS computes, which takes and gives 8 bits."""
    assert highest <= 255 and not alpha
    planes = _exact(samples, samples[..., :0], highest, 0).astype(np.uint8)
    mode = profile_of(profile)
    if mode == "RGB" and planes.shape[2] == 1:
        planes = planes.repeat(3, axis=-1)
    picture = Pictures.fromarray(np.ascontiguousarray(planes[..., 0] if mode == "L" else planes), mode=mode)
    found = np.asarray(to_srgb(picture, profile))
    return found[..., 1:2] if samples.shape[2] == 1 and int(np.ptp(found, axis=2).max()) <= 1 else found
