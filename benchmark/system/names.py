"""Names that any file, table and console can hold: of files, folders and data sets, which may have any characters."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from benchmark.errors import UsageError

_FORMULA = "=+-@"
"""First characters of a cell that a spreadsheet takes for a formula."""

_ESCAPE = re.compile(r"%(?:u([0-9A-F]{4})|([01][0-9A-F]|7F|[89A-F][0-9A-F]|25|2B|2D|3D|40))")
_LINES = ("Cc", "Cs", "Zl", "Zp")
"""Categories of control characters, of halves of surrogate pairs, and of what ends a line or a paragraph."""

_SEPARATING = '<>:"/\\|?*'
"""Characters that no name of a folder may hold on some system."""

_PORTS = (f"{port}{number}" for port in ("com", "lpt") for number in range(10))
_RESERVED = frozenset({"con", "prn", "aux", "nul", *_PORTS})
"""Names that Windows keeps for devices, with any ending."""

LONGEST = 120
"""Bytes that the name of a folder may have, so that endings and the names of temporary files find room."""

_BYTES = 0xDC00
"""Where Python puts a byte of a file's name that is no UTF-8: this and the byte."""


def folder_name(what: str, name: str) -> str:
    """A name, once it is known to be that of a folder on any system: it leads nowhere else.

    Args:
        what: what the message calls the name, such as ``--name``.
        name: what somebody has given.

    Raises:
        UsageError: it is none.
    """
    wrong = ""
    if not name:
        wrong = "it is empty"
    elif len(name.encode("utf-8", "surrogatepass")) > LONGEST:
        wrong = f"it has more than {LONGEST} bytes"
    elif not name.isprintable():
        wrong = "it holds control characters, or others that cannot be printed"
    elif found := [sign for sign in name if sign in _SEPARATING]:
        wrong = f"it holds {found[0]}"
    elif name[0] in ".~- " or name[-1] in ". ":
        wrong = "it starts with a dot, a tilde, a hyphen or a space, or ends with a dot or a space"
    elif is_reserved(name):
        wrong = "Windows keeps it for a device"
    if wrong:
        shown = repr(name) if len(name) <= LONGEST else f"{name[:40]!r}…"
        raise UsageError(f"{what}: expected the name of a folder, without a path, got {shown}: {wrong}")
    return name


def folder_names(what: str, name: str) -> str:
    """A name as :func:`folder_name` takes it, or several with ``/`` between them: that of a folder within others.

    Arguments and errors are those of :func:`folder_name`.
    """
    parts = name.split("/")
    if len(parts) > 1 and "" in parts:
        raise UsageError(
            f"{what}: expected the name of a folder, or of one within others such as a/b, got {name!r}: "
            "it begins or ends with /, or has two of them in a row"
        )
    return "/".join(folder_name(what, part) for part in parts)


def is_reserved(name: str) -> bool:
    """Whether Windows keeps a name of a file or folder for a device."""
    return name.partition(".")[0].strip().lower() in _RESERVED


def shortened_name(name: str) -> str:
    """A name of at most :data:`LONGEST` bytes: of a longer one its beginning, and a digest."""
    data = name.encode("utf-8", "surrogatepass")
    if len(data) <= LONGEST:
        return name
    return f"{data[: LONGEST - 9].decode('utf-8', 'ignore')}-{hashlib.sha256(data).hexdigest()[:8]}"


def printable(name: str) -> str:
    """A name without characters that a line of UTF-8 cannot hold, and that no spreadsheet takes for a formula.

    Control characters and bytes that are no UTF-8 become ``%0D`` or ``%E9``; so does a first ``=``, ``+``, ``-`` or
    ``@``. Names that have none of these stay as they are. Different names stay different: :func:`unprintable` gives
    them back.
    """
    return _ESCAPE.sub(lambda found: f"%25{found[0][1:]}", name) if _is_plain(name) else "".join(_escaped(name))


def shown(text: str) -> str:
    """A text for a terminal: a space in the place of what would tell the terminal to do something; lines stay lines."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


def unprintable(name: str) -> str:
    """The name of which :func:`printable` made another."""

    def one(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        code = int(found[2], 16)
        return chr(code if code < 0x80 else _BYTES + code)

    return _ESCAPE.sub(one, name)


def plain(text: str) -> str:
    """A text that a cell of a table can hold, as :func:`printable` makes it; what is one already stays as it is."""
    return text if _is_plain(text) else "".join(_escaped(text, escapes=False))


def _is_plain(text: str) -> bool:
    return text.isprintable() and not text.startswith(tuple(_FORMULA))


def _escaped(text: str, *, escapes: bool = True) -> list[str]:
    found = []
    for place, character in enumerate(text):
        code = ord(character)
        if unicodedata.category(character) in _LINES:
            if 0xDC80 <= code <= 0xDCFF:
                found.append(f"%{code - _BYTES:02X}")
            else:
                found.append(f"%{code:02X}" if code < 0x80 else f"%u{code:04X}")
        elif (place == 0 and character in _FORMULA) or (escapes and _ESCAPE.match(text, place)):
            found.append(f"%{code:02X}")
        else:
            found.append(character)
    return found
