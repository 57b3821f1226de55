"""Processes without network and without the files of others."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from benchmark.system.seclusion import begin_trial, hideable, possible_seclusion, unsecluded
from tests.conftest import ROOT

LOOK = """
import os, pathlib, socket, sys, tempfile
from benchmark.system.seclusion import seclude, temporary_folders
found = seclude(temporary_folders() if sys.argv[1] == "yes" else [])
assert "numpy" not in sys.modules, "it has to be secluded before anything is loaded"
assert os.listdir() == []
pathlib.Path("mine").write_text("a file")
print(found.network, not [name for _, name in socket.if_nameindex() if name != "lo"])
print(found.temporary and sys.argv[1] == "yes", not pathlib.Path(sys.argv[2]).exists())
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=5)
print(found.processes, {name for name in os.listdir("/proc") if name.isdecimal()} == {str(os.getpid())})
"""


@pytest.mark.slow
@pytest.mark.parametrize("hidden", ["yes", "no"])
def test_what_is_said_to_be_enforced_is(hidden: str) -> None:
    with tempfile.NamedTemporaryFile() as theirs:
        done = subprocess.run(
            [sys.executable, "-P", "-c", LOOK, hidden, theirs.name],
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert Path(theirs.name).exists()
    network, temporary, processes = (line.split() for line in done.stdout.splitlines())
    assert network[0] == str(possible_seclusion()["network"])
    assert temporary[0] == str(hidden == "yes" and possible_seclusion()["temporary"])
    assert processes[0] == str(possible_seclusion()["processes"])
    assert network[0] == "False" or network[1] == "True"
    assert processes[0] == "False" or processes[1] == "True"
    assert temporary[0] == temporary[1]


def test_a_trial_that_a_signal_has_ended_is_begun_anew() -> None:
    expected = possible_seclusion()
    possible_seclusion.cache_clear()
    begin_trial.cache_clear()
    begin_trial().kill()
    assert possible_seclusion() == expected


def test_a_manifest_names_what_is_not_enforced(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"memory": True, "network": False, "folder": True, "temporary": True, "processes": True}
    monkeypatch.setattr("benchmark.system.seclusion.possible_seclusion", lambda: found)
    assert unsecluded() == ["decoders see the network"]
    assert unsecluded(hidden=False) == ["decoders see the network", "decoders see the temporary files of others"]
    assert unsecluded() == ["decoders see the network"]


def test_folders_that_are_needed_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Path("/one/tmp"), Path("/two/tmp")
    monkeypatch.setattr("benchmark.system.seclusion.temporary_folders", lambda: [one, two])
    assert hideable(["/usr/bin/python3", "/one/tmpdir"]) == (one, two)
    assert hideable(["/usr/bin/python3", "/two/tmp/site"]) == (one,)
    assert hideable(["/one/tmp", "/two/tmp/venv/bin/python"]) == ()


@pytest.mark.slow
def test_where_nothing_can_be_enforced_nothing_is_said_to_be(tmp_path: Path) -> None:
    look = (
        "import os, sys; sys.platform = 'other'\n"
        "from benchmark.system.seclusion import Seclusion, seclude\n"
        "assert seclude(['/somewhere']) == Seclusion()\n"
        "print(os.getcwd(), len(os.listdir()))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", look],
        env={"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    folder, files = done.stdout.split()
    assert (Path(folder).parent, files) == (tmp_path, "0")
    assert not Path(folder).exists(), "it is removed at the end"
