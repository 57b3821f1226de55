"""What codecs with a binary code share: streams of levels, rates, any size."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmark.codec import Codec
from benchmark.errors import BitstreamError, SettingError, UsageError
from benchmark.neural.streams.container import Frame, pack_levels, unpack_levels
from benchmark.neural.weights import set_folders
from benchmark.plugins import codec_class
from tests.conftest import photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]


BinaryAe, Rnn = codec_class("binary-ae"), codec_class("rnn")


@pytest.fixture(
    params=[("binary-ae", {}), ("rnn", {"levels": 3}), ("rnn", {"weights": "small", "levels": 3})],
    ids=["binary-ae", "rnn-klt", "rnn-small"],
)
def codec(request: pytest.FixtureRequest) -> Codec:
    name, settings = request.param
    return codec_class(name).from_settings(settings)


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (15, 33), (70, 40)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("tile", [0, 32])
def test_any_size(codec: Codec, shape: tuple[int, int], channels: int, tile: int) -> None:
    image = photo(*shape, channels)
    tiled = type(codec).from_settings({**codec.settings, "tile": tile})
    stream = tiled.encode(image)
    assert codec.decode(stream).shape == image.shape, "the tile size travels in the stream"


def test_nominal_and_coded_rate() -> None:
    image = photo(64, 96)
    for name, settings, nominal in (
        ("binary-ae", {"weights": "model2"}, 8),
        ("binary-ae", {"weights": "model3"}, 2),
        ("rnn", {"levels": 4}, 0.5),
        ("rnn", {"weights": "small", "levels": 4}, 0.5),
    ):
        codec = codec_class(name).from_settings(settings)
        stream = codec.encode(image)
        assert codec.nominal_bits(stream) == nominal * 64 * 96
        assert 8 * (len(stream) - codec.overhead(stream)) < nominal * 64 * 96


@pytest.mark.parametrize("weights", ["klt", "small"])
def test_any_prefix_of_whole_levels_decodes(weights: str) -> None:
    image = photo(80, 112)
    stream = Rnn.from_settings({"weights": weights, "levels": 10}).encode(image)
    frame, levels = unpack_levels(stream, "rnn")
    assert len(levels) == 10
    errors = []
    for count in range(1, 11):
        codec = Rnn.from_settings({"weights": weights, "levels": count})
        part = codec.prefix(stream)
        assert part == stream[: len(part)] == codec.encode(image) == pack_levels(frame, levels[:count])
        errors.append(float(np.mean((Rnn.decode(part).astype(float) - image) ** 2)))
        for cut in (len(part) - 1, len(part) + 1):
            if cut < len(stream):
                with pytest.raises(BitstreamError):
                    codec.decode(stream[:cut])
    assert errors[9] < errors[4] < errors[0]


def test_wrong_levels_settings_and_weights() -> None:
    image = photo(32, 32)
    frame, levels = unpack_levels(Rnn.from_settings({"levels": 10}).encode(image), "rnn")
    with pytest.raises(BitstreamError, match="11 levels, where the weights have 10"):
        Rnn.decode(pack_levels(frame, [*levels, levels[0]]))
    for settings in ((), (5,), (32, 0)):
        with pytest.raises(BitstreamError, match="tile size"):
            Rnn.decode(pack_levels(Frame(**{**vars(frame), "settings": settings}), levels))
    with pytest.raises(BitstreamError, match="made with weights"):
        Rnn.decode(pack_levels(Frame(**{**vars(frame), "weights": bytes(8)}), levels))
    with pytest.raises(SettingError, match=r"rnn\.levels"):
        Rnn.from_settings({"levels": 11})
    with pytest.raises(UsageError, match="no weights named 'model9'"):
        BinaryAe.from_settings({"weights": "model9"}).encode(image)


def test_cards_say_what_was_trained() -> None:
    for name in ("binary-ae", "rnn"):
        for known in set_folders(name).values():
            card = json.loads((known / "card.json").read_text(encoding="utf-8"))
            for key in ("data", "seed", "backend", "device", "training_seconds", "commit", "command", "options"):
                assert card[key], (known, key)
            assert card["points"][0]["training_steps"] > 0
            assert len(card["points"][0]["validation"]) == card["levels"]
