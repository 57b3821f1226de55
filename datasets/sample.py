"""The embedded default: photographs that come with scikit-image, so that a first run needs no download."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from benchmark.dataset import ImageFiles
from benchmark.errors import MissingData

_NAMES = ("astronaut", "camera", "chelsea", "coffee", "ihc", "motorcycle_left")


class Sample(ImageFiles):
    """Six PNG pictures of the scikit-image wheel, from 451 to 741 pixels wide; camera is grey.

    Others of that wheel are left out because they are no honest source: ``coins`` has been a JPEG of quality 85 before,
    which JPEG at that very quality returns at 57 dB, and ``rocket``, ``retina`` and the Hubble field still are JPEGs.
    """

    name = "sample"
    summary = "6 pictures that come with scikit-image; works offline"
    expected = len(_NAMES)
    as_stored = True

    def locate(self) -> dict[str, Path]:
        spec = find_spec("skimage")
        if spec is None or not spec.submodule_search_locations:
            raise MissingData("data set 'sample' comes with scikit-image: pip install scikit-image")
        folder = Path(spec.submodule_search_locations[0]) / "data"
        found = {name: folder / f"{name}.png" for name in _NAMES if (folder / f"{name}.png").is_file()}
        if not found:
            raise MissingData(f"no picture of data set 'sample' in {folder}; reinstall scikit-image")
        return found
