"""Models of CompressAI as codecs: each name of its zoo, and each class of ``compressai.models``, is a class here.

    getattr(compressai_models, "bmshj2018-hyperprior")(quality=3, metric="mse")

A stream is a container of all strings that ``compress`` returns:

    height, width of the image; height, width of the smallest latent; the number of strings  (7 bits a byte each)
    the length of each string but the last                                                   (likewise)
    the strings

Images are padded to multiples of 64 with zeros on all sides, as CompressAI's own evaluation does. This file runs in an
environment of Python 3.8 or later that has CompressAI, and imports nothing of the bench.
"""

from __future__ import annotations

import math
import os
from typing import Any, List, Sequence, Tuple

STRIDE = 64
"""Images are padded to multiples of it: the factor between an image and the smallest latent."""

_PREFIX = "module."
"""What parameters are called in checkpoints that were trained on several GPUs."""


def __getattr__(name: str) -> Any:
    if name.startswith("_"):  # Python looks for some such names itself, also where there is no CompressAI
        raise AttributeError(name)
    from compressai import models, zoo

    cls = zoo.image.model_architectures.get(name.replace("-relu", "_relu"), getattr(models, name, None))
    if not callable(getattr(cls, "from_state_dict", None)) or "VBR" in cls.__name__.upper():
        raise AttributeError("CompressAI has no model {!r} of one rate".format(name))
    return type(name, (Model,), {"architecture": name, "network": cls})


class Model:
    """A model of CompressAI; its subclasses say which one.

    Args:
        quality: the number of the model in the zoo; nothing where a checkpoint says all.
        metric: ``mse`` or ``ms-ssim``, what it was trained for.
        checkpoint: the file of its parameters; without one, the file that CompressAI's own download leaves.
    """

    architecture = ""
    network: Any = None

    def __init__(self, quality: int = 0, metric: str = "mse", checkpoint: str = "") -> None:
        import torch
        from compressai.zoo import load_state_dict

        torch.backends.cudnn.deterministic = True
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        path = checkpoint or self.weights_file(quality, metric)[0]
        state = torch.load(path, map_location="cpu", weights_only=True)
        for key in ("network", "state_dict", "model_state_dict"):
            state = state.get(key, state)
        state = {name[len(_PREFIX) :] if name.startswith(_PREFIX) else name: value for name, value in state.items()}
        # from_state_dict sizes the network by its parameters; tables of another version of them are made anew.
        self.model = self.network.from_state_dict(load_state_dict(state)).eval().to(self.device)
        self.model.update(force=True)

    @classmethod
    def weights_file(cls, quality: int = 0, metric: str = "mse") -> Tuple[str, str]:
        """Where CompressAI's download leaves the parameters of a model of the zoo, and the command that fetches them.

        Raises:
            ValueError: the zoo has no such model.
        """
        import torch
        from compressai import zoo

        url = zoo.image.model_urls.get(cls.architecture, {}).get(metric, {}).get(quality)
        if url is None:
            raise ValueError("the zoo has no {} of quality {} for {}".format(cls.architecture, quality, metric))
        code = "from compressai.zoo import image_models as m; m['{}']({}, '{}', pretrained=True)"
        path = os.path.join(torch.hub.get_dir(), "checkpoints", os.path.basename(url))
        return path, code.format(cls.architecture, quality, metric)

    def encode(self, image: Any) -> bytes:
        """The stream of an image, float32 in 0..1 of shape (1, 3, H, W)."""
        told = self.model.compress(padded(image.to(self.device)))
        if any(len(strings) != 1 for strings in told["strings"]):
            raise ValueError("compress returned several strings for one image")
        return packed(tuple(image.shape[-2:]), tuple(told["shape"]), [strings[0] for strings in told["strings"]])

    def decode(self, data: bytes) -> Any:
        """The image of a stream."""
        (height, width), shape, strings = unpacked(data)
        return cut(self.model.decompress([[string] for string in strings], shape)["x_hat"], height, width)

    def estimate_bits(self, image: Any) -> Tuple[float, Any]:
        """Bits by the likelihoods of the model, and the image that would be decoded."""
        told = self.model(padded(image.to(self.device)))
        bits = sum(float(-each.double().log2().sum()) for each in told["likelihoods"].values())
        return bits, cut(told["x_hat"], *image.shape[-2:])

    def overhead(self, data: bytes) -> int:
        """Bytes of a stream that are none of its strings."""
        return len(data) - sum(map(len, unpacked(data)[2]))


def margins(size: int) -> Tuple[int, int]:
    """How many zeros stand before and behind a side of an image."""
    missing = -size % STRIDE
    return missing // 2, missing - missing // 2


def padded(image: Any) -> Any:
    """An image with its sides padded to multiples of :data:`STRIDE`."""
    from torch.nn import functional

    height, width = image.shape[-2:]
    return functional.pad(image, (*margins(width), *margins(height)))


def cut(image: Any, height: int, width: int) -> Any:
    """The part of a padded image that is the image."""
    top, left = margins(height)[0], margins(width)[0]
    return image[..., top : top + height, left : left + width]


def packed(size: Tuple[int, ...], shape: Tuple[int, ...], strings: Sequence[bytes]) -> bytes:
    """The container of the strings of an image."""
    numbers = [*size, *shape, len(strings), *map(len, strings[:-1])]
    return b"".join(_number(int(number)) for number in numbers) + b"".join(strings)


def unpacked(data: bytes) -> Tuple[Tuple[int, int], Tuple[int, int], List[bytes]]:
    """The size of an image, that of its smallest latent, and the strings.

    Raises:
        ValueError: it is no such container, or cut.
    """
    place = 0

    def next_number() -> int:
        nonlocal place
        number = shift = 0
        while True:
            if place >= len(data) or shift > 28:
                raise ValueError("the container is cut or altered")
            number |= (data[place] & 127) << shift
            place, shift = place + 1, shift + 7
            if data[place - 1] < 128:
                return number

    height, width, below, right, count = (next_number() for _ in range(5))
    # A latent of 1/64 to 1/8 of the sides: a network is given no other size, however the stream was altered.
    if not (height and width and count) or not all(
        math.ceil(side / STRIDE) <= latent <= math.ceil(side / STRIDE) * STRIDE // 8
        for side, latent in ((height, below), (width, right))
    ):
        raise ValueError("the container is cut or altered")
    lengths = [next_number() for _ in range(count - 1)]
    strings = []
    for length in lengths:
        strings.append(data[place : place + length])
        place += length
    if place > len(data):
        raise ValueError("the container is cut or altered")
    return (height, width), (below, right), [*strings, data[place:]]


def _number(value: int) -> bytes:
    """A whole number, 7 bits a byte, small ones first."""
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes(parts) + bytes([value])
