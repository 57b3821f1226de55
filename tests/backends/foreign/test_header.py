"""The settings that a stream of another environment's codec begins with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmark.backends.foreign.header import pack_settings, unpack_settings
from benchmark.errors import BitstreamError
from benchmark.plugins import codec_class
from tests.backends.foreign.examples import declare

SETTINGS = {
    "whole": {"default": 1},
    "number": {"default": 0.5},
    "flag": {"default": False},
    "text": {"default": "a"},
    "choice": {"default": 30, "choices": [10, 20, 30]},
}


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path: Path = declare(tmp_path_factory.mktemp("codec"), {"knob": None, "settings": SETTINGS})
    return codec_class(str(path))


@pytest.mark.parametrize("whole", [0, -1, 1, 63, 64, -64, -65, 127, 128, 300, 2**31, -(2**63), 2**63])
@pytest.mark.parametrize("text", ["", "a", "é∂🙂", "x" * 300])
def test_settings_come_back(codec: Any, whole: int, text: str) -> None:
    for number, flag, choice in ((0.1, True, 10), (-1e300, False, 20), (float("inf"), True, 30)):
        made = codec(whole=whole, number=number, flag=flag, text=text, choice=choice)
        data = pack_settings(made)
        assert unpack_settings(codec, data + b"payload") == (made, len(data))


def test_small_settings_take_a_byte(codec: Any) -> None:
    assert len(pack_settings(codec(whole=-64, number=0.5, flag=True, text="abc", choice=20))) == 1 + 8 + 1 + 4 + 1


@pytest.mark.parametrize("length", range(14))
def test_what_is_cut_is_told(codec: Any, length: int) -> None:
    data = pack_settings(codec(text="abc"))
    with pytest.raises(BitstreamError, match="does not begin with settings"):
        unpack_settings(codec, data[:length])


def test_a_value_that_no_setting_has_is_told(codec: Any) -> None:
    data = pack_settings(codec())
    with pytest.raises(BitstreamError, match="does not begin with settings"):
        unpack_settings(codec, data[:-1] + b"\x09")
    with pytest.raises(BitstreamError, match="does not begin with settings"):
        unpack_settings(codec, b"\xff" * 40)
