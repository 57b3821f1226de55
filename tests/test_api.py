"""The public functions, as a script uses them."""

from __future__ import annotations

import doctest
import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import benchmark
from benchmark import api
from benchmark.errors import MissingBackend, MissingData, SettingError, UsageError
from tests.conftest import ROOT, photo

FUNCTIONS = ["bd_rate", "codec", "dataset", "read_results", "run"]


def python(program: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(program, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-W", "error", "script.py", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_the_public_names_are_these() -> None:
    assert benchmark.__all__ == ["__version__", *FUNCTIONS]
    functions = {name for name, _ in inspect.getmembers(api, inspect.isfunction) if not name.startswith("_")}
    assert functions == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_what_it_takes_and_gives(name: str) -> None:
    function = getattr(api, name)
    text = inspect.getdoc(function) or ""
    for part in (">>> ", "Args:", "Returns:", "Raises:"):
        assert part in text, part
    described = [parameter for parameter in inspect.signature(function).parameters if f"    {parameter}: " in text]
    assert described == list(inspect.signature(function).parameters)
    assert inspect.signature(getattr(benchmark, name)) == inspect.signature(function)


@pytest.mark.slow
def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner()
    tests = {test.name.rpartition(".")[2]: test for test in doctest.DocTestFinder().find(api) if test.examples}
    assert sorted(tests) == FUNCTIONS
    for name in ("codec", "dataset", "run", "read_results", "bd_rate"):  # results are read after they are written
        assert runner.run(tests[name]).failed == 0, name


RUNNER_FIRST = "import benchmark.codec, benchmark.dataset, benchmark.run.runner"
IMPORTS = [
    "from benchmark import codec, dataset, run",
    "import benchmark; benchmark.dataset('sample'); from benchmark import codec, dataset, run",
    # These load all that a run needs, which takes a second.
    pytest.param(f"{RUNNER_FIRST}; from benchmark import codec, dataset, run", marks=pytest.mark.slow),
    pytest.param(f"from benchmark import codec, dataset, run; {RUNNER_FIRST}", marks=pytest.mark.slow),
    pytest.param(
        "from benchmark.run.runner import run_study; from benchmark import codec, dataset, run", marks=pytest.mark.slow
    ),
]


@pytest.mark.parametrize("imports", IMPORTS)
def test_functions_and_modules_of_one_name_live_together(imports: str, tmp_path: Path) -> None:
    done = python(
        f"{imports}\n"
        "assert codec('jpeg', quality=30).quality == 30\n"
        "assert dataset('sample').label == 'sample'\n"
        "assert callable(run)\n"
        "import benchmark\n"
        "assert benchmark.codec('jpeg', quality=30).quality == 30\n"
        "import benchmark.codec\n"
        "assert benchmark.codec('jpeg', quality=30).quality == 30\n"
        "assert isinstance(benchmark.codec('png'), benchmark.codec.Codec)\n"
        "from benchmark.codec import Codec\n"
        "import benchmark.run.task as task\n"
        "assert Codec is benchmark.codec.Codec and task.run_task\n"
        "import pickle\n"
        "assert pickle.loads(pickle.dumps(benchmark.codec('png'))) == benchmark.codec('png')\n",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr


def test_importing_the_package_is_cheap(tmp_path: Path) -> None:
    done = python("import benchmark, sys; print(*{name.partition('.')[0] for name in sys.modules})", tmp_path)
    heavy = {"numpy", "pandas", "matplotlib", "PIL", "scipy", "keras", "tensorflow", "rich", "click"}
    assert not set(done.stdout.split()) & heavy


def test_nothing_else_of_the_package_is_loaded_before_it_is_needed(tmp_path: Path) -> None:
    """A command would not hear signals meanwhile."""
    program = "import benchmark, sys; print(*(name for name in sys.modules if name.startswith('benchmark')))"
    assert python(program, tmp_path).stdout.split() == ["benchmark.version", "benchmark"]
    assert set(benchmark.__all__) <= set(python("import benchmark; print(*dir(benchmark))", tmp_path).stdout.split())


@pytest.mark.slow
def test_a_script_runs_with_workers_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for name in ("a", "b"):
        Image.fromarray(photo(40, 60, 3, ord(name))).save(tmp_path / "pictures" / f"{name}.png")
    program = (
        "from benchmark import read_results, run\n"
        "if __name__ == '__main__':\n"
        "    results = run(codecs={'jpeg': {'quality': [20, 80]}}, dataset='folder:pictures', metrics=['psnr'],\n"
        "                  out='out', jobs=2)\n"
        "    assert results.summary.equals(read_results('out').summary)\n"
        "    print(len(results.records), *results.summary['images'])\n"
    )
    for _ in range(2):
        done = python(program, tmp_path, "a word")
        assert done.stdout == "4 2 2\n", done.stderr
    assert '"command": "python script.py \'a word\'"' in (tmp_path / "out" / "manifest.json").read_text()
    assert (tmp_path / "out" / "rd_psnr_rgb.svg").exists()


@pytest.mark.slow
def test_several_data_sets_are_several_folders(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        Image.fromarray(photo(24, 32)).save(tmp_path / name / "a.png")
    specs = [f"folder:{tmp_path / name}" for name in ("one", "other")]
    results = benchmark.run(codecs=["png"], dataset=specs, metrics=["mse"], out=tmp_path / "out", jobs=1)
    assert list(results.summary["dataset"]) == specs
    assert len(list((tmp_path / "out").glob("*/records.csv"))) == 2


def test_mistakes_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="unknown codec 'jpge'; did you mean jpeg"):
        benchmark.codec("jpge")
    with pytest.raises(SettingError, match="expected 1 to 100, got 500"):
        benchmark.codec("jpeg", quality=500)
    with pytest.raises(UsageError, match="unknown data set 'kodac'; did you mean kodak"):
        benchmark.dataset("kodac")
    with pytest.raises(UsageError, match="jpeg: decode: expected the bytes of a stream, got 'abc'"):
        benchmark.codec("jpeg").decode("abc")  # type: ignore[arg-type]
    Image.fromarray(photo(8, 8)).save(tmp_path / "first.png")
    with pytest.raises(MissingData, match=r"no item 'frist.png'; did you mean first.png\? known: first.png"):
        benchmark.dataset(f"folder:{tmp_path}").load("frist.png")
    with pytest.raises(UsageError, match="holds neither"):
        benchmark.read_results(tmp_path)
    with pytest.raises(UsageError, match="unknown data set 'kodac'"):
        benchmark.run(codecs=["png"], dataset="sample,kodac", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()

    def missing() -> str:
        raise MissingBackend("pip install it")

    monkeypatch.setattr("benchmark.plugins.codecs.png.Png.version", missing)
    with pytest.raises(MissingBackend, match="pip install it"):
        benchmark.codec("png")


def test_encode_and_decode() -> None:
    image = photo(30, 40)
    png = benchmark.codec("png")
    assert np.array_equal(png.decode(png.encode(image)), image)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"jobs": 0}, "jobs: expected a whole number from 1 to 4,096, got 0"),
        ({"jobs": "2"}, "jobs: expected a whole number from 1 to 4,096, got '2'"),
        ({"jobs": 1.5}, r"jobs: expected a whole number from 1 to 4,096, got 1\.5"),
        ({"repeats": "3"}, "repeats: expected a whole number from 1 to 10,000, got '3'"),
        ({"threads": True}, "threads: expected a whole number from 1 to 4,096, got True"),
        ({"timeout": None}, "timeout: expected a number above 0 and up to 2,592,000, got None"),
        ({"timeout": float("nan")}, "timeout: expected a number above 0 and up to 2,592,000, got nan"),
        ({"dataset": None}, "expected a name or a list of names, got None"),
        ({"codecs": [3]}, "expected a name or a list of names"),
        ({"codecs": {"jpeg": None}}, "codecs: jpeg: expected values by the names of its settings"),
        ({"codecs": {"jpeg": ["quality"]}}, "codecs: jpeg: expected values by the names of its settings"),
        ({"timing": True, "jobs": 2}, "jobs: expected 1 or none with timing"),
        ({"images": [3]}, "expected a name or a list of names"),
        ({"match": ["bpp"]}, "match: expected limits by the names of their columns"),
        ({"match_mean": {"bpp": "much"}}, "match_mean: bpp: expected numbers"),
    ],
)
def test_arguments_that_make_no_sense_are_told(tmp_path: Path, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        api.run(out=tmp_path, **arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("serial", "undrawn")
def test_one_value_needs_no_list(tmp_path: Path) -> None:
    Image.fromarray(photo(8, 8)).save(tmp_path / "a.png")
    codecs = {"jpeg": {"quality": 30}}
    results = api.run(out=tmp_path / "out", codecs=codecs, dataset=f"folder:{tmp_path}", metrics="psnr", jobs=1)
    assert list(results.summary["codec"]) == ["jpeg"]
    assert (results.records["psnr_rgb"] > 0).all()


@pytest.mark.slow
def test_numbers_and_arrays_of_numpy_are_numbers(tmp_path: Path) -> None:
    assert api.codec("jpeg", quality=np.int64(75)) == api.codec("jpeg", quality=75)  # type: ignore[arg-type]
    results = api.run(out=tmp_path, codecs={"png": {"level": np.arange(1, 3)}}, metrics="psnr", jobs=1)  # type: ignore[dict-item]
    assert list(results.summary["settings"]) == ['{"level":1}', '{"level":2}']


def test_what_is_no_name_and_no_result_is_told() -> None:
    with pytest.raises(UsageError, match="expected the name of a codec, got 3"):
        api.codec(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="expected the name of a data set, got 3"):
        api.dataset(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"expected paths of results, one or several, got \['a'\]"):
        api.read_results(["a"])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="got none"):
        api.read_results()
    with pytest.raises(UsageError, match="expected what run or read_results gave"):
        api.bd_rate("results")  # type: ignore[arg-type]
