"""How each codec looks, in every figure and on every page: colour, marker, dash, and the name that readers know.

A codec that the table does not have gets a look from its name, so that it keeps it from one figure to the next, unless
a codec beside it has that colour. All looks of one figure differ by marker and dash together, which a grey print keeps,
and colours stand out from white and from a dark page.
"""

from __future__ import annotations

import colorsys
import itertools
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmark.report.figures.style import REFERENCE

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = ("-", (0, (4, 1.3)), (0, (1.2, 1.2)), (0, (6, 1.2, 1.2, 1.2)))
"""As matplotlib takes them. Each marker with each dash is a look of its own."""

_RED, _VERMILION, _OCHRE, _OLIVE, _GREEN = "#C8353F", "#D55E00", "#A6761D", "#6F8A1B", "#0E9469"
_TEAL, _SKY, _BLUE, _VIOLET, _PINK, _GREY = "#0B8A99", "#2E8FC8", "#1470B8", "#7D68C4", "#C0529A", "#777777"
COLOURS = (_BLUE, _VERMILION, _GREEN, _PINK, _SKY, _OCHRE, _TEAL, _RED, _VIOLET, _OLIVE, _GREY)

_DASHED = (0, (4, 1.6))

LEAST_CONTRAST = 3.0
"""Of a colour with the paper, and with a dark page: what the Web Content Accessibility Guidelines ask of graphics."""


@dataclass(frozen=True)
class Look:
    """How a codec is drawn.

    Attributes:
        name: what readers call it.
        colour: as ``#RRGGBB``.
        marker, dash: as matplotlib takes them.
    """

    name: str
    colour: str
    marker: str
    dash: Any


def _looks() -> dict[str, Look]:
    """The table: codecs of one family stand together and share a part of the circle of colours."""
    rows = [
        ("jpeg", "JPEG", _VERMILION, 0, 0),
        ("jpegli", "jpegli", _RED, 1, 1),
        ("mozjpeg", "mozjpeg", _OCHRE, 2, 2),
        ("jpeg2000", "JPEG 2000", _OLIVE, 1, 0),
        ("jpegxr", "JPEG XR", _OLIVE, 3, 2),
        ("jxl", "JPEG XL", _GREEN, 2, 0),
        ("webp", "WebP", _BLUE, 3, 0),
        ("avif", "AVIF", _SKY, 4, 0),
        ("av1", "AV1", _TEAL, 5, 1),
        ("heic", "HEIC", _VIOLET, 6, 1),
        ("hevc", "HEVC", _VIOLET, 0, 2),
        ("bpg", "BPG", _PINK, 5, 0),
        ("vvc", "VVC", _RED, 6, 0),
        ("png", "PNG", _GREY, 0, 1),
        ("qoi", "QOI", _GREY, 1, 2),
        ("jpegls", "JPEG-LS", _GREY, 2, 3),
        ("learned-wavelet", "learned-wavelet", _BLUE, 0, 3),
        ("learned-onescale", "learned-onescale", _TEAL, 1, 3),
        ("rnn", "rnn", _GREEN, 3, 1),
        ("cvae", "cvae", _OCHRE, 4, 1),
        ("binary-ae", "binary-ae", _PINK, 3, 3),
        ("conv-ae", "conv-ae", _SKY, 4, 2),
        ("denoising-ae", "denoising-ae", _VIOLET, 4, 3),
        ("vae", "vae", _GREEN, 5, 2),
    ]
    return {codec: Look(name, colour, MARKERS[marker], DASHES[dash]) for codec, name, colour, marker, dash in rows}


LOOKS: Mapping[str, Look] = _looks()
"""The look of each codec that comes along."""

_OTHERS: Mapping[str, str] = {
    "vtm": "vvc",
    "vvenc": "vvc",
    "hm": "hevc",
    "x265": "hevc",
    "libaom": "av1",
    "aom": "av1",
    "libjxl": "jxl",
    "openjpeg": "jpeg2000",
    "libwebp": "webp",
}
"""Programs that others name their curves after, with the codec whose format they write."""


def display_name(series: str, codec: str) -> str:
    """What readers call a series: the name of its codec, and the settings that its label has."""
    look = LOOKS.get(codec)
    return look.name + series.removeprefix(codec) if look and series.startswith(codec) else series


def display_names(series: Sequence[str], codecs: Sequence[str]) -> dict[str, str]:
    """What readers call each series, of the codec beside it."""
    return {label: display_name(label, codec) for label, codec in zip(series, codecs, strict=True)}


