"""What entropy coding takes of the time of a codec: it is done by a core, also where networks compute on a GPU."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_spent = [0.0]


def entropy_coding(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Counts the time of each call of a function; what it is given lies in the memory of this process already."""

    @functools.wraps(function)
    def counted(*arguments: _Arguments.args, **settings: _Arguments.kwargs) -> _Result:
        start = time.perf_counter()
        try:
            return function(*arguments, **settings)
        finally:
            _spent[0] += time.perf_counter() - start

    return counted


def entropy_seconds() -> float:
    """Seconds that this process has spent on entropy coding until now."""
    return _spent[0]
