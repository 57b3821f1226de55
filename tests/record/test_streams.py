"""Streams that a run keeps."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from benchmark.errors import RecordsError
from benchmark.record.streams import can_keep, digest_of, has_streams, keep_streams, kept_streams

SEVERAL = [[b"one", b"", b"three"], [b"four"]]


@pytest.mark.parametrize("parts", [[[b"one"]], [[b""]], SEVERAL, [[b"a", b"b"]], [[b"a"], [b"b"]]])
def test_streams_come_back_in_their_parts(tmp_path: Path, parts: list[list[bytes]]) -> None:
    keep_streams(tmp_path, parts)
    keep_streams(tmp_path, parts)
    digest = digest_of(parts)
    assert has_streams(tmp_path, digest)
    assert kept_streams(tmp_path, digest) == parts
    assert not list((tmp_path / "streams").rglob(".*")), "a temporary file stays"


def test_the_file_of_one_stream_is_the_stream_under_its_own_checksum(tmp_path: Path) -> None:
    keep_streams(tmp_path, [[b"a stream"]])
    (path,) = (path for path in (tmp_path / "streams").rglob("*") if path.is_file())
    assert path.read_bytes() == b"a stream"
    assert path.name == hashlib.sha256(b"a stream").hexdigest()


def test_whether_streams_can_be_kept_is_tried(tmp_path: Path) -> None:
    assert can_keep(tmp_path / "results")
    assert not [path for path in (tmp_path / "results").rglob("*") if path.is_file()]
    (tmp_path / "file").write_text("mine")
    assert not can_keep(tmp_path / "file")


def test_only_digests_name_streams(tmp_path: Path) -> None:
    (tmp_path / "streams").mkdir()
    (tmp_path / "secret").write_bytes(b"x")
    for name in ("", "../secret", "a" * 63, "A" * 64, "a" * 64 + "\n"):
        assert not has_streams(tmp_path, name)
        with pytest.raises(RecordsError, match="expected 64 hexadecimal digits"):
            kept_streams(tmp_path, name)


@pytest.mark.parametrize("damage", [b"", b"another", b"on"])
def test_damaged_streams_are_refused(tmp_path: Path, damage: bytes) -> None:
    keep_streams(tmp_path, [[b"one"]])
    digest = digest_of([[b"one"]])
    (tmp_path / "streams" / digest[:2] / digest).write_bytes(damage)
    with pytest.raises(RecordsError, match="another SHA-256"):
        kept_streams(tmp_path, digest)


@pytest.mark.parametrize("lengths", ["[[3,0,5],[5]]", "[3]", "[[-1,14]]", "{}", "nothing", '[["a"]]', "[" * 100_000])
def test_damaged_lengths_are_refused(tmp_path: Path, lengths: str) -> None:
    keep_streams(tmp_path, SEVERAL)
    digest = digest_of(SEVERAL)
    (tmp_path / "streams" / digest[:2] / f"{digest}.lengths").write_text(lengths)
    with pytest.raises(RecordsError, match=r"lengths|cannot be read"):
        kept_streams(tmp_path, digest)


def test_streams_that_were_not_kept(tmp_path: Path) -> None:
    assert not has_streams(tmp_path, "0" * 64)
    assert not has_streams(tmp_path, "")
    with pytest.raises(RecordsError, match="cannot be read"):
        kept_streams(tmp_path, "0" * 64)
