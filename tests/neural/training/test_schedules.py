"""How the learning rate goes on."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.training.schedules import SCHEDULES, cyclical, rate_factor

pytestmark = [
    pytest.mark.neural,
    pytest.mark.slow,
    # Keras saves weights of TensorFlow in a way that NumPy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_cyclical_rate_is_a_triangle_that_shrinks() -> None:
    """Smith (2017), ``exp_range``, with the constants of Ramos (2019): five times the base, γ = 0.99994."""
    values = [cyclical(step, half_cycle=1000) for step in (0, 500, 1000, 2000, 3000)]
    heights = [0, 2 * 0.99994**500, 4 * 0.99994**1000, 0, 4 * 0.99994**3000]
    assert np.allclose(values, [1 + height for height in heights])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_start_at_the_rate_or_rise_from_it(schedule: str) -> None:
    def at(step: int, warmup: int = 0) -> float:
        return rate_factor(schedule, progress=step / 1000, step=step, epoch_steps=100, warmup_steps=warmup)

    assert at(0) == pytest.approx(1)
    assert at(0, warmup=20) == pytest.approx(0.05)
    assert at(19, warmup=20) == pytest.approx(at(19))
    middle = {"constant": 1, "plateau": 1, "cosine": 0.505, "cyclical": 1 + 3 * 0.99994**500}
    assert at(500) == pytest.approx(middle[schedule], rel=1e-3)
