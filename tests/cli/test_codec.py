"""Commands for single images and streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from tests.conftest import Run, photo


@pytest.mark.parametrize(
    "codec",
    ["jpeg", "jpeg2000", "webp", "avif", "png", pytest.param("cvae", marks=[pytest.mark.neural, pytest.mark.slow])],
)
def test_encode_and_decode_a_file(rdbench: Run, tmp_path: Path, codec: str) -> None:
    Pictures.fromarray(photo(60, 90)).save(tmp_path / "in.png")
    done = rdbench("encode", "--codec", codec, "in.png", "stream")
    assert f"{(tmp_path / 'stream').stat().st_size} bytes" in done.stdout
    done = rdbench("decode", "stream", "out.png")
    assert f"decoded by {codec}" in done.stdout
    decoded = np.asarray(Pictures.open(tmp_path / "out.png"))
    assert np.mean((decoded.astype(float) - photo(60, 90)) ** 2) < (1000 if codec == "cvae" else 200)


def test_a_folder_that_is_missing_is_told(rdbench: Run, tmp_path: Path) -> None:
    Pictures.fromarray(photo(8, 8)).save(tmp_path / "a.png")
    for words in (["decode", "a.png", "nodir/x.png"], ["encode", "--codec", "png", "a.png", "nodir/x.png"]):
        done = rdbench(*words, check=False)
        assert (done.returncode, "cannot be written: there is no folder nodir; make it first" in done.stderr) == (
            2,
            True,
        )


def test_settings_are_read_before_the_image(rdbench: Run) -> None:
    done = rdbench("encode", "--codec", "jpeg", "--set", "quality", "none.png", "x", check=False)
    assert "--set quality: expected KEY=VALUE" in done.stderr
