"""How large streams are: bytes of files, and estimates of codecs that have none."""

from __future__ import annotations

import pytest

from benchmark.codec import Account, Codec
from benchmark.errors import PluginError
from benchmark.plugins import codec_class
from benchmark.run.rates import rate_bits, rates


def png() -> Codec:
    return codec_class("png").from_settings({})


def test_the_rate_of_files_is_their_length() -> None:
    streams = [bytes(10), bytes(6)]
    assert rate_bits(png(), streams) == 128
    found = rates(png(), streams, [], 64)
    assert (found["bytes"], found["bpp"], found["estimated_bpp"]) == (16, 2.0, None)
    assert "kind" not in found


@pytest.mark.parametrize("bits", [100.0, None, 0.0, float("nan")])
def test_the_rate_of_a_codec_without_files_is_its_estimate(monkeypatch: pytest.MonkeyPatch, bits: float | None) -> None:
    codec = png()
    account = None if bits is None else Account(bits)
    monkeypatch.setattr(type(codec), "estimates", True)
    monkeypatch.setattr(type(codec), "account", classmethod(lambda cls, stream: account))
    if bits != 100.0:
        with pytest.raises(PluginError, match=r"an estimate of bits above 0|estimated_bits: expected a number"):
            rate_bits(codec, [b"one"])
        return
    found = rates(codec, [b"one", b"two"], [], 100)
    assert (found["kind"], found["bpp"], found["estimated_bpp"]) == ("estimate", 2.0, 2.0)
