"""Fixtures that tests share, and the rules of the whole suite: who works beside whom, what may be skipped."""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from benchmark.codec import Codec
from benchmark.dataset import DATA_VARIABLE
from benchmark.plugins import codec_class, metric_columns
from benchmark.record.row import SCHEMA, columns
from benchmark.run.decoder import decode_here
from benchmark.system.environment import thread_environment
from tests.broken import BROKEN
from tests.needs import installed
from tests.packages import install_package
from tests.serial import Serial
from tests.skips import CI_VARIABLE, allowed_skips, is_allowed

Run = Callable[..., subprocess.CompletedProcess[str]]
FindCodecs = Callable[[Callable[[str], type[Codec]]], None]
ROOT = Path(__file__).resolve().parents[1]
WORKER = "PYTEST_XDIST_WORKER"
if WORKER in os.environ:
    # Workers share the cores: one thread each, but where a test or the machine says otherwise.
    os.environ.update({name: value for name, value in thread_environment(1).items() if name not in os.environ})
SEED = 14
MOST_WORKERS = 4
"""Each worker may load TensorFlow, which takes about a gigabyte."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Runs of the whole suite share the cores; runs of named files stay in one process. ``-n`` overrules both."""
    if WORKER in os.environ:
        return  # a worker starts no workers
    option = config.option
    whole = config.args_source is not pytest.Config.ArgsSource.ARGS
    if whole and getattr(option, "numprocesses", 0) is None and not (option.usepdb or option.collectonly):
        option.numprocesses = min(MOST_WORKERS, os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collects without the garbage collector, which takes a quarter of that time and finds nothing: modules stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()  # nor is it to look through them later


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The markers ``data`` and ``browser`` follow from the fixtures of a test, so that none can be forgotten.

    A browser takes seconds to start: its tests are slow ones.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"data_root", "kodak"}:
            item.add_marker("data")
        if "browser" in fixtures:
            item.add_marker("browser")
            item.add_marker("slow")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked ``neural`` is skipped where the packages of that extra are missing; broken ones fail it."""
    if item.get_closest_marker("neural"):
        missing = [name for name in ("keras", "constriction", "h5py") if not installed(name)]
        if missing:
            pytest.skip(f"{', '.join(missing)} not installed: extra neural")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skip that is not on the list fails."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _fail_unless_listed(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a file that skips itself as a whole."""
    report = yield
    if report.skipped:
        _fail_unless_listed(report)
    return report


def _fail_unless_listed(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if os.environ.get(CI_VARIABLE) and not is_allowed(report.nodeid, reason, allowed_skips()):
        report.outcome = "failed"
        report.longrepr = f"{reason}\n{CI_VARIABLE} is set, and tests/skips.txt does not allow this skip."


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The user's data folder; tests that need it are skipped where there is none."""
    root = os.environ.get(DATA_VARIABLE)
    if not root:
        pytest.skip(f"{DATA_VARIABLE} is not set: no data folder with kodak/, mnist/ and the rest")
    return Path(root).resolve()


@pytest.fixture(scope="session")
def kodak(data_root: Path) -> Path:
    if not (data_root / "kodak" / "kodim24.png").exists():
        pytest.skip(f"no kodak/ in {data_root}")
    return data_root / "kodak"


@pytest.fixture(autouse=True)
def same_random_numbers() -> None:
    """Starts all generators anew: a test that draws without a seed sees the same numbers whatever ran before it."""
    random.seed(SEED)
    np.random.seed(SEED)
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(SEED)


@pytest.fixture(autouse=True)
def decoded_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks that run in this process decode in it, too: the codec of a test is found, no process is waited for."""
    monkeypatch.setattr("benchmark.run.measure.decode_apart", decode_here)
    for name in ("start_decoder", "await_decoder"):
        monkeypatch.setattr(f"benchmark.run.task.{name}", lambda codec: None)


@pytest.fixture(autouse=True)
def forgotten_modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Forgets the modules that a test imported from its folder: one of the same name may lie in the next test's."""
    before = set(sys.modules)
    yield
    folder = str(tmp_path_factory.getbasetemp())
    for name in set(sys.modules) - before:  # to ask all of them, thousands, would take longer than most tests
        module = sys.modules[name]
        if isinstance(module, ModuleType) and str(vars(module).get("__file__")).startswith(folder):
            del sys.modules[name]


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which private folders are made, to see that nothing stays there."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def rdbench_process(tmp_path: Path) -> Run:
    """Runs the command line as a user does: a process of its own, in an empty folder.

    It costs a second or more; only for tests of what a process is: its environment, its exit, its signals.
    """

    def run(*words: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "benchmark", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "160", "PYTHONPATH": str(ROOT), **environment},
        )
        return _checked(done) if check else done

    return run


