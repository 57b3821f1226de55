"""Rate–distortion benchmark of classical and learned image codecs.

A study is turned into tasks, tasks into records, records into tables, tables into reports. The public functions are
:func:`codec`, :func:`dataset`, :func:`run`, :func:`read_results` and :func:`bd_rate`. Importing this package is cheap:
it loads next to nothing, so that a command of it hears Ctrl-C from the beginning, and a function is loaded when it is
looked up.
"""

from __future__ import annotations

import sys
from types import ModuleType

from benchmark.version import __version__

TYPE_CHECKING = False  # as of the module typing, which takes a while to load
if TYPE_CHECKING:
    from typing import Any

    from benchmark.api import bd_rate, codec, dataset, read_results, run

__all__ = ["__version__", "bd_rate", "codec", "dataset", "read_results", "run"]

_SHARED = ("codec", "dataset", "run")
"""Public functions that share their names with modules of this package."""


def _function(name: str) -> Any:
    from benchmark import api

    return getattr(api, name)


class _CallableModule(ModuleType):
    """A module that does what the public function of its name does."""

    @property
    def __wrapped__(self) -> Any:
        """The function, whose arguments help and editors show."""
        return _function(self.__name__.rpartition(".")[2])

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        return self.__wrapped__(*arguments, **settings)


class _Package(ModuleType):
    """This package, whose public functions work whatever is imported, and in whatever order.

    When Python imports the module ``benchmark.codec``, it puts it in the place of the function ``benchmark.codec``.
    Both ``benchmark.codec("jpeg")`` and ``benchmark.codec.Codec`` are to work then, so the module is made callable.
    """

    def __getattr__(self, name: str) -> Any:
        if name in __all__:
            return _function(name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _SHARED and isinstance(value, ModuleType):
            value.__class__ = _CallableModule
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
