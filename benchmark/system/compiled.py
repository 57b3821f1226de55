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


def renew(*functions: Any) -> None:
    """Compiles functions again if those that were kept have other numbers of other modules than this program.

    Args:
        functions: compiled ones, kept in files; the first gives these numbers.
    """
    if functions[0]() != functions[0].py_func():
        for function in functions:
            function.recompile()
