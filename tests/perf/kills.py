"""Kills a small run at random moments, and starts it again until it is done: its results are those of a calm run.

python -m tests.perf.kills [--count 50] [--seed 0]

The count is that of kills of each kind. One line a run says how many it took, and the last line how many there were.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

from PIL import Image

from benchmark.run import images
from tests.alive import alive, all_gone
from tests.conftest import ROOT, TIMED, photo

KINDS = (Signals.SIGKILL, Signals.SIGTERM, Signals.SIGINT)
"""How runs are ended. As in a terminal, SIGINT reaches all processes of a run, the others its first process alone."""

SECONDS = 300
"""How long a run may take, on a busy machine."""

_PICTURES = 4
_WORDS = ("--codecs", "jpeg,png", "--set", "jpeg.quality=20,60", "--metrics", "psnr", "--jobs", "2")
_OURS = str(ROOT / "benchmark")
_VOLATILE = re.compile(r"(encode|decode)_(cpu_)?s(_mean|_std|_median)?")


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        status: the exit status; the number of the signal, negative, where it was killed.
        rows: the rows that were stored by then.
        output: what it printed.
    """

    status: int
    rows: int
    output: str


def make_pictures(folder: Path) -> None:
    """Makes the data set of all runs below a folder."""
    (folder / "pictures").mkdir()
    for place in range(_PICTURES):
        Image.fromarray(photo(24, 40, 1, seed=place)).save(folder / "pictures" / f"{place}.png")


def rows_of(out: Path) -> list[dict[str, str]]:
    """The rows of a records file that are whole, without what is another each time."""
    path = out / "records.csv"
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    rows = csv.DictReader(text[: text.rfind("\n") + 1].splitlines())
    return [{name: cell for name, cell in row.items() if name not in TIMED} for row in rows]


def run(folder: Path, out: str, *, kind: Signals | None = None, moment: Callable[[Path], bool] | None = None) -> Ended:
    """Runs the study, until it is done or killed, and sees that nothing of it stays alive.

    Args:
        folder: the folder of the pictures, in which it works.
        out: the name of the folder of results.
        kind: what ends it; nothing, if it is not given.
        moment: whether it is time, given the folder of results; asked again and again.

    Raises:
        AssertionError: something of it is alive, or it took too long.
    """
    mark = f"RDBENCH_KILLS={os.getpid()}-{time.monotonic_ns()}"
    words = [sys.executable, "-m", "benchmark", "run", *_WORDS, "--dataset", "folder:pictures", "--keep", "streams"]
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(
            [*words, "--out", out],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **dict([mark.split("=")])},
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # What starts this may ignore them.
            preexec_fn=lambda: [signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGTERM)],  # noqa: PLW1509
        )
        deadline = time.monotonic() + SECONDS
        while process.poll() is None and not (kind and moment and moment(folder / out)):
            assert time.monotonic() < deadline, "the run does not end"
            time.sleep(0.01)
        if kind and process.poll() is None:
            (os.killpg if kind is Signals.SIGINT else os.kill)(process.pid, kind)
        process.wait(SECONDS)
        left = [] if all_gone(folder, session=process.pid, mark=mark) else alive(folder, session=process.pid, mark=mark)
        assert not left, f"alive after {kind}: {left}"
        told.seek(0)
        return Ended(process.returncode, len(rows_of(folder / out)), told.read())


def check_killed(ended: Ended, kind: Signals) -> None:
    """Refuses a run that was killed and says anything else than it should.

    Raises:
        AssertionError: another exit status, a traceback, or no word of how it goes on.
    """
    expected = {Signals.SIGKILL: -9, Signals.SIGTERM: 143, Signals.SIGINT: 130}[kind]
    # Python itself may not have come as far as to hear signals, or to load anything of the bench.
    assert ended.status in (0, expected, -kind), f"{kind.name}: exit status {ended.status}: {ended.output}"
    assert "Traceback" not in ended.output or _OURS not in ended.output, ended.output
    if ended.status == expected and kind is not Signals.SIGKILL:
        assert "interrupted" in ended.output, ended.output


