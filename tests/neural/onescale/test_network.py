"""The transform of learned-onescale."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.onescale.build import build
from benchmark.neural.onescale.model import QUALITIES
from benchmark.neural.onescale.recipe import OneScaleRecipe
from tests.neural.onescale.examples import TINY

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_steps_shrink_with_the_quality_whatever_is_learned() -> None:
    from keras import ops

    transform = build(OneScaleRecipe(TINY).widths).transform
    transform.rises.assign(np.random.default_rng(7).normal(0, 3, transform.rises.shape))
    scales = ops.convert_to_numpy(transform.scales(np.arange(QUALITIES)))
    assert scales.shape == (QUALITIES, 1, 1, 20)
    assert (np.diff(scales, axis=0) >= 0).all()
