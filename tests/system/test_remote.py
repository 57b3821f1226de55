"""Files that lie elsewhere: listed once, read one by one, and told apart by what their store says of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.errors import MissingBackend, MissingData, UsageError
from benchmark.plugins import open_dataset
from benchmark.system.remote import RemoteFolder, is_address
from tests.conftest import TIMED, Run, photo
from tests.needs import needs


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "b").mkdir(parents=True)
    for place, name in enumerate(("b/z.png", "a.PNG", "b-1.png")):
        Image.fromarray(photo(24, 32, 3, place)).save(folder / name)
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden.png").write_text("no image")
    return folder


def rows_of(folder: Path) -> pd.DataFrame:
    """The rows of a run, without what is another in each run, and without the name of the data set."""
    records = pd.read_csv(folder / "records.csv", keep_default_na=False)
    return records.drop(columns=[*TIMED, "dataset", "key"])


def run_on(rdbench: Run, dataset: str, out: Path, **environment: str) -> pd.DataFrame:
    words = ("--codecs", "jpeg", "--set", "jpeg.quality=20,60", "--metrics", "psnr", "--jobs", "2")
    done = rdbench("run", *words, "--dataset", dataset, "--out", str(out), **environment)
    assert done.returncode == 0, done.stderr
    return rows_of(out)


def test_addresses_are_no_paths() -> None:
    assert [
        text for text in ("s3://b/p", "hf://x", "file:///x", "C://x", "a/b", "s3:/b", "~/x") if is_address(text)
    ] == [
        "s3://b/p",
        "hf://x",
        "file:///x",
    ]


def test_images_are_those_of_the_folder(pictures: Path) -> None:
    needs("fsspec", extra="remote")
    here, there = open_dataset(f"folder:{pictures}"), open_dataset(f"folder:file://{pictures}")
    assert there.items() == here.items() == ["a.PNG", "b/z.png", "b-1.png"]
    assert there.count() == 3
    assert all(np.array_equal(here.load(item), there.load(item)) for item in here.items())
    assert there.passed_over == here.passed_over  # type: ignore[attr-defined]
    assert there.state("a.PNG") == "", "a file system tells no digest"


@pytest.mark.usefixtures("serial", "undrawn")
def test_rows_are_those_of_the_folder(rdbench: Run, pictures: Path, tmp_path: Path) -> None:
    needs("fsspec", extra="remote")
    here = run_on(rdbench, f"folder:{pictures}", tmp_path / "here")
    there = run_on(rdbench, f"folder:file://{pictures}", tmp_path / "there")
    assert len(there) == 6
    assert there.equals(here)


def test_a_worker_lists_nothing(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec = needs("fsspec", extra="remote")
    monkeypatch.setattr(fsspec.get_filesystem_class("file"), "find", lambda *_, **__: pytest.fail("it was listed"))
    assert open_dataset(f"folder:file://{pictures}").load("b/z.png").shape == (1, 24, 32, 3)


def test_what_a_store_says_of_contents_is_their_state(monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec = needs("fsspec", extra="remote")
    store = fsspec.filesystem("memory")
    store.pipe({"/pictures/a.png": b"one", "/pictures/b.png": b"two", "/picture/c.png": b"other"})
    told = {"/pictures/a.png": {"size": 3, "ETag": '"12ab"'}, "/pictures/b.png": {"size": 3}}
    monkeypatch.setattr(type(store), "find", lambda *_, **__: told)
    folder = RemoteFolder("memory://pictures/")
    assert list(folder.files()) == [("a.png", 'memory://pictures/a.png 3 "12ab"'), ("b.png", "")]
    assert folder.read("b.png") == b"two"


def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("fsspec", extra="remote")
    with pytest.raises(UsageError, match=r"^what://x: no address that fsspec can read: .*what"):
        list(RemoteFolder("what://x").files())
    with pytest.raises(MissingData, match=r"^file://.*/none/a.png: cannot be read: "):
        RemoteFolder(f"file://{tmp_path}/none").read("a.png")
    with pytest.raises(MissingData, match=r"no image below file://.*; there are others: 1 \.txt"):
        (tmp_path / "a.txt").touch()
        _ = open_dataset(f"folder:file://{tmp_path}").items()
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingBackend, match=r"s3://b/p needs fsspec: pip install 'rdbench\[remote\]'"):
        RemoteFolder("s3://b/p").read("a.png")


def test_results_are_not_written_elsewhere(rdbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = rdbench("run", "--codecs", "jpeg", "--out", "s3://bucket/results", check=False)
    assert done.returncode == 2
    assert "expected a path of this machine, got s3://bucket/results" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a folder in a bucket of a server on this machine."""
    needs("s3fs", extra="remote")
    needs("moto", extra="remote")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    access = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**access, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}.items():
        monkeypatch.setenv(name, value)
    yield "s3://bench/pictures"
    server.stop()


@pytest.mark.slow
def test_rows_of_a_bucket_are_those_of_the_folder(
    rdbench_process: Run, bucket: str, pictures: Path, tmp_path: Path
) -> None:
    import fsspec

    store = fsspec.filesystem("s3")
    store.mkdir("bench")
    store.put(str(pictures), "bench/pictures", recursive=True)
    here = run_on(rdbench_process, f"folder:{pictures}", tmp_path / "here")
    there = run_on(rdbench_process, f"folder:{bucket}", tmp_path / "there")
    assert len(there) == 6
    assert there.equals(here)
    known = (tmp_path / "there" / "images.json").read_text(encoding="utf-8")
    assert known.count("a.PNG") == 1, "the store tells digests, so that the next run reads nothing"
    assert run_on(rdbench_process, f"folder:{bucket}", tmp_path / "there").equals(there)
    store.pipe("bench/pictures/a.PNG", (pictures / "b-1.png").read_bytes())
    store.invalidate_cache()
    changed = run_on(rdbench_process, f"folder:{bucket}", tmp_path / "there")
    digests = changed.groupby("image")["image_sha256"].unique().str[0]
    assert digests["a.PNG"] == digests["b-1.png"]
