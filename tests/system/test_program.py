"""External programs: their input, their limits, and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from benchmark.errors import MissingBackend, ProgramError
from benchmark.system.program import find_program, private_folder, run_program
from tests.conftest import ROOT

posix = pytest.mark.skipif(os.name != "posix", reason="process groups and their limits are POSIX's")


def python(program: str, **options: Any) -> tuple[bytes, str]:
    with private_folder() as folder:
        return run_program([sys.executable, "-c", program], folder=folder, **options)


# Programs


def test_a_program_reads_stdin_and_writes_stdout(scratch: Path) -> None:
    output, errors = python(
        "import sys; sys.stdout.write(sys.stdin.read()[::-1]); print('note', file=sys.stderr)",
        stdin=b"x" * 100_000 + b"y",
    )
    assert output == b"y" + b"x" * 100_000
    assert errors == "note\n"
    assert not list(scratch.iterdir())


def test_arguments_reach_a_program_as_they_are(scratch: Path) -> None:
    words = ["two words", "$(touch ran)", "`id`", "; exit 3", "*", "a\nb", '"', ""]
    with private_folder() as folder:
        output, _ = run_program([sys.executable, "-c", "import sys; print(sys.argv[1:])", *words], folder=folder)
    assert output.decode().strip() == repr(words)


def test_a_program_runs_in_its_folder_on_one_thread(scratch: Path) -> None:
    program = (
        "import os, tempfile; print(os.getcwd(), tempfile.gettempdir(), os.environ['OMP_NUM_THREADS']);"
        "tempfile.mkstemp()"
    )
    where, temporary, threads = python(program)[0].decode().split()
    assert Path(where).parent == scratch.resolve()
    assert Path(temporary).resolve() == Path(where)
    assert threads == "1"
    assert not list(scratch.iterdir())


def test_a_failing_program_tells_its_last_lines(scratch: Path) -> None:
    program = "import sys; [print('line', i, file=sys.stderr) for i in range(20)]; sys.exit(7)"
    with pytest.raises(ProgramError, match=r"ended with status 7: line 15 \| .* \| line 19$") as caught:
        python(program)
    assert "line 14" not in str(caught.value)
    with pytest.raises(ProgramError, match="ended with status 3: it wrote nothing"):
        python("raise SystemExit(3)")
    assert not list(scratch.iterdir())


@posix
def test_a_program_that_a_signal_ends(scratch: Path) -> None:
    with pytest.raises(ProgramError, match="was ended by SIGSEGV"):
        python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")


def test_a_missing_program_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingBackend, match="'no-such-program' is not on PATH: apt install it"):
        find_program("no-such-program", install="apt install it")
    (tmp_path / "data").write_text("not a program")
    with pytest.raises(MissingBackend, match="is not an executable file"):
        run_program([tmp_path / "data"], folder=tmp_path)


def alive(pid: int) -> bool:
    """Whether a process still runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("seconds", ["600", "0"])
def test_the_whole_group_ends_with_a_program(scratch: Path, tmp_path: Path, seconds: str) -> None:
    """One that hangs is stopped; the child that one leaves behind, which holds its pipes, is waited for no longer."""
    start = time.monotonic()
    with private_folder() as folder, pytest.raises(ProgramError, match=r"took longer than 1\.5 s and was stopped"):
        run_program([sys.executable, "-c", PARENT, tmp_path / "pid", seconds], folder=folder, timeout=1.5)
    assert time.monotonic() - start < 20
    for _ in range(50):  # the child of a dead parent is some other process's to reap
        if not alive(int((tmp_path / "pid").read_text())):
            break
        time.sleep(0.1)
    else:
        pytest.fail("the grandchild outlived its group")
    assert not list(scratch.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the memory of another process can be limited on Linux alone")
def test_memory_is_limited(scratch: Path) -> None:
    with pytest.raises(ProgramError, match="MemoryError"):
        python("import time; time.sleep(0.5); block = bytearray(600 << 20)", memory=500)
    assert python("import time; time.sleep(0.5); print(len(bytearray(300 << 20)))", memory=500)[0]


def test_programs_run_from_threads(scratch: Path) -> None:
    seen: list[bytes] = []
    threads = [threading.Thread(target=lambda: seen.append(python("print(1)")[0])) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [text.strip() for text in seen] == [b"1"] * 3
    assert not list(scratch.iterdir())


SLEEPS = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
WAITS = """
import signal, sys, tempfile
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
from benchmark.system.program import private_folder, run_program
tempfile.tempdir = sys.argv[1]
with private_folder() as folder:
    run_program([sys.executable, "-c", *sys.argv[2:]], folder=folder)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_stops_the_bench_stops_the_program(tmp_path: Path, number: signal.Signals) -> None:
    scratch, told = tmp_path / "scratch", tmp_path / "pid"
    scratch.mkdir()
    bench = subprocess.Popen(
        [sys.executable, "-c", WAITS, str(scratch), SLEEPS, str(told)],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        if told.exists() and told.read_text():
            break
        time.sleep(0.1)
    pid = int(told.read_text())
    assert alive(pid)
    assert list(scratch.iterdir())
    bench.send_signal(number)
    assert bench.wait(timeout=30) == -number
    assert not alive(pid)
    assert not list(scratch.iterdir())
