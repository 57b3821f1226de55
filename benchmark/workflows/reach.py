"""The rates at which codecs are compared on an image, and what brings each codec to them.

Records tell which rates a codec's knob gives on an image. Between the values that were measured, a monotone curve says
which ones a search had better try. So rates are chosen that most codecs reach, also those whose knob is a whole number,
and nothing is encoded where nothing can come of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.analysis.interpolate import pchip_values
from benchmark.codec import Codec
from benchmark.defaults import RATE
from benchmark.errors import BenchmarkError
from benchmark.plugins import recorded_class
from benchmark.record.settings import read_settings, settings_text
from benchmark.report.figures.picture import MATCHED
from benchmark.run.matching import knob_values

FACTORS = (0.5, 1.0, 2.0)
"""The rates at which an image is shown, as multiples of the one in the middle."""

_AROUND = 2.0 ** np.linspace(-1 / 3, 1 / 3, 61)
"""How far from these a rate may be chosen that more codecs reach: neighbours stay a third of an octave apart."""
_SURE = 0.015
"""What is expected to be so near a rate is taken to reach it."""
LIKELY = 0.035
"""What is expected to be farther away than this is not tried."""
_NEAR = 0.3
"""As far from a rate, values of a knob are told to a search, which corrects what is expected of them."""

Floats = npt.NDArray[np.float64]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a codec is to be brought to on an image.

    Attributes:
        row: a row of the records, with the settings.
        target: the rate to reach, in bits per pixel.
        knobs: values of the knob to choose from; none where the row itself is to be made again.
        rates: the rates that they are expected to give.
    """

    row: Row
    target: float
    knobs: Sequence[float] = ()
    rates: Sequence[float] = ()


@dataclass(frozen=True)
class Ladder:
    """What records tell of one series on one image.

    Attributes:
        rows: the rows of the records.
        measured: (rows,), their rates in bits per pixel.
        knobs: (values,), values of the knob within the range that was measured.
        rates: (values,), the rates that they are expected to give.
    """

    rows: Sequence[Row]
    measured: Floats
    knobs: Floats
    rates: Floats

    def reaches(self, target: float) -> bool:
        """Whether a row has a rate, or a value of the knob is expected to."""
        return bool((_apart(self.measured, target) <= MATCHED).any() or (_apart(self.rates, target) <= _SURE).any())

    def asked(self, target: float) -> Asked | str:
        """What to try in order to reach a rate, or why there is nothing to try."""
        apart = _apart(self.measured, target)
        nearest = int(apart.argmin())
        row = self.rows[nearest]
        if apart[nearest] <= MATCHED:
            return Asked(row, target)
        expected = _apart(self.rates, target)
        if (expected <= LIKELY).any():
            near = expected <= _NEAR
            return Asked(row, target, self.knobs[near].tolist(), self.rates[near].tolist())
        low, high = self.measured.min(), self.measured.max()
        if not low <= target <= high:
            return (
                f"its rates here are {low:.2f} to {high:.2f} bpp" if low < high else f"its rate here is {low:.2f} bpp"
            )
        known = np.concatenate([self.measured, self.rates])
        return f"its nearest rate is about {known[_apart(known, target).argmin()]:.3f} bpp"


def ladder_of(rows: pd.DataFrame) -> Ladder:
    """What rows of one series on one image tell; of a codec that is not at hand, the rows alone.

    Args:
        rows: rows with a rate, at least one.
    """
    measured = pd.to_numeric(rows["bpp"]).to_numpy(float)
    told = [{str(name): cell for name, cell in row.items()} for row in rows.to_dict("records")]
    alone = Ladder(told, measured, np.empty(0), np.empty(0))
    try:
        codec = recorded_class(str(told[0]["codec"]))
    except BenchmarkError:
        return alone
    points = _knobs_and_rates(codec, told, measured)
    if len(points) < 2:
        return alone
    x = np.array(sorted(points))
    y = np.log([points[knob] for knob in sorted(points)])
    values = np.array([value for value in knob_values(codec) if x[0] <= value <= x[-1]], float)
    straight = len(x) == 2
    expected = (
        np.interp(values, x, y)
        if straight
        else pchip_values(np.tile(x, (len(values), 1)), np.tile(y, (len(values), 1)), values)
    )
    return Ladder(told, measured, values, np.exp(expected))


def targets(ladders: Sequence[Ladder], rate: float | None = None, factors: Sequence[float] = FACTORS) -> list[float]:
    """The rates at which to compare codecs on an image: near each multiple of the default, the one that most reach.

    Args:
        ladders: what is known of each series.
        rate: the rate in the middle, taken as it is, like its multiples; None for one near the default, or near the
            rates that there are.
        factors: the multiples.

    Returns:
        Rates in bits per pixel; those that no series reaches are left out.
    """
    if rate is not None:
        return [rate * factor for factor in factors if any(ladder.reaches(rate * factor) for ladder in ladders)]
    low, high = (float(np.median([end(ladder.measured) for ladder in ladders])) for end in (np.min, np.max))
    middle = min(max(RATE, low), high)
    found = []
    for factor in factors:
        candidates = [float(f"{middle * factor * share:.3g}") for share in _AROUND]
        counts = [sum(ladder.reaches(target) for ladder in ladders) for target in candidates]
        best = max(range(len(candidates)), key=lambda place: (counts[place], -abs(np.log(_AROUND[place]))))
        if counts[best]:
            found.append(candidates[best])
    return found


def _apart(rates: Floats, target: float) -> Floats:
    """How far rates are from a target, as a share of it."""
    return np.asarray(np.abs(rates / target - 1))


def _knobs_and_rates(codec: type[Codec], rows: Sequence[Row], measured: Floats) -> dict[float, float]:
    """Rates by the value of the knob, of the rows whose other settings are those of most."""
    if codec.knob is None:
        return {}
    alike: dict[str, dict[float, float]] = {}
    for row, rate in zip(rows, measured, strict=True):
        settings = read_settings(str(row["settings"]))
        knob = settings.pop(codec.knob.field, row["knob_value"])
        if isinstance(knob, int | float) and np.isfinite(knob):
            alike.setdefault(settings_text(settings), {})[float(knob)] = float(rate)
    return max(alike.values(), key=len, default={})
