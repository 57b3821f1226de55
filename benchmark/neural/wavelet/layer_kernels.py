"""Compiled loops between the matrix products of networks: done with NumPy elsewhere, to the last bit.

See :mod:`benchmark.neural.wavelet.kernels`, which does the same for decisions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.neural.streams.integers import ACTIVATION_LIMIT
from benchmark.neural.wavelet.tables import LOGIT_LIMIT
from benchmark.system.compiled import compiled, renew

_Array = npt.NDArray[Any]


@compiled("float32(float32)")
def _activated(value: np.float32) -> np.float32:
    return np.float32(np.floor(min(max(value, np.float32(0)), np.float32(ACTIVATION_LIMIT))))


@compiled("void(float32[:,::1])", nogil=True, cache=True)
def activate(values: _Array) -> None:
    """Does :func:`benchmark.neural.streams.integers.activated`."""
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            values[r, c] = _activated(values[r, c])


@compiled("void(float32[:,::1], float32[:,::1], float32[:,::1])", nogil=True, cache=True)
def oppose(sums: _Array, bias: _Array, out: _Array) -> None:
    """The odd layer: activations of the bias and the sums, less those of the bias and the opposite sums.

    Args:
        sums, out: (units, places).
        bias: (units, 1).
    """
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[r, c] = _activated(bias[r, 0] + sums[r, c]) - _activated(bias[r, 0] - sums[r, c])


@compiled("void(float32[:,::1], float32[:,::1], float32[:,::1])", nogil=True, cache=True)
def magnitudes(features: _Array, said: _Array, out: _Array) -> None:
    """What the second network sees: magnitudes of the features, and of what the first one said, up to 127; and 1.

    Args:
        features: (known, places).
        said: (2, places).
        out: (known + 3, places).
    """
    known = len(features)
    for r in range(known):
        for c in range(features.shape[1]):
            out[r, c] = abs(features[r, c])
    for r in range(len(said)):
        for c in range(features.shape[1]):
            out[known + r, c] = min(np.floor(abs(said[r, c])), np.float32(127))
    out[-1] = 1


@compiled("void(float32[:,::1], int16[:,::1])", nogil=True, cache=True)
def logits(sums: _Array, out: _Array) -> None:
    """Rounds sums down to logits, within their limits.

    Args:
        sums: (decisions, places).
        out: (places, decisions), filled.
    """
    for c in range(sums.shape[1]):
        for r in range(sums.shape[0]):
            value = min(max(sums[r, c], np.float32(-LOGIT_LIMIT)), np.float32(LOGIT_LIMIT))
            out[c, r] = np.int16(np.floor(value))


@compiled("UniTuple(int64, 2)()", cache=True)
def _numbers() -> tuple[int, ...]:
    """The numbers of other modules that are compiled in."""
    return ACTIVATION_LIMIT, LOGIT_LIMIT


renew(_numbers, activate, oppose, magnitudes, logits)
