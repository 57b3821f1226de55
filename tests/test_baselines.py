"""Committed results tell how they were made, and nothing of the machine that made them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT

MANIFESTS = sorted((ROOT / "results").rglob("manifest.json"))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.parent.relative_to(ROOT).as_posix())
def test_commands_name_no_folder_of_a_machine(path: Path) -> None:
    words = shlex.split(json.loads(path.read_text(encoding="utf-8"))["run"]["command"])
    assert words[0] == "python"
    assert not [word for word in words if word.rpartition("=")[2].startswith(("/", "~"))]
