"""The worker by itself: what it promises to environments that are older than ours, and the protocol."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmark.backends.foreign import worker
from benchmark.backends.foreign.worker import PROTOCOL, receive, send
from tests.backends.foreign.examples import STEPS

FILE = Path(worker.__file__)


@pytest.mark.parametrize(
    "file", [FILE, FILE.with_name("counts.py"), FILE.with_name("facts.py")], ids=lambda file: file.name
)
def test_it_takes_python_3_8_and_its_library_alone(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= {*sys.stdlib_module_names, "numpy", "torch", "counts", "facts", "benchmark"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Match | ast.NamedExpr)]
    newer = {"removeprefix", "removesuffix", "zip_strict", "file_digest", "pairwise", "cache"}
    assert not newer & {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_a_message_comes_back() -> None:
    pipe = io.BytesIO()
    send(pipe, {"lengths": [2, 1]}, b"abc")
    send(pipe, {"é": 1})
    pipe.seek(0)
    first = receive(pipe)
    assert first == ({"lengths": [2, 1]}, b"abc")
    assert worker.split(b"abc", [2, 1]) == [b"ab", b"c"]
    assert receive(pipe) == ({"é": 1}, b"")
    assert receive(pipe) is None


@pytest.fixture
def talk(tmp_path: Path) -> Any:
    """Asks a worker of its own all questions, one after the other, and returns what it says."""

    def ask(*questions: tuple[dict[str, Any], bytes]) -> list[Any]:
        incoming, requests = os.pipe()
        answers, outgoing = os.pipe()
        pixels = os.memfd_create("pixels")
        given = [incoming, outgoing, pixels]
        process = subprocess.Popen([sys.executable, str(FILE), *map(str, given)], pass_fds=given)
        for place in (incoming, outgoing):
            os.close(place)
        with os.fdopen(requests, "wb") as pipe, os.fdopen(answers, "rb") as back:
            found = []
            for text, body in questions:
                send(pipe, text, body)
                found.append(receive(back))
        assert process.wait(10) == 0, "the end of the requests is its end"
        os.close(pixels)
        return found

    return ask


def test_the_protocol(tmp_path: Path, talk: Any) -> None:
    file = tmp_path / "steps_model.py"
    file.write_text(STEPS)
    opening = {
        "ask": "open",
        "protocol": PROTOCOL,
        "codec": [str(file), "Steps"],
        "memory": 4096,
        "pixels": "numpy",
        "needs": ["encode"],
    }
    other, opened, unknown, missing = talk(
        ({**opening, "protocol": 99}, b""),
        (opening, b""),
        ({"ask": "dance", "settings": {}}, b""),
        ({"ask": "encode", "settings": {}, "shape": [1, 4, 4]}, b""),
    )
    assert "expected protocol 1, got 99" in other[0]["error"]
    assert opened[0]["files"] == [str(file)]
    assert opened[0]["packages"].keys() == {"numpy"}
    assert opened[0]["offers"] == []
    assert unknown[0]["error"] == "ValueError: unknown request 'dance'"
    assert "shorter than the image" in missing[0]["error"]


def test_of_a_codec_that_forks_and_returns_twice_one_process_answers(tmp_path: Path, talk: Any) -> None:
    file = tmp_path / "forks_model.py"
    file.write_text(f"import os\n{STEPS}\nos.fork()\n")
    opening = {
        "ask": "open",
        "protocol": PROTOCOL,
        "codec": [str(file), "Steps"],
        "memory": 4096,
        "pixels": "numpy",
        "needs": ["encode"],
    }
    opened, *rest = talk((opening, b""), *[({"ask": "dance", "settings": {}}, b"")] * 3)
    assert opened[0]["files"] == [str(file)]
    assert [told["error"] for told, _ in rest] == ["ValueError: unknown request 'dance'"] * 3


def test_our_folder_hides_no_module(tmp_path: Path, talk: Any) -> None:
    """Nor do modules of the bench: ``link`` lies beside the worker, and the class may have its own."""
    (tmp_path / "link.py").write_text("HERE = 1\n")
    file = tmp_path / "model.py"
    file.write_text(f"import link\nassert link.HERE\n{STEPS}")
    (opened,) = talk(
        (
            {
                "ask": "open",
                "protocol": PROTOCOL,
                "codec": [str(file), "Steps"],
                "memory": 4096,
                "pixels": "numpy",
                "needs": ["encode"],
            },
            b"",
        )
    )
    assert opened[0]["files"] == [str(tmp_path / "link.py"), str(file)]
