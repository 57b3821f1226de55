"""What a machine and its libraries are, for manifests and ``info``."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from benchmark.system.installed import installed_version
from benchmark.version import __version__

PACKAGES = (
    "numpy",
    "scipy",
    "pillow",
    "scikit-image",
    "pandas",
    "matplotlib",
    "pillow-avif-plugin",
    "pillow-heif",
    "av",
    "imageio-ffmpeg",
    "imagecodecs",
    "pyjpegli",
    "pyvips",
    "pyvips-binary",
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "cvvdp",
    "flip-evaluator",
    "constriction",
    "h5py",
    "numba",
)
"""Packages whose version may matter to a result."""

COMPILED = "RDBENCH_COMPILED"
"""Environment variable that says whether metrics are computed by compiled code where they have some: 1 or 0."""

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def describe() -> dict[str, str | int]:
    """Facts of this machine and its Python, by name."""
    return {
        "rdbench": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "system": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count() or 1,
        "memory_gib": _memory_gib(),
    }


@cache
def package_versions() -> Mapping[str, str]:
    """Versions of those of :data:`PACKAGES` that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = installed_version(name)
        except PackageNotFoundError:
            continue
    return found


_HEAD = "# branch.oid "
"""What stands before the commit in what git tells."""


@cache
def commit() -> str:
    """The commit of the checkout that this code runs from, with ``+`` when files differ from it; empty elsewhere.

    It is asked for once: what a process has loaded stays the same.
    """
    git = shutil.which("git")
    here = Path(__file__).resolve().parents[2]
    if git is None or not (here / ".git").exists():
        return ""

    # One question for both. How far the checkout is from a remote one is asked by nobody.
    words = ("status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--untracked-files=no")
    done = subprocess.run([git, "-C", str(here), *words], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    told = [line.removeprefix(_HEAD) for line in lines if line.startswith(_HEAD)]
    if not told or not told[0].isalnum():  # before the first commit there is none
        return ""
    return told[0] + "+" * any(not line.startswith("#") for line in lines)


def own_version() -> str:
    """This benchmark's version, with the commit of its checkout, such as ``0.2.0 6904dc6a01b2``."""
    head = commit()
    return f"{__version__} {head[:12]}{'+' * head.endswith('+')}" if head else __version__


def processor() -> str:
    """Marketing name of the processor."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def thread_environment(threads: int) -> dict[str, str]:
    """Environment variables that hold numerical libraries to a number of threads.

    They work only on processes started with them: the libraries read them once, when they load.
    """
    return {
        **dict.fromkeys(_THREAD_VARIABLES, str(threads)),
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}",
    }


def _memory_gib() -> int:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    except (ValueError, OSError, AttributeError):
        return 0


def compiles() -> bool:
    """Whether metrics are to be computed by compiled code where they have some, see :data:`COMPILED`."""
    return os.environ.get(COMPILED) == "1"


@contextlib.contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables, which processes started meanwhile inherit, and puts the old ones back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
