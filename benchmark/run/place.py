"""Where learned codecs compute: on the device that a run names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from benchmark.codec import Codec
from benchmark.neural.backend import device_name, on_device
from benchmark.neural.codec import NeuralCodec
from benchmark.plugins import codec_class, real_class
from benchmark.system.devices import AUTO
from benchmark.system.pool import Engine


def placed(codec: type[Codec], device: str) -> AbstractContextManager[object]:
    """Lets a learned codec of Keras compute on a device; other codecs choose for themselves.

    Args:
        codec: the codec, or an outline of it.
        device: a word of :mod:`benchmark.system.devices`. With ``auto`` nothing is loaded before the codec does so.

    Raises:
        UsageError: there is no such device; it is raised as the context is entered.
    """
    return on_device(device) if device != AUTO and _is_placed(codec) else nullcontext()


def expected_devices(codecs: Sequence[str], device: str, engine: Engine) -> Mapping[str, str]:
    """What rows have to say in their column ``device``, by the name of the codec.

    A worker tells it: this process loads no backend, and may have no GPU where the workers have one.

    Args:
        codecs: names of codecs that can be used.
        device: a word of :mod:`benchmark.system.devices`.
        engine: starts the worker.

    Returns:
        The codecs that the word is for, none with ``auto``.

    Raises:
        UsageError: there is no such device.
    """
    if device == AUTO:
        return {}
    with engine(1) as pool:
        return pool.submit(_found, codecs, device).result()


def _found(codecs: Sequence[str], device: str) -> dict[str, str]:
    placeable = [cls.name for cls in map(codec_class, codecs) if _is_placed(cls)]
    if not placeable:
        return {}
    with on_device(device):
        return dict.fromkeys(placeable, device_name())


def _is_placed(codec: type[Codec]) -> bool:
    return issubclass(real_class(codec), NeuralCodec)
