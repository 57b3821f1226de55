"""Tables of the entropy model."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.onescale.tables import FRACTIONS, SCALES, new_tables
from benchmark.neural.wavelet.model import CLASSES

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_tables_are_those_of_a_logistic_distribution() -> None:
    tables = new_tables()
    for scale in (20, 40, 63):
        spread = np.exp(scale / 8 - 3)
        for fraction in (0, 7, 15):
            centre = (fraction + 0.5) / FRACTIONS - 0.5
            beyond = 1 / (1 + np.exp((np.array([-0.5, *(CLASSES[1:] - 0.5)]) - centre) / spread))
            nonzero = 1 - (beyond[0] - beyond[1])
            found = [tables.nonzero[scale, fraction], tables.positive[scale, fraction], *tables.more[scale, fraction]]
            wanted = np.array([nonzero, beyond[1] / nonzero, *(beyond[2:] / beyond[1:-1])])
            sure = (wanted > 1e-5) & (wanted < 1 - 1e-5)
            error = np.array(found) / 32 - np.log(wanted / (1 - wanted))
            assert np.abs(error[sure]).max() < 0.02
    assert np.array_equal(tables.positive, -tables.positive[:, ::-1])
    assert np.array_equal(tables.nonzero, tables.nonzero[:, ::-1])
    assert len(tables.nonzero) == SCALES
