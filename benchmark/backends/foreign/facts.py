"""What a worker tells of the environment that it runs in, and of errors; and its limit of memory.

As :mod:`benchmark.backends.foreign.worker`, which loads it, it takes Python 3.8 and its library alone.
"""

from __future__ import annotations

import ast
import contextlib
import os
import sys
import traceback
from typing import Any, Dict, Iterator, List, Sequence

_NO_MEMORY = ("can't allocate memory", "out of memory", "Unable to allocate")
"""What libraries say where they have no memory, in errors of other types than MemoryError."""


def own_files(place: str) -> List[str]:
    """The files of modules that are loaded from the folder of a file, or below it."""
    folder = os.path.dirname(os.path.abspath(place))
    inside = os.path.join(folder, "")
    libraries = {os.path.join(path, "") for path in (sys.prefix, sys.base_prefix) if not inside.startswith(path)}
    found = {os.path.abspath(place)}
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.startswith(inside) and not any(path.startswith(own) for own in libraries):
            found.add(os.path.abspath(path))
    return sorted(found)


def packages_of(files: Sequence[str]) -> Dict[str, str]:
    """Versions of the packages that files import, and of NumPy, by name."""
    from importlib import metadata

    wanted = {"numpy"}
    for path in files:
        if path.endswith(".py"):
            with open(path, "rb") as file:
                wanted |= set(imported(ast.parse(file.read())))
    wanted -= {os.path.splitext(os.path.basename(path))[0] for path in files}
    found = {}
    for distribution in metadata.distributions():
        tops = (distribution.read_text("top_level.txt") or "").split() or [distribution.metadata["Name"] or ""]
        if wanted.intersection(top.replace("-", "_") for top in tops):
            found[distribution.metadata["Name"].lower()] = distribution.version
            wanted.difference_update(tops)
    for name in wanted:  # a distribution that does not tell its modules; most have a version of their own
        module = sys.modules.get(name)
        version, path = getattr(module, "__version__", None), getattr(module, "__file__", None) or ""
        if isinstance(version, str) and ("site-packages" in path or "dist-packages" in path):
            found[name] = version
    return {name: found[name] for name in sorted(found)}


def imported(tree: ast.AST) -> Iterator[str]:
    """Top names of all modules that code imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def device_of(codec: Any) -> str:
    """What computes: what the attribute ``device`` says, or where the parameters of the codec's modules lie."""
    place = getattr(codec, "device", None)
    for value in [codec, *vars(codec).values()] if place is None and hasattr(codec, "__dict__") else []:
        if callable(getattr(value, "parameters", None)):
            place = next((parameter.device for parameter in value.parameters()), place)
    name = str(place or "cpu")
    torch = sys.modules.get("torch")
    if name.startswith("cuda") and torch is not None:
        return str(torch.cuda.get_device_name(name))
    return name


def limit_memory(mebibytes: int) -> None:
    """Limits what this process maps to write in, where the system can; accelerators reserve addresses beside it."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = mebibytes << 20
        least = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (least, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def told_of(error: BaseException) -> Dict[str, Any]:
    """What is told of an error: its type and text in a line, and the line of code that it came from."""
    text = " ".join(str(error).split())
    line = "{}: {}".format(type(error).__name__, text) if text else type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_ours(frame.filename)]
    folders = [os.path.dirname(frame.filename) for frame in frames]
    own = [frame for frame, folder in zip(frames, folders) if folder == folders[0]]  # noqa: B905  # Python 3.8
    if own:
        line += " ({}, line {})".format(os.path.basename(own[-1].filename), own[-1].lineno)
    memory = isinstance(error, MemoryError) or any(words in text for words in _NO_MEMORY)
    return {"error": line, "kind": "memory" if memory else type(error).__name__}


def is_ours(path: str) -> bool:
    """Whether a file of a traceback is one of the worker's, or belongs to the import of another."""
    return os.path.dirname(path) == os.path.dirname(__file__) or "importlib" in path
