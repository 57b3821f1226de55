"""Whether compiled loops code a picture, and what becomes of it without Numba."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.neural.wavelet.loops import LEAST, loops_for
from tests.conftest import ROOT
from tests.needs import needs

pytestmark = pytest.mark.neural

_WORK = """
import hashlib
from benchmark.neural.wavelet import loops
from benchmark.plugins import codec_class
from tests.conftest import photo
codec = codec_class("learned-wavelet")(step=60.0)
data = codec.encode(photo(512, 520))
print(hashlib.sha256(data + codec.decode(data).tobytes()).hexdigest(), loops.loops_for(1 << 30) is not None)
"""


def test_small_pictures_are_coded_with_numpy() -> None:
    needs("numba", extra="numba")
    assert loops_for(LEAST - 1) is None
    assert loops_for(LEAST) is not None


@pytest.mark.slow
def test_numpy_goes_on_where_numba_does_not() -> None:
    needs("numba", extra="numba")
    spoiled = [
        "",
        "sys.modules['numba'] = None",
        # What Numba raises where neither the folder of the code nor that of the user can be written.
        "import numba; numba.njit = lambda *args, **more: (_ for _ in ()).throw(RuntimeError('no locator available'))",
    ]
    found = []
    for deed in spoiled:
        environment = {"PATH": "", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        code = f"import sys; {deed}\n{_WORK}"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
        )
        assert done.returncode == 0, done.stderr
        found.append(done.stdout.split())
    assert len({digest for digest, _ in found}) == 1
    assert [loaded for _, loaded in found] == ["True", "False", "False"]


@pytest.mark.slow
def test_loops_that_were_compiled_with_other_numbers_are_compiled_again(tmp_path: Path) -> None:
    """Numba looks at the file of a function alone; here another module has changed."""
    needs("numba", extra="numba")
    found = []
    for before in ("", "from benchmark.neural.wavelet import chances; chances.PRIOR *= 3", ""):
        environment = {"PATH": "", "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", f"{before}\n{_WORK}"],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr
        found.append(done.stdout.split())
    assert found[0] == found[2]
    assert found[0][0] != found[1][0]
    assert [loaded for _, loaded in found] == ["True"] * 3
