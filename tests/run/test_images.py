"""What is known of pictures without reading them, and when it is not believed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from PIL import Image

from benchmark.dataset import ImageFiles
from benchmark.plugins import open_dataset
from benchmark.run.images import NAME, ImageDigests
from tests.conftest import photo

DIGEST = "ab" * 32


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pictures that lie there for longer than it takes to trust the times of their files."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Image.fromarray(photo(8, 8)).save(folder / name)
    monkeypatch.setattr("benchmark.dataset.SETTLING", -1.0)
    return folder


def opened(pictures: Path, *, at: Path | None = None, more: str = "") -> ImageDigests:
    dataset = open_dataset(f"folder:{pictures}{more}")
    return ImageDigests(at or pictures.parent, dataset, list(dataset.items()))


def learned(pictures: Path) -> None:
    digests = opened(pictures)
    digests.learn("a.png", DIGEST)
    digests.save()


def test_a_digest_is_known_to_the_next_run_and_no_other(pictures: Path) -> None:
    assert opened(pictures).of("a.png") == ""
    learned(pictures)
    found = opened(pictures)
    assert [found.of(name) for name in ("a.png", "b.png", "c.png")] == [DIGEST, "", ""]
    found.learn("b.png", "")  # a picture that could not be read has none
    found.learn("b.png", DIGEST)
    found.save()
    assert [opened(pictures).of(name) for name in ("a.png", "b.png")] == [DIGEST, DIGEST]
    assert opened(pictures, at=pictures).of("a.png") == ""


def test_the_file_tells_nobody_where_pictures_lie(pictures: Path) -> None:
    learned(pictures)
    assert "pictures" not in (pictures.parent / NAME).read_text()


@pytest.mark.parametrize("change", ["size", "time", "place", "gone"])
def test_a_picture_whose_file_changed_is_read_again(pictures: Path, change: str) -> None:
    learned(pictures)
    path = pictures / "a.png"
    about = path.stat()
    if change == "size":
        path.write_bytes(path.read_bytes() + b" ")
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    elif change == "time":  # other bytes of the same length, with the time of the old ones
        path.write_bytes(path.read_bytes()[::-1])
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    elif change == "place":
        (pictures / "b.png").replace(path)
    else:
        path.unlink()
    assert opened(pictures).of("a.png") == ""


def test_a_link_to_another_picture_is_read_again(pictures: Path) -> None:
    for name in ("a", "b"):
        (pictures.parent / name).mkdir()
        (pictures / f"{name}.png").replace(pictures.parent / name / "p.png")
    link, folder = pictures / "a.png", pictures.parent / "folder"
    link.symlink_to(pictures.parent / "a" / "p.png")
    folder.symlink_to(pictures.parent / "a")
    for place, name in ((pictures, "a.png"), (folder, "p.png")):
        digests = opened(place, at=place)
        digests.learn(name, DIGEST)
        digests.save()
        assert opened(place, at=place).of(name) == DIGEST
    link.unlink()
    link.symlink_to(pictures.parent / "b" / "p.png")
    assert opened(pictures, at=pictures).of("a.png") == ""
    (folder / NAME).replace(pictures.parent / "b" / NAME)
    folder.unlink()
    folder.symlink_to(pictures.parent / "b")
    assert opened(folder, at=folder).of("p.png") == ""


def test_the_folders_of_a_picture_count(pictures: Path) -> None:
    learned(pictures)
    pictures.replace(pictures.parent / "moved")  # which changes no file in it
    (pictures.parent / "link").symlink_to(pictures.parent / "moved")
    states = [open_dataset(f"folder:{pictures.parent / name}").state("a.png") for name in ("moved", "link")]
    assert states[0] == states[1] != ""
    assert states[0].startswith(str(pictures.parent.resolve() / "moved" / "a.png"))


def test_a_picture_that_changes_while_a_run_goes_on_is_read_again_by_the_next(pictures: Path) -> None:
    digests = opened(pictures)
    (pictures / "a.png").write_bytes((pictures / "b.png").read_bytes() + b" ")
    digests.learn("a.png", DIGEST)
    digests.save()
    assert opened(pictures).of("a.png") == ""


def test_what_reads_pictures_counts(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learned(pictures)
    assert opened(pictures, more="+depth=8").of("a.png") == ""
    monkeypatch.setenv("RDBENCH_MAX_PIXELS", "10")
    assert opened(pictures).of("a.png") == ""
    monkeypatch.delenv("RDBENCH_MAX_PIXELS")
    monkeypatch.setattr("benchmark.run.images.installed_version", lambda name: f"{name} of another day")
    assert opened(pictures).of("a.png") == ""


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"reader": 1}', '{"images": {}}', "\0"])
def test_a_damaged_file_is_as_none(pictures: Path, content: str) -> None:
    learned(pictures)
    (pictures.parent / NAME).write_text(content)
    assert opened(pictures).of("a.png") == ""
    learned(pictures)
    assert opened(pictures).of("a.png") == DIGEST
    told = json.loads((pictures.parent / NAME).read_text())
    told["images"]["a.png"] = [told["images"]["a.png"][0], "../x"]
    (pictures.parent / NAME).write_text(json.dumps(told))
    assert opened(pictures).of("a.png") == ""


def test_files_that_were_just_written_and_other_readers_have_no_state(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = open_dataset(f"folder:{pictures}")
    assert dataset.state("a.png")
    assert dataset.state("c.png") == ""
    monkeypatch.setattr("benchmark.dataset.SETTLING", 2.0)
    os.utime(pictures / "a.png", (time.time(), time.time()))
    assert dataset.state("a.png") == ""
    monkeypatch.setattr("benchmark.dataset.SETTLING", -1.0)

    class Other(ImageFiles):
        name = "other"
        summary = "reads its files in its own way"

        def locate(self) -> dict[str, Path]:
            return {"a.png": pictures / "a.png"}

        def load(self, item: str):  # type: ignore[no-untyped-def]
            return super().load(item) // 2

    assert Other().state("a.png") == ""
