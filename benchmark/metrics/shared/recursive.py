"""The recursive Gaussian of libjxl, rounding for rounding.

A Gaussian of σ 1.5 as the sum of three cosines, each of which an oscillator makes: one output from one sum of two
inputs and the two outputs before (Charalampidis 2016, "Recursive implementation of the Gaussian filter using truncated
cosine functions"; numbers in brackets are its equations). Nothing damps an oscillator, so each rounding in float32
goes on to the end of its row. Where a picture is flat, a difference of two such local means is that and nothing else,
which metrics that libjxl's tools compute contain: filtered exactly, the SSIMULACRA 2 of a fine JPEG of kodim20 is
higher by 1.

Rows are filtered four outputs at a time, columns one, in the order in which libjxl's vector code sums.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from benchmark.metrics.shared.fused import Samples, product

_SIGMA = 1.5
_RADIUS = round(3.2795 * _SIGMA + 0.2546)  # (57)
_LEFT, _RIGHT = -_RADIUS - 1, _RADIUS - 1
"""An output takes the sum of the inputs at these two places beside it."""
_FIRST = -4 * (-(_RADIUS + 1) // 4)
"""Outputs of a row before those that are made four at a time."""
_TOGETHER = 4096
"""Samples that are filtered side by side, at least, where there are so many."""
_TILE = 16
"""Columns that are turned into rows at a time."""
_SLOTS = 16
"""Steps whose oscillations are kept, before they are summed to outputs: they should stay in the cache."""


def recursive_gaussian(planes: Samples) -> Samples:
    """Local means of planes, with zeros around them.

    Args:
        planes: shape (P, H, W).

    Returns:
        Shape (P, H, W); its rows are contiguous, its planes are not.
    """
    count, height, width = planes.shape
    means = np.empty((height, count, width), np.float32)
    together = max(1, -(-_TOGETHER // min(height, width)))
    for start in range(0, count, together):
        group = slice(start, start + together)
        across = filter_rows(_turned(planes[group].transpose(1, 0, 2)).reshape(width, -1))
        down = _turned(across.reshape(width, -1, height))
        means[:, group] = filter_columns(down.reshape(height, -1)).reshape(down.shape)
    return means.transpose(1, 0, 2)


def _turned(lines: Samples) -> Samples:
    """Lines of several planes as columns: (L, P, M) to contiguous (M, P, L), a few columns at a time for the cache."""
    length, count, width = lines.shape
    turned = np.empty((width, count, length), np.float32)
    for plane in range(count):
        for start in range(0, width, _TILE):
            stop = start + _TILE
            turned[start:stop, plane] = lines[:, plane, start:stop].T
    return turned


def _oscillators() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What the three oscillators multiply the sum of the inputs with, and the output before: n₂ and −d₁ of (33)."""
    omega = np.array([1, 3, 5]) * math.pi / (2 * _RADIUS)
    signs = np.array([1, -1, 1])
    p = signs / np.tan(omega / 2)  # (37)
    r = signs * p**2 / np.sin(omega)  # (44)
    rho = np.exp(-0.5 * _SIGMA**2 * omega**2) / _RADIUS  # (50)
    zeta = np.cross(p, r)
    zeta /= zeta[2]  # (52)
    beta = np.linalg.solve(np.stack([p, r, zeta]), np.array([1, _RADIUS**2 - _SIGMA**2, zeta @ rho]))  # (53) to (56)
    return -beta * np.cos(omega * (_RADIUS + 1)), 2 * np.cos(omega)


def _single(gain: npt.NDArray[np.float64], turn: npt.NDArray[np.float64]) -> Samples:
    """One output of each oscillator, of its last but one output, its last one, and the input: shape (3, 7)."""
    return np.hstack([-np.eye(3), np.diag(turn), gain[:, np.newaxis]]).astype(np.float32)


def _fourfold(gain: npt.NDArray[np.float64], turn: npt.NDArray[np.float64]) -> Samples:
    """Four outputs of each oscillator, of four inputs, its last but one output and its last one: shape (12, 10).

    The third and the fourth outputs stand first: the next four are made of them.
    """
    last = np.array([turn, turn**2 - 1, turn**3 - 2 * turn, turn**4 - 3 * turn**2 + 1])
    before = -np.array([np.ones(3), turn, turn**2 - 1, turn**3 - 2 * turn])
    taps = -gain * before
    lanes = []
    for lane in (2, 3, 0, 1):
        inputs = np.zeros((3, 4))
        inputs[:, : lane + 1] = taps[lane::-1].T
        lanes.append(np.hstack([inputs, np.diag(before[lane]), np.diag(last[lane])]))
    return np.vstack(lanes).astype(np.float32)


