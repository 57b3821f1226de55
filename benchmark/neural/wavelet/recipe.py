"""How ``learned-wavelet`` is trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from benchmark.codec import Batch
from benchmark.errors import UsageError
from benchmark.neural.backend import load_keras
from benchmark.neural.training.crops import blocks
from benchmark.neural.training.recipe import LOOP_OPTIONS, Examples, Recipe, Source, Stage
from benchmark.neural.wavelet import coder
from benchmark.neural.wavelet.colours import analysed, image_of
from benchmark.neural.wavelet.examples import CROP, Coded, ContextSource, PlaneSource, coded
from benchmark.neural.wavelet.model import MOST_HIDDEN, MOST_ODD, Model
from benchmark.neural.wavelet.restoration import MOST_CHANNELS, Restoration
from benchmark.neural.wavelet.tables import Tables, first_tables
from benchmark.neural.wavelet.transform import UNIT
from benchmark.neural.weights import points

STEM = "network"

_FIRST, _CONTEXTS, _RESTORATION = 1, 2, 3
"""Stages: a first model from coefficients that were rounded with a dead zone; the model, from coefficients that the
encoder chose by the first one's bits; the restoration of what was decoded then."""
_MOST_LAYERS = 16
_HELD_CONTEXTS = 4096
"""Coefficients of each kind on which a training is validated."""
_WATCHED = (12, 30, 75)
"""Steps at which held-out images are coded to judge a training."""
_WATCHED_IMAGES = 8
"""Held-out images that are coded so."""
_PRICE = 0.1
"""Of a bit in squared steps, at which they are coded: the codec's default."""


