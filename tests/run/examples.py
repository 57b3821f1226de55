"""A codec whose streams can be cut, and the rows of a run."""

from __future__ import annotations

import dataclasses
import pickle
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from benchmark.codec import Codec, Image, Knob, Setting, setting


def records(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "records.csv", keep_default_na=False)


@dataclasses.dataclass(frozen=True)
class Planes(Codec):
    """Bit planes from the most significant, each deflated by itself; counts its encodes."""

    name = "planes"
    summary = "bit planes, deflated"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"planes": range(1, 9)}
    knob = Knob("planes", 1, 8)
    embedded = True
    encoded: ClassVar[list[int]] = []

    planes: int = setting(8, low=1, high=8)
    level: int = setting(9, low=0, high=9)

    @classmethod
    def version(cls) -> str:
        return "planes 1"

    def encode(self, image: Image) -> bytes:
        self.encoded.append(self.planes)
        planes = [np.packbits(image >> (7 - plane) & 1).tobytes() for plane in range(self.planes)]
        parts = [zlib.compress(plane, self.level) for plane in planes]
        return pickle.dumps((image.shape, parts))

    @classmethod
    def decode(cls, data: bytes) -> Image:
        shape, parts = pickle.loads(data)
        image = np.zeros(shape, np.uint8)
        for plane, part in enumerate(parts):
            bits = np.unpackbits(np.frombuffer(zlib.decompress(part), np.uint8), count=image.size)
            image |= bits.reshape(shape) << (7 - plane)
        return image

    def prefix(self, data: bytes) -> bytes:
        shape, parts = pickle.loads(data)
        return pickle.dumps((shape, parts[: self.planes]))

    def nominal_bits(self, data: bytes) -> int:
        shape, parts = pickle.loads(data)
        return len(parts) * int(np.prod(shape))
