"""Versions of installed packages."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

import pytest

from benchmark.system.installed import installed_version


def test_versions_are_those_that_python_tells() -> None:
    names = {found.metadata["Name"] for found in distributions()}
    assert {"numpy", "pillow"} <= {name.lower() for name in names}
    assert {name: installed_version(name) for name in names} == {name: version(name) for name in names}


def test_a_package_that_is_not_there_is_told() -> None:
    with pytest.raises(PackageNotFoundError):
        installed_version("no-such-package")


def _install(folder: Path, metadata: str, file: str = "demo-2.dist-info/METADATA") -> None:
    (folder / file).parent.mkdir()
    (folder / file).write_text(metadata, encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "metadata"),
    [
        ("demo-2.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 2.5\n\nVersion: 9\n"),
        (
            "demo-2.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: demo\nDescription: old\n  Version: 9\nVersion: 2.5\n",
        ),
        ("demo-2.dist-info/METADATA", "metadata-version: 2.1\nname: demo\nversion: 2.5\n\nVersion: 9\n"),
        ("demo-2.egg-info/PKG-INFO", "Metadata-Version: 1.0\nName: demo\nVersion: 2.5\n"),
    ],
    ids=["what is described is not looked at", "nor where it stands above", "in small letters", "of an older kind"],
)
def test_a_version_is_a_line_of_the_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, metadata: str
) -> None:
    _install(tmp_path, metadata, file)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert (installed_version("demo"), version("demo")) == ("2.5", "2.5")


def test_another_version_is_told_once_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    _install(tmp_path, "Name: demo\nVersion: 1\n")
    assert installed_version("demo") == "1"
    (tmp_path / "demo-2.dist-info/METADATA").write_text("Name: demo\nVersion: 2\n", encoding="utf-8")
    assert installed_version("demo") == "2"
