"""The command train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmark.cli.main import main

pytestmark = [
    pytest.mark.neural,
    pytest.mark.slow,
    # Keras saves weights of TensorFlow in a way that NumPy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_an_interruption_tells_whether_there_is_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmark.neural.training.train.train", interrupted)
    words = ["train", "cvae", "--dataset", "sample", "--out", str(tmp_path)]
    for expected in ("nothing was trained yet", "the checkpoint is written"):
        done = CliRunner().invoke(main, words)
        assert (done.exit_code, expected in done.output) == (130, True)
        (tmp_path / "training").mkdir(exist_ok=True)
        (tmp_path / "training" / "checkpoint.npz").touch()
