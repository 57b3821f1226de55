"""Entry points: what two packages claim is told; a message says what is wrong with what one names."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from benchmark.codec import Codec
from benchmark.errors import PluginError
from benchmark.plugins.points import clash, load, points_of, state


def loaded(value: str) -> type[Codec]:
    return load(EntryPoint("x", value, "rdbench.codecs"), Codec)  # type: ignore[type-abstract]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that a test may fill."""
    monkeypatch.delitem(sys.modules, "their_codec", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path / "their_codec.py"


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("no_such_module:X", "cannot be imported: .*; import a library that may be missing inside the methods$"),
        ("json:JSONDecoder", "is no Codec"),
        ("json:dumps", "is no Codec"),
        ("benchmark.plugins.codecs.png:Png", "names itself 'png'"),
    ],
)
def test_broken_entry_points_are_told(value: str, complaint: str) -> None:
    with pytest.raises(PluginError, match=complaint):
        loaded(value)


@pytest.mark.parametrize(
    ("base", "method"),
    [
        ("codec.Codec", "decode"),
        ("codec.Codec", "decode_batch"),
        ("codec.Codec", "decode_smaller"),
        ("codec.Codec", "version"),
        ("neural.codec.NeuralCodec", "read"),
    ],
)
def test_a_decoder_that_sees_settings_is_told(base: str, method: str, write: Path) -> None:
    module, _, parent = base.rpartition(".")
    write.write_text(
        f"from benchmark.{module} import {parent}\nclass Old({parent}):\n    def {method}(self, data): ...\n"
    )
    with pytest.raises(
        PluginError,
        match=rf"their_codec.Old.{method}: expected a class method.* write @classmethod above it, and cls in .* self$",
    ):
        loaded("their_codec:Old")


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("1 / 0", r"cannot be imported: ZeroDivisionError: division by zero$"),
        ("raise SystemExit(0)", r"it raised SystemExit: 0$"),
        (
            "from benchmark.codec import Codec\nclass Bad(Codec):\n    name = 'x'",
            r"does not have all that a Codec needs: decode, encode, version$",
        ),
    ],
)
def test_a_module_that_fails_is_told_with_the_error_alone(code: str, complaint: str, write: Path) -> None:
    write.write_text(f"{code}\n")
    with pytest.raises(PluginError, match=rf"entry point 'x' \(their_codec:Bad\).*{complaint}"):
        loaded("their_codec:Bad")


def test_what_a_module_prints_is_none_of_the_output(write: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write.write_text("print('hello')\nfrom benchmark.plugins.codecs.png import Png as Theirs\n")
    with pytest.raises(PluginError, match="names itself"):
        loaded("their_codec:Theirs")
    assert capsys.readouterr() == ("", "hello\n")


def test_names_with_their_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [EntryPoint("x", value, "rdbench.codecs") for value in ("a:X", "b:X", "a:X")]
    monkeypatch.setattr("benchmark.plugins.points.entry_points", lambda group: found)
    points = points_of("codecs")
    assert [point.value for point in points["x"]] == ["a:X", "b:X"]
    assert clash("codecs", "x", points["x"]).startswith("two packages claim 'x' in rdbench.codecs: a:X and b:X")
    assert not clash("codecs", "x", found[:1])


def test_another_file_is_another_state(write: Path) -> None:
    point = EntryPoint("x", "their_codec:X", "rdbench.codecs")
    missing = state(point)
    write.write_text("")
    there = state(point)
    assert missing != there == state(point)
    assert there[3] == str(write)
    assert "their_codec" not in sys.modules