def codec_of(label: str) -> str:
    """The codec whose look a curve has that others published; empty where its label begins with no codec's name.

    Args:
        label: such as ``VTM 12.1, 4:4:4`` or ``jpeg2000``.
    """
    words = re.findall(r"[a-z0-9]+", label.lower())
    joined = ["".join(words[:2]), *words[:1]]  # JPEG 2000 is one word of ours
    return next((_OTHERS.get(word, word) for word in joined if word in LOOKS or word in _OTHERS), "")


def looks_of(series: Sequence[str], codecs: Sequence[str]) -> dict[str, Look]:
    """How each series is drawn. The first one of a codec looks as the codec does, further ones are lighter or darker.

    Args:
        series: labels, in the order of the results.
        codecs: the codec of each series.
    """
    of_series = dict(zip(series, codecs, strict=True))
    first = {codec: label for label, codec in reversed(of_series.items())}
    bases = {codec: look for codec in first if (look := LOOKS.get(codec))}
    taken = {(look.marker, look.dash) for look in bases.values()}
    found: dict[str, Look] = {}
    variants: dict[str, int] = {}
    for label, codec in sorted(of_series.items(), key=lambda pair: first[pair[1]] != pair[0]):
        variant = variants[codec] = variants.get(codec, -1) + 1
        if codec not in bases:
            bases[codec] = _unknown(codec, taken, [look.colour for look in bases.values()])
        look = bases[codec]
        if variant:
            look = replace(_free(look, taken), colour=_shade(look.colour, variant))
        taken.add((look.marker, look.dash))
        found[label] = replace(look, name=display_name(label, codec))
    return {label: found[label] for label in of_series}


def looks_of_published(labels: Sequence[str]) -> dict[str, Look]:
    """How each curve of others is drawn: in the colour of the codec that its label begins with, dashed.

    Curves of one codec differ by their markers, and so do those of none that is known.
    """
    marked: dict[str, int] = {}
    found = {}
    for label in labels:
        known = LOOKS.get(codec_of(label))
        place = marked[known.name if known else ""] = marked.get(known.name if known else "", -1) + 1
        marker = known.marker if known and not place else MARKERS[place % len(MARKERS)]
        found[label] = Look(label, known.colour if known else REFERENCE, marker, _DASHED)
    return found


def _unknown(codec: str, taken: set[tuple[str, Any]], colours: Sequence[str]) -> Look:
    """The look of a codec that the table does not have: a colour of its own, as long as there are such."""
    number = zlib.crc32(codec.encode())
    start = number % len(COLOURS)
    # Where all are in use, one of those that fewest have.
    colour = min([*COLOURS[start:], *COLOURS[:start]], key=colours.count)
    look = Look(codec, colour, MARKERS[number // 16 % 7], DASHES[number // 256 % 4])
    return look if (look.marker, look.dash) not in taken else _free(look, taken)


def _free(look: Look, taken: set[tuple[str, Any]]) -> Look:
    """The look with the next pair of marker and dash that is not taken: its own marker first."""
    start = MARKERS.index(look.marker)
    pairs = itertools.product([*MARKERS[start:], *MARKERS[:start]], DASHES)
    marker, dash = next((pair for pair in pairs if pair not in taken), (look.marker, look.dash))
    return replace(look, marker=marker, dash=dash)


def _shade(colour: str, variant: int) -> str:
    """The colour, lighter or darker, as far as both pages leave it in sight: for many variants, some come again."""
    hue, light, saturation = colorsys.rgb_to_hls(*_channels(colour))
    steps = (light + sign * 0.05 * size for size in (1, 2, 3) for sign in (1, -1))
    mixed = (colorsys.hls_to_rgb(hue, step, saturation) for step in steps if 0 < step < 1)
    shades = ["#" + "".join(f"{round(255 * part):02X}" for part in channels) for channels in mixed]
    seen = [shade for shade in shades if is_seen(shade)] or [colour]
    return seen[(variant - 1) % len(seen)]


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


PAPER, DARK_PAGE = "#FFFFFF", "#121417"
"""What is drawn on."""


def contrast(colour: str, other: str) -> float:
    """The contrast of two colours ``#RRGGBB``, 1 to 21, by the Web Content Accessibility Guidelines 2.2."""

    def luminance(colour: str) -> float:
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _channels(colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(colour), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def is_seen(colour: str) -> bool:
    """Whether a colour stands out from the paper and from a dark page."""
    return min(contrast(colour, PAPER), contrast(colour, DARK_PAGE)) >= LEAST_CONTRAST
