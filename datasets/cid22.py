"""The Cloudinary Image Dataset 2022 (CID22)."""

from __future__ import annotations

from pathlib import Path

from benchmark.dataset import ImageFiles


class Cid22Validation(ImageFiles):
    """CID22, validation: 41 photographs and pictures of 512×512, CC BY-SA 4.0, without any loss.

    They are found in a folder ``cid22-validation`` of PNG files.
    """

    name = "cid22-validation"
    summary = "41 pictures, 512×512 RGB"
    expected = 41
    as_stored = True

    def locate(self) -> dict[str, Path]:
        folder = self.find((self.name,), "*.png")
        return {path.stem: path for path in sorted(folder.glob("*.png"))}