@pytest.fixture
def rdbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line in this process, in an empty folder; an error that it does not explain fails the test."""
    from click.testing import CliRunner

    from benchmark.cli.main import main

    def run(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        before = dict(os.environ)
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            patch.setattr(sys, "argv", ["rdbench", *words])
            result = CliRunner(env={"COLUMNS": "160"}).invoke(main, words, prog_name="rdbench")
        for name in set(os.environ) - set(before):
            del os.environ[name]  # what a command sets for its workers ends with it
        os.environ.update(before)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "unforeseen" not in result.stderr, result.stderr  # it would be an error that nothing explains
        done = subprocess.CompletedProcess(list(words), result.exit_code, result.stdout, result.stderr)
        return _checked(done) if check else done

    return run


@pytest.fixture
def serial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of the command line work in this process: no worker is started, and none is waited for."""
    from benchmark.run.runner import run_study

    # Where it is called: a name that a module has imported is that module's own.
    monkeypatch.setattr("benchmark.workflows.outputs.run_study", partial(run_study, engine=Serial()))


@pytest.fixture
def find_codecs(monkeypatch: pytest.MonkeyPatch) -> FindCodecs:
    """Gives tasks that run in this process another way to find the codec of a name."""

    def find(codec_of: Callable[[str], type[Codec]]) -> None:
        for module in ("task", "decoder"):
            monkeypatch.setattr(f"benchmark.run.{module}.codec_class", codec_of)

    return find


@pytest.fixture
def three_pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(3):
        Image.fromarray(photo(176, 192, 3, index)).save(folder / f"{index}.png")
    return folder


@pytest.fixture
def third_party(tmp_path: Path) -> Path:
    """A package of somebody else's, with its entry point, as pip would install it."""
    site = tmp_path / "site"
    install_package(site, "theirs", BROKEN, "codecs", {"broken": "Broken"})
    return site


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of the command line draw no curves, which takes most of the time of a small run."""
    monkeypatch.setattr("benchmark.report.figures.curves.draw_all", lambda *_: [])


def _checked(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert done.returncode == 0, done.stdout + done.stderr
    return done


TIMED = ("encode_s", "decode_s", "encode_cpu_s", "decode_cpu_s", "jobs", "time_spread", "load")
"""Columns that are others each time a row is made."""


def empty_cells() -> dict[str, Any]:
    """A row of a records file without values, for tests to fill in."""
    return dict.fromkeys(columns(metric_columns()), "") | {"schema": SCHEMA}


def photo(height: int, width: int, channels: int = 3, seed: int = 7) -> npt.NDArray[np.uint8]:
    """A picture with smooth areas, edges and texture, of any size; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    planes = []
    for phase in range(channels):
        plane = 120 + 60 * np.sin(x / 31 + phase) + 40 * np.cos(y / 17 - phase)
        plane += np.where((x // 16 + y // 24) % 5 == phase, 45, 0)
        planes.append(plane + rng.normal(0, 4, (height, width)))
    stacked = np.clip(np.rint(np.stack(planes, axis=-1)), 0, 255).astype(np.uint8)
    return stacked[..., 0] if channels == 1 else stacked


def jpeg_at(image: npt.NDArray[np.uint8], quality: int) -> npt.NDArray[np.uint8]:
    """An image after a trip through JPEG."""
    codec = codec_class("jpeg").from_settings({"quality": quality})
    return codec.decode(codec.encode(image))
