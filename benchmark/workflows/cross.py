"""The train × test table: one learned codec, trained on several data sets, each of its weights tested on several."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark import defaults
from benchmark.analysis.table import read_summary
from benchmark.errors import KIND_WORDS, UsageError, did_you_mean
from benchmark.neural.weights import WEIGHTS_VARIABLE, set_folders
from benchmark.plugins import codec_class, open_dataset
from benchmark.record.frames import csv_text
from benchmark.record.settings import read_settings
from benchmark.run.several import each_dataset
from benchmark.run.study import resolve
from benchmark.system.documents import read_toml
from benchmark.system.environment import variables
from benchmark.system.files import make_folder, replace_file, slug
from benchmark.system.limits import MOST_SEED
from benchmark.system.lock import folder_lock
from benchmark.system.names import folder_name, shortened_name
from benchmark.workflows.outputs import run_to_files


@dataclass(frozen=True)
class Cross:
    """What to train and test.

    Attributes:
        name: the name of the table; the weights trained on ``bd0`` are called ``<name>-bd0``.
        codec: a learned one, with a setting ``weights``.
        train, test: data sets.
        options: the options of the codec's recipe.
        metrics: names.
        seed, precision: the seed and the arithmetic of the trainings, see ``training.train``.
    """

    name: str
    codec: str
    train: Sequence[str]
    test: Sequence[str]
    options: Mapping[str, str]
    metrics: Sequence[str]
    seed: int
    precision: str

    def weights(self, dataset: str) -> str:
        """Name of the set of weights trained on a data set."""
        return shortened_name(f"{self.name}-{slug(dataset)}")


def read_cross(path: Path) -> Cross:
    """The table ``[cross]`` of a study file.

    Raises:
        UsageError: it cannot be read, lacks a key, or has one that is unknown or of a wrong type.
    """
    document = read_toml(path)
    table: dict[str, Any] = {"options": {}, "metrics": [*defaults.CROSS_METRICS], "seed": 1, "precision": "float32"}
    table |= document.get("cross", {})
    kinds: dict[str, type] = {
        "codec": str,
        "train": list,
        "test": list,
        "options": dict,
        "metrics": list,
        "seed": int,
        "precision": str,
    }
    for key, kind in kinds.items():
        if not isinstance(table.get(key), kind) or not (table[key] or key in ("options", "seed")):
            raise UsageError(f"{path}: cross.{key}: expected {KIND_WORDS[kind]}, got {table.get(key)!r}")
    if isinstance(table["seed"], bool) or not 0 <= table["seed"] <= MOST_SEED:
        raise UsageError(f"{path}: cross.seed: expected a whole number from 0 to {MOST_SEED:,}, got {table['seed']!r}")
    unknown = set(table) - set(kinds)
    if unknown:
        raise UsageError(f"{path}: unknown key cross.{min(unknown)}{did_you_mean(min(unknown), kinds)}")
    table["options"] = {key: str(value) for key, value in table["options"].items()}
    cross = Cross(name=folder_name(f"{path}: name", str(document.get("name", path.stem))), **table)
    if "weights" not in codec_class(cross.codec).from_settings({}).settings:
        raise UsageError(f"{path}: codec {cross.codec!r} has no weights to choose")
    codec_class(cross.codec).recipe(cross.train[0], cross.options)  # raises for a bad option before anything is trained
    return cross


def run_cross(cross: Cross, *, out: Path, data_root: Path | None, jobs: int, command: str) -> pd.DataFrame:
    """Trains what is not yet trained, runs what is not yet run, and writes ``cross.csv``.

    Weights that are found by their name, see ``neural.weights``, are not trained again; others are trained into the
    folder that ``RDBENCH_WEIGHTS`` names, or ``weights``.

    Returns:
        A row for each pair: ``trained_on``, ``tested_on``, and the columns of ``summary.csv``.

    Raises:
        UsageError, MissingData: as trainings and runs raise them.
    """
    for name in dict.fromkeys([*cross.train, *cross.test]):
        open_dataset(name, data_root).items()  # a set that is missing is told before anything is trained
    weights = Path(os.environ.get(WEIGHTS_VARIABLE) or "weights")
    # Workers find the weights by the variable, too.
    with folder_lock(make_folder(out)), variables({WEIGHTS_VARIABLE: str(weights)}):
        for dataset in cross.train:
            if cross.weights(dataset) not in set_folders(cross.codec):
                _train(cross, dataset, weights, data_root, command)
        table = _test(cross, out, data_root, jobs, command)
        replace_file(out / "cross.csv", csv_text(table))
    return table


def _test(cross: Cross, out: Path, data_root: Path | None, jobs: int, command: str) -> pd.DataFrame:
    """Runs every set of weights on every data set to test on."""
    study, _ = resolve(
        name=cross.name,
        dataset=cross.test,
        metrics=cross.metrics,
        codecs={cross.codec: {"weights": [cross.weights(dataset) for dataset in cross.train]}},
    )
    trained_on = {cross.weights(dataset): dataset for dataset in cross.train}
    parts = []
    for part in each_dataset(study, cross.test):
        folder = out / Path(part.name).relative_to(cross.name)
        outcome = run_to_files(part, out=folder, data_root=data_root, jobs=jobs, command=command)
        if outcome.interrupted:
            raise KeyboardInterrupt
        summary = read_summary(folder / "summary.csv")
        weights = summary["settings"].map(lambda text: read_settings(text)["weights"])
        summary.insert(0, "trained_on", weights.map(trained_on))
        summary.insert(1, "tested_on", part.dataset)
        parts.append(summary[summary["trained_on"].notna()])
    return pd.concat(parts, ignore_index=True)


def _train(cross: Cross, dataset: str, weights: Path, data_root: Path | None, command: str) -> None:
    from benchmark.neural.training.train import train

    train(
        codec_class(cross.codec).recipe(dataset, cross.options),
        open_dataset(dataset, data_root).training_images(),
        data=dataset,
        out=weights / cross.codec / cross.weights(dataset),
        seed=cross.seed,
        precision=cross.precision,
        command=command,
    )
