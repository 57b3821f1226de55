"""What the networks are trained on: coefficients of training images with their features, and decoded planes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.codec import Image
from benchmark.neural.wavelet import coder
from benchmark.neural.wavelet.bands import FEATURES, DecodedBands, Part
from benchmark.neural.wavelet.colours import analysed, planes_of
from benchmark.neural.wavelet.model import KINDS, Model
from benchmark.neural.wavelet.restoration import DEPTH, PARTS, detail
from benchmark.neural.wavelet.tables import Tables, rate_index
from benchmark.neural.wavelet.transform import (
    BRIGHTEST,
    LEVELS,
    UNIT,
    Bands,
    Floats,
    Integers,
    Plane,
)
from benchmark.system.files import replacing

CROP = 256
"""Side of the crops that are coded."""
STEPS = (4.0, 200.0)
"""Quantiser steps are drawn between these, their logarithms uniformly."""
PRICES = (0.06, 0.1)
"""Prices of a bit, in squared steps, are drawn between these."""

_LIVELY, _QUIET = 300, 30
"""Places of a part that are taken at most, and those of its quiet ones."""
_DEAD_ZONES = (0.33, 0.45)
_FINE = 12.0
"""Below this step all crops are made smaller: the data's own compression must not be learned."""
_SMALLER = 0.5
"""Share of the other crops that are made smaller."""


