"""Loops that Numba compiles, for those who have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(*signature: str, **options: Any) -> Callable[[_Function], _Function]:
    """Numba's decorator, which leaves a function its type.

    Args:
        signature: types of result and arguments; where they are left out, the function is compiled into its callers.
        options: options of Numba's ``njit``.

    Raises:
        ImportError: Numba is not installed.
        RuntimeError: it finds no folder in which to keep what it compiles.
    """
    import numba

    njit: Any = numba.njit
    return cast(Callable[[_Function], _Function], njit(*signature, error_model="numpy", **options))
