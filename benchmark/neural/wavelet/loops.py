"""Whether a picture is coded in compiled loops, which give the same streams and pixels in less time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

LEAST = 1 << 18
"""Pixels of a picture below which NumPy does all: to load compiled loops would take longer than they save."""


class Loops(NamedTuple):
    """The compiled loops: see the functions of these names in :mod:`benchmark.neural.wavelet.kernels`, and in
    :mod:`benchmark.neural.wavelet.layer_kernels`."""

    read_each: Callable[..., float]
    read_runs: Callable[..., float]
    read_within: Callable[..., int]
    decide_runs: Callable[..., int]
    activate: Callable[..., None]
    oppose: Callable[..., None]
    magnitudes: Callable[..., None]
    logits: Callable[..., None]


def loops_for(pixels: int) -> Loops | None:
    """The compiled loops for a picture of so many pixels; None where NumPy does their work.

    It does for small pictures, where Numba is not installed, and where Numba finds no folder in which to keep what it
    compiles.
    """
    return _loops() if pixels >= LEAST else None


@cache
def _loops() -> Loops | None:
    try:
        from benchmark.neural.wavelet import kernels, layer_kernels
    except (ImportError, RuntimeError):
        return None
    return Loops(**{name: getattr(kernels, name, None) or getattr(layer_kernels, name) for name in Loops._fields})
