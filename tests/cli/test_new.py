"""The command that writes a skeleton."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Run


def test_it_writes_the_files_and_says_what_is_next(tmp_path: Path, rdbench: Run) -> None:
    done = rdbench("new", "codec", "my-codec", "--out", "mine", "--torch", "--python", "python3")
    assert "python -m benchmark run --codecs jpeg,./mine/my-codec.toml" in done.stdout
    assert "python -m pytest mine/test_my_codec.py" in done.stdout
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [
        "my-codec.toml",
        "my_codec.py",
        "test_my_codec.py",
    ]
    assert 'pixels = "torch"' in (tmp_path / "mine" / "my-codec.toml").read_text(encoding="utf-8")
    again = rdbench("new", "codec", "my-codec", "--out", "mine", check=False)
    assert again.returncode == 2
    assert "is there already" in again.stderr
