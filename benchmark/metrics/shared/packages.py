"""Packages of others that compute a metric: their versions, without the import, which takes seconds."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from benchmark.errors import MissingBackend


def package_version(title: str, extra: str, package: str, *more: str) -> str:
    """Name and version of the package that computes a metric.

    Args:
        title: name of the metric, for the message.
        extra: extra of the bench that installs the packages.
        package: name of the distribution.
        more: others that it cannot do without.

    Raises:
        MissingBackend: one of them is not installed.
    """
    for name in (package, *more):
        try:
            version(name)
        except PackageNotFoundError as error:
            raise MissingBackend(f"{title} needs {name}: pip install 'rdbench[{extra}]'") from error
    return f"{package} {version(package)}"
