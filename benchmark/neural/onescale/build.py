"""Builds the network; importing this module does not load Keras, which the network itself does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmark.neural.backend import load_keras


def build(widths: Mapping[str, int]) -> Any:
    """A ``OneScaleNetwork`` of these widths, fields of ``network.Widths``, which waits for its weights."""
    load_keras()
    from benchmark.neural.onescale.network import OneScaleNetwork, Widths

    return OneScaleNetwork(Widths(**widths))