_SINGLE = _single(*_oscillators())
_SINGLE_IN_ROWS = np.ascontiguousarray(_SINGLE[:, [6, 0, 1, 2, 3, 4, 5]])
"""Rows add the input first, columns last."""
_FOURFOLD = _fourfold(*_oscillators())


def _sums(samples: Samples, start: int, stop: int, out: Samples) -> None:
    """What the oscillators take in at the steps from ``start`` to ``stop``: sums of two samples, zero outside.

    Args:
        samples: shape (L, N).
        start, stop: steps, which may lie before the first sample.
        out: shape (stop − start, N).
    """
    length = len(samples)
    out[:] = 0
    for place in (_LEFT, _RIGHT):
        low, high = max(start + place, 0), min(stop + place, length)
        if low < high:
            out[low - start - place : high - start - place] += samples[low:high]


def _total(oscillations: Samples, out: Samples) -> None:
    """The output at each step: shape (…, 3, N) to (…, N)."""
    np.add(oscillations[..., 1, :], oscillations[..., 2, :], out=out)
    out += oscillations[..., 0, :]


def filter_columns(samples: Samples) -> Samples:
    """Filters samples along the first axis: contiguous (H, N), as libjxl filters columns."""
    length, width = samples.shape
    means = np.empty_like(samples)
    # A slot holds the oscillations of a step and the input of the next one: what a step needs lies side by side.
    slots = np.zeros((_SLOTS + 2, 4, width), np.float32)
    flat = slots.reshape(-1, width)
    weights = np.insert(_SINGLE, 3, 0, axis=1)
    for start in range(-_RADIUS + 1, length, _SLOTS):
        steps = min(_SLOTS, length - start)
        _sums(samples, start, start + steps, slots[1 : steps + 1, 3])
        for step in range(steps):
            product(weights, flat[4 * step : 4 * step + 8], flat[4 * step + 8 : 4 * step + 11])
        skip = max(0, -start)
        if skip < steps:
            _total(slots[skip + 2 : steps + 2, :3], means[start + skip : start + steps])
        slots[:2] = slots[steps : steps + 2]
    return means


def filter_rows(samples: Samples) -> Samples:
    """Filters samples along the first axis: contiguous (W, N), as libjxl filters rows."""
    length, width = samples.shape
    means = np.empty_like(samples)
    # A slot holds four inputs, then the oscillations of the step before: its third and fourth outputs, then the others.
    slots = np.zeros((_SLOTS + 1, 16, width), np.float32)
    place = _one_by_one(samples, -_RADIUS + 1, min(_FIRST, length), slots[0], means)
    rest = max(0, -((place + _RADIUS + 2 - length) // 4))
    while rest:
        steps = min(_SLOTS, rest)
        stop = place + 4 * steps
        inputs = np.empty((4 * steps, width), np.float32)
        _sums(samples, place, stop, inputs)
        slots[:steps, :4] = inputs.reshape(steps, 4, width)
        for step in range(steps):
            product(_FOURFOLD, slots[step, :10], slots[step + 1, 4:])
        lanes = slots[1 : steps + 1, 4:].reshape(steps, 4, 3, width)
        target = means[place:stop].reshape(steps, 4, width)
        _total(lanes[:, 2:], target[:, :2])
        _total(lanes[:, :2], target[:, 2:])
        slots[0] = slots[steps]
        place, rest = stop, rest - steps
    _one_by_one(samples, place, length, slots[0], means)
    return means


def _one_by_one(samples: Samples, start: int, stop: int, slot: Samples, means: Samples) -> int:
    """Makes the outputs of a row's ends.

    Args:
        samples: shape (W, N).
        start, stop: the outputs; those before the first sample are not kept.
        slot: shape (16, N): at 4 to 7 the last but one oscillations, at 7 to 10 the last ones, which are replaced.
        means: the outputs.

    Returns:
        The step after the last one.
    """
    inputs = np.empty((max(0, stop - start), samples.shape[1]), np.float32)
    _sums(samples, start, start + len(inputs), inputs)
    new = np.empty((3, samples.shape[1]), np.float32)
    for step, taken in enumerate(inputs, start):
        slot[3] = taken
        product(_SINGLE_IN_ROWS, slot[3:10], new)
        slot[4:7] = slot[7:10]
        slot[7:10] = new
        if step >= 0:
            _total(new, means[step])
    return max(start, stop)
