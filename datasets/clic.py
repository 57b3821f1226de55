"""Photographs of the Challenge on Learned Image Compression (CLIC)."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import ClassVar

from benchmark.dataset import ImageFiles
from benchmark.errors import DigestError
from benchmark.system.folders import whole_folder


class _Clic(ImageFiles):
    as_stored = True
    folders: ClassVar[tuple[str, ...]]

    def locate(self) -> dict[str, Path]:
        folder = self.find(self.folders, "*.png")
        return {path.stem: path for path in sorted(folder.glob("*.png"))}


class Clic2020ProfessionalValid(_Clic):
    """CLIC 2020, professional, validation: 41 photographs of up to 2048 pixels a side."""

    name = "clic2020-professional-valid"
    summary = "41 photographs of up to 2048 pixels a side, RGB"
    expected = 41
    fetchable = True
    folders = (
        "clic2020-professional-valid",
        "clic/clic2020_professional_valid",
        "clic2020_professional_valid",
    )
    address = "https://data.vision.ee.ethz.ch/cvl/clic/professional_valid_2020.zip"
    digest = "00be38092ade2ab5163b65f7f6523d46c7bca147007f559adbb02c0afc236b7d"

    @classmethod
    def fetch(cls, destination: Path) -> Path:
        import pooch

        archive = pooch.retrieve(cls.address, known_hash=f"sha256:{cls.digest}", path=destination)
        folder = destination / cls.folders[0]
        unpack_pngs(Path(archive), folder)
        Path(archive).unlink()
        return folder


class Clic2025Validation(_Clic):
    """CLIC 2025, image validation: photographs under the Unsplash licence."""

    name = "clic2025-validation"
    summary = "32 photographs of up to 2048 pixels a side, RGB"
    expected = 32
    fetchable = True
    folders = ("clic2025-validation", "clic/clic2025_validation", "clic2025_validation")
    address = "https://d152a8jkvz9wzs.cloudfront.net/data/clic2025_image_validation.zip"
    digests: ClassVar[dict[str, str]] = {
        "097cb426910ba8ce2525dd8bb7fb1777": "7995fc6c3653a0cfa9cfa6ee207983532f2c52d430262243cc917fd214ae186c",
        "100f17892cf7bb12beb12479641fcc4c": "bf6434e040a17ac238ba072766d25369d38fb5a8a5378530f8191c35d4142ef7",
        "11f2b039b293758398b1a7a8afa64bb2": "814f8f52ae8a0d1a4e704dc8d0c4c30604beae2ceb478a7516e8dd0ac4a222c9",
        "22ea12c903e41583b7c469cb86040157": "a75f24a3c59c18c3518267bd1c6cff412a51b01327ca8115e4bdf81ccd154fa1",
        "28d24b9c83de066597ff96a68769884f": "2c3bee67c5454f971564178f15bf81150306bfc6c664c41e94b41702e0cd816e",
        "4cd6910a0b7b39365fda5df87618d091": "10e1108aa84e236c6f0f48a373daf6943652b39c6e6bbfa801549ae177da661d",
        "60430844748882ff66b9a5598ef06dd6": "3f14ec46d7e5b41f1792aac72f7eae58863e3d13330baf220bd0925f057fe772",
        "8bb119b8ca17492392e1e3ea4b811b32": "0da74d8b94ff3c89f3578296ea87305ce1623d890f0c5cb8e54b907428675f15",
        "a10ae819a2d24873079c93346200cab3": "c5fefaf09064432b2472c0d0140aaba54ab8926760a3f874c3d29e7560592159",
        "aed95e005df28e790519eefb6eb1e565": "818b1471d0ba515833ed6a6c4537aef3ea0134c1447e3f10368bacb605fc9b9c",
        "d1a9be98d1936065967adac50a6fb750": "680003ddef09a61e8604c6f681e27482892f6f1edf3f86c62a03c22e200c534a",
        "d79d465ac77c36518e0f0d626bf97ec4": "280665498758e01701bccc1b91833bda3f5860fc9d5eadc4d3b691c011c575ed",
    }
    """SHA-256 of those files whose digest could be had; the challenge publishes none of the archive."""

    @classmethod
    def fetch(cls, destination: Path) -> Path:
        import pooch

        archive = Path(pooch.retrieve(cls.address, known_hash=None, path=destination))
        folder = destination / cls.folders[0]
        unpack_pngs(archive, folder)
        archive.unlink()
        for name, digest in cls.digests.items():
            path = folder / f"{name}.png"
            found = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "no such file"
            if found != digest:
                shutil.rmtree(folder)
                raise DigestError(f"{cls.address}: {name}.png: expected SHA-256 {digest}, got {found}")
        return folder


def unpack_pngs(archive: Path, folder: Path) -> None:
    """Copies every PNG of a zip file into one flat folder, which appears whole or not at all."""
    with whole_folder(folder) as partial, zipfile.ZipFile(archive) as source:
        for entry in source.infolist():
            name = Path(entry.filename).name
            if name.endswith(".png") and not name.startswith("."):
                with source.open(entry) as packed, (partial / name).open("wb") as target:
                    shutil.copyfileobj(packed, target)
