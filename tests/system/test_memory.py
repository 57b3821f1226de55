"""Memory: sizes, the limits of machines and containers, and errors that mean that it ran out."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.errors import BitstreamError, UsageError
from benchmark.system import memory


@pytest.mark.parametrize(("text", "size"), [("4GiB", 4 << 30), ("1.5 G", 3 << 29), ("512mib", 1 << 29)])
def test_sizes_are_read(text: str, size: int) -> None:
    assert memory.parse_memory(text) == size
    assert memory.parse_memory(None) is None


@pytest.mark.parametrize("text", ["", "4", "4 KiB", "-1GiB", "1MiB", "nan GiB", "4GiBs", 4 << 30, "9" * 20 + "GiB"])
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(UsageError, match="expected a size such as 4GiB, from 256 MiB to"):
        memory.parse_memory(text)


def test_a_container_has_what_its_groups_allow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "PROCESSES", tmp_path / "proc")
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "groups")
    whole = memory.machine_memory()  # no /proc, no groups
    assert whole is None or whole > 0
    for folder in ("proc/self", "groups/a/b"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/a/b\n")
    (tmp_path / "groups/a/b/memory.max").write_text("max\n")
    assert memory.machine_memory() == whole
    (tmp_path / "groups/a/memory.max").write_text(f"{1 << 30}\n")
    assert memory.machine_memory() == 1 << 30
    assert memory.share(1) == 1 << 30
    assert memory.share(64) == 2 * memory.LEAST
    (tmp_path / "proc/self/cgroup").write_text("4:memory:/c\n")
    (tmp_path / "groups/memory").mkdir()
    (tmp_path / "groups/memory/memory.limit_in_bytes").write_text(f"{1 << 29}\n")
    assert memory.machine_memory() == 1 << 29


def test_without_proc_nothing_is_watched_and_the_manifest_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "PROCESSES", tmp_path)
    assert memory.resident(1) == memory.killed_for_memory() == 0
    assert "how much memory a codec holds is not watched" in memory.unlimited()


def test_a_library_that_gets_no_more_memory_is_known() -> None:
    wrapped = BitstreamError("cannot decode")
    wrapped.__cause__ = MemoryError()
    for error in (wrapped, MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")):
        assert memory.is_memory_error(error)
    assert not memory.is_memory_error(ValueError("no size"))
    assert not memory.is_memory_error(None)


def test_garbage_is_looked_for_again_whatever_happens() -> None:
    assert gc.isenabled()
    with pytest.raises(OSError, match="full"), memory.uncollected():
        assert not gc.isenabled()
        raise OSError("full")
    assert gc.isenabled()
    gc.disable()
    try:
        with memory.uncollected():
            pass
        assert not gc.isenabled()  # as somebody else wanted it
    finally:
        gc.enable()


def test_garbage_is_looked_for_as_often_as_before() -> None:
    before = gc.get_threshold()
    with pytest.raises(OSError, match="full"), memory.seldom_collected():
        assert gc.get_threshold() > before
        assert gc.isenabled()
        raise OSError("full")
    assert gc.get_threshold() == before


_FAULTS = """
import resource
from benchmark.system.memory import keep_freed
{}
def use():
    pieces = [bytearray(1_200_000) for _ in range(4)]
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
"""Takes memory again and again, and counts the pages that the system had to give for it."""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="this C library has no mallopt"
)
def test_memory_that_is_free_again_is_kept_for_the_next_picture() -> None:
    def pages(call: str) -> int:
        return int(subprocess.run([sys.executable, "-c", _FAULTS.format(call)], capture_output=True, check=True).stdout)

    assert pages("keep_freed()") < pages("") / 10
