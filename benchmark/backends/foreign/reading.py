"""TOML files of codecs that are a class in a Python environment of their own.

    name = "my-model"
    python = "venv/bin/python"      # the interpreter of the environment: Python 3.8 or later, NumPy 1.20 or later
    requirements = ["torch==2.6.0"] # in its place, or of it: see benchmark.backends.foreign.environment
    codec = "my_model.py:MyModel"   # a file and a class in it, or a module of the environment and a class; or a model
                                    # of CompressAI, see benchmark.backends.foreign.compressai
    checkpoint = "q{quality}.pth"   # the file of weights, which the class gets as checkpoint; settings may stand in it
    pixels = "torch"                # or "numpy", see below
    channels = [3]                  # images that it takes: 3 for RGB, 1 for grey
    rate = "bytes"                  # or "estimate", see benchmark.backends.foreign.estimate
    timeout = 300                   # seconds for each answer, the loading of the model included
    memory = 16384                  # MiB of memory of its process, on Linux

    [knob]                          # and [settings.NAME]: see benchmark.backends.declared

The class is made with the settings as arguments, and has two methods: ``encode(image)`` returns bytes, and
``decode(data)`` returns an image. With ``pixels = "numpy"`` an image is ``uint8`` of shape (H, W, 3), or (H, W) for
grey. With ``pixels = "torch"`` it is a tensor of ``float32`` in 0..1 of shape (1, 3, H, W), or (1, 1, H, W).
``encode_batch(images)`` and ``decode_batch(streams)`` take several images of one size, ``complexity(height, width,
channels)`` returns the number of parameters and the multiply–accumulates to encode and to decode, ``device`` says what
computes, and ``estimate_bits(image)`` returns the bits by the class's own model, and the image that would be decoded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark.backends.declared import PLACEHOLDER, Kinds, check_keys, check_limits, declare
from benchmark.backends.foreign import compressai
from benchmark.backends.foreign.codec import ForeignCodec
from benchmark.backends.foreign.environment import check_requirements, environment_python
from benchmark.backends.foreign.estimate import ENDING, EstimatingCodec
from benchmark.backends.foreign.workers import About
from benchmark.errors import UsageError

TIMEOUT = 300.0
"""Seconds that an answer may take, where nothing else is said."""
MEMORY = 16384
"""MiB of memory that a worker may take, where nothing else is said."""

_OWN = ("checkpoint",)
"""Arguments of the class that are none of its settings."""

_RATES = {"bytes": ("encode", "decode"), "estimate": ("estimate_bits",)}
"""What a rate may be, and the methods that each needs."""

_CHANNELS = ([3], [1], [1, 3])
_FORMS = ("numpy", "torch")
_KEYS: Kinds = {
    "name": (str,),
    "summary": (str,),
    "python": (str,),
    "requirements": (list,),
    "codec": (str,),
    "checkpoint": (str,),
    "pixels": (str,),
    "rate": (str,),
    "channels": (list,),
    "timeout": (int, float),
    "memory": (int,),
    "knob": (dict,),
    "settings": (dict,),
}


def foreign_codec(path: Path, document: Mapping[str, Any]) -> type[ForeignCodec]:
    """The codec that a file describes, whose keys are those at the head of this module.

    Args:
        path: the file.
        document: what it says.

    Raises:
        UsageError: a key is missing, unknown or of a wrong type, or says what cannot be.
    """
    check_keys(str(path), document, _KEYS, ("name", "codec"))
    if compressai.is_model(document["codec"]):
        document = compressai.completed(document)
    channels = document.get("channels", [3])
    if channels not in _CHANNELS:
        raise UsageError(f"{path}: channels: expected [3], [1] or [1, 3], got {channels}")
    rate = document.get("rate", "bytes")
    if rate not in _RATES:
        raise UsageError(f"{path}: rate: expected bytes or estimate, got {rate!r}")
    ending = ENDING if rate == "estimate" and not document["name"].endswith(ENDING) else ""
    named = {**document, "name": document["name"] + ending}
    return declare(
        EstimatingCodec if rate == "estimate" else ForeignCodec,
        path,
        named,
        _OWN,
        lambda settings: {"about": _describe(path, named, settings), "channels": tuple(channels)},
    )


def model_codec(name: str) -> type[ForeignCodec]:
    """The codec of a model of CompressAI that no file describes.

    Raises:
        UsageError, MissingBackend: as :func:`benchmark.backends.foreign.compressai.declaration` raises them.
    """
    return foreign_codec(Path(name), compressai.declaration(name))


def _describe(path: Path, document: Mapping[str, Any], settings: Sequence[str]) -> About:
    place, _, name = document["codec"].rpartition(":")
    if compressai.is_model(document["codec"]):
        place = str(compressai.ADAPTER)
    elif not place or not name.isidentifier():
        raise UsageError(f"{path}: codec: expected FILE.py:CLASS or MODULE:CLASS, got {document['codec']!r}")
    if place.endswith(".py"):
        place = str((path.parent / place).resolve())
    base = _interpreter(path, document)
    requirements: tuple[str, ...] = ()
    if "requirements" in document:
        requirements = check_requirements(f"{path}: requirements", document["requirements"])
    about = About(
        name=document["name"],
        path=path,
        python=str(environment_python(requirements, base)) if requirements else base,
        base=base,
        requirements=requirements,
        place=place,
        cls=name,
        checkpoint=document.get("checkpoint", ""),
        pixels=document.get("pixels", "numpy"),
        needs=_RATES[document.get("rate", "bytes")],
        timeout=float(document.get("timeout", TIMEOUT)),
        memory=document.get("memory", MEMORY),
        digest=hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:12],
    )
    if about.pixels not in _FORMS:
        raise UsageError(f"{path}: pixels: expected numpy or torch, got {about.pixels!r}")
    for name in PLACEHOLDER.findall(about.checkpoint):
        if name not in settings:
            raise UsageError(f"{path}: checkpoint: {{{name}}} is none of its settings")
    check_limits(path, {"timeout": about.timeout, "memory": about.memory})
    return about


def _interpreter(path: Path, document: Mapping[str, Any]) -> str:
    """The interpreter that a file names: a name on PATH, or an absolute path; empty where it has requirements alone."""
    python = document.get("python", "")
    if not python and "requirements" not in document:
        raise UsageError(f"{path}: key 'python' is missing, and so is 'requirements'")
    if Path(python).name == python:
        return str(python)
    # Not resolved: the interpreter of a venv is a link, and tells by its own place what it belongs to.
    return str(Path(path.parent, Path(python).expanduser()).absolute())
