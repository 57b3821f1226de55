"""How processes ended, in words."""

from __future__ import annotations

import pytest

from benchmark.system.endings import ending_of, last_words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended with exit code 0"),
        (7, "ended with exit code 7"),
        (-9, "was ended by SIGKILL"),
        (-99, "was ended by signal 99"),
        (None, "ended"),
    ],
)
def test_an_ending_has_words(code: int | None, words: str) -> None:
    assert ending_of(code) == words


def test_the_last_lines_are_plain_and_few() -> None:
    assert last_words(b"") == last_words(b"\n \x00\x1b[0m\n") == ""
    assert last_words(b"\x1b[31mred\x1b[0m\xff\t end\r\n") == "; the last line that it printed: red \ufffd end"
    many = b"".join(b"line %d\n" % number for number in range(9))
    assert last_words(many) == "; the last lines that it printed: line 6 | line 7 | line 8"
    assert len(last_words(b"x" * 100_000)) < 300
