"""What the networks of learned-wavelet are trained for."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.neural


@pytest.mark.slow  # the only test of these that loads a framework
def test_checkpoints_of_all_stages_hold_the_whole_network() -> None:
    from benchmark.neural.wavelet.networks import WaveletNetwork
    from benchmark.neural.wavelet.objective import ContextObjective, RestorationObjective

    network = WaveletNetwork(6, 10, 8, 2)
    for objective in (ContextObjective, RestorationObjective):
        held = {id(variable) for variable in objective(network).variables}
        assert {id(variable) for variable in network.variables} <= held
