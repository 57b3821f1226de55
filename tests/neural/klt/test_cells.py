"""Recurrent cells of the form klt."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.neural.klt.build import build_klt
from tests.neural.klt.examples import SMALL

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def test_the_steps_are_those_of_the_equations() -> None:
    from benchmark.neural.klt.cells import CELLS

    rng = np.random.default_rng(0)
    memory = rng.normal(size=(1, 2, 3, 4)).astype(np.float32)
    for name, cell in CELLS.items():
        gates = rng.normal(size=(1, 2, 3, 4 * len(cell.starts))).astype(np.float32)
        parts = np.split(gates, len(cell.starts), axis=-1)
        if name == "gated":
            share = _sigmoid(parts[0])
            kept = (1 - share) * memory + share * np.tanh(parts[1])
            shown = kept
        else:
            kept = _sigmoid(parts[1]) * memory + _sigmoid(parts[0]) * np.tanh(parts[3])
            shown = _sigmoid(parts[2]) * np.tanh(kept)
        for found, wanted in zip(cell.step(gates, memory), (shown, kept), strict=True):
            assert np.allclose(np.asarray(found), wanted, atol=1e-6), name


def test_a_network_remembers_what_its_lstm_keeps() -> None:
    """The memory is not the hidden state, and goes from level to level."""
    rng = np.random.default_rng(1)
    network = build_klt(SMALL, "lstm")
    bits = np.where(rng.random((1, 2, 3, 32)) < 0.5, -1, 1).astype(np.float32)
    state = network.begin(1, 2, 3)
    memories = []
    for level in range(3):
        state = network.synthesise(level, bits, state)
        memories.append(np.asarray(state.memory))
        assert not np.allclose(memories[-1], np.asarray(state.hidden))
    assert not np.allclose(memories[1], memories[2])


def test_an_lstm_of_a_card_is_built() -> None:
    from benchmark.plugins import codec_class

    gates = {
        cell: codec_class("rnn").build({"form": "klt", "widths": SMALL} | cell_of).state_bias.shape[1]
        for cell, cell_of in {"": {}, "gated": {"cell": "gated"}, "lstm": {"cell": "lstm"}}.items()
    }
    assert gates == {"": 32, "gated": 32, "lstm": 64}
