"""A hostile package beside ``jpeg``: each deed is a row with its reason, and nothing else comes of it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from benchmark.record.settings import read_settings
from benchmark.system import guard
from tests.alive import all_gone
from tests.conftest import ROOT, TIMED, Run, photo
from tests.hostile import install_hostile
from tests.run.examples import records

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not guard.AVAILABLE, reason="processes are guarded on Linux"),
]

NOTHING = ("ok", r"")
LEFT_ALONE = ("length", "babble", "orphan", "flood", "litter", "thread", "fork", "twice", "unsettle")
"""Deeds that come to nothing: the row is measured as that of any other codec."""

EXPECTED = {
    "error": ("failed", r"RuntimeError: deliberate failure"),
    "disk": ("failed", r"OutputError: no room for you"),
    "unkept": ("failed", r"no room for your streams"),
    "unreachable": ("failed", r"Unreachable: there is nothing to reach"),
    "exit": ("failed", r"SystemExit: 0"),
    "interrupt": ("failed", r"KeyboardInterrupt"),
    "generator": ("failed", r"GeneratorExit: so"),
    "mute": ("failed", r"Mute"),
    "long": ("failed", r"Long: a%1B\[31m long %E9 word!{200,300}"),
    "sticky": ("failed", r"Sticky: so"),
    "recursion": ("failed", r"RecursionError: maximum recursion depth exceeded.*"),
    "hoard": ("out-of-memory", r"the encoder or a metric ran out of memory: .*"),
    "stop": ("failed", r"StopIteration: early"),
    "files": ("failed", r"OSError: \[Errno 24\] Too many open files: '/dev/null'"),
    "leave": ("crashed", r"the worker process ended with exit code 7; .*my last words"),
    "well": ("crashed", r"the worker process ended with exit code 0"),
    "kill": ("crashed", r"the worker process was ended by SIGKILL"),
    "group": ("crashed", r"the worker process was ended by SIGKILL"),
    "parent": ("crashed", r"the worker process was ended by SIGKILL"),
    "segment": ("crashed", r"the worker process was ended by SIGSEGV"),
    "abort": ("crashed", r"the worker process was ended by SIGABRT"),
    "sleep": ("timeout", r"took longer than 8 s"),
    "deaf": ("timeout", r"took longer than 8 s"),
    "alarm": ("crashed", r"the worker process was ended by SIGALRM"),
    "close": ("crashed", r"the worker process .*"),
    "vandal": ("crashed|timeout", r"(the worker process|took longer) .*"),
    "say end": ("failed", r"the work ended before all of its rows were told"),
    "say number": ("failed", r"what the work gave cannot be read: PluginError: expected a step.*"),
    "say row": ("failed", r"what the work gave cannot be read: PluginError: expected the row of .*"),
    "say place": ("failed", r"what the work gave cannot be read: PluginError: expected the row of .*"),
    "say class": ("failed", r"what the work gave cannot be read: UnpicklingError: expected plain data, .*"),
    "say depth": ("failed", r"what the work gave cannot be read: UnpicklingError: expected plain data, .*"),
    "text": ("failed", r"PluginError: the encoder returned str, expected bytes"),
    "nothing": ("failed", r"PluginError: the encoder returned NoneType, expected bytes"),
    "view": ("failed", r"PluginError: the encoder returned memoryview, expected bytes"),
    "array": ("failed", r"PluginError: the encoder returned ndarray, expected bytes"),
    "raise": ("failed", r"ValueError: cannot decode"),
    "quit": ("failed", r"SystemExit: 0"),
    "vanish": ("crashed", r"the process of the decoder ended with exit code 0"),
    "fault": ("crashed", r"the process of the decoder was ended by SIGSEGV"),
    "rest": ("timeout", r"took longer than 8 s"),
    "gorge": ("out-of-memory", r"the decoder ran out of memory: .*"),
    "shape": ("failed", r"ValueError: the decoder returned uint8 of shape \(1, 31, 40, 3\), expected .*"),
    "float": ("failed", r"ValueError: the decoder returned float64 .*"),
    "list": ("failed", r"ValueError: the decoder returned int64 .*"),
    "none": ("failed", r"ValueError: the decoder returned object .*"),
    "vast": ("out-of-memory", r"the decoder ran out of memory: .*"),
    "negative": ("failed", r"PluginError: overhead: expected a whole number from 0 to 3872, got -1"),
    "huge": ("failed", r"PluginError: overhead: .*, got 1000000000"),
    "words": ("failed", r"PluginError: overhead: .*, got 'none'"),
    "device": ("failed", r"PluginError: device: expected a text of at most 200 characters, got int"),
    "account": ("failed", r"PluginError: account: estimated_bits: expected a number of 0 or more, got nan"),
    "complexity": ("failed", r"PluginError: complexity: encode_macs: expected a number of 0 or more, got nan"),
    "nominal": ("failed", r"PluginError: nominal_bits: expected a number of 0 or more, got inf"),
    "scribble": ("failed", r"the codec changed the pixels that it was given to encode; .*"),
    "memory": ("failed", r"AttributeError: type object 'Hostile' has no attribute 'kept'"),
    **dict.fromkeys(LEFT_ALONE, NOTHING),
}


@pytest.fixture
def pictures(tmp_path: Path) -> str:
    (tmp_path / "pictures").mkdir()
    Image.fromarray(photo(32, 40)).save(tmp_path / "pictures" / "0.png")
    return "folder:pictures"


def figures(folder: Path) -> pd.DataFrame:
    """The cells of the rows of ``jpeg``, without what is another each time."""
    found = pd.read_csv(folder / "records.csv", dtype=str, keep_default_na=False)
    return found[found["codec"] == "jpeg"].drop(columns=list(TIMED)).reset_index(drop=True)


def test_each_deed_is_a_row_and_nothing_else_comes_of_it(
    rdbench: Run, rdbench_process: Run, pictures: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_hostile(tmp_path / "site")
    path, mark = f"{ROOT}{os.pathsep}{tmp_path / 'site'}", f"attack-{os.getpid()}"
    words = ("--set", "jpeg.quality=20,60", "--dataset", pictures, "--metrics", "psnr", "--jobs", "2")
    limits = ("--timeout", "8", "--give-up-after", "0")
    done = rdbench_process(
        "run",
        "--codecs",
        "jpeg,hostile",
        *words,
        *limits,
        "--out",
        "out",
        check=False,
        PYTHONPATH=path,
        RDBENCH_MARK=mark,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert all_gone(tmp_path, mark=mark)
    rows = records(tmp_path / "out")
    deeds = rows[rows["codec"] == "hostile"]
    rows_of_deeds = zip(deeds["settings"], deeds["status"], deeds["reason"], strict=True)
    found = {read_settings(settings)["how"]: (status, reason) for settings, status, reason in rows_of_deeds}
    assert sorted(found) == sorted(EXPECTED)
    wrong = {
        how: found[how]
        for how, (status, reason) in EXPECTED.items()
        if not (re.fullmatch(status, found[how][0]) and re.fullmatch(reason, found[how][1]))
    }
    assert not wrong
    assert len(deeds) >= 30
    with monkeypatch.context() as patch:
        patch.setattr("benchmark.report.figures.curves.draw_all", lambda *_: [])
        rdbench("run", "--codecs", "jpeg", *words, "--out", "alone")
    pd.testing.assert_frame_equal(figures(tmp_path / "out"), figures(tmp_path / "alone"))
    assert set(figures(tmp_path / "out")["status"]) == {"ok"}
