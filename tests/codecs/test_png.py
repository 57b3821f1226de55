"""The codec png."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.codecs.classical import codec
from tests.conftest import ROOT
from tests.needs import needs


@pytest.mark.slow
@pytest.mark.neural
def test_png_names_the_library_that_deflates() -> None:
    """Not the zlib that some other module of the process has loaded, which Pillow would tell."""
    program = "import h5py, tensorflow; from benchmark.plugins import codec_class; print(codec_class('png').version())"
    needs("tensorflow", extra="neural")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == codec("png").version()
    assert "unknown" not in done.stdout
