"""A codec of another package: the conformance suite takes it, whatever its settings are called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.packages import install_package

NAMES = """
    bpp codec colour data dataset field grid_size hue hue_not image images key metrics name2 names out psnr_rgb quality
    schema self_ series status stream target value values weights _private
"""
"""Names of settings that a test, a column, an option or a parameter has, too."""

THEIRS = '''
import dataclasses, struct, zlib
import numpy as np
from benchmark.codec import Codec, Knob, check_image, setting
from benchmark.errors import BitstreamError

HEADER = struct.Struct("<IIBBI")

@dataclasses.dataclass(frozen=True)
class OddNames(Codec):
    """Pixels in steps, deflated."""
    name = "odd-names"
    summary = "pixels in steps, deflated"
    grid = {"step": (1, 4, 16)}
    knob = Knob("step", 1, 64, increasing=False)
    step: int = setting(4, low=1, high=64)
SETTINGS
    @classmethod
    def version(cls):
        return "odd-names 1"

    def encode(self, image):
        check_image(image, codec=self.name)
        body = zlib.compress((image // self.step).tobytes())
        return HEADER.pack(*image.shape[:2], image.ndim, self.step, zlib.crc32(body)) + body

    @classmethod
    def decode(cls, data):
        try:
            height, width, dimensions, step, check = HEADER.unpack(data[: HEADER.size])
            if check != zlib.crc32(data[HEADER.size :]):
                raise BitstreamError("cut or altered")
            steps = np.frombuffer(zlib.decompress(data[HEADER.size :]), np.uint8)
            pixels = np.minimum(steps.astype(int) * step + step // 2, 255).astype(np.uint8)
            return pixels.reshape((height, width, 3)[:dimensions])
        except (struct.error, zlib.error, ValueError) as error:
            raise BitstreamError(str(error)) from error
'''


@pytest.mark.slow
def test_the_conformance_suite_takes_settings_of_any_name(tmp_path: Path) -> None:
    """As a third party runs it, see ``docs/plugins.md``: the codec is installed, and ``-k`` names it."""
    settings = "".join(f"    {name}: int = setting({place})\n" for place, name in enumerate(NAMES.split()))
    install_package(tmp_path, "odd_names", THEIRS.replace("SETTINGS", settings), "codecs", {"odd-names": "OddNames"})
    words = ("-q", "-p", "no:cacheprovider", "tests/codecs/test_conformance.py", "-k", "odd-names and not neural")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "failed" not in done.stdout
