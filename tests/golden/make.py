"""Writes the golden streams of the CVAE anew: needed only when weights are trained anew.

    python tests/golden/make.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmark.plugins import codec_class
from tests.conftest import photo

HERE = Path(__file__).parent


def main() -> None:
    """A stream and its pixels for each set of weights."""
    for name, image, settings in (
        ("natural", photo(60, 90), {"weights": "natural", "quality": 7}),
        ("grey", photo(57, 40, 1), {"weights": "natural", "quality": 3, "step": 0.5}),
        ("mnist", photo(28, 28, 1), {"weights": "mnist", "quality": 6}),
        ("elbo", photo(30, 30, 1), {"weights": "mnist-elbo", "quality": 8}),
    ):
        codec = codec_class("cvae").from_settings(settings)
        stream = codec.encode(image)
        (HERE / f"cvae-{name}.bin").write_bytes(stream)
        np.save(HERE / f"cvae-{name}.npy", codec.decode(stream))


if __name__ == "__main__":
    main()
