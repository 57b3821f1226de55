"""How often the 95 % intervals of BD-rates hold the truth, by simulation: ``python -m scripts.coverage``.

Codec B needs exp(saving) of A's rate on each image. Rates and savings are normal in the logarithm, so the true BD-rates
are known: of the mean over images E exp(saving) − 1, of the mean curve E exp(height + saving) / E exp(height) − 1. Each
simulated set of images goes through the functions that the tables of BD-rates call.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.analysis.interpolate import Floats, fronts
from benchmark.analysis.interval import intervals, mean_intervals, means_without
from benchmark.analysis.pairs import deltas
from benchmark.report.tables.text import markdown

MEAN = -0.4
"""Mean of the savings, in the logarithm: −33 %."""

_LADDER, _QUALITIES = 0.1 * 2.0 ** np.arange(4), 28 + 2.5 * np.arange(4)
_SEED = 20010402


@dataclass(frozen=True)
class Setting:
    """How images differ.

    Attributes:
        rates: standard deviation over images of the logarithm of the rate at one setting.
        savings: standard deviation of the logarithm of the saving.
        tied: correlation of the two logarithms.
    """

    rates: float
    savings: float
    tied: float


SETTINGS = (
    Setting(0.3, 0.165, 0.92),
    Setting(0.5, 0.165, 0.92),
    Setting(0.7, 0.165, 0.92),
    Setting(1.0, 0.165, 0.92),
    Setting(0.3, 0.165, 0.0),
    Setting(0.5, 0.165, -0.92),
)
"""The first is that of ``hevc`` against ``jpeg`` on the 24 images of Kodak."""

IMAGES = (6, 24)
SIMULATIONS = 4000


def coverage(setting: Setting, images: int, simulations: int = SIMULATIONS) -> tuple[float, float]:
    """The shares of simulated sets of images whose intervals hold the truth.

    Args:
        setting: how images differ.
        images: how many images a set has.
        simulations: how many sets are drawn.

    Returns:
        That of the mean over images, and that of the mean curve.
    """
    rng = np.random.default_rng(_SEED)
    common, own = rng.normal(size=(2, simulations, images))
    heights = setting.rates * common
    savings = MEAN + setting.savings * (setting.tied * common + math.sqrt(1 - setting.tied**2) * own)
    of_images = MEAN + setting.savings**2 / 2
    of_curve = of_images + setting.rates * setting.savings * setting.tied
    low, high = mean_intervals(100 * np.expm1(savings))
    held = [np.mean((low <= 100 * math.expm1(of_images)) & (100 * math.expm1(of_images) <= high))]
    low, high = intervals(_of_curves(np.exp(heights), np.exp(heights + savings)))
    held.append(np.mean((low <= of_curve) & (of_curve <= high)))
    return float(held[0]), float(held[1])


def _of_curves(anchor: Floats, test: Floats) -> Floats:
    """Logarithms of the ratios of rates of mean curves, (simulations, 1 + images), see :func:`means_without`."""
    curves = []
    for heights in (anchor, test):
        rates = means_without(heights.T, np.ones(heights.shape[1])).T.reshape(-1, 1) * _LADDER
        curves.append(fronts(rates, np.tile(_QUALITIES, (len(rates), 1))))
    return np.log1p(deltas(curves[0], curves[1]).values / 100).reshape(len(anchor), -1)


def table(simulations: int | str = SIMULATIONS, images: Sequence[int] = IMAGES) -> str:
    """The coverage of both intervals for every setting and number of images, as Markdown."""
    lines = []
    for setting in SETTINGS:
        found = [coverage(setting, count, int(simulations)) for count in images]
        cells = [f"{100 * held:.1f}" for kind in range(2) for held in (pair[kind] for pair in found)]
        lines.append([f"{setting.rates:g}", f"{setting.savings:g}", f"{setting.tied:g}".replace("-", "−"), *cells])
    header = ["sd of log rate", "sd of log saving", "correlation"]
    kinds = [f"{kind}, n = {count}" for kind in ("mean over images", "mean curve") for count in images]
    return markdown([*header, *kinds], lines)


def main() -> None:
    """Prints the table."""
    argparse.ArgumentParser("python -m scripts.coverage", description=__doc__).parse_args()
    print(table())


if __name__ == "__main__":
    main()
