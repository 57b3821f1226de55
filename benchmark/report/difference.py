"""A comparison of two runs as a page: its tables, and pictures of the rows that lost most."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.regression.compare import Comparison
from benchmark.analysis.regression.runs import KEYS
from benchmark.errors import counted
from benchmark.report.compare_sections import Section, change_cells, closing, headline, sections, severest
from benchmark.report.page.pixels import embedded_lossless
from benchmark.report.page.template import rendered

Pixels = npt.NDArray[np.uint8]

MOST_SHOWN = 4
"""Rows of which there are pictures."""

MOST_COLUMNS = 3
"""Columns of such a row that are told."""

SIDES = ("original", "baseline", "current")
"""What is shown of a row, side by side."""


@dataclass(frozen=True)
class Shot:
    """Crops of one row of two runs.

    Attributes:
        key: values of :data:`~benchmark.analysis.regression.runs.KEYS`.
        crops: the crops by :data:`SIDES`, ``uint8``, (h, w, 3) or (h, w); what could not be made is not there.
        left, top: the place of the crop in the image, in pixels.
        reasons: why crops are not there, or what to know of them.
    """

    key: tuple[str, ...]
    crops: dict[str, Pixels]
    left: int
    top: int
    reasons: Sequence[str]


def worst_rows(comparison: Comparison, most: int = MOST_SHOWN) -> list[tuple[str, ...]]:
    """The rows whose values lost most, each by its values of :data:`~benchmark.analysis.regression.runs.KEYS`.

    Those come first that pass their tolerance by the largest factor; of one operating point of a codec there is one
    image, as long as there are others.

    Args:
        comparison: the comparison.
        most: how many, at most.
    """
    keys = [(*map(str, row),) for row in severest(comparison, "worse")[KEYS].itertuples(index=False, name=None)]
    keys = list(dict.fromkeys(keys))
    points: dict[tuple[str, ...], tuple[str, ...]] = {}
    for key in keys:
        points.setdefault((key[0], *key[2:]), key)
    first = list(points.values())
    return [*first, *(key for key in keys if key not in first)][:most]


def as_page(comparison: Comparison, shots: Sequence[Shot] = (), command: str = "") -> str:
    """A comparison as a page that opens from disk: the verdict, the tables, pictures of the worst rows, causes.

    Args:
        comparison: what to show.
        shots: pictures of rows, the worst first.
        command: the command that writes the page; empty where it is not known.
    """
    found = sections(comparison) if not comparison.obstacles else []
    return rendered(
        "difference.html",
        title=_capital(headline(comparison)),
        kind="rdbench comparison",
        facts=[("Baseline", comparison.baseline), ("Current", comparison.current)],
        verdict=comparison.verdict,
        obstacles=comparison.obstacles,
        first=[_section(section) for section in found if not section.folded],
        rest=[_section(section) for section in found if section.folded],
        shots=[_shot(comparison, shot) for shot in shots],
        sides=SIDES,
        closing=closing(comparison) if not comparison.obstacles else comparison.notes,
        command=command,
    )


def _section(section: Section) -> dict[str, Any]:
    columns = list(zip(*section.lines, strict=True))
    are_numbers = [all(map(_is_number, cells)) for cells in columns]
    return {
        "title": _capital(section.title),
        "columns": [
            {"title": title, "number": is_number} for title, is_number in zip(section.header, are_numbers, strict=True)
        ],
        "rows": [
            [cell.replace("-", "−") if is_number else cell for cell, is_number in zip(line, are_numbers, strict=True)]
            for line in section.lines
        ],
        "closing": section.closing,
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"–|not measured|[+×-]?(inf|nan|[\d,.]+(e[+-]?\d+)?)%?", text))


def _shot(comparison: Comparison, shot: Shot) -> dict[str, Any]:
    dataset, image, codec, settings, target = shot.key
    changes = severest(comparison, "worse")
    mine = changes[(changes[KEYS] == list(shot.key)).all(axis=1)]
    return {
        "title": f"{codec}, {comparison.points[codec, settings, target]}",
        "image": f"{image} of {dataset}",
        "crops": {side: _picture(pixels) for side, pixels in shot.crops.items()},
        "place": f"{shot.left},{shot.top}" if shot.crops else "",
        "changes": _changed(mine),
        "reasons": shot.reasons,
    }


def _picture(pixels: Pixels) -> dict[str, Any]:
    return {"source": embedded_lossless(pixels), "width": pixels.shape[1], "height": pixels.shape[0]}


def _changed(changes: pd.DataFrame) -> list[str]:
    """What is worse of a row, a line for each of the columns that lost most, and how many more there are."""
    found = []
    for row in changes.head(MOST_COLUMNS).itertuples():
        before, after, change, allowed = change_cells(row)
        found.append(f"{row.column} {before} → {after} ({change.replace('-', '−')}, allowed {allowed})")
    more = len(changes) - len(found)
    return [*found, f"and {counted(more, 'more column')}"] if more else found
