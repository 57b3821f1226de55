"""An environment of other packages than ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def numpy_1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a virtual environment with NumPy 1.26.4 and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "numpy==1.26.4"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pip could not install NumPy 1.26.4: {done.stderr.strip()[-200:]}")
    return python
