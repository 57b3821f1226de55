"""Skeletons: the files that a codec of one's own begins with. They run at once, and are meant to be changed."""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

from benchmark.errors import UsageError
from benchmark.plugins import codec_names
from benchmark.system.files import make_folder, replace_file

_NAME = re.compile(r"[a-z][a-z0-9-]*")

_DECLARATION = """\
name = "{name}"
python = "{python}"  # the interpreter of the environment that the class runs in
codec = "{module}.py:{cls}"
pixels = "{pixels}"
channels = [1, 3]  # grey, RGB
# checkpoint = "weights.pt"  # a file of weights, which the class gets as the argument checkpoint

[knob]  # the setting that trades rate for quality; the class gets it as an argument
name = "step"
low = 1
high = 128
default = 16
increasing = false
grid = [8, 16, 32, 64]
"""

_NUMPY = '''\
"""The codec {name}: pixels in steps, deflated. Put your own in the place of it."""

import struct
import zlib

import numpy as np

HEADER = struct.Struct("<HHB")


class {cls}:
    def __init__(self, step=16):
        self.step = step  # what takes long, such as to load a network, belongs here: it is done once

    def encode(self, image):  # uint8, (H, W, 3) or (H, W)
        height, width, channels = np.atleast_3d(image).shape
        symbols = (image + self.step / 2) // self.step
        return HEADER.pack(height, width, channels) + zlib.compress(symbols.astype(np.uint8).tobytes(), 9)

    def decode(self, data):  # the bytes that encode returned, and nothing else
        height, width, channels = HEADER.unpack(data[: HEADER.size])
        symbols = np.frombuffer(zlib.decompress(data[HEADER.size :]), np.uint8)
        image = np.minimum(symbols * float(self.step), 255).astype(np.uint8)
        return image.reshape((height, width, 3) if channels == 3 else (height, width))
'''

_TORCH = '''\
"""The codec {name}: a network, rounding, zlib. Put your own in the place of each."""

import math
import struct
import zlib

import numpy as np
import torch
from torch.nn import functional

HEADER = struct.Struct("<HHB")
BLOCK = 8


class Network(torch.nn.Module):
    """Blocks of 8 × 8 pixels and their DCT, as layers; load_state_dict would bring the weights of a trained network."""

    def __init__(self):
        super().__init__()
        place = torch.arange(BLOCK)
        rows = torch.cos(math.pi * (2 * place + 1) * place[:, None] / (2 * BLOCK)) * math.sqrt(2 / BLOCK)
        rows[0] /= math.sqrt(2)
        kernels = torch.einsum("ay,bx->abyx", rows, rows).reshape(BLOCK**2, 1, BLOCK, BLOCK)
        self.analysis = torch.nn.Conv2d(1, BLOCK**2, BLOCK, stride=BLOCK, bias=False)
        self.synthesis = torch.nn.ConvTranspose2d(BLOCK**2, 1, BLOCK, stride=BLOCK, bias=False)
        self.load_state_dict({{"analysis.weight": kernels, "synthesis.weight": kernels}})


class {cls}:
    def __init__(self, step=16):
        self.step = step
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.network = Network().to(self.device).eval()  # done once

    def encode(self, image):  # float32 in 0..1, (1, 3, H, W) or (1, 1, H, W)
        _, channels, height, width = image.shape
        planes = image.to(self.device).reshape(channels, 1, height, width)
        padded = functional.pad(planes, (0, -width % BLOCK, 0, -height % BLOCK), mode="replicate")
        symbols = (self.network.analysis(255 * padded) / self.step).round().to(torch.int16).cpu().numpy()
        return HEADER.pack(height, width, channels) + zlib.compress(symbols.tobytes(), 9)

    def decode(self, data):  # the bytes that encode returned, and nothing else
        height, width, channels = HEADER.unpack(data[: HEADER.size])
        shape = channels, BLOCK**2, math.ceil(height / BLOCK), math.ceil(width / BLOCK)
        symbols = np.frombuffer(zlib.decompress(data[HEADER.size :]), np.int16).reshape(shape)
        latent = torch.from_numpy(symbols.astype(np.float32)).to(self.device) * self.step
        return self.network.synthesis(latent)[..., :height, :width].reshape(1, channels, height, width) / 255
'''

_TEST = '''\
"""Tests of the codec {name}: python -m pytest {test}"""

from pathlib import Path

import benchmark
import numpy as np
import pytest

FILE = str(Path(__file__).with_name("{name}.toml"))
MOST_LEVELS = 8  # how far samples may be off in the mean, of 0..255


@pytest.mark.parametrize("name", ["astronaut", "camera"])  # RGB, grey
def test_what_is_decoded_is_the_picture(name):
    image = benchmark.dataset("sample").load(name)[0][:101, :83]
    codec = benchmark.codec(FILE, step=8)
    if (3 if image.ndim == 3 else 1) not in codec.channels:
        pytest.skip("it takes no such pictures")
    decoded = codec.decode(codec.encode(image))
    assert decoded.shape == image.shape
    assert np.abs(decoded.astype(float) - image).mean() < MOST_LEVELS


def test_a_larger_step_costs_fewer_bytes():
    image = benchmark.dataset("sample").load("astronaut")[0]
    fine, coarse = (len(benchmark.codec(FILE, step=step).encode(image)) for step in (8, 32))
    assert coarse < fine
'''


def write_codec(name: str, folder: Path, *, torch: bool, python: str) -> list[Path]:
    """Writes the skeleton of a codec: a class, the TOML file that declares it, and a test.

    Args:
        name: the name of the codec.
        folder: where the files lie; it is made where there is none.
        torch: whether the class takes tensors of PyTorch.
        python: the interpreter of the class's environment; empty for this one.

    Returns:
        The files, that of the declaration first.

    Raises:
        UsageError: the name is none for a codec, or taken; a file is there already.
    """
    module = name.replace("-", "_")
    if not _NAME.fullmatch(name) or keyword.iskeyword(module) or module in sys.stdlib_module_names or module == "torch":
        raise UsageError(
            f"{name!r}: expected small letters, digits and '-', a letter first, and no name of a module of Python"
        )
    if name in codec_names():
        raise UsageError(f"{name!r} is that of another codec; take one of your own")
    cls = "".join(part.capitalize() for part in name.split("-"))
    words = {
        "name": name,
        "module": module,
        "cls": f"{cls}Codec",
        "python": (python or sys.executable).replace("\\", "/"),
        "pixels": "torch" if torch else "numpy",
        "test": f"test_{module}.py",
    }
    texts = {f"{name}.toml": _DECLARATION, f"{module}.py": _TORCH if torch else _NUMPY, f"test_{module}.py": _TEST}
    paths = [folder / file for file in texts]
    for path in paths:
        if path.exists():
            raise UsageError(f"{path}: is there already; take another name, or another folder with --out")
    make_folder(folder)
    for path, text in zip(paths, texts.values(), strict=True):
        replace_file(path, text.format(**words))
    return paths
