"""Builds the network; importing this module does not load Keras, which the network itself does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmark.neural.backend import load_keras


def build_klt(widths: Mapping[str, int], cell: str = "gated") -> Any:
    """A ``KltAutoencoder`` of these widths, which waits for its weights.

    Args:
        widths: fields of ``network.Widths`` by name.
        cell: name of its recurrent cell, see ``cells.CELLS``.
    """
    load_keras()
    from benchmark.neural.klt.network import KltAutoencoder, Widths

    return KltAutoencoder(Widths(**widths), cell)
