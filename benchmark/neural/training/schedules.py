"""How the learning rate goes on: schedules, each a factor of the rate at the start of a stage."""

from __future__ import annotations

import math

SCHEDULES = ("constant", "cosine", "plateau", "cyclical")
"""``constant``; ``cosine``, a half cosine down to 1 % over a stage; ``plateau``, halved after :data:`PLATEAU` epochs
without a better validation loss; ``cyclical``, see :func:`cyclical`."""

PLATEAU = 5


def rate_factor(schedule: str, *, progress: float, step: int, epoch_steps: int, warmup_steps: int) -> float:
    """What the learning rate of a stage is multiplied by at a step.

    Args:
        schedule: one of :data:`SCHEDULES`; what ``plateau`` makes of validation losses is not counted here.
        progress: share of the stage's steps, or of its time, that is used: 0 to 1.
        step: the number of the step, from 0.
        epoch_steps: the number of steps of an epoch.
        warmup_steps: steps in which the rate rises in a straight line.
    """
    rise = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
    if schedule == "cosine":
        return rise * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
    if schedule == "cyclical":
        return rise * cyclical(step, half_cycle=4 * epoch_steps)
    return rise


def cyclical(step: int, *, half_cycle: int, highest: float = 5.0, decay: float = 0.99994) -> float:
    """The cyclical learning rate of Smith (2017), policy ``exp_range``, with the constants of Ramos (2019).

    The rate goes up and down in a straight line between the base and a peak that shrinks by ``decay`` with each step.

    Args:
        step: the number of the step, from 0.
        half_cycle: steps from lowest to highest; Smith advises 2 to 10 epochs.
        highest: the first peak, as a multiple of the base.
        decay: γ.
    """
    height = 1 - abs(step / half_cycle % 2 - 1)
    return 1 + (highest - 1) * height * decay**step
