"""A run of JPEG on Kodak beside CompressAI's bench: the same codec, qualities, pictures and number of workers.

python -m tests.perf.beside_compressai DIR [PYTHON]

CompressAI is installed into an environment of its own in DIR, unless PYTHON is that of an environment that has it. Its
bench computes PSNR and MS-SSIM over RGB; this one all of its columns. Each worker has one thread. The commands run in
turn, each into a new folder, and the fastest of three counts.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmark.dataset import ImageFiles
from benchmark.plugins import open_dataset
from benchmark.run.study import resolve
from benchmark.system.environment import thread_environment

ROUNDS, WORKERS = 3, 2


def environment(folder: Path) -> Path:
    """The interpreter of an environment in a folder that has CompressAI."""
    python = folder / "env" / "bin" / "python"
    if not python.is_file():
        venv.create(folder / "env", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "compressai"], check=True)
    return python


def needed(command: Sequence[str | Path], variables: Mapping[str, str]) -> tuple[float, float]:
    """Seconds, and processor seconds, that a command takes with all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        command, env={**os.environ, **variables}, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(folder: Path, python: Path | None = None) -> None:
    """Prints the table."""
    folder.mkdir(parents=True, exist_ok=True)
    study, _ = resolve(codecs=["jpeg"])
    qualities = [str(point.settings["quality"]) for point in study.operating_points()]
    kodak = open_dataset("kodak")
    assert isinstance(kodak, ImageFiles)
    pictures = folder / "kodak"
    if not pictures.is_dir():
        pictures.mkdir()
        for path in kodak.paths.values():
            (pictures / path.name).symlink_to(path.absolute())
    theirs: list[str | Path] = [
        python or environment(folder),
        "-m",
        "compressai.utils.bench",
        "jpeg",
        pictures,
        "-j",
        str(WORKERS),
    ]
    ours = [sys.executable, "-m", "benchmark", "run", "--codecs", "jpeg", "--dataset", "kodak"]
    ours += ["--jobs", str(WORKERS), "--out", str(folder / "run")]
    commands: dict[str, tuple[Sequence[str | Path], Mapping[str, str]]] = {
        "CompressAI's bench": ([*theirs, "-q", ",".join(qualities)], thread_environment(1)),
        "`run`, NumPy": (ours, {"RDBENCH_COMPILED": "0"}),
        "`run`, Numba": (ours, {"RDBENCH_COMPILED": "1"}),
        "`run --no-figures`, NumPy": ([*ours, "--no-figures"], {"RDBENCH_COMPILED": "0"}),
        "`run --no-figures`, Numba": ([*ours, "--no-figures"], {"RDBENCH_COMPILED": "1"}),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            shutil.rmtree(folder / "run", ignore_errors=True)
            found[name].append(needed(*command))
    print(f"JPEG at {len(qualities)} qualities on {len(kodak.items())} pictures, {WORKERS} workers of one thread")
    print("| | seconds | share of the first | processor seconds | share of the first |")
    print("| --- | ---: | ---: | ---: | ---: |")
    first = min(found["CompressAI's bench"])
    for name, measured in found.items():
        both = min(measured)
        told = (f"{seconds:.1f} | {seconds / of:.2f}" for seconds, of in zip(both, first, strict=True))
        print(f"| {name} | {' | '.join(told)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(Path, sys.argv[2:3]))
