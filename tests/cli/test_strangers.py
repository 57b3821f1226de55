"""Commands beside plug-ins of strangers that do harm: they are lines and rows, and stop nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from benchmark import plugins
from tests.conftest import Run, photo
from tests.packages import install_package
from tests.strangers import install_codec

pytestmark = pytest.mark.slow

MEASURED = ("--dataset", "folder:pictures", "--metrics", "psnr", "--jobs", "1", "--out", "out")
GONE = "codec 'vanishes' cannot be used: it ended the process with exit code 7"
LEFT = "codec 'leaves' cannot be used: it ended the process with exit code 3"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A codec that ends its process at its import, one that does so as it is asked for its version, one that is well;
    and a data set and metrics that end theirs."""
    site = tmp_path / "site"
    install_codec(site, "vanishes", at_import="os._exit(7)")
    install_codec(site, "leaves", at_version="os._exit(3)")
    install_codec(site, "fine", at_import="print('hello')")
    install_package(site, "stranger_sky", "import os; os._exit(5)\n", "datasets", {"sky": "Sky"})
    install_package(site, "stranger_hue", "import os; os._exit(6)\n", "metrics", {"hue": "Hue"})
    (tmp_path / "pictures").mkdir()
    Image.fromarray(photo(16, 24)).save(tmp_path / "pictures" / "a.png")
    monkeypatch.syspath_prepend(site)
    plugins.forget()
    yield site
    plugins.forget()


def repaired(site: Path, name: str) -> None:
    """Another version of a stranger takes its place, and does no harm."""
    for old in site.glob(f"stranger_{name}*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    shutil.rmtree(site / "__pycache__", ignore_errors=True)
    install_codec(site, name)
    plugins.forget()


@pytest.mark.usefixtures("site")
def test_each_is_a_line_of_a_list(rdbench: Run) -> None:
    codecs = " ".join(rdbench("list", "codecs").stdout.split())
    assert f"vanishes {GONE}" in codecs
    assert f"leaves {LEFT}" in codecs
    assert "fine pixels as they are grey, RGB q 1–9 stranger 1" in codecs
    assert "hello" not in codecs
    facts = {codec["name"]: codec for codec in json.loads(rdbench("list", "codecs", "--json").stdout)}
    assert (facts["vanishes"]["missing"], facts["vanishes"]["settings"]) == (GONE, [])
    assert [setting["name"] for setting in facts["leaves"]["settings"]] == ["q"]
    assert facts["fine"]["library"] == "stranger 1"
    assert "sky cannot be used: it ended the process with exit code 5" in " ".join(
        rdbench("list", "datasets").stdout.split()
    )
    said = rdbench("list", "metrics").stdout
    assert "metrics 'hue' of another package cannot be used: it ended the process with exit code 6" in said


@pytest.mark.usefixtures("serial", "undrawn")
def test_each_is_a_row_beside_others_and_tried_again(site: Path, rdbench: Run, tmp_path: Path) -> None:
    words = ("run", "--codecs", "vanishes,png,leaves,fine", *MEASURED)
    done = rdbench(*words, check=False)
    assert done.returncode == 1, done.stderr
    assert f"crashed: vanishes, all its rows: {GONE}" in done.stderr
    rows = pd.read_csv(tmp_path / "out" / "records.csv", keep_default_na=False)
    assert rows[["codec", "settings", "status", "reason", "flags"]].values.tolist() == [
        ["vanishes", "{}", "crashed", GONE, "unusable"],
        ["png", rows["settings"][1], "ok", "", ""],
        ["leaves", '{"q":1}', "crashed", LEFT, "unusable"],
        ["leaves", '{"q":2}', "crashed", LEFT, "unusable"],
        ["fine", '{"q":1}', "ok", "", ""],
        ["fine", '{"q":2}', "ok", "", ""],
    ]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())["codecs"]
    assert manifest["vanishes"] == f"cannot be used: {GONE}"
    assert manifest["fine"] == "stranger 1"
    repaired(site, "vanishes")
    repaired(site, "leaves")
    said = rdbench(*words)
    assert "another study" not in said.stderr
    again = pd.read_csv(tmp_path / "out" / "records.csv", keep_default_na=False)
    assert again[["codec", "settings"]].values.tolist()[:2] == [["vanishes", '{"q":1}'], ["vanishes", '{"q":2}']]
    assert list(again["status"]) == ["ok"] * 7


@pytest.mark.usefixtures("serial", "undrawn", "site")
def test_rows_have_the_settings_that_were_asked_for(rdbench: Run, tmp_path: Path) -> None:
    rdbench("run", "--codecs", "png,vanishes", "--set", "vanishes.q=3,4", *MEASURED, check=False)
    rows = pd.read_csv(tmp_path / "out" / "records.csv")
    assert list(rows["settings"][1:]) == ['{"q":3}', '{"q":4}']
    rdbench("run", "--codecs", "jpeg,vanishes", "--match", "bpp=9", *MEASURED, check=False)
    rows = pd.read_csv(tmp_path / "out" / "records.csv").iloc[:2]
    assert rows[["codec", "target", "status"]].values.tolist() == [
        ["jpeg", "bpp<=9", "ok"],
        ["vanishes", "bpp<=9", "crashed"],
    ]


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("run", "--codecs", "vanishes"), GONE),
        (("encode", "--codec", "leaves", "pictures/a.png", "a.bin"), LEFT),
        (("decode", "--codec", "vanishes", "pictures/a.png", "b.png"), GONE),
        (("list", "codecs", "vanishes"), GONE),
        (("audit", "--codecs", "vanishes"), GONE),
        (("train", "vanishes", "--dataset", "folder:pictures"), GONE),
        (("run", "--codecs", "png", "--dataset", "sky"), "data set 'sky' cannot be used: it ended the process"),
        (("run", "--codecs", "png", "--metrics", "hue"), "metrics 'hue' cannot be used: it ended the process"),
    ],
)
def test_a_command_about_one_alone_is_refused_with_the_reason(
    rdbench: Run, words: tuple[str, ...], reason: str
) -> None:
    done = rdbench(*words, check=False)
    assert done.returncode == 2
    assert reason in done.stderr
    assert len([line for line in done.stderr.splitlines() if not line.startswith("note: ")]) == 1


@pytest.mark.usefixtures("site", "serial", "undrawn")
def test_other_commands_go_on(rdbench: Run) -> None:
    rdbench("run", "--codecs", "png,jpeg", *MEASURED)
    rdbench("encode", "pictures/a.png", "a.jpg")
    rdbench("decode", "a.jpg", "b.png")
    rdbench("encode", "pictures/a.png", "a.fine")
    assert "decoded by fine" in rdbench("decode", "a.fine", "c.png").stdout
    refused = rdbench("decode", "pictures/a.png", "d.png", "--codec", "vanish", check=False).stderr
    assert "unknown codec 'vanish'; did you mean vanishes" in refused
    rdbench("bdrate", "out", "--anchor", "jpeg", "--codecs", "jpeg", check=False)
    rdbench("info")
