"""Loops that Numba compiles, and whether metrics use them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeVar

from benchmark.system.compiled import compiled
from benchmark.system.environment import compiles

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Passes(NamedTuple):
    """The compiled passes: see the functions of these names in the modules beside this one."""

    differences: Callable[..., None]
    means_of_four: Callable[..., None]
    shortfalls: Callable[..., None]
    squared_errors: Callable[..., None]


def inner_loop(function: _Function) -> _Function:
    """A loop whose products may be fused with sums; no sum is made in another order."""
    return compiled(fastmath={"contract", "nsz", "nnan"})(function)


def passes() -> Passes | None:
    """The compiled passes; None where NumPy computes.

    It does where nobody asked for compiled code, where Numba is not installed, and where Numba finds no folder in which
    to keep what it compiles.
    """
    return _passes() if compiles() else None


@cache
def _passes() -> Passes | None:
    try:
        from benchmark.metrics.shared.fused_planes import differences, means_of_four, squared_errors
        from benchmark.metrics.shared.fused_ssim import shortfalls
    except (ImportError, RuntimeError):
        return None
    return Passes(differences, means_of_four, shortfalls, squared_errors)
