"""What codecs of imagecodecs refuse."""

from __future__ import annotations

import pytest

from benchmark.errors import BitstreamError
from tests.codecs.classical import codec
from tests.conftest import photo


def test_truncated_files_are_told_at_every_length() -> None:
    for name in ("qoi", "jpegls", "jpegxr", "jxl"):
        one = codec(name)
        stream = one.encode(photo(9, 20))
        for size in range(len(stream)):
            with pytest.raises(BitstreamError):
                one.decode(stream[:size])


def test_absurd_sizes_are_refused_before_they_are_allocated() -> None:
    image, huge = photo(20, 30), (1 << 20).to_bytes(4, "big")
    qoi = codec("qoi").encode(image)
    with pytest.raises(BitstreamError, match="claims a picture that is too large: 1048576×1048576"):
        codec("qoi").decode(qoi[:4] + huge + huge + qoi[12:])
    with pytest.raises(BitstreamError, match="holds at most"):
        codec("qoi").decode(qoi[:4] + (10_000).to_bytes(4, "big") * 2 + qoi[12:])
    jpegls = codec("jpegls").encode(image)
    frame = jpegls.index(b"\xff\xf7") + 5
    with pytest.raises(BitstreamError, match="claims a picture that is too large: 65535×65535"):
        codec("jpegls").decode(jpegls[:frame] + b"\xff" * 4 + jpegls[frame + 4 :])
    with pytest.raises(BitstreamError, match="claims a picture that is too large: 1073741824×1073741824"):
        sides = 0b11 << 1 | (2**30 - 1) << 3 | 0b11 << 36 | (2**30 - 1) << 38
        codec("jxl").decode(b"\xff\x0a" + sides.to_bytes(12, "little"))
    jpegxr = codec("jpegxr").encode(image)
    with pytest.raises(BitstreamError, match="container and codestream contradict each other"):
        codec("jpegxr").decode(jpegxr.replace((30).to_bytes(4, "little"), (31).to_bytes(4, "little"), 1))
