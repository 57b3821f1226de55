"""Recurrent cells of the form ``klt``: what becomes of the state at a level. Importing this module loads Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from keras import ops


@dataclass(frozen=True)
class Cell:
    """One kind of cell.

    Attributes:
        starts: what the bias of each gate starts at; so many times the channels of the state do convolutions give.
        step: gives the new hidden state and memory, both (N, h, w, C), of gates (N, h, w, starts · C) and the memory.
    """

    starts: tuple[float, ...]
    step: Callable[[Any, Any], tuple[Any, Any]]


def _gated(gates: Any, memory: Any) -> tuple[Any, Any]:
    admit, fresh = ops.split(gates, 2, axis=-1)
    memory = memory + ops.sigmoid(admit) * (ops.tanh(fresh) - memory)
    return memory, memory


def _lstm(gates: Any, memory: Any) -> tuple[Any, Any]:
    admit, keep, show, fresh = ops.split(gates, 4, axis=-1)
    memory = ops.sigmoid(keep) * memory + ops.sigmoid(admit) * ops.tanh(fresh)
    return ops.sigmoid(show) * ops.tanh(memory), memory


CELLS: Mapping[str, Cell] = {
    # Either state changes slowly at first: little is admitted, much is kept.
    "gated": Cell((-1, 0), _gated),
    "lstm": Cell((-1, 1, 0, 0), _lstm),
}
"""By name: a gate between old and new, whose memory is what it shows; and the LSTM, a convolutional one here."""
