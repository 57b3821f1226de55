"""The embedded default: photographs that come with scikit-image, so that a first run needs no download."""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmark.codec import Batch
from benchmark.dataset import Dataset, read_image
from benchmark.errors import MissingData

_NAMES = ("astronaut", "camera", "chelsea", "coffee", "ihc", "motorcycle_left")


class Sample(Dataset):
    """Six PNG pictures of the scikit-image wheel, from 451 to 741 pixels wide; camera is grey.

    Others of that wheel are left out because they are no honest source: ``coins`` has been a JPEG of quality 85 before,
    which JPEG at that very quality returns at 57 dB, and ``rocket``, ``retina`` and the Hubble field still are JPEGs.
    """

    name = "sample"
    summary = "6 pictures that come with scikit-image; works offline"
    expected = len(_NAMES)

    @cached_property
    def _folder(self) -> Path:
        spec = find_spec("skimage")
        if spec is None or not spec.submodule_search_locations:
            raise MissingData("data set 'sample' comes with scikit-image: pip install scikit-image")
        return Path(spec.submodule_search_locations[0]) / "data"

    def items(self) -> list[str]:
        found = [name for name in _NAMES if (self._folder / f"{name}.png").is_file()]
        if not found:
            raise MissingData(f"no picture of data set 'sample' in {self._folder}; reinstall scikit-image")
        return found

    def load(self, item: str) -> Batch:
        return read_image(self._folder / f"{item}.png")[np.newaxis]

    def count(self) -> int:
        return len(self.items())
