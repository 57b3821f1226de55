"""The kernel's locks: had, refused, let go of, and unknown to some file systems."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from benchmark.system.flock import lock_open_file


@pytest.fixture
def places(tmp_path: Path) -> tuple[int, int]:
    """One file, opened twice."""
    first, second = (os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT) for _ in range(2))
    return first, second


def test_a_lock_is_had_by_one_and_let_go_of_with_its_last_copy(places: tuple[int, int]) -> None:
    first, second = places
    copy = os.dup(first)
    assert lock_open_file(first) is True
    os.close(first)
    assert lock_open_file(second) is False
    os.close(copy)
    assert lock_open_file(second) is True
    os.close(second)


@pytest.mark.parametrize(
    ("code", "found"), [(errno.ENOLCK, None), (errno.ENOSYS, None), (errno.EACCES, False), (errno.EIO, OSError)]
)
def test_what_file_systems_say_is_understood(
    places: tuple[int, int], monkeypatch: pytest.MonkeyPatch, code: int, found: bool | type[OSError] | None
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    if found is OSError:
        with pytest.raises(OSError, match=os.strerror(code)):
            lock_open_file(places[0])
    else:
        assert lock_open_file(places[0]) is found
    for place in places:
        os.close(place)
