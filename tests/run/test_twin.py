"""The process of decoders."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmark.plugins import codec_class
from benchmark.run.requests import Decoded, Refused, Request
from benchmark.run.timing import Stopwatch
from benchmark.run.twin import PATHS, DecoderDied, Twin
from tests.conftest import photo
from tests.packages import install_package

ENDS = '''
"""A codec whose decoder ends its process, or answers for itself."""
import dataclasses, os, signal
from pathlib import Path
from benchmark.codec import Codec
import numpy as np

@dataclasses.dataclass(frozen=True)
class Ends(Codec):
    name = "ends"
    summary = "ends its process"
    grid = {"how": ("7", "kill", "answers")}
    how: str = ""

    @classmethod
    def version(cls):
        return "1"

    def encode(self, image):
        return self.how.encode()

    @classmethod
    def decode(cls, data):
        if data == b"kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if data == b"answers":
            for entry in Path("/proc/self/fd").iterdir():
                try:
                    os.write(int(entry.name), (3).to_bytes(8, "big") + b"no!")
                except OSError:
                    pass
        os._exit(int(data))
'''


@pytest.fixture
def twin() -> Iterator[Twin]:
    """A process of decoders that sees all folders."""
    found = Twin(())
    yield found
    found.end()


def request(codec: str, *streams: bytes) -> Request:
    return Request(codec, (streams,), Stopwatch(1), frozenset({"once"}))


@pytest.mark.slow
def test_the_one_that_stays_and_fresh_ones_decode(twin: Twin) -> None:
    stream = codec_class("jpeg").from_settings({"quality": 60}).encode(photo(24, 40))
    found = [twin.ask(request("jpeg", stream), fresh=fresh) for fresh in (False, True, False)]
    expected = codec_class("jpeg").decode(stream)
    for answer, seconds in found:
        assert isinstance(answer, Decoded) and np.array_equal(answer.parts[0][0], expected)
        assert 0 < seconds < 60
    assert isinstance(twin.ask(request("jpeg", b"none"), fresh=True)[0], Refused)
    assert not twin.has_ended


@pytest.mark.slow
@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize(
    ("data", "end"),
    [(b"7", "ended with exit code 7"), (b"kill", "was ended by SIGKILL"), (b"answers", "gave no answer")],
)
def test_how_it_ended_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, end: str, fresh: bool
) -> None:
    install_package(tmp_path, "ends", ENDS, "codecs", {"ends": "Ends"})
    monkeypatch.setattr("benchmark.run.twin.PATHS", [*PATHS, str(tmp_path)])
    twin = Twin(())  # it ends with the test
    with pytest.raises(DecoderDied, match=f"^the process of the decoder {end}"):
        twin.ask(request("ends", data), fresh=fresh)
    assert twin.has_ended


@pytest.mark.slow
def test_a_process_that_was_killed_leaves_nothing(twin: Twin) -> None:
    stream = codec_class("jpeg").from_settings({"quality": 60}).encode(photo(24, 40))
    twin.ask(request("jpeg", stream))
    me = os.getpid()

    def below() -> list[int]:
        return [int(word) for word in Path(f"/proc/{me}/task/{me}/children").read_text().split()]

    for pid in below():
        if b"benchmark.run.decoder" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 60
    while not twin.has_ended and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(DecoderDied):
        twin.ask(request("jpeg", stream))
