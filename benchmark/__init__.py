"""Rate–distortion benchmark of classical and learned image codecs.

A study is turned into tasks, tasks into records, records into tables, tables into reports. The public functions are
:func:`codec`, :func:`dataset`, :func:`run`, :func:`read_results` and :func:`bd_rate`. Importing this package is cheap:
it loads no codec, no array library and no deep-learning framework.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from benchmark.api import bd_rate, codec, dataset, read_results, run
from benchmark.version import __version__

__all__ = ["__version__", "bd_rate", "codec", "dataset", "read_results", "run"]

_FUNCTIONS: dict[str, Callable[..., Any]] = {"codec": codec, "dataset": dataset, "run": run}
"""Public functions that share their names with modules of this package."""


class _CallableModule(ModuleType):
    """A module that does what the public function of its name does."""

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        return _FUNCTIONS[self.__name__.rpartition(".")[2]](*arguments, **settings)


class _Package(ModuleType):
    """This package, whose public functions work whatever is imported, and in whatever order.

    When Python imports the module ``benchmark.codec``, it puts it in the place of the function ``benchmark.codec``.
    Both ``benchmark.codec("jpeg")`` and ``benchmark.codec.Codec`` are to work then, so the module is made callable.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FUNCTIONS and isinstance(value, ModuleType):
            value.__class__ = _CallableModule
            vars(value)["__wrapped__"] = _FUNCTIONS[name]  # so that help and editors show its arguments
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
