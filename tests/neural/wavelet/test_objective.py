"""What the networks of learned-wavelet are trained for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.neural


@pytest.mark.slow  # the only test of these that loads a framework
def test_checkpoints_of_all_stages_hold_the_whole_network() -> None:
    from benchmark.neural.wavelet.networks import WaveletNetwork
    from benchmark.neural.wavelet.objective import ContextObjective, RestorationObjective

    network = WaveletNetwork(6, 10, 8, 2)
    for objective in (ContextObjective, RestorationObjective):
        held = {id(variable) for variable in objective(network).variables}
        assert {id(variable) for variable in network.variables} <= held


STEPS = """
import json
import keras
import numpy as np
from benchmark.neural.wavelet.bands import FEATURES
from benchmark.neural.wavelet.model import KINDS
from benchmark.neural.wavelet.networks import WaveletNetwork
from benchmark.neural.wavelet.objective import ContextObjective, RestorationObjective

rng = np.random.default_rng(1)
count = 16
coefficients = {
    "features": rng.integers(-9, 9, (KINDS, count, FEATURES)).astype(np.int8),
    "value": rng.integers(-40, 40, (KINDS, count)).astype(np.int32),
    "band": np.zeros((KINDS, count), np.int32),
    "rate": np.ones((KINDS, count), np.float32),
    "weight": np.ones((KINDS, count), np.float32),
}
planes = {
    "seen": rng.normal(size=(4, 8, 8, 12)).astype(np.float32),
    "error": rng.normal(size=(4, 8, 8, 12)).astype(np.float32),
    "rate": np.ones(4, np.float32),
    "step": np.full(4, 30, np.float32),
}
network = WaveletNetwork(6, 10, 8, 2)
losses = []
for objective, data in ((ContextObjective, coefficients), (RestorationObjective, planes)):
    trainer = objective(network)
    trainer.compile(optimizer=keras.optimizers.Adam(0.01), jit_compile=False)
    trainer.test_on_batch(data)
    trainer.train_on_batch(data)
    losses.append(trainer.fit(data, batch_size=8, epochs=6, shuffle=False, verbose=0).history["loss"])
print(json.dumps(losses))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", [name for name in ("tensorflow", "jax", "torch") if find_spec(name)])
def test_every_backend_trains(backend: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STEPS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KERAS_BACKEND": backend},
    )
    assert done.returncode == 0, done.stderr
    for losses in json.loads(done.stdout.splitlines()[-1]):
        assert losses[-1] < losses[0]
