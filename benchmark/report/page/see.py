"""What the page's viewer shows: parts of images, or whole ones in files beside the page, each at several rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from benchmark.metric import Metric
from benchmark.record.settings import read_settings
from benchmark.report.content import AtRate, Version, View
from benchmark.report.figures.picture import Picture, by_part
from benchmark.report.page.pixels import (
    Pixels,
    embedded_lossless,
    embedded_near,
    embedded_small,
    lossless,
    near,
)
from benchmark.report.tables.text import number
from benchmark.system.files import make_folder, replace_file, slug

ASSETS = "assets"
"""The folder of whole images beside the page."""


Kept = tuple[Pixels, Pixels | None, str]
"""Pixels to keep, the original that they were made of or None where they are it, and what to call them."""


def views(pictures: Sequence[Picture], metrics: Sequence[Metric]) -> list[View]:
    """Views that hold their pixels, one for each image and part.

    Args:
        pictures: those of one image and part follow each other, by rising rate.
        metrics: the metrics to tell.
    """
    return [_view(part, metrics, _embedded) for part in by_part(pictures)]


def whole_view(
    pictures: Sequence[Picture],
    metrics: Sequence[Metric],
    folder: Path,
    each: Callable[[Callable[[Kept], tuple[bytes, str]], Sequence[Kept]], Iterable[tuple[bytes, str]]] = map,
) -> tuple[View, list[Path]]:
    """A view of a whole image whose pixels are in files of their own, which are written.

    Args:
        pictures: the whole image at several rates.
        metrics: the metrics to tell.
        folder: the folder of the page.
        each: calls a function for each of some pixels, in processes of their own or not.

    Returns:
        The view, and the files.
    """
    first = pictures[0]
    below = f"{ASSETS}/{slug(first.dataset)}/{slug(first.image)}"
    files: list[Path] = []

    def written(parts: Sequence[Kept]) -> list[str]:
        make_folder(folder / below)
        names = []
        for place, (data, ending) in enumerate(each(encoded, parts)):
            names.append(f"{below}/{place}-{slug(parts[place][2])}.{ending}")
            files.append(folder / names[-1])
            replace_file(files[-1], data)
        return names

    return _view(pictures, metrics, written, whole=True), files


def remove_assets(folder: Path) -> None:
    """Removes the pixels of an earlier report in the folder of a page."""
    for ending in ("avif", "webp"):
        for path in (folder / ASSETS).glob(f"*/*/*.{ending}"):
            path.unlink()


def encoded(kept: Kept) -> tuple[bytes, str]:
    """The bytes of pixels, and the ending of their file."""
    pixels, original, _ = kept
    return lossless(pixels) if original is None else near(pixels, original)


def _embedded(parts: Sequence[Kept]) -> list[str]:
    return [
        embedded_lossless(pixels) if original is None else embedded_near(pixels, original)
        for pixels, original, _ in parts
    ]


def _view(
    pictures: Sequence[Picture],
    metrics: Sequence[Metric],
    stored: Callable[[Sequence[Kept]], list[str]],
    *,
    whole: bool = False,
) -> View:
    """A view of pictures of one part; ``stored`` keeps pixels and gives their addresses."""
    first = pictures[0]
    crops = [(picture, crop) for picture in pictures for crop in picture.decoded]
    kept: list[Kept] = [(first.original, None, "original")]
    kept += [(crop.pixels, first.original, f"{picture.target:.3g}-{crop.series}") for picture, crop in crops]
    original, *sources = stored(kept)
    versions: dict[float, list[Version]] = {picture.target: [] for picture in pictures}
    for (picture, crop), source in zip(crops, sources, strict=True):
        measures = [("Rate", f"{crop.bpp:.3f} bpp"), *_measures(crop.figures, metrics)]
        versions[picture.target].append(Version(crop.series, read_settings(crop.settings), measures, source))
    height, width = first.original.shape[:2]
    return View(
        first.dataset,
        first.image,
        whole,
        first.left,
        first.top,
        width,
        height,
        first.size,
        "" if first.overview is None else embedded_small(first.overview),
        original,
        [AtRate(picture.target, versions[picture.target], picture.left_out) for picture in pictures],
    )


def _measures(figures: Mapping[str, float], metrics: Sequence[Metric]) -> list[tuple[str, str]]:
    known = [metric for metric in metrics if metric.column in figures]
    return [(metric.heading, _measured(float(metric.drawn(figures[metric.column])), metric)) for metric in known]


def _measured(value: float, metric: Metric) -> str:
    if math.isinf(value):
        return "lossless"
    return f"{number(value, f'.{metric.drawn_digits}f')} {metric.drawn_unit}".rstrip()
