"""Errors along lines, against the same sums at one pixel after the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.metrics.shared.malta import COARSE, FINE, Lines, line_errors

Plane = npt.NDArray[np.float32]


def pair(height: int, width: int) -> tuple[Plane, Plane]:
    random = np.random.default_rng(5)
    return tuple(random.normal(0, 3, (height, width)).astype(np.float32) for _ in range(2))  # type: ignore[return-value]


def weighted(a: float, b: float, more: float, less: float, norm: float, scale: float) -> float:
    """The weighted difference of two values, case by case as libjxl has it."""
    share = norm + 0.5 * (abs(a) + abs(b))
    result = scale * (0.5 * more) ** 0.5 / 8.5 * norm / share * (a - b)
    impact = 0.0
    if a < 0:
        if b > -0.55 * abs(a):
            impact = b + 0.55 * abs(a)
        elif b < -1.05 * abs(a):
            impact = -b - 1.05 * abs(a)
    elif b < 0.55 * a:
        impact = 0.55 * a - b
    elif b > 1.05 * a:
        impact = b - 1.05 * a
    impact *= scale * (0.33 * less) ** 0.5 / 8.5 * norm / share
    return result - impact if a < b else result + impact


@pytest.mark.parametrize(("lines", "scale"), [(FINE, 0.39905817637), (COARSE, 0.611612573796)], ids=["fine", "coarse"])
def test_sums_are_those_of_a_loop(lines: Lines, scale: float) -> None:
    reference, distorted = pair(9, 12)
    found = line_errors(reference, distorted, lines, more=8.0, less=12.0, norm=5.0)
    values = np.vectorize(weighted)(reference, distorted, 8.0, 12.0, 5.0, scale)
    for row in range(9):
        for column in range(12):
            total = 0.0
            for times, line in lines:
                places = [(row, column), *((row + s * d, column + s * r) for d, r in line for s in (1, -1))]
                along = sum(values[y, x] for y, x in places if 0 <= y < 9 and 0 <= x < 12)
                total += times * along**2
            assert found[row, column] == pytest.approx(total, rel=1e-4)


@pytest.mark.parametrize("lines", [FINE, COARSE], ids=["fine", "coarse"])
def test_there_are_sixteen_lines_of_one_length_or_two_and_each_has_its_mirror_image(lines: Lines) -> None:
    assert sum(times for times, _ in lines) == 16
    assert {len(line) for _, line in lines} == ({3, 4} if lines is FINE else {2})
    known = {frozenset(step for half in line for step in (half, (-half[0], -half[1]))): times for times, line in lines}
    assert len(known) == len(lines)
    for line, times in known.items():
        assert known[frozenset((down, -right) for down, right in line)] == times
        assert known[frozenset((right, down) for down, right in line)] == times
