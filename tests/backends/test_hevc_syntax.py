"""Numbers, NAL units and parameter sets of HEVC, written and read back."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.backends.hevc_syntax import (
    SPS,
    BitReader,
    BitWriter,
    Sps,
    Tools,
    join,
    parameter_sets,
    payload_of,
    read_sps,
    split,
    unit,
)
from benchmark.errors import BitstreamError


def test_codes_of_numbers() -> None:
    bits = BitWriter()
    for value in (0, 1, 2, 3, 6, 7):
        bits.ue(value)
    assert bits.bits == "101001100100001110001000"
    assert bits.tobytes() == bytes((0b10100110, 0b01000011, 0b10001000))
    reader = BitReader(bits.tobytes())
    assert [reader.ue() for _ in range(6)] == [0, 1, 2, 3, 6, 7]
    signed = BitWriter()
    for value in (0, 1, -1, 2, -2):
        signed.se(value)
    assert signed.bits == "10100110010000101"
    for junk in (b"", b"\0" * 8, b"\0\0\0\0\0\xff\xff"):
        with pytest.raises(BitstreamError):
            BitReader(junk).ue()


def test_no_start_code_occurs_inside_a_unit() -> None:
    for payload in (b"\0" * 9 + b"\x80", b"\0\0\1\0\0\2\0\0\3\0\0\4", bytes(range(256))):
        nal = unit(SPS, payload)
        assert not any(code in nal for code in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))
        assert payload_of(nal) == payload
        assert split(join([nal, nal])) == [nal, nal]


def test_parameter_sets_say_what_they_were_given() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        numbers = [int(number) for number in rng.integers(0, 4, 5)]
        tools = Tools._make((*numbers, *(int(flag) for flag in rng.integers(0, 2, 2))))
        width, height, right, bottom = (int(number) for number in rng.integers(0, 20_000, 4))
        sps = Sps(int(rng.choice([0, 1, 3])), int(rng.choice([8, 10])), width, height, right, bottom, tools)
        assert read_sps(parameter_sets(sps)[1]) == sps
