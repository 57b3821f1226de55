"""Questions to code that nobody has read: each ends, however the code behaves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from benchmark.errors import UsageError
from benchmark.system import guard
from benchmark.system.questions import Told, ask_apart

Tell = Callable[[Mapping[str, Any]], None]

pytestmark = pytest.mark.slow
"""Each question takes a process."""


def deed(question: Mapping[str, Any], tell: Tell) -> None:
    """What the processes of these tests do."""
    tell({"heard": question["do"]})
    print("printed")
    match question["do"]:
        case "hang":
            time.sleep(600)
        case "exit":
            os._exit(4)
        case "refuse":
            raise UsageError("two\nlines")
        case "raise":
            sys.exit("enough")
        case "fill":
            kept = []
            while True:
                kept.append(b"\1" * (1 << 26))
        case "kill":
            os.kill(os.getpid(), 9)
        case "babble":
            tell({"words": "x" * (1 << 21)})
        case "litter":
            os.system("setsid sleep 77779 &")


def asked(*deeds: str, limit: float = 60) -> list[Told]:
    return ask_apart("tests.system.test_questions.deed", [{"do": word} for word in deeds], limit=limit)


def test_answers_come_in_order_and_endings_are_told() -> None:
    deeds = ("well", "exit", "refuse", "raise", "kill", "litter")
    told = asked(*deeds)
    assert [answer.parts for answer in told] == [[{"heard": word}] for word in deeds]
    last = "; the last line that it printed: printed"
    endings = [(answer.status, answer.reason) for answer in told]
    assert endings[0] == endings[-1] == ("", "")
    assert endings[1] == ("crashed", f"it ended the process with exit code 4{last}")
    assert endings[2] == ("failed", f"two lines{last}")
    assert endings[3] == ("failed", f"SystemExit: enough{last}")
    assert endings[4][0] == "crashed"
    assert "was killed (SIGKILL), as the system does where memory runs out" in endings[4][1]
    if guard.AVAILABLE:
        assert "77779" not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_one_that_hangs_is_ended_and_holds_up_no_other() -> None:
    before = time.monotonic()
    hanging, well = asked("hang", "well", limit=10)
    assert time.monotonic() - before < 60
    assert hanging.status == "timeout"
    assert hanging.reason.startswith("it took longer than 10 s")
    assert hanging.parts == [{"heard": "hang"}]
    assert well == Told([{"heard": "well"}])


def test_one_that_says_too_much_is_not_heard() -> None:
    (told,) = asked("babble")
    assert (told.parts, told.status) == ([], "crashed")
    assert "told more than" in told.reason


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits what a process has mapped to write in")
def test_one_that_fills_memory_is_stopped() -> None:
    (told,) = asked("fill")
    assert told.status == "out-of-memory"
    assert "MiB of memory" in told.reason
