"""Profiles of curves and a matrix against LittleCMS and against the formulas."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from benchmark.formats.pillow import to_srgb
from benchmark.formats.profile import curves_of
from tests.formats.matrix import SRGB
from tests.formats.writers import icc

RAMP = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)


def with_curve(tag: bytes) -> bytes:
    """The profile of the tests with another curve, which all channels share."""
    profile = icc()
    place = profile.index(b"curv")
    data = bytearray(profile + tag)
    for entry in range(132, 132 + 12 * int.from_bytes(profile[128:132], "big"), 12):
        if data[entry + 4 : entry + 8] == place.to_bytes(4, "big"):
            data[entry + 4 : entry + 12] = struct.pack(">II", len(profile), len(tag))
    data[0:4] = len(data).to_bytes(4, "big")
    data[8] = 4  # parametric curves came with version 4
    return bytes(data)


def para(kind: int, *values: float) -> bytes:
    return (
        b"para"
        + bytes(4)
        + struct.pack(">HH", kind, 0)
        + struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))
    )


CURVES = {
    "gamma": icc(),
    "linear": with_curve(b"curv" + bytes(8)),
    "table": with_curve(b"curv" + bytes(4) + struct.pack(">I5H", 5, 0, 3000, 16000, 36000, 65535)),
    "para0": with_curve(para(0, 2.2)),
    "para1": with_curve(para(1, 2.2, 1.0, -0.05)),
    "para2": with_curve(para(2, 2.2, 0.9, 0.05, 0.01)),
    "para3": with_curve(para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)),
    "para4": with_curve(para(4, 2.4, 0.94, 0.05, 0.07, 0.04, 0.005, 0.002)),
    "sRGB": SRGB,
}


@pytest.mark.parametrize("name", CURVES)
def test_curves_are_those_of_littlecms(name: str) -> None:
    curves = curves_of(CURVES[name])
    assert curves is not None
    found = np.floor(255 * curves.in_srgb(RAMP / 255) + 0.5)
    wanted = np.asarray(to_srgb(Image.fromarray(RAMP), CURVES[name])).astype(float)
    assert np.abs(found - wanted).max() <= 1.5  # which rounds within
    assert np.abs(found - wanted).mean() < 0.1


def test_other_profiles_have_none() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    tables = icc().replace(b"desc", b"A2B0", 1)
    for profile in (b"", b"no profile at all", icc()[:200], with_curve(b"text" + bytes(20)), lab, tables):
        assert curves_of(profile) is None
