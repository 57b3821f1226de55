"""Options that all trainings share."""

from __future__ import annotations

import pytest

from benchmark.errors import UsageError
from tests.tiny import TinyRecipe

pytestmark = [
    pytest.mark.neural,
    pytest.mark.slow,
    # Keras saves weights of TensorFlow in a way that NumPy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"optimiser": "soap"}, "expected one of adam, adamw, muon"),
        ({"average": "1"}, "below 1"),
        ({"warmup_steps": "-1"}, "whole number"),
        ({"downscale": "2"}, "a factor from 0.1 to 1"),
    ],
)
def test_bad_options_of_the_loop_are_explained(options: dict[str, str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        TinyRecipe(options)
