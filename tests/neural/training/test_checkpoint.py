"""A training's state in a file, here and under another backend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.neural.training.checkpoint import load
from tests.conftest import ROOT
from tests.neural.training.runs import rows, run

pytestmark = [
    pytest.mark.neural,
    pytest.mark.slow,
    # Keras saves weights of TensorFlow in a way that NumPy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.mark.parametrize("backend", [name for name in ("jax", "torch") if find_spec(name)])
def test_another_backend_goes_on_from_a_checkpoint_that_was_carried(backend: str, tmp_path: Path) -> None:
    options = {"optimiser": "muon", "average": "0.5", "downscale": "0.5"}
    run(tmp_path / "here", options)
    carried = tmp_path / "carried.npz"
    (tmp_path / "here" / "training" / "checkpoint.npz").rename(carried)
    program = (
        "from pathlib import Path; from tests.neural.training.runs import run; import sys, json\n"
        f"card = run(Path(sys.argv[1]), {options | {'epochs': '4'}!r}, resume=Path(sys.argv[2]), device='cpu')\n"
        "print(json.dumps(card))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "there", carried],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": backend},
    )
    card = json.loads(done.stdout.splitlines()[-1])
    assert card["points"][0]["training_steps"] == 12
    assert [entry["backend"] for entry in card["trained_on"]] == ["tensorflow", backend]
    log = rows(tmp_path / "there", "log.csv")
    assert [row["step"] for row in log] == ["3", "6", "9", "12"]
    assert float(log[-1]["val_loss"]) < float(log[1]["val_loss"]), "it learns on"


def test_checkpoints_that_do_not_fit_are_explained(tmp_path: Path) -> None:
    run(tmp_path / "a")
    good = tmp_path / "a" / "training" / "checkpoint.npz"
    torn = tmp_path / "torn.npz"
    torn.write_bytes(good.read_bytes()[:1000])
    for path, options, complaint in (
        (torn, {}, "expected a checkpoint"),
        (tmp_path / "none.npz", {}, "cannot be read"),
        (good, {"average": "0.9"}, "of another optimiser"),
    ):
        with pytest.raises(UsageError, match=complaint):
            run(tmp_path / "b", {**options, "epochs": "3"}, resume=path)
        (tmp_path / "b" / "training" / "plan.json").unlink(missing_ok=True)


@pytest.mark.parametrize("state", [b"[" * 100_000, b"[1]", b"7", b"{"])
def test_a_checkpoint_whose_state_is_none_is_refused(tmp_path: Path, state: bytes) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, state=np.frombuffer(state, np.uint8))
    with pytest.raises(UsageError, match=r"a\.npz: expected a checkpoint that 'train' wrote"):
        load(path)
