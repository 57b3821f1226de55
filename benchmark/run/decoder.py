"""Decodes in a process of its own, which is given bytes and nothing else.

The process that encodes holds the pictures, and so does whatever a codec kept of them. A decoder there could return
them without a look at the stream. Here it is another process that decodes: a twin of the worker, which starts before it
is needed first, lives as long as the worker, and sees streams alone. Where the system allows it, it has no network, an
empty folder to work in, and none of the temporary files of others, see :mod:`benchmark.system.seclusion`. Now and then
a process that has decoded nothing before decodes a stream once more, see :mod:`benchmark.run.spotcheck`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

import numpy as np

from benchmark.codec import Batch
from benchmark.errors import typed_line
from benchmark.neural.weights import WEIGHTS_VARIABLE
from benchmark.plugins import codec_class, needs_all_folders
from benchmark.run.place import placed
from benchmark.run.requests import Decoded, Refused, Request, asked, tell
from benchmark.run.spotcheck import differs
from benchmark.run.timing import Stopwatch, warm_up
from benchmark.run.twin import ENVIRONMENT, PATHS, READY, DecoderDied, DecoderOutOfMemory, Twin
from benchmark.system import forking
from benchmark.system import memory as memories
from benchmark.system.guarded import end_copies, end_task
from benchmark.system.load import pinned
from benchmark.system.seclusion import hideable, seclude_further, temporary_folders

__all__ = ["DecoderDied", "DecoderOutOfMemory", "OtherPixels", "Undecodable", "decode_apart", "decode_here"]


class Undecodable(Exception):
    """The decoder raised an error. The text is the type and the message of it."""


class OtherPixels(Exception):
    """A process that had decoded nothing before gave other pixels, or none: not all that was shown is in the stream."""


def decode_here(request: Request) -> Decoded:
    """Decodes in this process.

    Raises:
        Undecodable: the decoder raised an error.
        DecoderOutOfMemory: memory ran out.
    """
    try:
        cls = codec_class(request.codec)

        def decode() -> list[Batch]:
            return [np.asarray(cls.decode_batch(streams)) for streams in request.parts]

        with pinned(request.cores), placed(cls, request.device):
            warm_up(request.warm, decode)
            parts, times = request.stopwatch.time(decode)
            # A view may stand for more pixels than there is memory: they are made here, where that is told.
            return Decoded([np.asarray(part, order="C") for part in parts], times)
    except BaseException as error:  # a decoder may raise anything, SystemExit too
        if memories.is_memory_error(error):
            raise DecoderOutOfMemory(
                f"the decoder {memories.too_much(memories.own_limit())}: {typed_line(error)}"
            ) from error
        raise Undecodable(typed_line(error)) from error


def decode_apart(request: Request) -> Decoded:
    """Decodes in the process of its own that this process has for it; it is started where there is none.

    Raises:
        Undecodable: the decoder raised an error.
        OtherPixels: a process that had decoded nothing before decoded it otherwise.
        DecoderDied: its process has ended. The next call starts another one.
        DecoderOutOfMemory: memory ran out, likewise.
    """
    twin = start_decoder(request.codec)
    try:
        answer, seconds = twin.ask(request)
        if isinstance(answer, Refused):
            raise (DecoderOutOfMemory if answer.out_of_memory else Undecodable)(answer.text)
        checks = twin.checks[request.codec]
        if forking.AVAILABLE and checks.is_due():
            start = time.perf_counter()
            try:
                _check(twin, request, answer)
            except OtherPixels:
                checks.failed()
                raise
            finally:
                checks.checked(time.perf_counter() - start)
        checks.begun(seconds)
        return answer
    finally:
        if twin.has_ended:
            del _twins[hidden_from(request.codec)]


def _check(twin: Twin, request: Request, answer: Decoded) -> None:
    """Has a process that has decoded nothing before decode, too, and compares.

    Raises:
        OtherPixels: it decodes otherwise.
        DecoderOutOfMemory: memory ran out.
    """
    who = "a process that had decoded nothing before"
    try:
        again, _ = twin.ask(replace(request, stopwatch=Stopwatch(1), warm=frozenset()), fresh=True)
    except DecoderDied as error:
        raise OtherPixels(f"{who} could not decode these bytes: {error}") from error
    if isinstance(again, Refused):
        if again.out_of_memory:
            raise DecoderOutOfMemory(again.text)
        raise OtherPixels(f"{who} could not decode these bytes: {again.text}")
    if differs(answer, again):
        raise OtherPixels(f"{who} decoded these bytes to other pixels: the decoder does not do the same each time")


def start_decoder(codec: str) -> Twin:
    """The process that decodes for a codec, started where there is none.

    A worker calls it before it does anything for the codec.
    """
    hidden = hidden_from(codec)
    if hidden not in _twins:
        _twins[hidden] = Twin(hidden)
    return _twins[hidden]


def await_decoder(codec: str) -> None:
    """Waits until the process that decodes for a codec has started, or failed to: no clock sees it start."""
    start_decoder(codec).wait()


@cache
def hidden_from(codec: str) -> tuple[Path, ...]:
    """The folders of temporary files that the decoder of a codec does not see. Nothing lies there that it needs.

    The programs of a codec that a TOML file describes, and its environment, may lie anywhere: it sees all folders.
    """
    if needs_all_folders(codec):
        return ()
    weights = ENVIRONMENT.get(WEIGHTS_VARIABLE) or sys.prefix
    return hideable((*PATHS, sys.executable, sys.prefix, sys.base_prefix, weights))


def all_hidden_from(codec: str) -> bool:
    """Whether the decoder of a codec sees none of the folders of temporary files."""
    return len(hidden_from(codec)) == len(temporary_folders())


def end_decoders() -> None:
    """Ends the processes of decoders that this process has; the next call of :func:`decode_apart` starts one again."""
    while _twins:
        _twins.popitem()[1].end()


def serve(hidden: Sequence[str], memory: int | None) -> None:
    """What the process of decoders does: it has requests answered until there are no more.

    Args:
        hidden, memory: see :func:`~benchmark.system.seclusion.seclude_further`.
    """
    requests, answers = os.dup(0), os.dup(1)
    # What codecs print goes where errors go; what they read is empty.
    os.dup2(2, 1)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)

    def answer_one() -> None:
        owner, request = os.getpid(), asked(requests)
        answer: Decoded | Refused
        try:
            answer = decode_here(request)
        except (Undecodable, DecoderOutOfMemory) as error:
            answer = Refused(str(error), isinstance(error, DecoderOutOfMemory))
        end_copies(owner)
        end_task()
        tell(answers, answer, request.number)

    memories.keep_freed()
    os.write(answers, READY)
    raise SystemExit(forking.serve(answer_one, requests, lambda: seclude_further(hidden, memory)))


_twins: dict[tuple[Path, ...], Twin] = {}
"""The processes of decoders that this process has, by the folders that are hidden from them."""

Finalize(None, end_decoders, exitpriority=1)  # also in workers, which leave out what atexit has