class WaveletRecipe(Recipe):
    """How it is trained.

    Options: ``odd`` and ``hidden``, units of the networks of contexts; ``channels`` and ``layers`` of the restoration;
    ``first_epochs``, ``epochs`` and ``restoration_epochs`` of the stages, of ``steps`` batches each, 0 to leave a stage
    out; learning rates; ``start``, a set of weights with the same contexts to start from, instead of the first stage;
    ``contexts``, coefficients of each kind in a batch; ``passes``, crops of each training image; ``crop`` and
    ``crops``, side and number of the crops in a batch of the restoration; ``limit``, how many images at most.
    """

    codec = "learned-wavelet"
    patience = None
    clip_norm = 1.0
    validation_share = 1 / 20
    own_options: ClassVar[dict[str, str]] = {
        "odd": "24",
        "hidden": "48",
        "channels": "32",
        "layers": "4",
        "first_epochs": "4",
        "epochs": "40",
        "restoration_epochs": "24",
        "steps": "500",
        "learning_rate": "1e-2",
        "restoration_rate": "3e-3",
        "contexts": "1024",
        "passes": "1",
        "crop": "96",
        "crops": "6",
        "limit": "1000000",
        "start": "",
        **LOOP_OPTIONS,
        "warmup_steps": "50",
    }

    def __init__(self, options: Mapping[str, str]) -> None:
        self.take_options(options, self.own_options)
        self.epoch_steps = self.whole("steps")
        self.batch_size = self.whole("contexts")
        most = {"odd": MOST_ODD, "hidden": MOST_HIDDEN, "channels": MOST_CHANNELS, "layers": _MOST_LAYERS}
        self.widths = tuple(self.whole(name, most=most[name]) for name in ("odd", "hidden", "channels", "layers"))
        self.passes, self.crops, self.limit = (self.whole(name) for name in ("passes", "crops", "limit"))
        self.crop = self.whole("crop", most=CROP)
        for name, value in (("crop", self.crop), ("layers", self.widths[-1])):
            if value % 2:
                raise UsageError(f"{name}: expected an even number, got {value}")
        self._stages = self._chosen_stages()
        self._coded: tuple[Coded, Coded] | None = None
        self._stage: Stage | None = None
        self._tables: Tables = first_tables()

    def stages(self) -> Sequence[Stage]:
        return self._stages

    def _chosen_stages(self) -> list[Stage]:
        rate, restoration_rate = self.number("learning_rate"), self.number("restoration_rate")
        return self.with_epochs(
            [
                Stage(_FIRST, 0 if self.options["start"] else self.whole("first_epochs", least=0), rate, None),
                Stage(_CONTEXTS, self.whole("epochs", least=0), rate, None),
                Stage(_RESTORATION, self.whole("restoration_epochs", least=0), restoration_rate, None),
            ]
        )

    def examples(self, images: Iterable[Batch], rng: np.random.Generator) -> Examples:
        return {"image": blocks(images, 2 * CROP, 2 * CROP, self.limit)}

    def network(self) -> Any:
        load_keras()
        from benchmark.neural.wavelet.networks import WaveletNetwork

        network = WaveletNetwork(*self.widths)
        if self.options["start"]:
            point = points(self.codec, self.options["start"])[0]
            model = Model.load(point.folder / f"{point.stem}.contexts.npz")
            self._tables = model.tables
            network.contexts.begin_from(model)
            network.restoration.begin_from(Restoration.load(point.folder / f"{point.stem}.restoration.npz"))
        return network

    def enter(self, stage: Stage, network: Any, examples: Examples, held_out: Examples, scratch: Path) -> None:
        """Codes the images for a stage, or finds them coded: the last two stages share theirs."""
        self._stage = stage
        chosen = stage.quality > _FIRST
        paths = [scratch / f"coded-{'chosen' if chosen else 'rounded'}-{part}.npz" for part in ("train", "held-out")]
        if not all(path.exists() for path in paths):
            model = network.contexts.integers(self._tables) if chosen else None
            sources = (examples["image"], held_out["image"])
            for path, images, times in zip(paths, sources, (self.passes, 1), strict=True):
                order = (image for _ in range(times) for image in images)
                coded(order, times, model, self._tables).save(path)
        self._coded = Coded.load(paths[0]), Coded.load(paths[1])
        self._tables = self._coded[0].tables(self._tables)

    def source(self, examples: Examples, *, training: bool) -> Source:
        assert self._coded is not None and self._stage is not None
        data = self._coded[0 if training else 1]
        if self._stage.quality == _RESTORATION:
            return PlaneSource(data.planes, self._tables, self.crop, self.crops if training else 0)
        return ContextSource(data.contexts, self.batch_size if training else _HELD_CONTEXTS)

    def trainer(self, network: Any, stage: Stage, seed: int) -> Any:
        from benchmark.neural.wavelet.objective import ContextObjective, RestorationObjective

        return RestorationObjective(network) if stage.quality == _RESTORATION else ContextObjective(network)

    def held_out_points(self, network: Any, stage: Stage, held_out: Examples) -> list[dict[str, float]]:
        """Mean rate of real payloads and PSNR over held-out images, at a few steps."""
        if stage.quality == _FIRST:
            return []
        return self._points(network, held_out, stage.quality == _RESTORATION)

    def _points(self, network: Any, held_out: Examples, restored: bool) -> list[dict[str, float]]:
        model, restoration = network.contexts.integers(self._tables), network.restoration.integers()
        found = []
        for step in _WATCHED:
            rates, qualities, macs = [], [], []
            for image in held_out["image"][:_WATCHED_IMAGES]:
                rotation, bands = analysed(image, step * UNIT, turned=True)
                height, width = image.shape[:2]
                coded_here = coder.encode(bands, height, width, model, step * UNIT, _PRICE)
                planes, pixels = coded_here.planes, height * width
                if restored:
                    planes = restoration(planes, step * UNIT, self._tables)
                error = np.mean((image_of(planes, rotation).astype(np.float64) - image) ** 2)
                rates.append(8 * len(coded_here.payload) / pixels)
                macs.append(coded_here.macs / pixels)
                qualities.append(10 * np.log10(255**2 / error))
            found.append({"bpp": float(np.mean(rates)), "psnr": float(np.mean(qualities))})
            if restored:
                found[-1]["kmac_per_pixel"] = (float(np.mean(macs)) + restoration.macs) / 1000
        return found

    def finish(self, network: Any, stage: Stage, train: Examples, held_out: Examples, folder: Path) -> list[Any]:
        if stage != self.stages()[-1]:
            return []
        network.contexts.integers(self._tables).save(folder / f"{STEM}.contexts.npz")
        network.restoration.integers().save(folder / f"{STEM}.restoration.npz")
        points = self._points(network, held_out, restored=True)
        rounded = [{name: round(value, 4) for name, value in point.items()} for point in points]
        return [{"quality": 1, "stem": STEM, "validation": rounded}]

    def describe(self) -> dict[str, Any]:
        return {
            "architecture": "CDF 9/7 wavelet with a learned entropy model in integers, and restoration",
            "options": self.options,
        }
