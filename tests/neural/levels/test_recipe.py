"""How codecs with a binary code are trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from benchmark.errors import SettingError
from benchmark.neural.weights import WEIGHTS_VARIABLE
from benchmark.plugins import codec_class
from tests.conftest import Run, photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]


BinaryAe, Rnn = codec_class("binary-ae"), codec_class("rnn")


# The steps of one level leave the layers that carry its state on without gradients, as they should.
@pytest.mark.filterwarnings("ignore:Gradients do not exist:UserWarning")
def test_training_command_resumes_and_its_weights_work(
    rdbench: Run, rdbench_process: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()
    for index in range(4):
        Image.fromarray(photo(256, 256, 3, index)).save(tmp_path / "photos" / f"{index}.png")
    words = ["train", "rnn", "--dataset", "photos", "--out", "weights/rnn/mine"]
    for option in ("warmup=1", "epochs=1", "steps=2", "levels=2", "warmup_levels=1", "batch_size=2", "crop=32"):
        words += ["--option", option]
    assert "wrote" in rdbench(*words).stdout
    folder = tmp_path / "weights" / "rnn" / "mine"
    assert sorted(path.name for path in folder.glob("network.*")) == [
        "network.bits01.npz",
        "network.bits02.npz",
        "network.weights.npz",
    ]
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["points"][0]["training_steps"] == 4
    assert "trained before" in rdbench(*words).stderr
    refused = rdbench(*words, "--seed", "2", check=False)
    assert refused.returncode == 2
    assert "training with other arguments" in refused.stderr

    more = rdbench_process(
        *words[:-1],
        "crop=32",
        "--option",
        "start=mine",
        "--name",
        "more",
        "--out",
        "weights/rnn/more",
        RDBENCH_WEIGHTS="weights",
    )
    assert "wrote" in more.stdout
    continued = json.loads((tmp_path / "weights" / "rnn" / "more" / "card.json").read_text(encoding="utf-8"))
    assert continued["points"][0]["training_steps"] == 2, "no warm-up for weights that were trained before"

    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "weights"))
    codec = Rnn.from_settings({"weights": "mine", "levels": 2})
    image = photo(60, 60)
    assert codec.decode(codec.encode(image)).shape == image.shape
    with pytest.raises(SettingError, match="weights 'mine' have 2"):
        Rnn.from_settings({"weights": "mine", "levels": 3}).encode(image)


@pytest.mark.parametrize(
    ("codec", "option", "complaint"),
    [
        ("rnn", "colour=red", "no training option 'colour'"),
        ("rnn", "epochs=many", "positive whole number"),
        ("rnn", "width=huge", "expected one of full, small"),
        ("binary-ae", "model=4", "expected one of 1, 2, 3"),
        ("binary-ae", "learning_rate=fast", "expected a number"),
        ("binary-ae", "schedule=weekly", "cyclical"),
    ],
)
def test_bad_training_options_are_explained(rdbench: Run, codec: str, option: str, complaint: str) -> None:
    done = rdbench("train", codec, "--dataset", "sample", "--option", option, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr
