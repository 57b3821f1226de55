"""Trainings that are short to their end."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from benchmark.neural.streams.bit_fit import fit_bit_model


@pytest.fixture(autouse=True)
def quick_fits() -> Iterator[None]:
    """A training ends with models of bits that were fitted in few steps: how well they fit is no matter of these tests.

    The tests beside ``streams/test_bit_fit.py`` ask for as many steps as they need.
    """
    with pytest.MonkeyPatch.context() as patch:  # a test may undo what it patched itself
        patch.setattr("benchmark.neural.levels.recipe.fit_bit_model", partial(fit_bit_model, steps=40))
        yield
