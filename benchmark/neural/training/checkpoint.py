"""A training's state in one file that can be carried elsewhere, and read under another backend: ``.npz``, no pickle."""

from __future__ import annotations

import dataclasses
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import UsageError
from benchmark.system.documents import parse_json
from benchmark.system.files import replacing

_FORMAT = 1

Arrays = dict[str, list[npt.NDArray[Any]]]
"""Values of groups of variables: ``model``, ``optimiser`` (with the moving average), ``best``, and of stages that are
done ``done0``, ``done1``, …: the network's weights."""


@dataclasses.dataclass
class State:
    """Where a training is, but for its variables.

    Attributes:
        codec: the codec that is trained.
        recipe: its description, as the card has it.
        stage: number of the stage that is trained, from 0.
        step: steps of that stage.
        began: seconds of training before that stage.
        seconds: the seconds of training, over all machines.
        best: lowest validation loss of the stage.
        since_best: epochs since.
        since_change: epochs since, or since the rate was last halved.
        factor: the factor by which ``plateau`` has lowered the learning rate.
        stopped: whether the stage was ended for want of better validation losses.
        efforts: ``training_steps`` and ``training_seconds`` of the stages before.
        devices: what trained: ``device``, ``backend``, ``precision``, ``seconds``.
        log: rows of ``log.csv``.
        points: rows of ``points.csv``.
    """

    codec: str
    recipe: dict[str, Any]
    stage: int = 0
    step: int = 0
    began: float = 0.0
    seconds: float = 0.0
    best: float | None = None
    since_best: int = 0
    since_change: int = 0
    factor: float = 1.0
    stopped: bool = False
    efforts: list[dict[str, float]] = dataclasses.field(default_factory=list)
    devices: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    log: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    points: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def effort(self) -> dict[str, float]:
        """Of the stage that is trained."""
        return {"training_steps": self.step, "training_seconds": round(self.seconds - self.began, 1)}

    def next_stage(self) -> None:
        """Goes to the start of the stage after."""
        self.efforts.append(self.effort())
        self.stage, self.step, self.began = self.stage + 1, 0, self.seconds
        self.best, self.since_best, self.since_change, self.factor, self.stopped = None, 0, 0, 1.0, False


def save(path: Path, state: State, arrays: Mapping[str, Sequence[npt.NDArray[Any]]]) -> None:
    """Writes a checkpoint whole or not at all."""
    text = json.dumps({"format": _FORMAT, **dataclasses.asdict(state)})
    content = {f"{name}.{index:04d}": value for name, group in arrays.items() for index, value in enumerate(group)}
    with replacing(path) as file:
        np.savez(file, state=np.frombuffer(text.encode(), np.uint8), **content)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())


def load(path: Path) -> tuple[State, Arrays]:
    """Reads a checkpoint.

    Raises:
        UsageError: there is none, or it is damaged or of another version.
    """
    arrays: Arrays = {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            fields = dict(parse_json(stored["state"].tobytes()))
            for name in sorted(set(stored.files) - {"state"}):
                arrays.setdefault(name.partition(".")[0], []).append(stored[name])
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path}: expected a checkpoint that 'train' wrote, whole: {error}") from error
    if fields.pop("format", None) != _FORMAT:
        raise UsageError(f"{path}: a checkpoint of another version of this program; train anew")
    try:
        return State(**fields), arrays
    except TypeError as error:
        raise UsageError(f"{path}: a checkpoint of another version of this program; train anew") from error


def values(variables: Sequence[Any]) -> list[npt.NDArray[Any]]:
    """Copies of the values of Keras variables, which later steps leave alone."""
    return [np.array(variable.numpy()) for variable in variables]


def assign(variables: Sequence[Any], stored: Sequence[npt.NDArray[Any]], what: str) -> None:
    """Gives Keras variables the values that were stored.

    Args:
        variables: the variables, in the order in which they were stored.
        stored: their values.
        what: what the variables belong to, for the message.

    Raises:
        UsageError: these are other variables.
    """
    here, there = ([tuple(value.shape) for value in group] for group in (variables, stored))
    if here != there:
        place = next((i for i, pair in enumerate(zip(here, there, strict=False)) if pair[0] != pair[1]), len(here))
        raise UsageError(
            f"the checkpoint is of another {what}: it has {len(there)} variables, here are {len(here)}, and number "
            f"{place} differs; give the options that it was trained with"
        )
    for variable, value in zip(variables, stored, strict=True):
        variable.assign(value.astype(variable.dtype))
