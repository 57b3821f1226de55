"""FLIP, against what the program of its authors says of the same pictures as files."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.metrics.flip import Flip
from tests.conftest import jpeg_at, photo
from tests.metrics.measured import check_golden, check_pictures, values_of
from tests.needs import needs

flip_evaluator = needs("flip_evaluator", extra="flip")


@pytest.mark.slow
@pytest.mark.usefixtures("kodak")
def test_values_are_those_of_the_program() -> None:
    """The audit compares all nine."""
    assert check_golden(Flip(), "flip", 2e-6, "kodim03-jpeg") == 2


def test_pictures() -> None:
    check_pictures(Flip())


def test_it_falls_with_the_quality_and_is_defined_from_one_pixel_on() -> None:
    picture = photo(64, 48)
    values = [values_of(Flip(), picture, jpeg_at(picture, quality))["flip"] for quality in (90, 50, 10)]
    assert values == sorted(values)
    assert 0 < values_of(Flip(), picture[:1, :1], 255 - picture[:1, :1])["flip"] <= 1


def test_the_mean_is_added_in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package adds the 32 million values of such a map one by one in float32, and says 0.03."""
    errors = np.full((4, 8, 1), 0.125, np.float32)
    monkeypatch.setattr(flip_evaluator, "evaluate", lambda *_, **__: (errors, 0.03, {}))
    assert values_of(Flip(), photo(4, 8), photo(4, 8))["flip"] == 0.125


def test_the_version_is_that_of_the_package() -> None:
    assert Flip.version().startswith("flip-evaluator 1.")