@dataclass(frozen=True)
class Coded:
    """What was kept of coded crops.

    Attributes:
        contexts: what each of the 8 kinds has: ``features`` (n, 76) ``int8``, ``value`` (n,) ``int16``, ``band`` and
            ``rate`` ``uint8``, ``weight`` ``float32``, how many places each stands for.
        planes: ``before`` and ``after``, original and decoded planes in units of 1/64, ``int16`` (N, 256, 256, 3); and
            ``step``, ``int32`` (N,), in units of 1/64.
        shrink: ``float64`` (2, 54, 4): how many coefficients of each band had a magnitude of 0, 1, 2, 3 or more, and
            the sum of how far they were below it, in steps.
    """

    contexts: list[dict[str, npt.NDArray[Any]]]
    planes: dict[str, npt.NDArray[Any]]
    shrink: npt.NDArray[np.float64]

    def save(self, path: Path) -> None:
        """Writes an ``.npz`` file whole or not at all."""
        arrays = {f"{name}{kind}": values for kind, rows in enumerate(self.contexts) for name, values in rows.items()}
        with replacing(path) as file:
            everything: dict[str, Any] = {"shrink": self.shrink, **arrays, **self.planes}
            np.savez(file, **everything)

    @classmethod
    def load(cls, path: Path) -> Coded:
        """Reads what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            names = ("features", "value", "band", "rate", "weight")
            contexts = [{name: stored[f"{name}{kind}"] for name in names} for kind in range(KINDS)]
            return cls(contexts, {name: stored[name] for name in ("before", "after", "step")}, stored["shrink"])

    def tables(self, tables: Tables) -> Tables:
        """These tables with magnitudes shrunk to the means of what they stood for, where enough were seen."""
        count, below = self.shrink
        mean = np.where(count >= 50, below / np.maximum(count, 1), 0)
        shrink = np.clip(np.rint(mean * UNIT), -UNIT // 2, UNIT // 2).astype(np.int64)
        shrink[:, 0] = 0
        return Tables(tables.size, tables.difference, tables.probability, shrink)


def coded(images: Iterable[Image], seed: int, model: Model | None, tables: Tables) -> Coded:
    """Codes one crop of each image, at a random step.

    Args:
        images: RGB, of 512×512 or more.
        seed: the seed of crops, steps and places.
        model: the model whose bits steer the choice of coefficients; without a model they are rounded with a dead zone.
        tables: the tables of features, where there is no model.
    """
    rng = np.random.default_rng(seed)
    sample = _Sample(rng)
    before, after, steps = [], [], []
    for image in images:
        step = int(np.exp(rng.uniform(*np.log(STEPS))) * UNIT)
        crop = _crop(image, step, rng)
        rotation, bands = analysed(crop, step, turned=True)
        planes = planes_of(crop, rotation)
        if model is None:
            decoded = _dead_zone(bands, step, rng.uniform(*_DEAD_ZONES), tables, sample)
        else:
            decoded = coder.encode(bands, CROP, CROP, model, step, rng.uniform(*PRICES), sample).planes
        sample.end(step)
        before.append(_fixed([np.rint(plane * UNIT) for plane in planes]))
        after.append(_fixed(decoded))
        steps.append(step)
    planes_found: dict[str, npt.NDArray[Any]] = {
        "before": np.stack(before),
        "after": np.stack(after),
        "step": np.array(steps, np.int32),
    }
    return Coded(sample.contexts(), planes_found, sample.shrink)


def _crop(image: Image, step: int, rng: np.random.Generator) -> Image:
    smaller = step < _FINE * UNIT or rng.random() < _SMALLER
    side = 2 * CROP if smaller else CROP
    top, left = (int(rng.integers(0, size - side + 1)) for size in image.shape[:2])
    crop = image[top : top + side, left : left + side]
    if smaller:
        crop = (crop.reshape(CROP, 2, CROP, 2, 3).astype(np.uint16).sum(axis=(1, 3)) + 2 >> 2).astype(np.uint8)
    return crop


def _dead_zone(bands: list[Bands], step: int, added: float, tables: Tables, sample: _Sample) -> list[Plane]:
    scale = np.float32(UNIT / step)
    low = [np.rint(plane[LEVELS, 3] * scale).astype(np.int32) for plane in bands]
    decoded = DecodedBands(CROP, CROP, step, low, tables)
    for part, values in decoded.parts():
        top, left = part.first
        exact = bands[part.plane][part.level, part.orientation][top::2, left::2] * scale
        values[...] = np.sign(exact) * np.floor(np.abs(exact) + np.float32(added))
        sample(part, values, exact)
    return decoded.low


class _Sample:
    """Takes places of parts at random."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.shrink = np.zeros((2, 54, 4))
        self._rows: list[list[tuple[npt.NDArray[Any], ...]]] = [[] for _ in range(KINDS)]
        self._pending: list[tuple[int, tuple[npt.NDArray[Any], ...]]] = []

    def __call__(self, part: Part, values: Integers, exact: Floats) -> None:
        flat = values.ravel()
        size = np.abs(flat)
        signs = np.sign(flat)
        kinds = np.minimum(size, 3)
        self.shrink[0, part.row] += np.bincount(kinds, minlength=4)
        self.shrink[1, part.row] += np.bincount(kinds, (size - exact.ravel() * signs) * (size > 0), minlength=4)

        lively = part.lively
        quiet = np.setdiff1d(np.arange(flat.size), lively, assume_unique=True)
        for places, most in ((lively, _LIVELY), (quiet, _QUIET)):
            if not places.size:
                continue
            chosen = np.sort(self.rng.permutation(places.size)[:most])
            features = np.zeros((len(chosen), FEATURES), np.int8)
            if places is lively:
                seen = np.concatenate(
                    [part.features(slice(start, start + 2048)) for start in range(0, lively.size, 2048)], axis=1
                )
                features[:, part.known] = seen[:, chosen].T
            weight = np.full(len(chosen), places.size / len(chosen), np.float32)
            value = np.clip(flat[places[chosen]], -(1 << 14), 1 << 14).astype(np.int16)
            self._pending.append((part.kind, (features, value, np.full(len(chosen), part.band, np.uint8), weight)))

    def end(self, step: int) -> None:
        """Ends an image of that step."""
        for kind, (features, value, band, weight) in self._pending:
            self._rows[kind].append((features, value, band, np.full(len(value), rate_index(step), np.uint8), weight))
        self._pending.clear()

    def contexts(self) -> list[dict[str, npt.NDArray[Any]]]:
        """All that was taken, for each kind."""
        names = ("features", "value", "band", "rate", "weight")
        return [
            {name: np.concatenate([row[place] for row in rows]) for place, name in enumerate(names)}
            for rows in self._rows
        ]


