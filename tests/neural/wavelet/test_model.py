"""The networks that predict coefficients, in integers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.neural.wavelet.bands import FEATURES
from benchmark.neural.wavelet.model import (
    BINARY,
    CLASSES,
    MOST_HIDDEN,
    MOST_ODD,
    SAID,
    Model,
    Predictor,
    evaluate,
)
from benchmark.neural.wavelet.restoration import MOST_CHANNELS, Restoration
from benchmark.neural.wavelet.tables import LOGIT_LIMIT, rate_index
from tests.neural.wavelet.examples import random_model, random_restoration

pytestmark = pytest.mark.neural


def test_predictions_are_those_of_integers() -> None:
    """``float32`` products against sums of Python's own integers."""
    model, rng = random_model(3), np.random.default_rng(4)
    predictor = Predictor(model, 1234)
    known = tuple(sorted(int(place) for place in rng.permutation(FEATURES)[:40]))
    for kind, band in ((0, 0), (5, 17), (7, 35)):
        features = rng.integers(-127, 128, (40, 50))
        more, positive = evaluate(predictor.layers(kind, band, known), features.astype(np.float32))
        for place in range(50):
            seen = dict(zip(known, features[:, place].tolist(), strict=True))
            assert exactly(model, kind, band, seen, rate_index(1234)) == (
                more[place].tolist(),
                float(positive[place]),
            )


def exactly(model: Model, kind: int, band: int, seen: dict[int, int], rate: int) -> tuple[list[int], int]:
    def active(total: int) -> int:
        return min(max(0, (total + 32) >> 6), 255)

    def dot(weights: Any, values: dict[int, int]) -> int:
        return sum(int(weights[place]) * value for place, value in values.items())

    inner = [dot(model.odd_first[kind, :, unit], seen) for unit in range(model.odd_first.shape[-1])]
    base = [
        int(bias) + rate * int(by) for bias, by in zip(model.odd_bias[kind, band], model.odd_rate[kind], strict=True)
    ]
    both = {unit: active(base[unit] + inner[unit]) - active(base[unit] - inner[unit]) for unit in range(len(inner))}
    said = [
        dot(model.odd_last[kind, :, out], both) + dot(model.odd_direct[kind, band, :, out], seen) for out in range(SAID)
    ]
    known = {place: abs(value) for place, value in seen.items()}
    known |= {FEATURES + out: min(127, abs(value) >> 6) for out, value in enumerate(said)}
    hidden = {
        unit: active(dot(model.first[kind, :, unit], known) + int(bias) + rate * int(by))
        for unit, (bias, by) in enumerate(zip(model.first_bias[kind, band], model.first_rate[kind], strict=True))
    }
    hidden = {
        unit: active(dot(model.second[kind, :, unit], hidden) + int(bias))
        for unit, bias in enumerate(model.second_bias[kind])
    }
    more = [
        (dot(model.last[kind, :, out], hidden) + int(bias) + 16) >> 5
        for out, bias in enumerate(model.last_bias[kind, band])
    ]
    return [min(max(value, -LOGIT_LIMIT), LOGIT_LIMIT) for value in more], min(
        max((said[0] + 16) >> 5, -LOGIT_LIMIT), LOGIT_LIMIT
    )


def test_damaged_models_are_refused(tmp_path: Path) -> None:
    model = random_model()
    path = tmp_path / "network.contexts.npz"
    model.save(path)
    again = Model.load(path)
    assert np.array_equal(again.first, model.first)
    assert np.array_equal(again.tables.probability, model.tables.probability)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(UsageError, match="not a learned-wavelet model"):
        Model.load(path)
    with pytest.raises(UsageError, match="first is int8"):
        Model(**{**vars(model), "first": model.first[:, 1:]})
    with pytest.raises(UsageError, match="not a restoration"):
        Restoration.load(path)
    assert len(CLASSES) == BINARY + 1


def test_the_largest_widths_are_exact() -> None:
    random_model(odd=MOST_ODD, hidden=MOST_HIDDEN)
    random_restoration(channels=MOST_CHANNELS)
    for widths in ({"odd": MOST_ODD + 1}, {"hidden": MOST_HIDDEN + 2}):
        with pytest.raises(UsageError, match="inexact"):
            random_model(**widths)
