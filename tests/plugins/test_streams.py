"""Which codec a stream is of."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.plugins import codec_class, codec_names
from benchmark.plugins.streams import check_ending, codec_of_ending, codec_of_stream


def test_every_ending_has_one_codec_which_may_write_it() -> None:
    for name in codec_names():
        for ending in codec_class(name).endings:
            assert codec_of_ending(Path(f"x{ending.upper()}")) is codec_class(name)
            check_ending(codec_class(name), Path(f"x{ending}"))
    for name in ("jpegli", "mozjpeg"):
        check_ending(codec_class(name), Path("x.jpg"))
        with pytest.raises(UsageError, match=r"end OUT in \.jpg or \.jpeg"):
            check_ending(codec_class(name), Path("x.webp"))


def test_streams_of_nobody_are_told() -> None:
    with pytest.raises(UsageError, match="--codec"):
        codec_of_stream(b"no stream at all")
