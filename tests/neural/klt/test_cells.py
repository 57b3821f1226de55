"""Recurrent cells of the form klt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmark.neural.klt.build import build_klt
from benchmark.plugins import codec_class
from tests.neural.klt.examples import SMALL

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def _sigmoid(values: Any) -> Any:
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


def test_the_cell_of_a_card_is_built() -> None:
    """Cards from before there was a choice name none."""
    build = getattr(codec_class("rnn"), "build")  # noqa: B009  # learned codecs alone have it
    cards: list[dict[str, object]] = [{}, {"cell": "gated"}, {"cell": "lstm"}]
    gates = [build({"form": "klt", "widths": SMALL} | card).state_bias.shape[1] for card in cards]
    assert gates == [32, 32, 64]
