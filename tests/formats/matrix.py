"""Containers × depth × colour type × alpha × frames × orientation × profile: a small file of each, and its pixels."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin

from tests.formats.writers import Samples, bmp, exif, icc, pam, png, pnm

SIZE = (5, 11)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PROFILES = {"": b"", "sRGB": SRGB, "P3": icc()}


@dataclass(frozen=True)
class Cell:
    """One kind of file.

    Attributes:
        name: what it is.
        data: the file.
        samples: what it holds, of its first frame: colours, and alpha last, (H, W, C), with palettes looked up.
        highest: the value of full intensity.
        needs: conversions without which it is refused; ``never`` where none helps.
        orientation: as the file says.
        profile: a key of ``PROFILES``.
        lossy: whether the samples are not known, but what an independent decoder makes of the file.
    """

    name: str
    data: bytes
    samples: Samples
    highest: int = 255
    needs: frozenset[str] = frozenset()
    orientation: int = 1
    profile: str = ""
    lossy: bool = field(default=False)


def some(seed: int, channels: int, highest: int, size: tuple[int, int] = SIZE) -> Samples:
    """Random samples with both ends among them."""
    found = np.random.default_rng(seed).integers(0, highest + 1, (*size, channels))
    found[0, 0], found[0, 1] = 0, highest
    return found.astype(np.uint16 if highest > 255 else np.uint8)


def needed(*, depth: bool, alpha: bool, frames: int, orientation: int, profile: str) -> frozenset[str]:
    asked = {
        "depth=8": depth,
        "flatten=white": alpha,
        "first-frame": frames > 1,
        "orientation": orientation != 1,
        "srgb": profile == "P3",
    }
    return frozenset(name for name, wanted in asked.items() if wanted)


_PNG = [
    *(("grey", depth) for depth in (1, 2, 4, 8, 16)),
    *(("rgb", depth) for depth in (8, 16)),
    *(("palette", depth) for depth in (1, 2, 4, 8)),
    *((kind, depth) for kind in ("grey+alpha", "rgb+alpha") for depth in (8, 16)),
]


def png_cells() -> Iterator[Cell]:
    for number, ((kind, depth), clear) in enumerate(itertools.product(_PNG, (False, True))):
        if clear and "alpha" in kind:
            continue
        for orientation, profile, frames, interlaced in (
            *itertools.product((1, 6), ("", "P3"), (1, 2), (False,)),
            (1, "sRGB", 1, False),
            (1, "", 1, True),
            (3, "", 1, True),
        ):
            if profile and not kind.startswith(("rgb", "palette")):
                continue
            yield _png_cell(number, kind, depth, clear, orientation, profile, frames, interlaced)


def _png_cell(
    number: int, kind: str, depth: int, clear: bool, orientation: int, profile: str, frames: int, interlaced: bool
) -> Cell:
    highest = 2**depth - 1
    channels = {"grey": 1, "palette": 1, "rgb": 3, "grey+alpha": 2, "rgb+alpha": 4}[kind]
    samples = some(number, channels, highest)
    palette: Samples | None = None
    told: list[int] = []
    pixels = samples
    if kind == "palette":
        palette = some(number + 100, 3, 255, (1, 2**depth))[0]
        pixels = palette[samples[..., 0]]
        if clear:
            told = [0, 128][: 2**depth]
            alphas = np.array([*told, *[255] * (2**depth - len(told))], np.uint8)
            pixels = np.concatenate([pixels, alphas[samples]], axis=-1)
    elif clear:
        told = [int(one) for one in samples[2, 3]]
        opaque = (samples != np.array(told)).any(axis=-1, keepdims=True)
        pixels = np.concatenate([samples, np.where(opaque, highest, 0).astype(samples.dtype)], axis=-1)
    options: dict[str, Any] = {"orientation": orientation, "frames": frames, "interlaced": interlaced}
    data = png(samples, kind, depth, palette=palette, clear=told, profile=PROFILES[profile], **options)
    alpha = clear or "alpha" in kind
    words = ["png", kind, str(depth), *(["trns"] if clear else []), *(["adam7"] if interlaced else [])]
    words += [f"turn{orientation}", f"frames{frames}", profile or "plain"]
    return Cell(
        "-".join(words),
        data,
        pixels,
        255 if kind == "palette" else highest,
        needed(depth=depth == 16, alpha=alpha, frames=frames, orientation=orientation, profile=profile),
        orientation,
        profile,
    )


def pnm_cells() -> Iterator[Cell]:
    for channels, highest, plain in itertools.product((1, 3), (1, 3, 15, 100, 254, 255, 1023, 65535), (False, True)):
        samples = some(highest, channels, highest)
        inexact = frozenset() if 255 % highest == 0 else frozenset({"depth=8"})
        kind = "plain" if plain else "raw"
        data = pnm(samples, highest, plain=plain)
        yield Cell(f"pnm-{kind}-{channels}-{highest}", data, samples, highest, inexact)
        if not plain:
            yield Cell(f"pnm-two-{channels}-{highest}", data + data, samples, highest, inexact | {"first-frame"})
    for plain in (False, True):
        samples = some(7, 1, 1)
        yield Cell(f"pbm-{plain}", pnm(samples, 0, plain=plain), samples, 1)
    for channels, highest in itertools.product((1, 2, 3, 4), (255, 1023, 65535)):
        samples = some(highest + channels, channels, highest)
        wants = needed(depth=highest > 255, alpha=channels in (2, 4), frames=1, orientation=1, profile="")
        yield Cell(f"pam-{channels}-{highest}", pam(samples, highest), samples, highest, wants)


def tiff_cells() -> Iterator[Cell]:
    import tifffile

    for (kind, bits, alpha), orientation, frames, profile in itertools.product(
        itertools.product(("minisblack", "miniswhite", "rgb"), (8, 16), (False, True)), (1, 6, 3), (1, 2), ("", "P3")
    ):
        if (profile and kind != "rgb") or (kind == "miniswhite" and alpha):
            continue
        channels = (3 if kind == "rgb" else 1) + alpha
        samples = some(bits + channels, channels, 2**bits - 1)
        stored = samples if channels > 1 else samples[..., 0]
        buffer = io.BytesIO()
        tags = [(274, 3, 1, orientation, True)] if orientation != 1 else []
        with tifffile.TiffWriter(buffer) as writer:
            for _ in range(frames):
                writer.write(
                    stored,
                    photometric=kind,
                    extrasamples=["unassalpha"] if alpha else None,
                    extratags=tags,
                    iccprofile=PROFILES[profile] or None,
                    planarconfig="contig" if channels > 1 else None,
                    metadata=None,
                )
        words = f"tiff-{kind}-{bits}-{'alpha' if alpha else 'opaque'}"
        yield Cell(
            f"{words}-turn{orientation}-frames{frames}-{profile or 'plain'}",
            buffer.getvalue(),
            2**bits - 1 - samples if kind == "miniswhite" else samples,
            2**bits - 1,
            needed(depth=bits == 16, alpha=alpha, frames=frames, orientation=orientation, profile=profile),
            orientation,
            profile,
        )
    yield from _odd_tiff_cells()


def _odd_tiff_cells() -> Iterator[Cell]:
    import tifffile

    def written(stored: Samples, **options: Any) -> bytes:
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, stored, metadata=None, **options)
        return buffer.getvalue()

    planes = some(3, 3, 255)
    yield Cell("tiff-planar", written(np.moveaxis(planes, -1, 0), photometric="rgb", planarconfig="separate"), planes)
    deflated = written(planes, photometric="rgb", compression="zlib", predictor=True)
    yield Cell("tiff-deflate", deflated, planes)
    never = frozenset({"never"})
    four = some(4, 4, 255)
    yield Cell("tiff-cmyk", written(four, photometric="separated"), four, needs=never)
    yield Cell("tiff-premultiplied", written(four, photometric="rgb", extrasamples=["assocalpha"]), four, needs=never)
    yield Cell("tiff-unspecified", written(four, photometric="rgb", extrasamples=["unspecified"]), four, needs=never)
    for kind in ("float32", "int16", "uint32", "int8"):
        yield Cell(f"tiff-{kind}", written(planes[..., 0].astype(kind)), planes[..., :1], needs=never)
    for scale, needs in ((257, frozenset()), (256, frozenset()), (200, frozenset({"depth=8"}))):
        table = some(5, 3, 255, (1, 256))[0].astype(np.uint16) * scale
        pixels = table[planes[..., 0]]
        data = written(planes[..., 0], photometric="palette", colormap=table.T)
        yield Cell(f"tiff-palette-{scale}", data, pixels if needs else pixels // scale, 65535 if needs else 255, needs)
    bits = some(6, 1, 1)
    buffer = io.BytesIO()
    Image.fromarray(bits[..., 0] * np.uint8(255)).convert("1", dither=Image.Dither.NONE).save(buffer, "TIFF")
    yield Cell("tiff-bilevel", buffer.getvalue(), bits, 1)


def webp_cells() -> Iterator[Cell]:
    for alpha, frames, orientation, profile in itertools.product((False, True), (1, 2), (1, 8), ("", "sRGB", "P3")):
        samples = some(9 + alpha, 3 + alpha, 255)
        if alpha:
            samples[..., 3] = np.maximum(samples[..., 3], 1)  # colours of clear pixels need not be kept
        picture = Image.fromarray(samples)
        options: dict[str, Any] = {"lossless": True, "exact": True, "icc_profile": PROFILES[profile]}
        if orientation != 1:
            options["exif"] = b"Exif\0\0" + exif(orientation)
        if frames > 1:
            options |= {"save_all": True, "append_images": [Image.fromarray(255 - samples)], "minimize_size": False}
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", **options)
        wants = needed(depth=False, alpha=alpha, frames=frames, orientation=orientation, profile=profile)
        name = f"webp-{'alpha' if alpha else 'opaque'}-frames{frames}-turn{orientation}-{profile or 'plain'}"
        yield Cell(name, buffer.getvalue(), samples, 255, wants, orientation, profile)


def jpeg_cells() -> Iterator[Cell]:
    for mode, orientation, profile in itertools.product(("L", "RGB", "CMYK"), (1, 2, 5, 7), ("", "sRGB", "P3")):
        if profile and mode != "RGB":
            continue
        samples = some(11, {"L": 1, "RGB": 3, "CMYK": 4}[mode], 255)
        picture = Image.fromarray(samples if mode != "L" else samples[..., 0], mode=mode)
        options: dict[str, Any] = {"quality": 90, "icc_profile": PROFILES[profile]}
        if orientation != 1:
            options["exif"] = b"Exif\0\0" + exif(orientation)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", **options)
        wants = needed(depth=False, alpha=False, frames=1, orientation=orientation, profile=profile)
        wants |= {"never"} if mode == "CMYK" else set()
        name = f"jpeg-{mode}-turn{orientation}-{profile or 'plain'}"
        yield Cell(name, buffer.getvalue(), samples, 255, frozenset(wants), orientation, profile, lossy=True)
    buffer = io.BytesIO()
    two = [Image.fromarray(some(seed, 3, 255)) for seed in (1, 2)]
    two[0].save(buffer, "MPO", save_all=True, append_images=two[1:], quality=90)
    yield Cell("jpeg-mpo", buffer.getvalue(), some(1, 3, 255), needs=frozenset({"first-frame"}), lossy=True)


def other_cells() -> Iterator[Cell]:
    for bits in (1, 4, 8):
        palette = some(bits, 3, 255, (1, 2**bits))[0]
        samples = some(20 + bits, 1, 2**bits - 1)
        yield Cell(f"bmp-palette-{bits}", bmp(samples, bits, palette), palette[samples[..., 0]])
    for bits in (24, 32):
        samples = some(bits, 3, 255)
        yield Cell(f"bmp-{bits}", bmp(samples, bits), samples)
    samples = some(16, 3, 31)
    yield Cell("bmp-16", bmp(samples, 16), samples, 31, frozenset({"depth=8"}))
    palette = some(30, 3, 255, (1, 256))[0]
    for clear, frames in itertools.product((False, True), (1, 3)):
        places = some(31, 1, 255)
        pictures = []
        for step in range(frames):
            picture = Image.fromarray((places[..., 0] + step).astype(np.uint8), mode="P")
            picture.putpalette(palette.tobytes())
            pictures.append(picture)
        options: dict[str, Any] = {"transparency": int(places[1, 1, 0])} if clear else {}
        if frames > 1:
            options |= {"save_all": True, "append_images": pictures[1:], "duration": 50}
        buffer = io.BytesIO()
        pictures[0].save(buffer, "GIF", optimize=False, **options)
        pixels = palette[places[..., 0]]
        if clear:
            pixels = np.concatenate([pixels, np.where(places == places[1, 1], 0, 255).astype(np.uint8)], axis=-1)
        wants = needed(depth=False, alpha=clear, frames=frames, orientation=1, profile="")
        yield Cell(f"gif-{'clear' if clear else 'opaque'}-frames{frames}", buffer.getvalue(), pixels, needs=wants)
    for mode, compression in itertools.product(("L", "RGB", "RGBA", "LA", "P"), (None, "tga_rle")):
        channels = {"L": 1, "RGB": 3, "RGBA": 4, "LA": 2, "P": 1}[mode]
        samples = some(40 + channels, channels, 255)
        picture = Image.fromarray(samples[..., 0] if channels == 1 else samples, mode=mode)
        if mode == "P":
            picture.putpalette(palette.tobytes())
        buffer = io.BytesIO()
        picture.save(buffer, "TGA", compression=compression)
        pixels = palette[samples[..., 0]] if mode == "P" else samples
        wants = needed(depth=False, alpha="A" in mode, frames=1, orientation=1, profile="")
        yield Cell(f"tga-{mode}-{compression or 'raw'}", buffer.getvalue(), pixels, needs=wants)


def all_cells() -> list[Cell]:
    assert TiffImagePlugin.READ_LIBTIFF is False
    return [*png_cells(), *pnm_cells(), *tiff_cells(), *webp_cells(), *jpeg_cells(), *other_cells()]
