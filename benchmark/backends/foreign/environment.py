"""Environments that are made for a codec: what its TOML file asks for, installed once, in a folder of the cache.

    requirements = ["torch==2.6.0", "numpy<2"]

They are made on request alone, by ``python -m benchmark new environment FILE.toml``: nothing is installed unasked. The
folder is named after the requirements and the interpreter, so that codecs that ask for the same share it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmark.dataset import cache_dir
from benchmark.errors import ProgramError, UsageError
from benchmark.system.endings import last_words
from benchmark.system.files import make_folder, replace_file
from benchmark.system.lock import folder_lock
from benchmark.system.program import find_program

_MADE = "requirements.txt"
"""The file that tells that an environment is whole: it is written last."""

_REQUIREMENT = re.compile(r"[A-Za-z0-9][^\s;@]*(?: ?[<>=!~][^;@]*)?")
"""A name, extras and versions; no option, address or path."""


def environment_python(requirements: Sequence[str], base: str) -> Path:
    """The interpreter of an environment, whether it is made or not.

    Args:
        requirements: what is installed there.
        base: the interpreter that it is made of: a name on PATH or a path; empty for this one.
    """
    told = json.dumps([base or sys.version, *sorted(requirements)])
    return cache_dir() / "environments" / hashlib.sha256(told.encode()).hexdigest()[:16] / "venv" / "bin" / "python"


def is_made(python: Path) -> bool:
    """Whether an environment is there, and whole."""
    return (python.parents[2] / _MADE).is_file()


def check_requirements(where: str, requirements: Sequence[object]) -> tuple[str, ...]:
    """Requirements, once they are known to be such as pip takes from an index.

    Args:
        where: the file and the key, for messages.
        requirements: what the file says.

    Raises:
        UsageError: one is no text, or an option, an address or a path.
    """
    for text in requirements:
        if not isinstance(text, str) or not _REQUIREMENT.fullmatch(text) or "://" in text:
            raise UsageError(f"{where}: expected packages with versions, such as 'torch==2.6.0', got {text!r}")
    if not requirements:
        raise UsageError(f"{where}: expected packages, got none; name python instead")
    return tuple(map(str, requirements))


def make_environment(requirements: Sequence[str], base: str) -> Path:
    """Makes an environment by ``venv`` and pip, unless it is there.

    Arguments are those of :func:`environment_python`.

    Returns:
        Its interpreter.

    Raises:
        MissingBackend: there is no interpreter to make it of.
        ProgramError: pip could not install something. What was made until then is removed.
    """
    python = environment_python(requirements, base)
    folder = make_folder(python.parents[2])
    with folder_lock(folder):
        if is_made(python):
            return python
        venv = python.parents[1]
        shutil.rmtree(venv, ignore_errors=True)  # of a command that was stopped
        interpreter = find_program(base or sys.executable)
        try:
            _run([interpreter, "-m", "venv", str(venv)])
            _run([str(python), "-m", "pip", "install", "--disable-pip-version-check", *requirements])
        except BaseException:
            shutil.rmtree(venv, ignore_errors=True)
            raise
        replace_file(folder / _MADE, "".join(f"{text}\n" for text in requirements))
    return python


def _run(command: Sequence[str]) -> None:
    """Runs a command to its end.

    Raises:
        ProgramError: it failed; the last that it printed is told.
    """
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        said = last_words(done.stderr)
        raise ProgramError(f"{' '.join(command[1:4])} ended with exit code {done.returncode}{said}")
