"""Numba's decorator."""

from __future__ import annotations

from benchmark.system.compiled import compiled
from tests.needs import needs


def test_a_function_is_compiled_for_its_signature() -> None:
    needs("numba", extra="numba")

    def half(value: float) -> float:
        return value / 2

    made = compiled("float64(float64)")(half)
    assert made(3) == 1.5
    assert getattr(made, "signatures", None), "it is compiled before it is called"


def test_a_division_by_zero_is_that_of_numpy() -> None:
    needs("numba", extra="numba")

    def inverse(value: float) -> float:
        return 1 / value

    assert compiled("float64(float64)")(inverse)(0.0) == float("inf")
