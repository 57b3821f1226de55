"""The command line as a whole."""

from __future__ import annotations

import pytest

from tests.conftest import Run


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["run", "--codecs", "jpge"], r"unknown codec 'jpge'; did you mean jpeg\? known: "),
        (["run", "--dataset", "kodac"], r"unknown data set 'kodac'; did you mean kodak\? known: "),
        (["run", "--codecs", "jpeg", "--dataset", "folder:nowhere"], "nowhere is not a directory"),
        (["run", "--codecs", "jpeg", "--set", "jpeg.quality=500"], "expected 1 to 100, got 500"),
        (["run", "--codecs", "jpeg", "--match", "bpp=two"], "--match bpp=two: expected COLUMN=VALUE"),
        (["run", "--codecs", "png", "--match", "bpp=2"], "codec 'png' has no knob"),
        (["run", "--study", "none.toml"], "none.toml: cannot be read"),
        (["encode", "--codec", "jpeg", "none.png", "x"], "none.png: cannot be read"),
        (
            ["encode", "--codec", "jpeg", "--set", "quality=x", "none.png", "x"],
            "expected a whole number",
        ),
        (["decode", "none", "x.png"], "none: cannot be read"),
        (["data", "fetch", "sample"], "nothing to download"),
        (["train", "jpeg", "--dataset", "sample"], "not a learned one"),
        (["run", "--codecs"], "requires an argument"),
        (["list", "codices"], "is not one of"),
    ],
)
def test_mistakes_are_explained_without_a_traceback(rdbench: Run, words: list[str], complaint: str) -> None:
    import re

    done = rdbench(*words, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert re.search(complaint, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
