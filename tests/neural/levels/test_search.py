"""An encoder that searches for better bits."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.errors import SettingError
from benchmark.plugins import codec_class
from tests.conftest import photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]


BinaryAe, Rnn = codec_class("binary-ae"), codec_class("rnn")


def test_a_search_finds_better_bits() -> None:
    """More quality than its rate would buy; the same again; levels embedded; an ordinary stream."""
    image = photo(64, 96)
    plain, searched, two = (
        Rnn.from_settings({"weights": "small", "levels": levels, "search": search})
        for levels, search in ((1, 0), (1, 6), (2, 6))
    )
    streams = [codec.encode(image) for codec in (plain, searched)]
    before, after = (float(np.mean((plain.decode(stream).astype(float) - image) ** 2)) for stream in streams)
    assert after < 0.95 * before
    assert len(streams[1]) < 1.2 * len(streams[0])
    assert two.encode(image)[: len(streams[1])] == streams[1]


def test_a_search_is_refused_where_it_gains_nothing() -> None:
    with pytest.raises(SettingError, match=r"rnn\.search: expected 0 with weights of form klt, .*, got 6"):
        Rnn.from_settings({"search": 6}).encode(photo(16, 16))
