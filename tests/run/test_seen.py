"""Images that weights were trained on are known again where the weights are measured."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmark.colour.fingerprint import fingerprint, to_text
from benchmark.dataset import read_image
from benchmark.neural.weights import WEIGHTS_VARIABLE, set_folders, sets_digest
from benchmark.run.seen import seen_in_training, training_fingerprints
from tests.conftest import jpeg_at, photo

SEEN = photo(96, 128)
OWN = sets_digest("learned-wavelet", ["photographs"])


def trained(folder: Path, monkeypatch: pytest.MonkeyPatch, text: object) -> str:
    """The digest of a set of weights whose card holds some fingerprints."""
    target = folder / "learned-wavelet" / "mine"
    shutil.copytree(set_folders("learned-wavelet")["photographs"], target)
    with (target / "network.contexts.npz").open("ab") as file:
        file.write(b"\0")  # other weights than those that come along, by their digest
    card = json.loads((target / "card.json").read_text(encoding="utf-8"))
    (target / "card.json").write_text(json.dumps(card | {"fingerprints": text}), encoding="utf-8")
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(folder))
    training_fingerprints.cache_clear()
    return sets_digest("learned-wavelet", ["mine"])


def test_an_image_that_is_nearly_one_of_training_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = trained(tmp_path, monkeypatch, to_text(np.array([fingerprint(SEEN)])))
    assert weights
    assert weights != OWN
    told = seen_in_training("learned-wavelet", weights, jpeg_at(SEEN, 30)[np.newaxis])
    assert told == "the image is nearly one that the weights were trained on"
    both = np.stack([np.ascontiguousarray(SEEN[:, ::-1]), SEEN])
    assert seen_in_training("learned-wavelet", weights, both).startswith("1 of 2 images are nearly one")
    assert seen_in_training("learned-wavelet", weights, both[:1]) == ""
    assert seen_in_training("learned-wavelet", OWN, SEEN[np.newaxis]) == "", "other weights were not trained on it"
    small = np.full((1, 28, 28), 7, np.uint8)
    assert seen_in_training("learned-wavelet", weights, small) == "", "small pictures have no fingerprint"


@pytest.mark.parametrize("text", ["no base64!", 7, None])
def test_a_card_that_holds_none_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: object) -> None:
    weights = trained(tmp_path, monkeypatch, text)
    assert seen_in_training("learned-wavelet", weights, SEEN[np.newaxis]) == ""


def test_a_codec_without_weights_has_been_trained_on_nothing() -> None:
    assert training_fingerprints("jpeg", "").shape == (0,)


def test_one_picture_of_cid22_was_trained_on_and_kodak_was_not(data_root: Path, kodak: Path) -> None:
    training_fingerprints.cache_clear()
    assert training_fingerprints("learned-wavelet", OWN).shape == (738,)
    seen = [
        path.name
        for path in (data_root / "cid22-validation" / "844297.png", *sorted(kodak.glob("kodim0*.png")))
        if seen_in_training("learned-wavelet", OWN, read_image(path)[np.newaxis])
    ]
    assert seen == ["844297.png"]
