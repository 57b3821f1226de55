"""A wavelet codec with a learned entropy model, our own: exact on every machine, decoded with NumPy alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import metadata
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from benchmark.codec import Account, Codec, Complexity, Image, Knob, Setting, check_image, setting
from benchmark.errors import BitstreamError, UnsupportedImage, UsageError
from benchmark.neural.streams.container import MAX_SAMPLES, MAX_SIDE, Frame, pack, stream_codec, unpack
from benchmark.neural.streams.entropy import load_constriction
from benchmark.neural.wavelet import coder
from benchmark.neural.wavelet.colours import Rotation, analysed, image_of
from benchmark.neural.wavelet.model import Model
from benchmark.neural.wavelet.restoration import Restoration
from benchmark.neural.wavelet.transform import LEVELS, UNIT
from benchmark.neural.weights import TrainedPoint, by_identity, points, sets_digest, whole_set

if TYPE_CHECKING:
    from benchmark.neural.wavelet.recipe import WaveletRecipe

_FORMAT = 2
"""Of the payload; it stands first among a stream's settings."""
_SETTINGS_BEFORE = 3
"""How many settings streams had that did not tell the format of their payload."""
_STEPS = (0.5, 255.0)
_SHARES = {"psnr": (1.0,) * LEVELS, "ms-ssim": (2.4, 1.0, 0.5, 0.5, 0.5, 0.5)}
"""What each tuning multiplies the price of a bit by at each level of the wavelet, from the finest on."""


@dataclasses.dataclass(frozen=True)
class LearnedWavelet(Codec):
    """A fixed transform and a learned entropy model.

    Colours are rotated, by angles of the image's own, and a wavelet of six levels is quantised with one step. Small
    networks in integers predict each coefficient from those around it that the decoder has (see
    ``benchmark.neural.wavelet``), and the encoder chooses coefficients by squared error and the model's own bits. A
    last small network, in integers too, repairs the decoded image. Streams decode to the same pixels on every machine;
    neither encoder nor decoder needs Keras.

    Defaults: the set ``photographs``, one model for all rates. ``step`` is the knob: the quantiser step in grey levels,
    taken to a multiple of 1/64, from 6 for high rates to 170 for low ones; smaller steps go towards lossless. ``rdoq``
    is the price of a bit in the encoder's choices, in squared steps; 0 rounds with a dead zone instead. The encoder
    corrects each pass of coefficients by the errors that earlier passes left: fewer bits for the same quality;
    ``effort=1`` leaves that out, for speed. With ``tune="ms-ssim"`` bits cost more in the finest details and less in
    coarse ones: better by MS-SSIM, and worse by PSNR.
    ``restoration=off`` leaves the decoded image as the wavelet gives it.

    Colour path: RGB, full resolution, rotated by an orthonormal DCT of length 3 and then as the image's own colours
    are best told (``rotation=off`` leaves that out); a grey image has luma alone. Known
    limits: the model was trained on photographs; time grows with the rate.
    """

    name = "learned-wavelet"
    summary = "wavelet (CDF 9/7) with a learned entropy model in integers, restoration; RGB"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {
        "step": (6.0, 11.0, 16.0, 22.0, 30.0, 36.0, 42.0, 58.0, 80.0, 95.0, 115.0, 170.0)
    }
    knob = Knob("step", *_STEPS, increasing=False)

    weights: str = setting("photographs")
    step: float = setting(40.0, low=_STEPS[0], high=_STEPS[1])
    rdoq: float = setting(0.1, low=0.0, high=1.0)
    effort: int = setting(2, low=1, high=2)
    tune: str = setting("psnr", choices=tuple(_SHARES))
    restoration: str = setting("on", choices=("on", "off"))
    rotation: str = setting("image", choices=("image", "off"))

    @classmethod
    def version(cls) -> str:
        load_constriction()
        return f"NumPy {np.__version__}, constriction {metadata.version('constriction')}"

    @classmethod
    def recognises(cls, data: bytes) -> bool:
        return stream_codec(data) == cls.name

    def weights_digest(self) -> str:
        return sets_digest(self.name, [self.weights])

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name, max_side=MAX_SIDE)
        if image.size > MAX_SAMPLES:
            raise UnsupportedImage(f"{self.name}: a stream holds at most {MAX_SAMPLES} samples, got {image.size}")
        point = self._point()
        if self.restoration == "on":
            _restoration(point)  # a stream that could not be decoded must not be written
        height, width = image.shape[:2]
        step = round(self.step * UNIT)
        rotation, bands = analysed(image, step, turned=self.rotation == "image")
        payload = coder.encode(
            bands,
            height,
            width,
            _model(point),
            step,
            self.rdoq,
            corrected=self.effort > 1,
            shares=_SHARES[self.tune],
        ).payload
        settings = (_FORMAT, step, int(self.restoration == "on"), rotation.code)
        return pack(Frame(self.name, point.identity(), settings, 1, height, width, len(bands), payload))

    @classmethod
    def decode(cls, data: bytes) -> Image:
        frame, point, decoded = cls._decoded(data)
        _, step, restored, rotation = frame.settings
        planes = decoded.planes
        if restored:
            planes = _restoration(point)(planes, step, _model(point).tables)
        return image_of(planes, Rotation.of_code(rotation))

    @classmethod
    def decode_smaller(cls, data: bytes, level: int) -> Image:
        if level > LEVELS:
            raise UsageError(f"{cls.name}: expected a level of at most {LEVELS}, got {level}")
        frame, _, decoded = cls._decoded(data, level + 1)
        return image_of(decoded.planes, Rotation.of_code(frame.settings[3]))

    def overhead(self, data: bytes) -> int:
        return len(data) - len(unpack(data, self.name).payload)

    def complexity(self, height: int, width: int, channels: int) -> Complexity:
        point = self._point()
        return Complexity(_model(point).parameters + _restoration(point).parameters, None, None)

    def account(self, data: bytes) -> Account:
        frame, point, decoded = self._decoded(data)
        repair = int(_restoration(point).macs * frame.height * frame.width) if frame.settings[2] else 0
        return Account(decoded.ideal_bits, decoded.macs, decoded.macs + repair)

    @classmethod
    def _decoded(cls, data: bytes, last: int = 1) -> tuple[Frame, TrainedPoint, coder.Coded]:
        """What a stream says, by which weights, and its planes, down to a level, before they are repaired."""
        frame = unpack(data, cls.name)
        low, high = (round(limit * UNIT) for limit in _STEPS)
        if len(frame.settings) == _SETTINGS_BEFORE:
            raise BitstreamError(f"{cls.name}: an earlier version wrote the stream; decode it with that one")
        if (
            frame.count != 1
            or len(frame.settings) != 4
            or frame.settings[0] != _FORMAT
            or not low <= frame.settings[1] <= high
            or frame.settings[2] > 1
        ):
            raise BitstreamError(f"{cls.name}: absurd settings {frame.settings} for {frame.count} images")
        Rotation.of_code(frame.settings[3])
        point = by_identity(cls.name, frame.weights)
        decoded = coder.decode(
            frame.payload, frame.height, frame.width, frame.channels, _model(point), frame.settings[1], last
        )
        return frame, point, decoded

    def _point(self) -> TrainedPoint:
        return points(self.name, self.weights)[0]

    @classmethod
    def recipe(cls, dataset: str, options: Mapping[str, str]) -> WaveletRecipe:
        from benchmark.neural.wavelet.recipe import WaveletRecipe

        return WaveletRecipe(options)


@lru_cache(maxsize=4)
def _model(point: TrainedPoint) -> Model:
    with whole_set(point.folder):
        return Model.load(point.folder / f"{point.stem}.contexts.npz")


@lru_cache(maxsize=4)
def _restoration(point: TrainedPoint) -> Restoration:
    with whole_set(point.folder):
        return Restoration.load(point.folder / f"{point.stem}.restoration.npz")
