"""What the scripts for a bare machine share: wheels, environment, and the check of the device. No package is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BACKENDS = ("jax", "torch", "tensorflow")
_CHECK = """
import sys
from benchmark.errors import BenchmarkError
from benchmark.neural.backend import backend_version, on_device
try:
    with on_device(sys.argv[1] or None) as name:
        print("device:", name, "-", backend_version())
except BenchmarkError as error:
    sys.exit(str(error))
"""


def prepared(wheels: str | None, backend: str, scratch: Path) -> dict[str, str]:
    """The environment in which the bench runs here.

    Args:
        wheels: the folder of wheels to install first, if any.
        backend: one of :data:`BACKENDS`.
        scratch: a folder to install into.
    """
    paths = [str(ROOT)]
    if wheels:
        paths.insert(0, str(_install(Path(wheels), scratch / "site")))
    return {
        **os.environ,
        "KERAS_BACKEND": backend,
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])]),
    }


def check_device(device: str, environment: Mapping[str, str]) -> None:
    """Tells the device and the versions, and ends where there is no such device.

    Args:
        device: a word of :mod:`benchmark.system.devices`; empty for what is usual.
        environment: the environment, of :func:`prepared`.
    """
    run([sys.executable, "-c", _CHECK, device], environment)


def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Runs a command, and ends as it ends where it fails."""
    done = subprocess.run(command, env=environment, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def _install(wheels: Path, site: Path) -> Path:
    files = sorted(map(str, wheels.glob("*.whl")))
    if not files:
        sys.exit(f"{wheels}: no wheels there; docs/gpu.md tells which to fetch and how")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(site)]
    run([*pip, *files], os.environ)
    return site
