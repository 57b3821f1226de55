"""Plug-ins in files of this bench: modules of a package, each of which defines and names some classes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import partial

from benchmark.errors import PluginError
from benchmark.plugins.points import Plugin, imported


def registry(package: str, base: type[Plugin]) -> dict[str, type[Plugin]]:
    """The plug-ins of all modules of a package, by name.

    Raises:
        PluginError: a module cannot be imported, or two plug-ins have one name.
    """
    known: dict[str, type[Plugin]] = {}
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        for cls in classes_of(f"{package}.{module.name}", base):
            other = known.setdefault(cls.name, cls)
            if other is not cls:
                raise PluginError(f"two plug-ins are named {cls.name!r}: {other.__module__} and {cls.__module__}")
    return known


def classes_of(module_name: str, base: type[Plugin]) -> list[type[Plugin]]:
    """Concrete subclasses of a base that a module itself defines and names.

    Raises:
        PluginError: the module cannot be imported.
    """
    module = imported(module_name, partial(importlib.import_module, module_name))
    return [
        cls
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, base)
        and cls.__module__ == module.__name__
        and "name" in vars(cls)
        and not inspect.isabstract(cls)
    ]
