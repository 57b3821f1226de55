"""Packages of somebody else's, with entry points."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def install_package(folder: Path, module: str, code: str, group: str, plugins: Mapping[str, str]) -> None:
    """Puts a package of one module into a folder, as pip would install it.

    Args:
        folder: a folder for ``PYTHONPATH``; it is made.
        module: the name of the module and of the distribution.
        code: what the module holds.
        group: ``codecs``, ``datasets`` or ``metrics``.
        plugins: names of plug-ins, and the classes of the module that they are.
    """
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{module}.py").write_text(code, encoding="utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    points = "".join(f"{name} = {module}:{cls}\n" for name, cls in plugins.items())
    (info / "entry_points.txt").write_text(f"[rdbench.{group}]\n{points}")
