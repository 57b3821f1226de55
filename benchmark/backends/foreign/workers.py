"""The workers of this process: one for each codec of another environment, and for each of what it does."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmark.backends.foreign import worker
from benchmark.backends.foreign.environment import is_made
from benchmark.backends.foreign.link import Link, WorkerError
from benchmark.errors import BenchmarkError, MissingBackend, ProgramError, UsageError
from benchmark.system.program import find_program


@dataclasses.dataclass(frozen=True)
class About:
    """What a TOML file says of a codec beside its settings.

    Attributes:
        name: the name of the codec.
        path: the path of the file.
        python: the interpreter, a name on PATH or an absolute path.
        base: the interpreter that its environment is made of; empty for this one.
        requirements: what is installed in an environment that is made for it; none where it has one.
        place: the absolute path of the file of the class, or the name of its module.
        cls: the name of the class.
        checkpoint: the file of weights, with placeholders; may be empty.
        pixels: ``numpy`` or ``torch``.
        needs: the methods that the class has to have.
        timeout: seconds for each answer.
        memory: MiB.
        digest: the digest of all that the file says.
    """

    name: str
    path: Path
    python: str
    base: str
    requirements: tuple[str, ...]
    place: str
    cls: str
    checkpoint: str
    pixels: str
    needs: tuple[str, ...]
    timeout: float
    memory: int
    digest: str

    @property
    def is_file(self) -> bool:
        """Whether the class is one of a file, and not of a module of the environment."""
        return self.place.endswith(".py")


@dataclasses.dataclass(frozen=True)
class Opened:
    """A worker that has loaded a class.

    Attributes:
        link: the link to it.
        told: what it says of its environment and of the class.
        state: the state of the file of the class that it has loaded.
    """

    link: Link
    told: Mapping[str, Any]
    state: tuple[int, int]


_workers: dict[tuple[About, str], Opened] = {}
"""The workers of this process, by codec and by what they do."""


def opened(about: About, role: str) -> Opened:
    """The worker of a codec, started where there is none, or where the file of the class has changed.

    Args:
        about: the codec.
        role: ``encode`` or ``decode``: what decodes has seen no image, in whatever process this is.

    Raises:
        MissingBackend: the interpreter is not there, or lacks a package, or the environment is not made yet.
        UsageError: the file of the class is not there.
        ProgramError: the class cannot be loaded, or not in time.
    """
    state = _state(about)
    found = _workers.get((about, role))
    if found is not None and found.link.alive:
        if found.state == state:
            return found
        found.link.end()
    if about.requirements and not is_made(Path(about.python)):
        raise MissingBackend(
            f"{about.name}: its environment ({', '.join(about.requirements)}) is not made yet; to install it: "
            f"python -m benchmark new environment {about.path}"
        )
    link = Link(find_program(about.python), name=about.name, timeout=about.timeout)
    request = {
        "ask": "open",
        "protocol": worker.PROTOCOL,
        "codec": [about.place, about.cls],
        "memory": about.memory,
        "pixels": about.pixels,
        "needs": about.needs,
    }
    try:
        told, _ = link.ask(request)
    except WorkerError as error:
        link.end()
        if error.kind == "ModuleNotFoundError":
            raise MissingBackend(f"{about.name}: {about.python}: {error}; install it there") from error
        raise ProgramError(f"{about.name}: {about.place}:{about.cls} cannot be loaded: {error}") from error
    _workers[about, role] = Opened(link, told, state)
    return _workers[about, role]


def _state(about: About) -> tuple[int, int]:
    if not about.is_file:
        return 0, 0
    try:
        state = Path(about.place).stat()
    except OSError as error:
        raise UsageError(f"{about.path}: codec: {about.place} cannot be read: {error.strerror or error}") from error
    return state.st_mtime_ns, state.st_size


@contextlib.contextmanager
def explained(about: About, kind: type[BenchmarkError] = ProgramError, words: str = "") -> Iterator[None]:
    """Tells errors of the worker as those of the codec.

    Args:
        about: the codec.
        kind: the error that one of the class becomes; to lack memory is none of the class.
        words: what the message begins with.
    """
    try:
        yield
    except WorkerError as error:
        if error.kind == "memory":
            raise ProgramError(f"{about.name}: it took more than {about.memory} MiB of memory: {error}") from error
        raise kind(f"{words}{about.name}: {error}") from error