def files_of(out: Path) -> dict[str, bytes]:
    """Names and contents of all files of results, but for those that tell times.

    Which pictures a run remembers is told by time, too: it believes no file that was changed just before.
    """
    found = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if not path.is_dir()}
    found.pop(images.NAME, None)
    for name in ("records.csv", "manifest.json", "summary.csv", "outputs.json"):
        found[name] = b"" if name in found else b"missing"
    return found


def summary_of(out: Path) -> list[dict[str, str]]:
    """The rows of the summary without times."""
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        return [{k: cell for k, cell in row.items() if not _VOLATILE.fullmatch(k)} for row in csv.DictReader(file)]


def check_done(calm: Path, out: Path) -> None:
    """Refuses results of killed runs that differ from those of a calm one, in more than times.

    Raises:
        AssertionError: they differ, or have a file that the others lack.
    """
    assert rows_of(out) == rows_of(calm), f"{out}: other rows"
    assert summary_of(out) == summary_of(calm), f"{out}: another summary"
    ours, theirs = files_of(out), files_of(calm)
    assert sorted(ours) == sorted(theirs), f"{out}: other files: {sorted(set(ours) ^ set(theirs))}"
    assert ours == theirs, f"{out}: other contents: {[name for name in ours if ours[name] != theirs[name]]}"


def random_moment(rng: random.Random, stored: int, all_rows: int, seconds: float) -> Callable[[Path], bool]:
    """A moment of a run: half of them lie anywhere in its time, the others in that in which it stores rows.

    Args:
        rng: draws the moment.
        stored: the rows that are stored already.
        all_rows: those that will be.
        seconds: how long a calm run takes.
    """
    if rng.random() < 0.5 or stored == all_rows:
        end = time.monotonic() + rng.uniform(0, seconds)
        return lambda _: time.monotonic() >= end
    return has_more_rows_than(rng.randrange(stored, all_rows))


def has_more_rows_than(count: int) -> Callable[[Path], bool]:
    """The moment when one more row is stored."""
    return lambda out: len(rows_of(out)) > count


def kill_often(count: int, seed: int, told: Callable[[str], object]) -> Counter[str]:
    """Kills runs at random moments, each kind of kill as often, and compares what they leave.

    Args:
        count: kills of each kind.
        seed: the seed of the moments, and of the order of the kinds.
        told: is given a line for each run that was finished.

    Returns:
        How many runs were killed by each kind, under its name, and under ``done`` how many were finished and compared.

    Raises:
        AssertionError: something was lost, left or told wrongly.
    """
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        make_pictures(folder)
        start = time.monotonic()
        calm = run(folder, "calm")
        usual = time.monotonic() - start
        assert calm.status == 0, calm.output
        rows = calm.rows
        while any(counts[kind.name] < count for kind in KINDS):
            out = f"out{counts['done']}"
            kills: list[str] = []
            # At most eight: the last rows of a run are few, and would be killed at the same moment again and again.
            while len(kills) < 8 and (open_kinds := [kind for kind in KINDS if counts[kind.name] < count]):
                kind = rng.choice(open_kinds)
                ended = run(folder, out, kind=kind, moment=random_moment(rng, len(rows_of(folder / out)), rows, usual))
                check_killed(ended, kind)
                if ended.status == 0:
                    break
                counts[kind.name] += 1
                kills.append(f"{kind.name} at {ended.rows}")
            ended = run(folder, out)
            assert ended.status == 0, ended.output
            check_done(folder / "calm", folder / out)
            counts["done"] += 1
            told(f"{out}: equal to the calm run after {len(kills)} kills (rows stored): {', '.join(kills)}")
    return counts


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50, help="kills of each kind")
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments")
    options = parser.parse_args()
    counts = kill_often(options.count, options.seed, lambda text: print(text, flush=True))
    kinds = ", ".join(f"{counts[kind.name]} {kind.name}" for kind in KINDS)
    print(f"{kinds}: {counts['done']} runs were resumed to the rows, files and figures of the calm run")


if __name__ == "__main__":
    main()
