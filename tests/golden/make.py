"""Writes the golden streams of the learned codecs anew: needed only when weights are trained anew.

python -m tests.golden.make
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmark.plugins import codec_class
from tests.conftest import photo

HERE = Path(__file__).parent


def main() -> None:
    """A stream and its pixels for each set of weights."""
    for codec, name, image, settings in (
        ("cvae", "natural", photo(60, 90), {"weights": "natural", "quality": 7}),
        ("cvae", "grey", photo(57, 40, 1), {"weights": "natural", "quality": 3, "step": 0.5}),
        ("cvae", "mnist", photo(28, 28, 1), {"weights": "mnist", "quality": 6}),
        ("cvae", "elbo", photo(30, 30, 1), {"weights": "mnist-elbo", "quality": 8}),
        ("vae", "rd", photo(28, 28, 1), {"quality": 6, "search": 1}),
        ("vae", "elbo", photo(30, 30, 1), {"weights": "elbo", "quality": 8}),
        ("conv-ae", "rd", photo(28, 28, 1), {"quality": 3}),
        ("conv-ae", "mse", photo(30, 60, 1), {"weights": "mse", "quality": 2}),
        ("denoising-ae", "mse", photo(30, 60, 1), {"weights": "mse", "quality": 3}),
        ("binary-ae", "model2", photo(33, 21), {"weights": "model2"}),
        ("binary-ae", "model3", photo(60, 90), {"tile": 32}),
        ("rnn", "small", photo(60, 90), {"weights": "small", "levels": 10}),
        ("rnn", "grey", photo(20, 35, 1), {"weights": "small", "levels": 3, "tile": 32}),
        ("rnn", "klt", photo(60, 90), {"levels": 10}),
        ("rnn", "tiles", photo(20, 35, 1), {"levels": 3, "tile": 32}),
        ("learned-wavelet", "photo", photo(60, 90), {"step": 20.0}),
        ("learned-wavelet", "turned", (photo(60, 90) * [1.0, 0.5, 0.3]).astype(np.uint8), {"step": 10.0}),
        ("learned-wavelet", "plain", photo(61, 35), {"step": 6.0, "restoration": "off"}),
        ("learned-wavelet", "grey", photo(57, 40, 1), {"step": 60.0}),
    ):
        encoder = codec_class(codec).from_settings(settings)
        stream = encoder.encode(image)
        (HERE / f"{codec}-{name}.bin").write_bytes(stream)
        np.save(HERE / f"{codec}-{name}.npy", encoder.decode(stream))


if __name__ == "__main__":
    argparse.ArgumentParser("python -m tests.golden.make", description=__doc__).parse_args()
    main()
