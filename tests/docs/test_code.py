"""Every code block of README, CONTRIBUTING and docs is run, or read by what it is written for; none is passed over."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from PIL import Image

from benchmark.backends.described import read_codec
from benchmark.backends.foreign.compressai import VARIABLE, is_model
from benchmark.cli.main import main
from benchmark.codec import Codec
from benchmark.dataset import Dataset
from benchmark.metric import MetricFamily
from benchmark.plugins import codec_class, codec_names
from benchmark.run.study import read_study
from scripts.docs.blocks import ROOT, pages
from tests.conftest import Run, photo
from tests.docs.pages import Block, all_blocks, blocks, commands
from tests.packages import install_package

NOTES = {
    "sh": ("run", "not run: "),
    "python": ("run", "run: codec", "run: dataset", "run: metric"),
    "toml": ("read: toml", "read: study", "read: codec"),
    "text": ("",),
}
"""What the comment above a block of each language may say, or begin with."""

BASES: dict[str, type] = {"codec": Codec, "dataset": Dataset, "metric": MetricFamily}

PAGES = [page for page in pages() if any(block.note.startswith("run") for block in blocks(page))]


def named(block: Block) -> str:
    return block.name


@pytest.mark.parametrize("block", all_blocks(), ids=named)
def test_each_block_says_what_becomes_of_it(block: Block) -> None:
    assert block.language in NOTES, f"a fence of {block.name} names no language that is run or read"
    allowed = NOTES[block.language]
    fits = any(block.note.startswith(note) if note.endswith(": ") else block.note == note for note in allowed)
    assert fits, f"above {block.name} stands {block.note!r}; expected one of {allowed}"


def test_no_block_is_indented() -> None:
    for page in pages():
        before = ""
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            indented = line.startswith("    python ") and not before.strip()
            assert not indented, f"{page}:{number}: put commands between fences, so that they are tested"
            before = line


@pytest.mark.parametrize("block", [block for block in all_blocks() if block.language == "toml"], ids=named)
def test_toml_is_read(block: Block, tmp_path: Path) -> None:
    content = tomllib.loads(block.code)
    path = tmp_path / "block.toml"
    path.write_text(block.code, encoding="utf-8")
    if block.note == "read: study":
        assert read_study(path)["name"] == content["name"]
    elif block.note == "read: codec":
        assert read_codec(path).name == content["name"]


@pytest.mark.parametrize("block", [block for block in all_blocks() if block.language == "sh"], ids=named)
def test_commands_are_understood(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, sys.executable)  # models of CompressAI are known by name, without it
    monkeypatch.setattr(click.Path, "convert", lambda self, value, param, ctx: value)  # files need not be there
    for command in commands(block):
        words = shlex.split(command)
        while words and "=" in words[0]:
            words.pop(0)
        if words[:3] == ["python", "-m", "benchmark"]:
            understand(words[3:])
        elif words[:4] == ["python", "-m", "pip", "install"]:
            extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            wanted = [word for word in words if "[" in word]
            for word in wanted:
                assert set(word[word.index("[") + 1 : word.index("]")].split(",")) <= set(extras), command
        elif words[:3] == ["python", "-m", "pytest"]:
            for word in words[3:]:
                assert not word.startswith("tests/") or (ROOT / word).exists(), command
        else:
            modules = (["python", "-m", name] for name in ("scripts.docs", "scripts.coverage", "pip"))
            known = (*modules, ["python", "-m", "tests.golden.make"])
            scripts = ("scripts/gpu-table", "scripts/gpu-train", ".ci/run")
            programs = (*scripts, "git", "mkdocs", "pre-commit", "ruff", "mypy", "lint-imports")
            assert words[0] in programs or any(words[: len(one)] == one for one in known), f"unknown: {command}"


def understand(words: list[str]) -> None:
    """Fails where the command line does not understand some words, or a plug-in or a setting is unknown."""
    context = main.make_context("python -m benchmark", list(words))
    group: click.Group = main
    while True:
        name, command, words = group.resolve_command(context, words)
        assert command is not None
        if not isinstance(command, click.Group):
            break
        group, context = command, click.Context(command, parent=context, info_name=name)
    context = command.make_context(name, list(words), parent=context)
    known = {"deflate", *codec_names()}
    for value in str(context.params.get("codecs") or "").split(","):
        assert not value or value in known or is_model(value) or value.endswith(".toml"), words
    for assignment in context.params.get("sets") or ():
        target, values = str(assignment).split("=", 1)
        codec, _, field = target.rpartition(".")
        for value in values.split(","):
            codec_class(codec or str(context.params["codec"])).parse_setting(field, value)


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder with what the commands of the pages name: a picture, a folder of pictures, a data folder."""
    for name in ("photo.png", "photos/one.png", "photos/two.png", "data/holiday/beach.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo(192, 256, 3)).save(path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.neural
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_run(page: Path, workplace: Path) -> None:
    plugins = workplace / "plugins"
    space: dict[str, object] = {"__name__": "page"}
    for block in blocks(page):
        if block.language == "python" and block.note == "run":
            exec(compile(block.code, block.name, "exec", dont_inherit=True), space)
        elif block.language == "python":
            install(block, plugins)
        elif block.note == "run":
            for command in commands(block):
                words = shlex.split(command)
                assert words[0] == "python", f"{block.name}: only Python is run here: {command}"
                run([sys.executable, *words[1:]], workplace, plugins, block.name)
    for path in plugins.glob("*.py"):
        if (plugins / f"{path.stem}-1.0.dist-info/entry_points.txt").read_text().startswith("[rdbench.codecs]"):
            conform(path.stem.replace("_", "-"), plugins)


def install(block: Block, folder: Path) -> None:
    """Puts a plug-in into a package of its own, with an entry point."""
    space: dict[str, object] = {"__name__": "block"}
    exec(compile(block.code, block.name, "exec", dont_inherit=True), space)
    kind = block.note.removeprefix("run: ")
    classes = [
        value
        for value in space.values()
        if inspect.isclass(value) and issubclass(value, BASES[kind]) and value.__module__ == "block"
    ]
    assert len(classes) == 1, f"{block.name} defines {len(classes)} plug-ins"
    unknown = [part for part in vars(classes[0]) if part[0] != "_" and part not in members(classes[0])]
    assert not unknown, f"{block.name}: the interface has no {', '.join(unknown)}"
    name = str(vars(classes[0])["name"])
    module = name.replace("-", "_")
    group = {"codec": "codecs", "dataset": "datasets", "metric": "metrics"}[kind]
    install_package(folder, module, block.code, group, {name: classes[0].__name__})


def members(plugin: type) -> set[str]:
    """What the interface of a plug-in names: attributes, methods, and the fields of its settings."""
    named: set[str] = set()
    for parent in plugin.__mro__[1:]:
        named |= {*vars(parent), *vars(parent).get("__annotations__", ())}
    return named | set(vars(plugin).get("__dataclass_fields__", ()))


def conform(codec: str, plugins: Path) -> None:
    """Runs the conformance suite over a codec of a page."""
    suite = "tests/codecs/test_conformance.py"
    run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", suite, "-k", codec], ROOT, plugins, codec)


def run(command: list[str], folder: Path, plugins: Path, name: str) -> None:
    paths = os.pathsep.join([str(plugins), str(ROOT)])
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{name}: {' '.join(command)}\n{done.stdout}\n{done.stderr}"


def test_names_in_options_are_known() -> None:
    with pytest.raises(AssertionError):
        understand(["run", "--codecs", "gif"])
    with pytest.raises(click.UsageError):
        understand(["run", "--codec", "jpeg", "--speed", "9"])


def test_commands_of_the_workflow_for_github_are_understood() -> None:
    text = (ROOT / "docs" / "github-actions.yml").read_text(encoding="utf-8")
    assert [line[0] for line in _workflow(text)] == ["run", "run", "compare", "run", "compare"]


@pytest.mark.slow
@pytest.mark.usefixtures("serial", "undrawn")
def test_the_workflow_for_github_works_as_printed(rdbench: Run, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "github-actions.yml").read_text(encoding="utf-8").replace("my-codec", "png")
    baseline, again, accept, run, compare = _workflow(text)
    rdbench(*baseline)
    rdbench(*run)
    rdbench(*compare)
    assert "same: 6 rows" in (tmp_path / "compare.md").read_text() and (tmp_path / "compare.xml").exists()
    rdbench(*again)
    rdbench(*accept)
    assert "quantiser" in (tmp_path / "baseline" / "accepted.md").read_text()


def _workflow(text: str) -> list[list[str]]:
    """The words of each command of the bench in a workflow."""
    lines = re.findall(r"rdbench ((?:run|compare) .*?)(?: \|\| .*)?$", text, re.MULTILINE)
    return [shlex.split(line) for line in lines]
