"""Stored streams of learned codecs decode for ever, under any backend."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from benchmark.plugins import codec_class
from tests.conftest import ROOT, photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]


SETS = [("vae", "rd"), ("vae", "elbo"), ("conv-ae", "rd"), ("conv-ae", "mse"), ("denoising-ae", "mse")]


CODECS = sorted({codec for codec, _ in SETS})


GOLDEN = ROOT / "tests" / "golden"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.bin")), ids=lambda path: path.stem)
def test_golden_streams_decode_for_ever(path: Path) -> None:
    """Stored streams decode to the stored pixels, up to the rounding of another machine's floating point."""
    name = path.stem.rpartition("-")[0]
    expected = np.load(path.with_suffix(".npy"))
    decoded = codec_class(name).decode(path.read_bytes())
    assert decoded.shape == expected.shape
    assert np.abs(decoded.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("backend", [name for name in ("jax", "torch") if find_spec(name)])
def test_other_backends_decode_the_same_streams(backend: str, tmp_path: Path) -> None:
    expected = {}
    for name in ("cvae", *CODECS, "binary-ae", "rnn"):
        stream = codec_class(name)().encode(photo(64, 96, 1))
        path = tmp_path / f"{name}-new.bin"
        path.write_bytes(stream)
        expected[path] = codec_class(name).decode(stream)
    for path in GOLDEN.glob("rnn-*.bin"):
        expected[path] = np.load(path.with_suffix(".npy"))
    program = (
        "import sys, numpy as np; from pathlib import Path; from benchmark.plugins import codec_class\n"
        "for path in map(Path, sys.argv[2:]):\n"
        "    codec = codec_class(path.stem.rpartition('-')[0])\n"
        "    np.save(Path(sys.argv[1], path.stem + '.npy'), codec.decode(path.read_bytes()))"
    )
    subprocess.run(
        [sys.executable, "-c", program, tmp_path, *expected],
        cwd=ROOT,
        check=True,
        env={**os.environ, "KERAS_BACKEND": backend},
    )
    for path, pixels in expected.items():
        difference = np.load(tmp_path / f"{path.stem}.npy").astype(int) - pixels
        assert np.abs(difference).max() <= 1, path.stem
