"""Numba's decorator."""

from __future__ import annotations

from benchmark.system.compiled import compiled, renew
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


def test_functions_with_other_numbers_are_compiled_again() -> None:
    class Kept:
        """What stands in a file: a function and the numbers that it was compiled with."""

        def __init__(self, now: int) -> None:
            self.now, self.compiled = now, 0

        def __call__(self) -> int:
            return 1

        def py_func(self) -> int:
            return self.now

        def recompile(self) -> None:
            self.compiled += 1

    for now, expected in ((1, 0), (2, 1)):
        numbers, other = Kept(now), Kept(now)
        renew(numbers, other)
        assert (numbers.compiled, other.compiled) == (expected, expected)
