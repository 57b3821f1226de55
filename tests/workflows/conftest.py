"""A small study and its report, and pictures from which patch sets are built."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from benchmark.workflows.patches import build
from tests.conftest import photo
from tests.report.small_study import photos, pool, report, results
from tests.serial import Serial

__all__ = ["photos", "pool", "report", "results"]


SIDE = 16


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures that give patches, and five that give none: a copy, and what cannot be used."""
    folder = tmp_path_factory.mktemp("here") / "photos"
    (folder / "below").mkdir(parents=True)
    for index, (height, width) in enumerate([(330, 203), (64, 300), (161, 320)]):
        picture = photo(height, width, 3, index)
        picture[:SIDE] = picture[0, 0]  # flat, so that many patches are equal and tie
        Image.fromarray(picture).save(folder / "below" / f"{index}.png")
    shutil.copy(folder / "below" / "1.png", folder / "twin.png")
    Image.fromarray(photo(64, 64, 1)).save(folder / "grey.png")
    Image.fromarray(photo(15, 64)).save(folder / "low.png")
    Image.new("RGBA", (64, 64)).save(folder / "transparent.png")
    (folder / "torn.png").write_bytes((folder / "twin.png").read_bytes()[:4000])
    return folder


@pytest.fixture(scope="session")
def built(source: Path) -> Path:
    out = source.parent / "bd"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmark.workflows.patches.process_pool", Serial())
        build([source], out, side=SIDE, seed=1, order="png", jobs=1)
    return out
