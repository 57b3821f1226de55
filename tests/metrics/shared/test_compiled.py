"""Whether metrics use compiled code, and what becomes of it without Numba."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmark.metrics.shared.compiled import passes
from tests.conftest import ROOT
from tests.needs import needs


@pytest.mark.parametrize(("variable", "expected"), [(None, False), ("0", False), ("1", True)])
def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, variable: str | None, expected: bool) -> None:
    needs("numba", extra="numba")
    monkeypatch.delenv("RDBENCH_COMPILED", raising=False)
    if variable is not None:
        monkeypatch.setenv("RDBENCH_COMPILED", variable)
    assert (passes() is not None) is expected


@pytest.mark.parametrize(
    "spoiled",
    [
        "sys.modules['numba'] = None",
        # What Numba raises where neither the folder of the code nor that of the user can be written.
        "import numba; numba.njit = lambda *args, **more: (_ for _ in ()).throw(RuntimeError('no locator available'))",
    ],
)
@pytest.mark.slow
def test_numpy_goes_on_where_numba_does_not(spoiled: str) -> None:
    work = "from tests.metrics.measured import *; print(measure(photo(161, 161), jpeg_at(photo(161, 161), 50)))"
    code = f"import sys; {spoiled}; {work}"
    found = []
    for wanted in ("0", "1"):
        environment = {"PATH": "", "PYTHONPATH": str(ROOT), "RDBENCH_COMPILED": wanted, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
        )
        assert done.returncode == 0, done.stderr
        found.append(done.stdout)
    assert found[0] == found[1] != ""