class ContextSource:
    """Batches of coefficients, as many of each kind.

    Args:
        contexts: see ``Coded``.
        size: how many examples of each kind a batch has.
    """

    def __init__(self, contexts: list[dict[str, npt.NDArray[Any]]], size: int) -> None:
        self.contexts, self.size = contexts, size
        # A step s counts s^0.8: else nearly all that is learned would be of the highest rates, where the bits are.
        self.weights = [rows["weight"] * 2.0 ** (0.05 * (rows["rate"].astype(np.float32) - 176)) for rows in contexts]
        mean = sum(float(weights.mean()) for weights in self.weights) / len(contexts)
        self.weights = [(weights / mean).astype(np.float32) for weights in self.weights]

    def __call__(self, chosen: npt.NDArray[np.int64], rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
        places = [rng.integers(0, len(rows["value"]), self.size) for rows in self.contexts]

        def stacked(name: str, kind: type[Any]) -> npt.NDArray[Any]:
            return np.stack([rows[name][place] for rows, place in zip(self.contexts, places, strict=True)]).astype(kind)

        return {
            "features": stacked("features", np.int8),
            "value": stacked("value", np.int32),
            "band": stacked("band", np.int32),
            "rate": stacked("rate", np.float32),
            "weight": np.stack([weights[place] for weights, place in zip(self.weights, places, strict=True)]),
        }


class PlaneSource:
    """Batches of crops of decoded planes, with what they should be.

    Args:
        planes: see ``Coded``.
        tables: the tables of the model.
        side: the side of a crop, in pixels.
        size: the size of a batch; 0 takes the examples that are asked for, whole.
    """

    def __init__(self, planes: dict[str, npt.NDArray[Any]], tables: Tables, side: int, size: int) -> None:
        self.planes, self.side, self.size = planes, side, size
        count = len(planes["step"])
        half = planes["after"].shape[1] // 2
        self.seen = np.empty((count, half, half, DEPTH), np.int8)
        self.error = np.empty((count, half, half, DEPTH), np.int16)
        for number, step in enumerate(planes["step"]):
            after = planes["after"][number]
            for plane in range(after.shape[-1]):
                found = detail(after[..., plane], int(step), tables)
                self.seen[number, ..., 4 * plane : 4 * plane + 4] = _deep(found)
                rest = planes["before"][number, ..., plane].astype(np.int32) - after[..., plane].astype(np.int32)
                self.error[number, ..., 4 * plane : 4 * plane + 4] = _deep(np.clip(rest, -BRIGHTEST, BRIGHTEST))

    def __call__(self, chosen: npt.NDArray[np.int64], rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
        if not self.size:
            return self._batch([(int(number), slice(None), slice(None)) for number in chosen])
        side, room = self.side // 2, self.seen.shape[1] - self.side // 2 + 1
        return self._batch(
            [
                (int(number), slice(top, top + side), slice(left, left + side))
                for number, top, left in zip(
                    rng.integers(0, len(self.seen), self.size),
                    rng.integers(0, room, self.size),
                    rng.integers(0, room, self.size),
                    strict=True,
                )
            ]
        )

    def _batch(self, crops: list[tuple[int, slice, slice]]) -> dict[str, npt.NDArray[Any]]:
        steps = [int(self.planes["step"][number]) for number, *_ in crops]
        return {
            "seen": np.stack([self.seen[crop] for crop in crops]),
            # In the units in which the network gives what it adds.
            "error": np.stack(
                [
                    self.error[crop].astype(np.float32) * np.float32(PARTS / step)
                    for crop, step in zip(crops, steps, strict=True)
                ]
            ),
            "step": np.array(steps, np.float32) / UNIT,
            "rate": np.array([rate_index(step) for step in steps], np.float32),
        }


def _deep(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """2×2 samples as channels, row by row."""
    return np.stack([plane[row::2, column::2] for row in (0, 1) for column in (0, 1)], axis=-1)


def _fixed(planes: list[Any]) -> npt.NDArray[np.int16]:
    return np.asarray(np.clip(np.stack(planes, axis=-1), -BRIGHTEST, BRIGHTEST), dtype=np.int16)
