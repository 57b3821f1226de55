"""What a training needs before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.colour.fingerprint import fingerprint, from_text
from benchmark.errors import UsageError
from benchmark.system.lock import folder_lock
from tests.conftest import Run, photo
from tests.neural.training.runs import run

pytestmark = [
    pytest.mark.neural,
    pytest.mark.slow,
    # Keras saves weights of TensorFlow in a way that NumPy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_a_device_that_is_not_there_is_explained(tmp_path: Path) -> None:
    for device, complaint in (("gpu:7", "finds no such GPU"), ("tpu", "expected auto, cpu, gpu or gpu:N")):
        with pytest.raises(UsageError, match=complaint):
            run(tmp_path, device=device)


def test_two_trainings_never_share_a_folder(rdbench: Run, tmp_path: Path) -> None:
    folder = tmp_path / "weights" / "rnn" / "mine"
    (folder / "training").mkdir(parents=True)
    with folder_lock(folder / "training"):
        done = rdbench("train", "rnn", "--dataset", "sample", "--name", "mine", check=False)
    assert done.returncode == 2
    assert "another process works in this folder" in done.stderr


def test_a_card_keeps_the_fingerprints_of_what_was_trained_on(tmp_path: Path) -> None:
    """They are those of the one photograph that the training of these tests has."""
    assert list(from_text(run(tmp_path)["fingerprints"])) == [fingerprint(photo(128, 128, 3, 1))]


def test_a_command_with_a_mistake_leaves_no_training_behind(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no weights named 'nope'"):
        run(tmp_path, {"start": "nope"})
    assert not (tmp_path / "training" / "plan.json").exists()
    run(tmp_path, {})
    with pytest.raises(UsageError, match="a training with other arguments"):
        run(tmp_path, {"learning_rate": "1e-4"})


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff", b"{"])
def test_a_plan_that_cannot_be_read_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "plan.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"plan\.json: cannot be read as the plan of a training: .*another --out"):
        run(tmp_path, {})
