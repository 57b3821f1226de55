"""Versions of installed packages, read quickly: a run asks for some thirty."""

from __future__ import annotations

import re
from importlib.metadata import distribution

_VERSION = re.compile(r"^Version: *(\S+) *$", re.MULTILINE)


def installed_version(package: str) -> str:
    """The version of a package, as it is now: what :func:`importlib.metadata.version` tells, which reads all that a
    package says of itself, its long description included.

    Raises:
        PackageNotFoundError: it is not installed.
    """
    found = distribution(package)
    head, _, _ = (found.read_text("METADATA") or "").partition("\n\n")
    told = _VERSION.search(head)
    return told[1] if told else found.version
