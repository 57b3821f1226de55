"""What ``list codecs NAME`` and ``--json`` tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmark.cli.facts import codec_facts
from benchmark.plugins import codec_class, codec_names
from tests.conftest import Run


def test_a_codec_tells_its_settings_and_colours(rdbench: Run) -> None:
    text = rdbench("list", "codecs", "jpeg").stdout
    parts = ("quality (the knob)", "a whole number from 1 to 100", "or 4:2:0", "colours of grey: none")
    for part in (*parts, "BT.601, full range, 4:2:0, 8 bits a sample, libjpeg"):
        assert part in text
    assert "lossless: always" in rdbench("list", "codecs", "png").stdout


@pytest.mark.parametrize("name", codec_names())
def test_facts_of_every_codec_are_plain_values(name: str) -> None:
    facts = codec_facts(codec_class(name))
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    for setting in facts["settings"]:
        for value in setting["sweep"]:
            assert codec_class(name).parse_setting(setting["name"], str(value)) == value


@pytest.mark.parametrize("kind", ["codecs", "datasets", "metrics"])
def test_lists_for_programs(rdbench: Run, kind: str) -> None:
    assert {"name", "summary"} <= set(json.loads(rdbench("list", kind, "--json").stdout)[0]) or kind == "metrics"


def test_information_for_programs(rdbench: Run) -> None:
    assert "numpy" in json.loads(rdbench("info", "--json").stdout)


def test_unknown_names_are_told(rdbench: Run) -> None:
    for words, says in ((["codecs", "jpge"], "did you mean jpeg"), (["metrics", "psnr"], "a name is for codecs alone")):
        done = rdbench("list", *words, check=False)
        assert (done.returncode, says in done.stderr) == (2, True)


def test_colours_that_a_codec_does_not_tell(rdbench: Run, tmp_path: Path) -> None:
    copy = '["cp", "{input}", "{output}"]'
    (tmp_path / "mine.toml").write_text(f'name = "mine"\nencode = {copy}\ndecode = {copy}\n')
    for name, says in (
        ("mine.toml", "the codec does not say what becomes of them"),
        ("cvae", "as the networks have learned"),
    ):
        assert f"colours of RGB: {says}" in rdbench("list", "codecs", name).stdout
