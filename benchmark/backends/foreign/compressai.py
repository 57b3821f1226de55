"""Models of CompressAI: what TOML files leave unsaid of them, and codecs of the zoo that need no file.

    codec = "compressai:bmshj2018-hyperprior"   # in a TOML file: a name of its zoo, or a class of compressai.models
    run --codecs compressai:bmshj2018-hyperprior

The class itself is in :mod:`benchmark.backends.foreign.zoo.compressai_models`, and runs in the environment of
CompressAI. Where there is no file, the variable ``RDBENCH_COMPRESSAI`` names the interpreter.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmark.backends.foreign import zoo
from benchmark.errors import MissingBackend, UsageError, did_you_mean

FAMILY = "compressai"
"""What stands before a colon and the name of a model."""

VARIABLE = "RDBENCH_COMPRESSAI"
"""The variable that names the interpreter of the environment of CompressAI."""

MODELS: Mapping[str, int] = {
    "bmshj2018-factorized": 8,
    "bmshj2018-hyperprior": 8,
    "mbt2018-mean": 8,
    "mbt2018": 8,
    "cheng2020-anchor": 6,
    "cheng2020-attn": 6,
}
"""Models of the zoo that have trained weights, with the number of their qualities."""

ADAPTER = Path(str(zoo.__file__)).with_name("compressai_models.py")
"""The file of the class."""


def is_model(name: str) -> bool:
    """Whether a name is one of a model: of a codec, or of the key ``codec`` of a TOML file."""
    return name.startswith(f"{FAMILY}:")


def completed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A TOML file's text about a model of CompressAI, with what it may leave unsaid.

    Tensors are the pixels. ``quality`` is the knob and ``metric`` a setting where the file has no checkpoint; with one,
    as far as they stand in its path. Without ``[knob]`` and ``[settings]`` alone: a file that has its own says all.
    """
    model = document["codec"].partition(":")[2]
    told = {"pixels": "torch", "memory": 16384, **document}
    path = document.get("checkpoint", "{quality}{metric}")
    if "knob" not in told and "{quality}" in path:
        most = MODELS.get(model, 8)
        told["knob"] = {"name": "quality", "low": 1, "high": most, "default": 3, "grid": [*range(1, most + 1)]}
    if "settings" not in told and "{metric}" in path:
        told["settings"] = {"metric": {"default": "mse", "choices": ["mse", "ms-ssim"]}}
    return told


def declaration(name: str) -> dict[str, Any]:
    """What a TOML file would say of a codec that has none.

    Args:
        name: such as ``compressai:bmshj2018-hyperprior``.

    Raises:
        UsageError: the zoo has no such model.
        MissingBackend: no interpreter is named.
    """
    model = name.partition(":")[2]
    if model not in MODELS:
        raise UsageError(f"{name}: CompressAI's zoo has no trained model {model!r}{did_you_mean(model, MODELS)}")
    python = os.environ.get(VARIABLE)
    if not python:
        raise MissingBackend(
            f"{name}: set {VARIABLE} to the interpreter of an environment that has CompressAI, such as "
            "venv/bin/python, or describe the codec in a TOML file"
        )
    return {
        "name": name,
        "summary": f"{model} of CompressAI's zoo, in an environment of its own",
        "python": str(Path(python).absolute()) if os.sep in python else python,
        "codec": name,
    }
