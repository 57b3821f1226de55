"""Names of any characters, and what tables hold of them."""

from __future__ import annotations

import csv
import io
import random

import pytest

from benchmark.errors import UsageError
from benchmark.system import names
from benchmark.system.names import LONGEST, folder_name, folder_names, plain, printable, shortened_name, unprintable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("kodim01.png", "kodim01.png"),
        ("ä b%20c/日本.png", "ä b%20c/日本.png"),
        ("x\ry\n.png", "x%0Dy%0A.png"),
        ("caf\udce9.png", "caf%E9.png"),
        ("\ud800", "%uD800"),
        ("a\u2028b\x85", "a%u2028b%u0085"),
        ("=cmd()", "%3Dcmd()"),
        ("-1+2", "%2D1+2"),
        ("a%0D", "a%250D"),
        ("$x_$ 100%", "$x_$ 100%"),
    ],
)
def test_names_are_printable_and_come_back(name: str, shown: str) -> None:
    assert printable(name) == shown
    assert unprintable(shown) == name


def test_different_names_stay_different() -> None:
    generator = random.Random(4)
    letters = [
        "%",
        "2",
        "5",
        "0",
        "D",
        "E",
        "9",
        "u",
        "=",
        "-",
        "\r",
        "\n",
        "\t",
        "\udce9",
        "\ud800",
        "\u2028",
        "é",
        "/",
    ]
    names = {"".join(generator.choices(letters, k=generator.randint(1, 7))) for _ in range(5000)}
    shown = {printable(name) for name in names}
    assert len(shown) == len(names)
    assert {unprintable(text) for text in shown} == names
    for text in shown:
        text.encode()
        assert text.splitlines() == [text]
        assert text[0] not in "=+-@"
        assert plain(text) == text
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow([text, "b"])
        assert list(csv.reader(io.StringIO(buffer.getvalue()))) == [[text, "b"]]


def test_texts_of_messages_lose_what_a_cell_cannot_hold() -> None:
    assert plain("no file a%0D\r\udce9: 100 %") == "no file a%0D%0D%E9: 100 %"
    assert plain("=1+1") == "%3D1+1"


@pytest.mark.parametrize("name", ["kodak-jpeg", "Bücher (2)", "v1.2", "a b", "x" * LONGEST, "console", "com10"])
def test_names_of_folders_stay(name: str) -> None:
    assert folder_name("name", name) == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "/tmp/x",
            "a\\b",
            "C:x",
            "a\0b",
            "a\nb",
            "~",
            "~root",
            "-x",
            ".x",
            "x.",
            "x ",
            " x",
        ),
        *("CON", "nul.txt", "com1", "LPT9.tar.gz", "x" * (LONGEST + 1), "é" * LONGEST, "a\udce9", "a?b", "a*"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"^--name: expected the name of a folder, without a path, got ") as caught:
        folder_name("--name", name)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_a_folder_within_others_has_their_names() -> None:
    assert folder_names("name", "both/folder-bad") == "both/folder-bad"
    for name in ("both/../x", "both//x", "/both", "both/", "both/x\\y"):
        with pytest.raises(UsageError, match="name: expected the name of a folder"):
            folder_names("name", name)


def test_long_names_are_shortened_and_stay_apart() -> None:
    first, second = (shortened_name("é" * 300 + end) for end in "ab")
    assert first != second
    assert all(folder_name("name", name) == name and len(name.encode()) <= LONGEST for name in (first, second))
    assert shortened_name("kodak") == "kodak"


def test_a_terminal_is_not_told_to_do_anything() -> None:
    assert names.shown("a \x1b[31mred\x07\r\nline – é\udce9") == "a  [31mred  \nline – é "
