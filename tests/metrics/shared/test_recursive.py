"""The recursive Gaussian, against its recurrence taken one output at a time in rational numbers, and a Gaussian."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from benchmark.metrics.shared.fused import Samples
from benchmark.metrics.shared.recursive import filter_columns, filter_rows, recursive_gaussian

F = np.float32


def fma(one: F, other: F, third: F) -> F:
    return F(float(Fraction(float(one)) * Fraction(float(other)) + Fraction(float(third))))


def response() -> list[float]:
    """Places −4 to 4 of the filter: a sum of three cosines, with their published amplitudes."""
    sigma, radius = 1.5, 5
    omega = [k * math.pi / 10 for k in (1, 3, 5)]
    rows = [[s / math.tan(w / 2) for s, w in zip((1, -1, 1), omega, strict=True)]]
    rows.append([s * p * p / math.sin(w) for s, p, w in zip((1, -1, 1), rows[0], omega, strict=True)])
    cross = np.cross(rows[0], rows[1])
    rows.append(list(cross / cross[2]))
    rho = [math.exp(-0.5 * sigma**2 * w * w) / radius for w in omega]
    beta = np.linalg.solve(rows, [1, radius**2 - sigma**2, float(np.dot(rows[2], rho))])
    return [float(sum(b * math.cos(w * n) for b, w in zip(beta, omega, strict=True))) for n in range(-4, 5)]


def column(line: Samples) -> list[F]:
    """A column: each oscillator takes in two samples and its last two outputs; the latter are summed first."""
    gains, turns = oscillators()
    states = [(F(0), F(0))] * 3
    found = []
    for place in range(-4, len(line)):
        taken = at(line, place - 6) + at(line, place + 4)
        states = [
            (fma(gain, taken, fma(turn, last, -before)), last)
            for (last, before), gain, turn in zip(states, map(F, gains), map(F, turns), strict=True)
        ]
        found.append(states[0][0] + (states[1][0] + states[2][0]))
    return found[4:]


def row(line: Samples) -> list[F]:
    """A row: its ends one by one, and between them four outputs of the same last two, the inputs summed first."""
    gains, turns = oscillators()
    states = [(F(0), F(0))] * 3
    found: list[F] = []
    place = -4
    while place < len(line):
        lanes = 4 if 8 <= place < len(line) - 7 else 1
        taken = [at(line, place + lane - 6) + at(line, place + lane + 4) for lane in range(lanes)]
        outputs = [
            lanes_of(taken, last, before, gain, turn)
            for (last, before), gain, turn in zip(states, gains, turns, strict=True)
        ]
        found += [outputs[0][lane] + (outputs[1][lane] + outputs[2][lane]) for lane in range(lanes)]
        states = [(made[-1], made[-2] if lanes > 1 else last) for made, (last, _) in zip(outputs, states, strict=True)]
        place += lanes
    return found[4:]


def lanes_of(taken: list[F], last: F, before: F, gain: float, turn: float) -> list[F]:
    """Outputs of an oscillator by what each of its inputs, and its last two outputs, have become until then."""
    powers = [1.0, turn, turn**2 - 1, turn**3 - 2 * turn, turn**4 - 3 * turn**2 + 1]
    made = []
    for lane in range(len(taken)):
        total = F(0)
        for place in range(lane + 1):
            total = fma(F(gain * powers[lane - place]), taken[place], total)
        total = fma(F(-powers[lane]), before, total)
        made.append(fma(F(powers[lane + 1]), last, total))
    return made


def at(line: Samples, place: int) -> F:
    return line[place] if 0 <= place < len(line) else F(0)


def oscillators() -> tuple[list[float], list[float]]:
    """n₂ and −d₁: of the response's three cosines, by their amplitudes at its places."""
    omega = np.array([1, 3, 5]) * math.pi / 10
    cosines = np.cos(np.outer(np.arange(-4, 5), omega))
    beta = np.linalg.lstsq(cosines, np.array(response()), rcond=None)[0]
    return list(-beta * np.cos(6 * omega)), list(2 * np.cos(omega))


@pytest.mark.parametrize("length", [1, 4, 8, 9, 15, 16, 40, 91])
def test_each_output_is_rounded_as_in_libjxl(length: int) -> None:
    lines = np.random.default_rng(3).random((length, 3), dtype=np.float32)
    columns, rows = filter_columns(lines), filter_rows(lines)
    for place, line in enumerate(lines.T):
        assert list(columns[:, place]) == column(line)
        assert list(rows[:, place]) == row(line)


@pytest.mark.parametrize("shape", [(2, 8, 8), (1, 9, 40), (3, 4, 3), (1, 1, 30), (1, 33, 7)])
def test_any_size_is_a_correlation_with_its_response(shape: tuple[int, int, int]) -> None:
    planes = np.random.default_rng(4).random(shape, dtype=np.float32)
    taps = np.array(response())
    expected = planes.astype(np.float64)
    for axis in (1, 2):
        expected = np.apply_along_axis(lambda line: np.convolve(line, taps, "full")[4:-4], axis, expected)
    found = recursive_gaussian(planes)
    assert found.shape == shape
    assert np.abs(found - expected).max() < 3e-6


def test_its_response_is_a_gaussian() -> None:
    impulse = np.zeros(21)
    impulse[10] = 1
    assert np.abs(gaussian_filter1d(impulse, 1.5)[6:15] - response()).max() < 0.004


def test_planes_are_filtered_alike_in_any_company() -> None:
    planes = np.random.default_rng(5).random((130, 40, 37), dtype=np.float32)
    together = recursive_gaussian(planes)
    assert all(
        np.array_equal(recursive_gaussian(plane[np.newaxis])[0], mean)
        for plane, mean in zip(planes[::43], together[::43], strict=True)
    )
