"""What tells that a plug-in's code changed: its own files and those that it uses, and nothing else."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from typing import Any

import pytest

from benchmark import plugins
from benchmark.plugins import codec_source, metric_sources
from benchmark.plugins.source import class_digest
from tests.backends.test_described import describe
from tests.conftest import ROOT

CODE = '''
"""A plug-in."""
import benchmark.report.build  # what does no work for a codec does not count
from benchmark.codec import Codec

LEVEL = 1  # the level


class Mine:
    """Does it."""
'''


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that count as those of ``benchmark.backends``."""
    import benchmark.backends

    folder = tmp_path / "backends"
    folder.mkdir()
    monkeypatch.setattr(benchmark.backends, "__path__", [*benchmark.backends.__path__, str(folder)])
    return folder


def digest_of(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> str:
    (folder / "mine.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    return class_digest(import_module("mine").Mine, None)


def test_code_counts_and_neither_comments_nor_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = digest_of(tmp_path, CODE, monkeypatch)
    layout = CODE.replace("# the level", "# level").replace('"""Does it."""', '"""Does\n    it well."""\n\n    pass')
    assert digest_of(tmp_path, CODE.replace("# the level", "").replace("A plug-in", "Mine"), monkeypatch) == first
    assert digest_of(tmp_path, layout, monkeypatch) != first, "a statement was added"
    assert digest_of(tmp_path, CODE.replace("LEVEL = 1", "LEVEL = 2"), monkeypatch) != first


def test_what_it_uses_counts_through_one_another(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = CODE + "    def encode(self):\n        from benchmark.backends import used_one\n"
    for name, text in {
        "used_one": "from .used_two import x\nimport benchmark.neural.training.loop",
        "used_two": "x = 1",
        "not_used": "x = 1",
    }.items():
        (shared / f"{name}.py").write_text(text, encoding="utf-8")
    first = digest_of(tmp_path, code, monkeypatch)
    (shared / "not_used.py").write_text("x = 2222", encoding="utf-8")
    assert digest_of(tmp_path, code, monkeypatch) == first
    (shared / "used_two.py").write_text("x = 2222", encoding="utf-8")
    assert digest_of(tmp_path, code, monkeypatch) != first


def test_another_checkout_that_it_imports_counts_and_an_installed_library_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = CODE + "    def encode(self):\n        import own_model.net, own_table, theirs_installed, no_such_library\n"
    places = {
        "own_model/__init__.py": "",
        "own_model/net.py": "import own_model.layer",
        "own_model/layer.py": "x = 1",
        "own_table.py": "x = 1",
        "site-packages/theirs_installed.py": "x = 1",
    }
    for name, text in places.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    seen = [digest_of(tmp_path, code, monkeypatch)]
    for name in ("own_model/layer.py", "own_table.py", "site-packages/theirs_installed.py"):
        (tmp_path / name).write_text("x = 22222", encoding="utf-8")
        seen.append(digest_of(tmp_path, code, monkeypatch))
    assert len(set(seen[:3])) == 3
    assert seen[3] == seen[2]


def test_a_codec_of_the_bench_has_the_files_that_it_uses_and_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []

    def digest_of(path: Path) -> str:
        seen.append(path)
        return ""

    monkeypatch.setattr("benchmark.plugins.source.file_digest", digest_of)
    codec_source("vae")
    names = {path.relative_to(ROOT).as_posix() for path in seen}
    assert {"codecs/vae.py", "benchmark/neural/latent/codec.py", "benchmark/neural/streams/entropy.py"} <= names
    assert not [name for name in names if "training" in name or name.endswith("recipe.py")]
    assert not names & {"benchmark/codec.py", "benchmark/plugins/__init__.py", "benchmark/run/task.py"}


class Installed(Distribution):
    """A distribution that is not there."""

    def __init__(self, version: str) -> None:
        self.told = version

    def read_text(self, filename: str) -> str | None:
        return f"Name: theirs\nVersion: {self.told}\n" if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        raise NotImplementedError


def test_a_package_of_others_counts_whole_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "theirs"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("from theirs.codec import Mine", encoding="utf-8")
    (package / "codec.py").write_text(CODE, encoding="utf-8")
    (package / "data" / "table.bin").write_bytes(b"1")
    monkeypatch.syspath_prepend(tmp_path)
    theirs = import_module("theirs")

    def digest(version: str = "1.0") -> str:
        point = EntryPoint("mine", "theirs:Mine", "rdbench.codecs")
        vars(point)["dist"] = Installed(version)
        return class_digest(theirs.Mine, point)

    first = digest()
    assert digest() == first
    assert digest("1.1") != first
    (package / "data" / "table.bin").write_bytes(b"22")
    other = digest()
    assert other != first
    (package / "helper.py").write_text("x = 1", encoding="utf-8")
    assert digest() != other


def test_the_programs_of_a_toml_file_count_and_all_files_that_their_arguments_name(tmp_path: Path) -> None:
    (tmp_path / "table-4.txt").write_text("4", encoding="utf-8")
    (tmp_path / "model").write_text("m", encoding="utf-8")
    path = describe(
        tmp_path,
        {
            "encode": [
                sys.executable,
                str(tmp_path / "co.py"),
                f"{tmp_path}/table-{{step}}.txt",
                "{input}",
                "{output}",
            ],
            "decode": [sys.executable, f"--model={tmp_path / 'model'}", "{input}", "{output}", "/"],
        },
    )
    (tmp_path / "co.py").write_text("x = 1", encoding="utf-8")
    used = plugins.codec_class(str(path)).used_files()  # type: ignore[attr-defined]
    python = Path(sys.executable)
    assert used == [python, tmp_path / "co.py", tmp_path / "table-4.txt", python, tmp_path / "model"]
    seen = {codec_source(str(path))}
    for name in ("co.py", "table-4.txt", "model"):
        (tmp_path / name).write_text("y = 22222", encoding="utf-8")
        seen.add(codec_source(str(path)))
    assert len(seen) == 4


def test_metrics_of_one_family_have_one_source() -> None:
    found = metric_sources()
    assert found["mse"] == found["psnr"] != found["ssim"] == found["ms_ssim"]


def test_sources_are_those_of_the_metrics_that_are_of_interest() -> None:
    found = metric_sources()
    assert metric_sources(["ssim", "butteraugli"]) == {name: found[name] for name in ("ssim", "butteraugli")}
