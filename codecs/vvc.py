"""VVC (H.266) still pictures through libvvenc in ffmpeg."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

from benchmark.backends.ffmpeg import decode_planes, encode_planes, encoder_version
from benchmark.codec import Codec, Image, Knob, Setting, check_image, setting
from benchmark.colour.convert import ColourPath, from_planes, pad, to_planes
from benchmark.errors import BitstreamError

_ONE_PICTURE = "framestobeencoded=1:intraperiod=1:gopsize=1:hrdparameterspresent=0"
_DELIMITER = 20
_CROP_UNIT = bytes([0, 0, 1, 0, 31 << 3 | 1])
_CODED = (*range(12), 17, 18)  # slices and their adaptation parameters


@dataclasses.dataclass(frozen=True)
class Vvc(Codec):
    """A bare VVC stream of one picture.

    Defaults: preset ``medium``, which is the encoder's own. Its perceptual adaptation of the quantiser is off, because
    that costs PSNR. The encoder is told that there is one picture, so that the headers hold nothing for a video.

    Colour path: YCbCr BT.601 full range, 10 bit, 4:2:0, in NumPy; libvvenc takes no other form. Halving the chroma
    alone costs so much that no setting passes about 47 dB on photographs. A grey image is stored, and returned, as
    colour.

    Known limits: 16×16 pixels at least, and even sides. Smaller and odd images are padded with their last row and
    column. A NAL unit of type 31 tells how much was padded; that type is left to applications, and other decoders skip
    it. The stream has no checksum: most altered bits are decoded without complaint.
    """

    name = "vvc"
    summary = "VVC by ffmpeg (libvvenc), YCbCr BT.601 full range, 10 bit, 4:2:0"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {"qp": (17, 23, 27, 29, 32, 35, 38, 41, 44, 47)}
    knob = Knob("qp", 0, 63, increasing=False)
    undetected = frozenset({"altered"})

    qp: int = setting(32, low=0, high=63)
    preset: str = setting("medium", choices=("faster", "fast", "medium", "slow", "slower"))

    @classmethod
    def version(cls) -> str:
        return encoder_version("libvvenc")

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return data.startswith(b"\0\0\0\1\0\x79")

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=16384)
        padded = pad(image, least=16, multiple=2)
        planes = to_planes(padded, depth=10, subsampling="4:2:0")
        if len(planes) == 1:
            planes += 2 * [np.full_like(planes[0][::2, ::2], 512)]
        stream = encode_planes(
            planes,
            depth=10,
            form="vvc",
            options=(
                "-c:v",
                "libvvenc",
                "-preset",
                self.preset,
                "-qp",
                str(self.qp),
                "-qpa",
                "0",
                "-vvenc-params",
                _ONE_PICTURE,
            ),
        )
        stream = b"".join(unit for kind, unit in _units(stream) if kind != _DELIMITER)
        below, right = (padded.shape[axis] - image.shape[axis] for axis in (0, 1))
        return stream + (_CROP_UNIT + bytes([below << 4 | right]) if below or right else b"")

    @classmethod
    def decode(cls, data: bytes) -> Image:
        if not cls.recognises(data):
            raise BitstreamError("not a VVC stream: it does not start with a sequence parameter set")
        planes, depth = decode_planes(data, form="vvc")
        image = from_planes(planes, depth=depth)
        if data[-6:-1] == _CROP_UNIT:
            below, right = divmod(data[-1], 16)
            image = image[: image.shape[0] - below, : image.shape[1] - right]
        return image

    def overhead(self, data: bytes) -> int:
        """Parameter sets and the unit that tells the size: all but slices and their adaptation parameters."""
        return sum(len(unit) for kind, unit in _units(data) if kind not in _CODED)

    def colour_path(self, channels: int) -> ColourPath:
        if channels == 1:
            return ColourPath("none", depth=10, by="NumPy, rounded")
        return ColourPath("BT.601", subsampling="4:2:0", depth=10, by="NumPy, rounded")


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    """NAL units of a byte stream, start codes included, and their types."""
    heads = [(match.start(), match[1][0] >> 3) for match in re.finditer(rb"\x00?\x00\x00\x01.(.)", data, re.DOTALL)]
    for (start, kind), (end, _) in zip(heads, [*heads[1:], (len(data), 0)], strict=True):
        yield kind, data[start:end]
