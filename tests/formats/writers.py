"""Writers of image files of every kind, by their specifications: what a test writes, it knows."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[Any]
"""Shape (H, W, C): whole numbers from 0 to the highest of the depth."""

_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
COLOUR_TYPES = {"grey": 0, "rgb": 2, "palette": 3, "grey+alpha": 4, "rgb+alpha": 6}


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(
    samples: Samples,
    kind: str,
    depth: int,
    *,
    palette: Samples | None = None,
    clear: Sequence[int] = (),
    orientation: int = 1,
    profile: bytes = b"",
    frames: int = 1,
    interlaced: bool = False,
    more: bytes = b"",
) -> bytes:
    """A PNG file whose rows have all five filters in turn.

    Args:
        samples: of the picture.
        kind: a key of ``COLOUR_TYPES``.
        depth: bits of a sample.
        palette: (N, 3).
        clear: the content of tRNS: alphas of a palette, or the transparent colour.
        orientation, profile, frames: as the file says them.
        interlaced: whether Adam7 is used.
        more: chunks before the rows.
    """
    height, width, channels = samples.shape
    rows = b""
    for left, top, across, down in _PASSES if interlaced else ((0, 0, 1, 1),):
        part = samples[top::down, left::across]
        if part.size:
            rows += _filtered([_packed(row, depth) for row in part], max(1, depth * channels // 8))
    head = struct.pack(">IIBBBBB", width, height, depth, COLOUR_TYPES[kind], 0, 0, int(interlaced))
    made = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    if frames > 1:
        made += chunk(b"acTL", struct.pack(">II", frames, 0))
    if profile:
        made += chunk(b"iCCP", b"made\0\0" + zlib.compress(profile))
    if orientation != 1:
        made += chunk(b"eXIf", exif(orientation))
    if palette is not None:
        made += chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    if clear:
        made += chunk(b"tRNS", bytes(clear) if kind == "palette" else np.array(clear, ">u2").tobytes())
    control = struct.pack(">IIIIIHHBB", 0, width, height, 0, 0, 1, 10, 0, 0)
    made += more + (chunk(b"fcTL", control) if frames > 1 else b"") + chunk(b"IDAT", zlib.compress(rows))
    for frame in range(1, frames):
        control = struct.pack(">IIIIIHHBB", 2 * frame - 1, width, height, 0, 0, 1, 10, 0, 0)
        made += chunk(b"fcTL", control) + chunk(b"fdAT", struct.pack(">I", 2 * frame) + zlib.compress(rows))
    return made + chunk(b"IEND", b"")


def _packed(row: Samples, depth: int) -> bytes:
    if depth == 16:
        return row.astype(">u2").tobytes()
    if depth == 8:
        return row.astype(np.uint8).tobytes()
    bits = (row.reshape(-1, 1) >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.reshape(-1).astype(np.uint8)).tobytes()


def _filtered(rows: Sequence[bytes], step: int) -> bytes:
    found, above = b"", bytes(len(rows[0]))
    for number, row in enumerate(rows):
        kind = number % 5
        line = bytearray()
        for place, value in enumerate(row):
            left = row[place - step] if place >= step else 0
            up = above[place]
            corner = above[place - step] if place >= step else 0
            guesses = sorted(
                (abs(left + up - corner - one), order, one) for order, one in enumerate((left, up, corner))
            )
            line.append((value - (0, left, up, (left + up) // 2, guesses[0][2])[kind]) % 256)
        found += bytes([kind]) + bytes(line)
        above = row
    return found


def exif(orientation: int) -> bytes:
    """EXIF that says nothing but an orientation."""
    return b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x0112, 3, 1, orientation) + bytes(4)


def pnm(samples: Samples, highest: int, *, plain: bool = False) -> bytes:
    """A PGM or PPM file; a PBM file where the highest value is 0, which stands for it."""
    height, width, channels = samples.shape
    if highest == 0:
        if plain:
            return b"P1\n# bits\n%d %d\n" % (width, height) + b" ".join(b"%d" % (1 - one) for one in samples.ravel())
        return b"P4\n%d %d\n" % (width, height) + np.packbits(1 - samples[..., 0], axis=1).tobytes()
    form = (2 if channels == 1 else 3) + (0 if plain else 3)
    head = b"P%d\n# made\n%d %d\n%d\n" % (form, width, height, highest)
    if plain:
        return head + b"\n".join(b" ".join(b"%d" % one for one in row.ravel()) for row in samples) + b"\n"
    return head + samples.astype(">u2" if highest > 255 else np.uint8).tobytes()


def pam(samples: Samples, highest: int) -> bytes:
    height, width, channels = samples.shape
    name = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}[channels]
    head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL {highest}\nTUPLTYPE {name}\nENDHDR\n"
    return head.encode() + samples.astype(">u2" if highest > 255 else np.uint8).tobytes()


def bmp(samples: Samples, bits: int, palette: Samples | None = None) -> bytes:
    """A BMP file without compression: 1, 4 or 8 bits of a palette, 16 as 5-5-5, 24, or 32 without alpha."""
    height, width, _ = samples.shape
    if bits <= 8:
        rows = [_packed(row, bits) for row in samples]
    elif bits == 16:
        words = samples[..., 0].astype(int) << 10 | samples[..., 1].astype(int) << 5 | samples[..., 2]
        rows = [row.astype("<u2").tobytes() for row in words]
    else:
        pixels = samples[..., ::-1].astype(np.uint8)
        if bits == 32:
            pixels = np.concatenate([pixels, np.zeros((height, width, 1), np.uint8)], axis=-1)
        rows = [row.tobytes() for row in pixels]
    body = b"".join(row + bytes(-len(row) % 4) for row in reversed(rows))
    table = b"" if palette is None else b"".join(bytes([*map(int, one[::-1]), 0]) for one in palette)
    start = 14 + 40 + len(table)
    colours = 0 if palette is None else len(palette)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, 0, len(body), 2835, 2835, colours, 0)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + table + body


def icc(*, grey: bool = False, gamma: float = 1.8) -> bytes:
    """An ICC profile of version 2: grey, or the primaries of Display P3, with a gamma."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"made\0" + bytes(78 + 1)
    tags = {
        b"desc": text,
        b"cprt": b"text" + bytes(4) + b"none\0\0\0\0",
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249),
    }
    if grey:
        tags[b"kTRC"] = curve
    else:
        for name, value in zip((b"rXYZ", b"gXYZ", b"bXYZ"), np.array(P3).T, strict=True):
            tags[name] = b"XYZ \0\0\0\0" + fixed(*value)
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body, place = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, tag in tags.items():
        content = tag + bytes(-len(tag) % 4)
        table += name + struct.pack(">II", place + len(body), len(content))
        body += content
    head = bytearray(128)
    head[0:4] = struct.pack(">I", place + len(body))
    head[8:12], head[12:16], head[16:20], head[20:24] = b"\x02\x10\0\0", b"mntr", b"GRAY" if grey else b"RGB ", b"XYZ "
    head[36:40], head[68:80] = b"acsp", fixed(0.9642, 1, 0.8249)
    return bytes(head) + table + body


P3 = ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407))
SRGB = ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410))


def to_srgb(pixels: Samples, gamma: float = 1.8) -> Samples:
    """What the profile of :func:`icc` comes to in sRGB, by the formulas: (H, W, 3), or (H, W, 1) for grey."""
    linear = (pixels / 255) ** gamma
    if pixels.shape[-1] == 3:
        linear = np.clip(linear @ np.array(P3).T @ np.linalg.inv(SRGB).T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255 * encoded).astype(int)
