"""Trains a learned codec by its recipe: stage after stage, resumable, to a set of weights with its model card."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.codec import Batch
from benchmark.colour.fingerprint import SMALLEST, fingerprint, to_text
from benchmark.errors import UsageError
from benchmark.neural.backend import computing_in, load_keras, on_device
from benchmark.neural.training import checkpoint
from benchmark.neural.training.checkpoint import Arrays, State
from benchmark.neural.training.loop import StageLoop
from benchmark.neural.training.pace import Pace
from benchmark.neural.training.recipe import Examples, Recipe, Stage
from benchmark.system.documents import read_json
from benchmark.system.environment import commit
from benchmark.system.files import make_folder, replace_file, writing
from benchmark.system.leftovers import remove_leftovers
from benchmark.system.lock import folder_lock
from benchmark.system.progress import Progress


def train(
    recipe: Recipe,
    images: Iterable[Batch],
    *,
    data: str,
    out: Path,
    seed: int,
    precision: str,
    command: str,
    pace: Pace | None = None,
    resume: Path | None = None,
    device: str | None = None,
) -> Path:
    """Trains every stage that is not yet done, and writes the model card.

    An interrupted training, started again with the same arguments, goes on from its last checkpoint, and one that ended
    goes on if it is given more time.

    Args:
        recipe: the recipe of the codec.
        images: batches of training images.
        data: how the data were named, for the card.
        out: folder of the set of weights; logs and checkpoint lie in its folder ``training``.
        seed: the seed of initial weights, order, noise and tiles.
        precision: ``float32``, ``mixed_bfloat16`` or ``mixed_float16``.
        command: what the user typed, for the card.
        pace: a limit of time, without what compilers take, and how often checkpoints and measurements are taken.
        resume: a checkpoint to go on from, of any machine and backend; one in ``out`` that has trained longer wins.
        device: see ``backend.on_device``.

    Returns:
        Path of the model card.

    Raises:
        MissingBackend: Keras or its backend is not installed.
        UsageError: the folder holds a training with other arguments, or one that is running; the checkpoint is no such
            file, or of another codec or network; there is no such device.
        KeyboardInterrupt: somebody asked to stop; the checkpoint is written.
    """
    scratch = make_folder(out / "training")
    with folder_lock(scratch), on_device(device) as name:
        remove_leftovers(out)
        served = {"device": name, "backend": load_keras().config.backend(), "precision": precision}
        return _train(recipe, images, data, out, scratch, seed, served, command, pace or Pace(), resume)


def _train(
    recipe: Recipe,
    images: Iterable[Batch],
    data: str,
    out: Path,
    scratch: Path,
    seed: int,
    device: dict[str, str],
    command: str,
    pace: Pace,
    resume: Path | None,
) -> Path:
    keras = load_keras()
    precision = device["precision"]
    plan = {"data": data, "seed": seed, "precision": precision, "recipe": recipe.describe()}
    _check_plan(scratch / "plan.json", plan)
    state, arrays, source = _begin(recipe, scratch / "checkpoint.npz", resume)
    at_commit = commit()

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    examples, held_out, about = _examples(recipe, images, rng)
    recipe.prepare(examples)
    with computing_in(precision):
        network = recipe.network()
    stages = recipe.stages()
    if state.stage >= len(stages):
        raise UsageError(f"the checkpoint is in stage {state.stage + 1}, and these options have {len(stages)}")
    # Only now: all that the options may ask for is there, and a corrected command is not refused.
    _write(scratch / "plan.json", plan)
    run = _Run(recipe, network, stages, examples, held_out, seed, pace, state, arrays, out, scratch, device)
    passed_over = f"{source} has trained as long as {resume} or longer: going on from it"
    points = _train_stages(run, passed_over if resume is not None and source != resume else "")
    served = _served(state.devices)
    longest = max(served, key=lambda entry: float(entry["seconds"]))
    card = out / "card.json"
    _write(
        card,
        {
            "codec": recipe.codec,
            "data": data,
            **about,
            **recipe.describe(),
            "seed": seed,
            "batch_size": recipe.batch_size,
            "precision": longest["precision"],
            "storage": recipe.storage,
            "device": longest["device"],
            "backend": longest["backend"],
            "trained_on": served,
            "threads": int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1),
            "versions": {name: version(name) for name in ("keras", keras.config.backend(), "numpy", "constriction")},
            "training_seconds": round(state.seconds, 1),
            "commit": at_commit,
            "command": command,
            "points": sorted(points, key=lambda point: int(point["quality"])),
        },
    )
    return card


@dataclass(frozen=True)
class _Run:
    """A training whose stages are to be gone through.

    Attributes:
        recipe, network, stages: what is trained, and how.
        examples, held_out: to train on, and to judge by.
        seed: the seed of all that is random.
        pace: its limits.
        state, arrays: the contents of the checkpoint that it goes on from.
        out: folder of the weights.
        scratch: folder of the log and the checkpoint.
        device: what trains.
    """

    recipe: Recipe
    network: Any
    stages: Sequence[Stage]
    examples: Examples
    held_out: Examples
    seed: int
    pace: Pace
    state: State
    arrays: Arrays
    out: Path
    scratch: Path
    device: dict[str, str]


def _train_stages(run: _Run, note: str) -> list[Any]:
    """Goes through all stages from where the checkpoint is.

    Args:
        run: the training.
        note: what the user is told at first; nothing when empty.

    Returns:
        Points for the card, with the effort that each took.
    """
    recipe, network, stages, state, arrays = run.recipe, run.network, run.stages, run.state, run.arrays
    ends, amounts = _shares([stage.epochs for stage in stages], run.pace.limit)
    points: list[Any] = []
    effort: Counter[str] = Counter()
    with Progress(sum(amounts), "epochs" if run.pace.limit is None else "s") as progress:
        if note:
            progress.note(note)
        for index, (stage, end, amount) in enumerate(zip(stages, ends, amounts, strict=True)):
            if index < state.stage:
                weights = arrays.get(f"done{index}")
                if weights:
                    network.set_weights(weights)
                with writing(run.out):
                    finished = recipe.finish(network, stage, run.examples, run.held_out, run.out) if weights else []
                effort.update(state.efforts[index])
                progress.skip(amount, f"quality {stage.quality}: trained before")
            else:
                loop = StageLoop(
                    recipe,
                    network,
                    stage,
                    examples=run.examples,
                    held_out=run.held_out,
                    seed=run.seed,
                    end=end,
                    pace=run.pace,
                    state=state,
                    arrays=arrays,
                    folder=run.scratch,
                    device=run.device,
                    progress=progress,
                )
                what = ("trained before" if state.step else "no time is left for it") if loop.ended else "done"
                loop.run()
                # Epochs that early stopping left out are no work, and neither is what was trained before.
                progress.skip(amount - loop.advanced, f"quality {stage.quality}: {what}")
                with writing(run.out):
                    finished = recipe.finish(network, stage, run.examples, run.held_out, run.out)
                effort.update(state.effort())
                if index + 1 < len(stages):
                    arrays = {name: group for name, group in arrays.items() if name.startswith("done")}
                    if finished:
                        arrays[f"done{index}"] = checkpoint.values(network.weights)
                    state.next_stage()
            points += [point | {name: round(value, 1) for name, value in effort.items()} for point in finished]
            if finished:  # else the stage was a preparation for the next, which its effort counts to
                effort.clear()
    return points


def _examples(
    recipe: Recipe, images: Iterable[Batch], rng: np.random.Generator
) -> tuple[Examples, Examples, dict[str, Any]]:
    """Examples to train on, held-out ones, and what the card says of them and of the images."""
    marks: list[np.uint64] = []
    first, held_out, about = _split(recipe.examples(_marked(images, marks), rng), recipe.validation_share, rng)
    return first, held_out, {"examples": about, "fingerprints": to_text(np.array(marks, np.uint64))}


def _marked(images: Iterable[Batch], marks: list[np.uint64]) -> Iterator[Batch]:
    """Batches of images, whose fingerprints come to the marks as a recipe takes them."""
    for batch in images:
        if min(batch.shape[1:3]) >= SMALLEST:
            marks += map(fingerprint, batch)
        yield batch


def _split(
    everything: Examples, share: float, rng: np.random.Generator
) -> tuple[Examples, Examples, dict[str, int | str]]:
    """Examples to train on, held-out ones, and what the card says of them."""
    digest = hashlib.sha256()
    for key in sorted(everything):
        digest.update(np.ascontiguousarray(everything[key]).data)
    size = len(next(iter(everything.values())))
    if size < 2:
        raise UsageError(f"expected at least 2 examples, one of them to be held out, got {size}; give more images")
    order = rng.permutation(size)
    held = round(size * share) or 1
    first, rest = ({key: values[part] for key, values in everything.items()} for part in (order[:held], order[held:]))
    return rest, first, {"training": size - held, "validation": held, "digest": digest.hexdigest()}


def _begin(recipe: Recipe, path: Path, resume: Path | None) -> tuple[State, Arrays, Path | None]:
    """The furthest of the checkpoints that there are, and its file; or a state without any training."""
    found = []
    for source in [*([path] if path.exists() else []), *([resume] if resume else [])]:
        state, arrays = checkpoint.load(source)
        if state.codec != recipe.codec:
            raise UsageError(f"{source}: a checkpoint of codec {state.codec!r}, not of {recipe.codec!r}")
        found.append((state, arrays, source))
    if not found:
        return State(recipe.codec, recipe.describe()), {}, None
    return max(found, key=lambda one: one[0].seconds)


def _shares(epochs: Sequence[int], limit: float | None) -> tuple[list[float | None], list[int]]:
    """When each stage ends, in seconds of training, and how much it has for the progress: epochs or seconds."""
    if limit is None:
        return [None] * len(epochs), list(epochs)
    ends = [limit * share / sum(epochs) for share in itertools.accumulate(epochs)]
    whole = [0, *(int(end) for end in ends)]
    return list(ends), [after - before for before, after in itertools.pairwise(whole)]


def _served(devices: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What trained and for how many seconds, each device, backend and precision once."""
    seconds: Counter[tuple[str, str, str]] = Counter()
    for entry in devices:
        seconds[entry["device"], entry["backend"], entry["precision"]] += entry["seconds"]
    return [
        {"device": device, "backend": backend, "precision": precision, "seconds": round(spent, 1)}
        for (device, backend, precision), spent in seconds.items()
    ]


def _check_plan(path: Path, plan: dict[str, Any]) -> None:
    """Refuses a folder in which another training was begun."""
    if not path.exists():
        return
    try:
        begun = read_json(path)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path}: cannot be read as the plan of a training: {error}; give another --out, or delete "
            f"{path.parent} to start over"
        ) from error
    if begun != json.loads(json.dumps(plan)):
        raise UsageError(
            f"{path.parent} holds a training with other arguments (compare {path}); "
            "give another --out, or delete that folder to start over"
        )


def _write(path: Path, content: Any) -> None:
    replace_file(path, json.dumps(content, indent=2) + "\n")
