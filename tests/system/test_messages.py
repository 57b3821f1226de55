"""Messages of workers: in pieces, and of those that lie."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from typing import Any

import pytest

from benchmark.errors import PluginError
from benchmark.run.task import Begun
from benchmark.system.messages import MOST, Messages, plain


def sent(*messages: bytes) -> bytes:
    """The bytes by which ``multiprocessing`` sends them."""
    ours, theirs = multiprocessing.Pipe()
    for message in messages:
        theirs.send_bytes(message)
    theirs.close()
    found = b""
    while data := os.read(ours.fileno(), 1 << 20):
        found += data
    ours.close()
    return found


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_messages_are_put_together(size: int) -> None:
    messages = [b"", b"one", bytes(range(256)) * 40]
    data, reader, found = sent(*messages), Messages(), list[bytes]()
    for start in range(0, len(data), size):
        reader.arrived(data[start : start + size])
        found += reader.whole()
    assert found == messages


def test_half_a_message_is_not_waited_for() -> None:
    reader = Messages()
    reader.arrived(sent(b"a message")[:-1])
    assert list(reader.whole()) == []


@pytest.mark.parametrize("header", [b"\xff\xff\xff\xfe", b"\xff\xff\xff\xff" + (MOST + 1).to_bytes(8, "big")])
def test_a_length_that_no_message_has_is_refused(header: bytes) -> None:
    reader = Messages()
    reader.arrived(header)
    with pytest.raises(ValueError, match="no message"):
        list(reader.whole())


class Runs:
    """Runs code where it is read."""

    def __reduce__(self) -> Any:
        return os._exit, (9,)


class Named(str):
    """A text of a class of somebody else's."""

    __slots__ = ()


@pytest.mark.parametrize("harm", [Runs(), Named("cpu"), print, PluginError, multiprocessing.Pipe])
def test_what_is_not_plain_data_is_refused(harm: object) -> None:
    message = pickle.dumps(("step", harm))
    if harm is PluginError:  # a class of this bench that is an error
        assert plain(message) == ("step", PluginError)
        return
    with pytest.raises(pickle.UnpicklingError, match="expected plain data"):
        plain(message)


@pytest.mark.parametrize(
    "message",
    [
        b"\x80\x04cbenchmark.run.task\nBegun\n(N}\x8c\x05placeK\x01stb.",  # a field of the class itself
        b"\x80\x04cbenchmark.run.task\nBegun\n(K\x05tR.",  # a call
        b"\x80\x04cbenchmark.run.task\nBegun\n(K\x05t\x81.",  # one with arguments
        b"\x80\x04}(" + b")" + b"2\x86" * 64 + b"Nu.",  # what takes for ever to hash
        b"\x80\x04})" + b"2\x86" * 64 + b"Ns.",
        b"\x80\x04\x8f()" + b"2\x86" * 64 + b"\x90.",
        b"\x80\x04()" + b"2\x86" * 64 + b"\x91.",
        b"\x80\x04cbuiltins\nset\n()" + b"2\x86" * 64 + b"tR.",
        b"\x80\x04cbuiltins\nValueError\n()" + b"2\x86" * 64 + b"tR.",
        b"\x80\x04cbenchmark.run.task\nBegun\n)\x81(K\x01e.",  # what is put into something else than a list
        b"\x80\x04cbenchmark.run.task\nBegun\n)\x81K\x01a.",
        b"\x80\x04cbenchmark.run.task\nBegun\n)\x81(K\x01K\x01u.",
        b"\x80\x04cbenchmark.run.task\nBegun\n)\x81K\x01K\x01s.",
        b"\x80\x04cbenchmark.run.task\nBegun\n)\x81(K\x01\x90.",
        b"\x80\x04cbenchmark.__main__\nmain\n.",  # what would have to be imported
        b"(ibuiltins\nValueError\n.",  # opcodes that plain data has not
        b"\x80\x04\x82\x01.",
        b"\x80\x04K\x01Q.",
    ],
)
def test_what_could_run_code_or_take_for_ever_is_refused(message: bytes) -> None:
    with pytest.raises((pickle.UnpicklingError, KeyError)):
        plain(message)
    assert Begun(3) == plain(pickle.dumps(Begun(3)))


def test_plain_data_comes_through() -> None:
    told = ("step", Begun(3), {"a": [1.5, None, (b"x", "y")]}, {1, 2})
    assert plain(pickle.dumps(told, pickle.HIGHEST_PROTOCOL)) == told
